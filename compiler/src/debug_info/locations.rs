//! Locations of variables: DWARF expressions about linear memory and wasm locals become expressions about the machine.
//!
//! An address in linear memory becomes an address of the process: the runtime keeps the slab's address in a variable,
//! and a memory lies at a constant distance from it. A wasm local is in the register or slot that Cranelift reports,
//! for the code ranges that it reports.

use super::budget::Budget;
use super::native::{Function, Instance};
use super::sections::{slab_variable, text_address};
use super::source::Reader;
use crate::codegen::{Label, Place};
use crate::isa::DwarfRegisters;
use gimli::read::Operation;
use gimli::write::{Expression, Location};
use gimli::{Encoding, Register, constants};
use std::ops::Range;

/// Attribute that an expression belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `DW_AT_location`.
    Variable,
    /// `DW_AT_location` of a variable that holds a pointer into linear memory, whose value becomes a pointer of the
    /// process.
    Pointer,
    /// `DW_AT_frame_base`, whose value is an address even if the expression marks it as a value.
    FrameBase,
}

/// Maximum number of operations in an expression.
const OPERATIONS_MAX: usize = 64;

/// A parsed expression of the input.
pub(super) struct Parsed<'a> {
    operations: Vec<Operation<Reader<'a>>>,
    is_value: bool,
}

impl<'a> Parsed<'a> {
    /// Parses an expression; `None` if it has operations that mean nothing outside wasm or can't be expressed.
    pub fn read(expression: gimli::Expression<Reader<'a>>, encoding: Encoding, budget: &mut Budget) -> Option<Self> {
        let mut operations = Vec::new();
        let mut iterator = expression.operations(encoding);
        while let Some(operation) = iterator.next().ok()? {
            if operations.len() == OPERATIONS_MAX || !budget.take(1) {
                return None;
            }
            operations.push(operation);
        }
        let is_value = matches!(operations.last(), Some(Operation::StackValue));
        if is_value {
            operations.pop();
        }
        (!operations.is_empty()).then_some(Self { operations, is_value })
    }

    /// Returns the local that the expression reads, if it reads one.
    pub fn local(&self) -> Option<u32> {
        self.operations.iter().find_map(|operation| match operation {
            Operation::WasmLocal { index } => Some(*index),
            _ => None,
        })
    }

    /// Returns true if the expression is an offset from the frame base.
    pub fn is_in_frame(&self) -> bool {
        self.operations.iter().any(|operation| matches!(operation, Operation::FrameOffset { .. }))
    }

    /// Returns true if the expression is one local and nothing else.
    fn is_local(&self) -> bool {
        self.operations.len() == 1 && self.local().is_some()
    }

    /// Translates the expression to the machine, with its local at `place`.
    fn translate(&self, instance: &Instance<'_>, purpose: Purpose, place: Option<Place>) -> Option<Expression> {
        let mut out = Expression::new();
        if self.is_local() && purpose == Purpose::Variable {
            locate(&mut out, place?, instance.registers);
            return Some(out);
        }
        let is_value = (self.is_value || self.is_local()) && purpose != Purpose::FrameBase;
        // An address in linear memory stays on the stack until the end, and then becomes an address of the process.
        let mut is_process_address = false;
        for operation in &self.operations {
            match operation {
                Operation::WasmLocal { .. } => push_value(&mut out, place?, instance.registers),
                Operation::WasmGlobal { index } => {
                    slab_address(&mut out, *instance.globals.get(index)?);
                    out.op_deref_size(4);
                }
                Operation::Address { address } => out.op_constu(*address),
                Operation::FrameOffset { offset } => {
                    out.op_fbreg(*offset);
                    is_process_address = true;
                }
                Operation::PlusConstant { value } => out.op_plus_uconst(*value),
                Operation::UnsignedConstant { value } => out.op_constu(*value),
                Operation::SignedConstant { value } => out.op_consts(*value),
                Operation::Plus => out.op(constants::DW_OP_plus),
                Operation::Minus => out.op(constants::DW_OP_minus),
                Operation::And => out.op(constants::DW_OP_and),
                Operation::Deref { space: false, .. } => {
                    if !is_process_address {
                        memory_address(&mut out, instance)?;
                    }
                    out.op_deref_size(4);
                    is_process_address = false;
                }
                _ => return None,
            }
        }
        match (is_value, is_process_address) {
            (true, true) => return None,
            (true, false) | (false, true) => {}
            (false, false) => memory_address(&mut out, instance)?,
        }
        if purpose == Purpose::Pointer {
            if !is_value {
                out.op_deref_size(4);
            }
            process_pointer(&mut out, instance)?;
        }
        if is_value || purpose == Purpose::Pointer {
            out.op(constants::DW_OP_stack_value);
        }
        Some(out)
    }

    /// Returns the variable's location: one expression for all code, or, if it depends on a local, one for each code
    /// range.
    pub fn places(
        &self,
        instance: &Instance<'_>,
        function: Option<&Function<'_>>,
        purpose: Purpose,
        budget: &mut Budget,
    ) -> Option<Places> {
        match self.local() {
            None => self.translate(instance, purpose, None).map(Places::Everywhere),
            Some(_) => {
                let function = function?;
                let whole = 0..u32::try_from(function.bytes).ok()?;
                Some(Places::Some(self.locations(instance, function, purpose, &[whole], budget)))
            }
        }
    }

    /// Returns the location list entries for the code in `ranges`.
    pub fn locations(
        &self,
        instance: &Instance<'_>,
        function: &Function<'_>,
        purpose: Purpose,
        ranges: &[Range<u32>],
        budget: &mut Budget,
    ) -> Vec<Location> {
        let mut locations = Vec::new();
        let mut add = |range: Range<u32>, place: Option<Place>| {
            if range.is_empty() || !budget.take(1) {
                return;
            }
            if let Some(data) = self.translate(instance, purpose, place) {
                let address = |offset: u32| text_address(function.start + u64::from(offset));
                locations.push(Location::StartEnd { begin: address(range.start), end: address(range.end), data });
            }
        };
        let Some(local) = self.local() else {
            ranges.iter().for_each(|range| add(range.clone(), None));
            return locations;
        };
        let first = function.labels.partition_point(|label| label.local < local);
        let labels = || function.labels[first..].iter().take_while(|label| label.local == local);
        for range in ranges {
            for label in labels() {
                add(common(range, label), Some(label.place));
            }
        }
        locations
    }
}

/// Location of a variable.
pub(super) enum Places {
    /// One location for all code.
    Everywhere(Expression),
    /// Locations for ranges of code.
    Some(Vec<Location>),
}

fn common(range: &Range<u32>, label: &Label) -> Range<u32> {
    range.start.max(label.start)..range.end.min(label.end)
}

/// Adds a place as a location, which a debugger can also write to.
fn locate(out: &mut Expression, place: Place, registers: &DwarfRegisters) {
    match place {
        Place::Register(float, number) => out.op_reg(register(registers, float, number)),
        Place::Frame(offset) => frame_address(out, offset),
    }
}

/// Pushes the 32-bit address that a place holds.
fn push_value(out: &mut Expression, place: Place, registers: &DwarfRegisters) {
    match place {
        Place::Register(float, number) => {
            out.op_breg(register(registers, float, number), 0);
            out.op_constu(u64::from(u32::MAX));
            out.op(constants::DW_OP_and);
        }
        Place::Frame(offset) => {
            frame_address(out, offset);
            out.op_deref_size(4);
        }
    }
}

fn frame_address(out: &mut Expression, offset: i64) {
    out.op(constants::DW_OP_call_frame_cfa);
    out.op_consts(offset);
    out.op(constants::DW_OP_plus);
}

/// Pushes the address of a slab offset.
fn slab_address(out: &mut Expression, offset: u64) {
    out.op_addr(slab_variable());
    out.op_deref();
    out.op_plus_uconst(offset);
}

/// Converts the linear-memory address on the stack to an address of the process.
fn memory_address(out: &mut Expression, instance: &Instance<'_>) -> Option<()> {
    slab_address(out, instance.memory?);
    out.op(constants::DW_OP_plus);
    Some(())
}

/// Converts a pointer into linear memory to a pointer of the process; null stays null. An operation must follow.
fn process_pointer(out: &mut Expression, instance: &Instance<'_>) -> Option<()> {
    out.op(constants::DW_OP_dup);
    out.op(constants::DW_OP_lit0);
    out.op(constants::DW_OP_eq);
    let null = out.op_bra();
    memory_address(out, instance)?;
    out.set_target(null, out.next_index());
    Some(())
}

/// Returns DWARF's number of a register.
fn register(registers: &DwarfRegisters, float: bool, number: u8) -> Register {
    Register(if float { registers.first_float + u16::from(number) } else { (registers.integer)(number) })
}

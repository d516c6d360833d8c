//! The body of a wasm function in translation: its locals, its operand stack and its constructs.
//!
//! Bodies are validated, so nothing here checks types or depths again. Unreachable code is skipped. The control stack
//! is a vector, so deep nesting doesn't use up the compiler's stack.

use super::code::Code;
use super::context::parse_error;
use super::counters::Counting;
use super::frame::{BlockTypes, Frame, FrameKind, Handler};
use super::legacy_tries::LegacyTry;
use super::slot_use::SlotUse;
use super::types::Kind;
use crate::decode::{FuncType, HeapType, Module, RefType, TypeId, ValType};
use crate::error::Result;
use crate::plan::{FuncId, InstancePlan};
use crate::profile::Counts;
use cranelift_codegen::ir::{Block, InstBuilder, InstructionData, Opcode, Type, Value, ValueLabel, types};
use cranelift_codegen::ir::{StackSlot, StackSlotData, StackSlotKind, StackSlots};
use cranelift_frontend::{FunctionBuilder, Variable};
use std::collections::BTreeSet;
use std::vec;
use wasmparser::{BlockType, FunctionBody};

/// A body in translation. Operators are methods, one file for each family.
pub(super) struct Body<'t, 'c, 'f> {
    /// CLIF function under construction.
    pub code: &'t mut Code<'c, 'f>,
    /// Core module of the function.
    pub module: &'c Module<'c>,
    /// Instance of the module, which resolves the module's indices.
    pub instance: &'c InstancePlan,
    /// The operand stack.
    pub stack: Vec<Value>,
    /// The control stack.
    pub frames: Vec<Frame>,
    /// Handlers of all open `try_table`s and legacy `try`s; the last is tried first.
    pub handlers: Vec<Handler>,
    /// The legacy `try`s of the body that haven't begun, in their order.
    pub legacy_tries: vec::IntoIter<LegacyTry>,
    /// True if control can reach the current operator.
    pub reachable: bool,
    /// Number of open constructs that began in unreachable code.
    pub skipped_frames: usize,
    /// Branch hint for the next condition, if there is one: true if it is likely not 0.
    pub likely: Option<bool>,
    /// Counts of the function, if a profile has it.
    pub counts: Option<&'c Counts>,
    /// Offset of the current operator in the input file, in bytes.
    pub offset: u32,
    /// The counters of the program's profile, if it writes one.
    pub counting: Option<Counting>,
    /// Storage of each local.
    locals: Vec<Local>,
    /// The locals of which the frame has a copy, for debug information.
    pub copied: Option<(FuncId, &'c BTreeSet<u32>)>,
    /// The places of locals in the frame, if they are there.
    pub frame_locals: Option<FrameLocals>,
}

/// Storage of a local.
#[derive(Clone, Copy)]
enum Local {
    /// A CLIF variable, which register allocation places.
    Variable(Variable),
    /// A CLIF variable, and a copy in a frame slot.
    Copied(Variable, StackSlot),
    /// A frame slot, at an offset in the slot for its kind.
    Frame(Kind, StackSlot, u32),
}

impl<'t, 'c, 'f> Body<'t, 'c, 'f> {
    /// A body without locals and constructs.
    pub fn new(code: &'t mut Code<'c, 'f>, module: &'c Module<'c>, instance: &'c InstancePlan) -> Self {
        Self {
            code,
            module,
            instance,
            stack: Vec::new(),
            frames: Vec::new(),
            handlers: Vec::new(),
            legacy_tries: Vec::new().into_iter(),
            reachable: true,
            skipped_frames: 0,
            likely: None,
            counts: None,
            offset: 0,
            counting: None,
            locals: Vec::new(),
            copied: None,
            frame_locals: None,
        }
    }
}

// Locals.
impl Body<'_, '_, '_> {
    /// Declares the parameters and the locals of a function.
    pub fn declare_locals(&mut self, ty: &FuncType, body: &FunctionBody<'_>) -> Result<()> {
        for (index, &ty) in ty.params.iter().enumerate() {
            let param = self.code.params[index + 1];
            self.code.trace(param, ty);
            self.declare_local(self.code.context.kind(ty), param);
        }
        for group in body.get_locals_reader().map_err(parse_error)? {
            let (count, ty) = group.map_err(parse_error)?;
            let kind = self.parsed_kind(ty);
            let zero = self.zero(kind.ty);
            for _ in 0..count {
                self.declare_local(kind, zero);
            }
        }
        Ok(())
    }

    fn declare_local(&mut self, kind: Kind, value: Value) {
        let index = self.locals.len() as u32;
        let local = if let Some(frame) = &mut self.frame_locals {
            let (slot, offset) = frame.place(&mut self.code.builder.func.sized_stack_slots, kind);
            if kind.traced {
                self.code.roots.in_frame();
            }
            Local::Frame(kind, slot, offset)
        } else {
            let variable = self.code.builder.declare_var(kind.ty);
            match self.copied {
                Some((func, copied)) if copied.contains(&index) => {
                    let slot = frame_slot(kind.ty.bytes(), Some(SlotUse::Copy(func, index)));
                    Local::Copied(variable, self.code.builder.create_sized_stack_slot(slot))
                }
                _ => Local::Variable(variable),
            }
        };
        self.locals.push(local);
        self.set_local(index, value);
    }

    /// Returns a zero constant of any type.
    pub fn zero(&mut self, ty: Type) -> Value {
        match ty {
            types::F32 => self.code.ins().f32const(0.0),
            types::F64 => self.code.ins().f64const(0.0),
            types::I8X16 => {
                let zero = self.code.ins().iconst(types::I8, 0);
                self.code.ins().splat(types::I8X16, zero)
            }
            _ => self.code.ins().iconst(ty, 0),
        }
    }

    /// Gives a local its value.
    pub fn set_local(&mut self, index: u32, value: Value) {
        let (variable, place) = match self.locals[index as usize] {
            Local::Variable(variable) => (Some(variable), None),
            Local::Copied(variable, slot) => (Some(variable), Some((slot, 0))),
            Local::Frame(_, slot, offset) => (None, Some((slot, offset))),
        };
        if let Some(variable) = variable {
            self.code.builder.def_var(variable, value);
            // Labels have an effect only if debug information is collected.
            self.code.builder.set_val_label(value, ValueLabel::from_u32(index));
        }
        if let Some((slot, offset)) = place {
            self.code.store_frame(value, slot, offset);
        }
    }

    /// Returns the value of a local.
    pub fn local(&mut self, index: u32) -> Value {
        match self.locals[index as usize] {
            Local::Variable(variable) | Local::Copied(variable, _) => self.code.builder.use_var(variable),
            Local::Frame(kind, slot, offset) => {
                let value = self.code.load_frame(kind.ty, slot, offset);
                if kind.traced {
                    self.code.roots.value(value);
                }
                value
            }
        }
    }
}

/// The locals of a function that are in its frame.
pub(super) struct FrameLocals {
    /// The slot of the locals that a collector has to find, and the number of locals in it.
    traced: (StackSlot, u32),
    /// Slot for the other locals.
    others: StackSlot,
}

impl FrameLocals {
    pub fn new(builder: &mut FunctionBuilder<'_>) -> Self {
        let traced = builder.create_sized_stack_slot(frame_slot(0, Some(SlotUse::References(0))));
        Self { traced: (traced, 0), others: builder.create_sized_stack_slot(frame_slot(0, None)) }
    }

    /// Allots a place for one more local: its slot and offset.
    fn place(&mut self, slots: &mut StackSlots, kind: Kind) -> (StackSlot, u32) {
        let slot = if kind.traced { self.traced.0 } else { self.others };
        let data = &mut slots[slot];
        let offset = data.size.next_multiple_of(kind.ty.bytes());
        data.size = offset + kind.ty.bytes();
        if kind.traced {
            self.traced.1 += 1;
            data.key = Some(SlotUse::References(self.traced.1).key());
        }
        (slot, offset)
    }
}

/// Returns the data of a frame slot in which every type is aligned.
fn frame_slot(bytes: u32, used: Option<SlotUse>) -> StackSlotData {
    let align_log2 = types::I8X16.bytes().ilog2() as u8;
    StackSlotData { key: used.map(SlotUse::key), ..StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, align_log2) }
}

// The operand stack.
impl Body<'_, '_, '_> {
    /// Pushes a value.
    pub fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Pops a value.
    pub fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or_else(|| unreachable!("validation has checked the operand stack"))
    }

    /// Pops two values, the lower first.
    pub fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Pops three values, the lowest first.
    pub fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// Pops `count` values, the lowest first.
    pub fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len() - count)
    }

    /// Pops a condition. If it was widened from a comparison, the comparison itself is returned.
    pub fn pop_condition(&mut self) -> Value {
        let value = self.pop();
        let dfg = &self.code.builder.func.dfg;
        match dfg.value_def(value).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) if dfg.value_type(arg) == types::I8 => arg,
            _ => value,
        }
    }

    /// Pushes a comparison's result as an `i32`.
    pub fn push_bool(&mut self, value: Value) {
        let value = self.code.ins().uextend(types::I32, value);
        self.push(value);
    }
}

// Constructs.
impl Body<'_, '_, '_> {
    /// Returns the type with this index of the module.
    pub fn type_id(&self, index: u32) -> TypeId {
        self.module.types[index as usize]
    }

    /// Resolves a value type of the body.
    pub fn parsed_type(&self, ty: wasmparser::ValType) -> ValType {
        match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => {
                ValType::Ref(RefType { nullable: ty.is_nullable(), heap: self.parsed_heap_type(ty.heap_type()) })
            }
        }
    }

    /// Resolves a heap type of the body.
    pub fn parsed_heap_type(&self, ty: wasmparser::HeapType) -> HeapType {
        use wasmparser::AbstractHeapType as A;
        match ty {
            wasmparser::HeapType::Abstract { ty, .. } => match ty {
                A::Func => HeapType::Func,
                A::Extern => HeapType::Extern,
                A::NoFunc => HeapType::NoFunc,
                A::NoExtern => HeapType::NoExtern,
                A::Exn => HeapType::Exn,
                A::NoExn => HeapType::NoExn,
                A::Any => HeapType::Any,
                A::Eq => HeapType::Eq,
                A::I31 => HeapType::I31,
                A::Struct => HeapType::Struct,
                A::Array => HeapType::Array,
                A::None => HeapType::None,
                A::Cont | A::NoCont => HeapType::Other,
            },
            wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
                index.as_module_index().map_or(HeapType::Other, |index| HeapType::Concrete(self.type_id(index)))
            }
        }
    }

    /// Returns the kind of CLIF value for a type of the body.
    pub fn parsed_kind(&self, ty: wasmparser::ValType) -> Kind {
        self.code.context.kind(self.parsed_type(ty))
    }

    /// Returns the parameters and results of a construct.
    pub fn block_types(&self, ty: BlockType) -> BlockTypes {
        match ty {
            BlockType::Empty => BlockTypes::default(),
            BlockType::Type(ty) => BlockTypes { params: Vec::new(), results: vec![self.parsed_kind(ty)] },
            BlockType::FuncType(index) => {
                let context = self.code.context;
                let ty = context.program.types.func(self.type_id(index));
                BlockTypes {
                    params: ty.params.iter().map(|&ty| context.kind(ty)).collect(),
                    results: ty.results.iter().map(|&ty| context.kind(ty)).collect(),
                }
            }
        }
    }

    /// Makes a block with parameters of these kinds.
    pub fn block_with_params(&mut self, params: &[Kind]) -> Block {
        let block = self.code.builder.create_block();
        for &kind in params {
            self.code.block_param(block, kind);
        }
        block
    }

    /// Opens a construct whose `params` parameters are on the operand stack.
    pub fn push_frame(&mut self, kind: FrameKind, end: Block, params: usize, label_arity: usize, results: usize) {
        let height = self.stack.len() - params;
        let handlers_around = self.handlers.len();
        self.frames.push(Frame { kind, end, label_arity, results, height, handlers_around, end_reached: false });
    }
}

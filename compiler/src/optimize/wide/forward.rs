//! Results that a run-time library's function left in memory: a load behind the stores of its block takes the stored value.
//!
//! Two accesses are at the same place if their indices are sums of the same value and constants, and are apart if these
//! constants say so, modulo 2³². A load of another form than the store's stays for its trap: where its address is beyond 2³² it
//! has to trap, and nothing waits for what it loads.

use super::pairs::substitute;
use super::products::instructions;
use crate::optimize::ranges::{constant, data};
use cranelift_codegen::ir::{AliasRegion, Block, Function, Inst, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// Maximum number of stored values that are remembered.
const STORED_MAX: usize = 16;

/// Puts stored values in place of what is loaded from the same place. Returns true if there is such a load.
pub fn forward(func: &mut Function) -> bool {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let (mut loaded, mut is_changed) = (HashMap::new(), false);
    for block in blocks {
        let mut stored: Vec<Stored> = Vec::new();
        for inst in func.layout.block_insts(block).collect::<Vec<Inst>>() {
            is_changed |= step(func, inst, &mut stored, &mut loaded);
        }
    }
    if !loaded.is_empty() {
        func.dfg.resolve_all_aliases();
        for inst in instructions(func) {
            func.dfg.map_inst_values(inst, |value| *loaded.get(&value).unwrap_or(&value));
        }
    }
    is_changed
}

/// Follows one instruction. Adds to `loaded` what stands for the result of a load that stays. Returns true for a load whose
/// result is known.
fn step(func: &mut Function, inst: Inst, stored: &mut Vec<Stored>, loaded: &mut HashMap<Value, Value>) -> bool {
    match func.dfg.insts[inst] {
        InstructionData::Load { opcode: Opcode::Load, .. } => return take(func, inst, stored, loaded).is_some(),
        InstructionData::Store { flags, args: [value, _], .. } => {
            let region = func.dfg.mem_flags[flags].alias_region();
            let place = Place::of(func, inst);
            stored.retain(|stored| stored.place.is_kept(region, place.as_ref()));
            if let Some(place) = place.filter(|_| stored.len() < STORED_MAX) {
                stored.push(Stored { place, value: func.dfg.resolve_aliases(value) });
            }
        }
        _ if has_effect(func.dfg.insts[inst].opcode()) => stored.clear(),
        _ => {}
    }
    false
}

/// Returns true for an instruction that may write memory.
fn has_effect(opcode: Opcode) -> bool {
    opcode.can_store() || opcode.is_call() || opcode.other_side_effects()
}

/// Puts the stored value in place of what a load loads, if it is known.
fn take(func: &mut Function, load: Inst, stored: &[Stored], loaded: &mut HashMap<Value, Value>) -> Option<()> {
    let place = Place::of(func, load)?;
    let known = stored.iter().find(|stored| stored.place.is_same(&place))?;
    let value = *loaded.get(&known.value).unwrap_or(&known.value);
    if known.place.access == place.access {
        substitute(func, load, value);
    } else {
        loaded.insert(func.dfg.first_result(load), value);
    }
    Some(())
}

/// A value that a block has stored.
struct Stored {
    place: Place,
    value: Value,
}

/// The place of an access of 64 bits in memory.
struct Place {
    region: Option<AliasRegion>,
    /// The base of the memory, and the value of which the index is a sum.
    origin: (Value, Value),
    /// The number that is added to that value, modulo 2³².
    distance: u32,
    /// The address and the offset as they are written.
    access: (Value, i32),
}

/// Bytes of an access of 64 bits.
const BYTES: u32 = 8;

impl Place {
    fn of(func: &Function, inst: Inst) -> Option<Self> {
        let (value, flags, address, offset) = match func.dfg.insts[inst] {
            InstructionData::Load { opcode: Opcode::Load, flags, arg, offset } => {
                (func.dfg.first_result(inst), flags, arg, offset)
            }
            InstructionData::Store { opcode: Opcode::Store, flags, args: [value, address], offset } => {
                (value, flags, address, offset)
            }
            _ => return None,
        };
        let (base, index) = base_and_index(func, address)?;
        let (origin, constant) = origin(func, index);
        let offset = i32::from(offset);
        let distance = constant.wrapping_add(offset as u32);
        let region = func.dfg.mem_flags[flags].alias_region();
        let is_known = func.dfg.value_type(value) == types::I64 && offset >= 0;
        is_known.then_some(Self { region, origin: (base, origin), distance, access: (index, offset) })
    }

    /// Returns true if a load here loads what was stored there.
    fn is_same(&self, other: &Self) -> bool {
        (self.region, self.origin, self.distance) == (other.region, other.origin, other.distance)
    }

    /// Returns true if a store doesn't change what is here.
    fn is_kept(&self, region: Option<AliasRegion>, place: Option<&Self>) -> bool {
        let is_elsewhere = self.region.is_some() && region.is_some() && self.region != region;
        is_elsewhere || place.is_some_and(|place| self.is_apart(place))
    }

    fn is_apart(&self, other: &Self) -> bool {
        let distance = self.distance.wrapping_sub(other.distance);
        self.origin == other.origin && (BYTES..=BYTES.wrapping_neg()).contains(&distance)
    }
}

/// Returns the base of an address, and its index of 32 bits.
fn base_and_index(func: &Function, address: Value) -> Option<(Value, Value)> {
    let InstructionData::Binary { opcode: Opcode::Iadd, args: [base, index] } = *data(func, address)? else {
        return None;
    };
    match *data(func, index)? {
        InstructionData::Unary { opcode: Opcode::Uextend, arg } if func.dfg.value_type(arg) == types::I32 => {
            Some((func.dfg.resolve_aliases(base), func.dfg.resolve_aliases(arg)))
        }
        _ => None,
    }
}

/// Returns the value of which an index is a sum, and what is added to it.
fn origin(func: &Function, index: Value) -> (Value, u32) {
    let (mut index, mut sum) = (func.dfg.resolve_aliases(index), 0_u32);
    while let Some(&InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] }) = data(func, index)
        && let Some(added) = constant(func, right)
    {
        (index, sum) = (func.dfg.resolve_aliases(left), sum.wrapping_add(added as u32));
    }
    (index, sum)
}

//! Removal of instructions whose results nothing uses.

use cranelift_codegen::ir::{Function, Inst, Opcode, Value};
use cranelift_entity::SecondaryMap;

/// Removes the instructions that have no effect and whose results nothing uses.
pub fn remove(func: &mut Function) {
    func.dfg.resolve_all_aliases();
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    let insts: Vec<Inst> = super::products::instructions(func);
    for inst in &insts {
        func.dfg.inst_values(*inst).for_each(|value| uses[value] += 1);
    }
    for inst in insts.into_iter().rev() {
        let is_unused = func.dfg.inst_results(inst).iter().all(|result| uses[*result] == 0);
        if is_unused && has_no_effect(func.dfg.insts[inst].opcode()) {
            func.dfg.inst_values(inst).for_each(|value| uses[value] -= 1);
            func.layout.remove_inst(inst);
        }
    }
}

fn has_no_effect(opcode: Opcode) -> bool {
    let has_effect = opcode.is_terminator()
        || opcode.is_branch()
        || opcode.is_call()
        || opcode.can_trap()
        || opcode.can_load()
        || opcode.can_store()
        || opcode.other_side_effects();
    !has_effect
}

//! Instruction sets: a file of facts for each, and Cranelift's settings for code.
//!
//! This folder and `targets/` are the only places that tell instruction sets apart. All other code reads a fact by its
//! name, so that an instruction set is added here, and a fact that it lacks doesn't compile.

mod aarch64;
mod facts;
mod riscv64;
mod settings;
mod x86_64;

pub use facts::{
    Allocatable, Decode, DwarfRegisters, FrameFacts, Instruction, IsaFacts, PrologueStep, Quirks, Relative,
    RelaxedResults, ShortJumps,
};
pub use settings::{
    IsaOptions, Isas, OptLevel, RegisterAllocator, build_isa, cpu_names, disassemble, enabled_settings,
    features_beyond_baseline, is_enabled,
};

use cranelift_codegen::isa::TargetIsa;

/// The facts of all instruction sets.
pub static ALL: [&IsaFacts; 3] = [&x86_64::FACTS, &aarch64::FACTS, &riscv64::FACTS];

/// The facts of the instruction set with this name, such as `x86_64`. `None` if there is none.
pub fn named(name: &str) -> Option<&'static IsaFacts> {
    ALL.into_iter().find(|facts| facts.name == name)
}

/// The facts of the instruction set for which `isa` generates code.
pub fn facts_of(isa: &dyn TargetIsa) -> &'static IsaFacts {
    let facts = ALL.into_iter().find(|facts| facts.back_end == isa.name());
    facts.unwrap_or_else(|| unreachable!("Cranelift is built with the back ends of {ALL:?} alone"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::targets;

    #[test]
    fn every_instruction_set_is_one_of_a_target() {
        for facts in ALL {
            assert!(targets().iter().any(|target| target.isa.name == facts.name), "{}", facts.name);
        }
    }

    #[test]
    fn the_back_end_of_a_target_has_the_facts_of_its_instruction_set() {
        for target in targets() {
            let isa = build_isa(target, IsaOptions::default()).unwrap();
            assert_eq!(facts_of(&*isa).name, target.isa.name);
        }
    }

    #[test]
    fn features_of_cpus_are_settings_of_the_back_end() {
        for target in targets() {
            let names = cpu_names(target).unwrap();
            for feature in target.isa.cpu_features {
                assert!(names.contains(&feature.setting), "{} of {}", feature.setting, target.name);
            }
            if let Some(setting) = target.isa.quirks.fused_multiply_add {
                assert!(names.contains(&setting), "{setting} of {}", target.name);
            }
        }
    }
}

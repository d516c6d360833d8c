//! Instruction sets.

mod settings;

pub use settings::{
    IsaOptions, Isas, OptLevel, RegisterAllocator, build_isa, cpu_names, disassemble, features_beyond_baseline,
};

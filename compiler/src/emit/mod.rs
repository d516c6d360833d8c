//! Stage 4 of 5: emit. CLIF becomes machine code, and with the plan's tables and images an object file.

mod code;
mod debug;
mod exceptions;
mod exports;
mod gc;
mod isa;
mod names;
mod object;
mod placement;
mod tables;

pub use code::{Code, CompiledItem, compile};
pub use debug::locals as debug_locals;
pub use isa::{IsaOptions, OptLevel, RegisterAllocator, build_isa, cpu_names, disassemble, features_beyond_baseline};
pub use object::{Extras, Object, Sizes, emit};

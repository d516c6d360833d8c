//! `aot` as a library: [`compile`] turns a program in memory into an executable, a library or another product in memory.
//!
//! Nothing is read from files or the environment, and nothing else of this machine decides what comes out. The runtime of all
//! targets is inside, as it is in the command.
//!
//! ```
//! use aot::{Emit, Options, Target};
//!
//! let program = br#"(module (func (export "answer") (result i32) (i32.const 42)))"#;
//! let executable = aot::compile(program, &Options::new(Target::host()), &Emit::Executable)?;
//! assert!(executable.bytes.starts_with(b"\x7fELF"));
//! # Ok::<(), aot::Error>(())
//! ```
//!
//! A library has files beside it, such as a header:
//!
//! ```
//! use aot::{Emit, LibraryForm, Options, Target};
//!
//! let program = br#"(module (func (export "answer") (result i32) (i32.const 42)))"#;
//! let options = Options::new(Target::find("riscv64-linux")?);
//! let library = aot::compile(program, &options, &Emit::Library(LibraryForm::Static, "deep_thought".to_string()))?;
//! assert_eq!(library.file_name, "libdeep_thought.a");
//! let (name, header) = &library.files[0];
//! assert_eq!(name, "deep_thought.h");
//! assert!(header.contains("deep_thought_answer(deep_thought_instance_t *instance, int32_t *ret);"));
//! # Ok::<(), aot::Error>(())
//! ```

pub use aot_compiler::bindings::library_name;
pub use aot_compiler::driver::{Emit, LibraryForm, Options, Output};
pub use aot_compiler::error::{Error, Result};
pub use aot_compiler::isa::OptLevel;
pub use aot_compiler::policy;
pub use aot_compiler::target::{Target, targets};

use aot_compiler::decode;
use aot_compiler::driver::{self, Silent};

/// The name of a program in messages: memory has none.
const NAME: &str = "the program";

/// Compiles a core module or a component, in the binary format or as text. The grants and limits of the product are those of
/// [`Options::policy`]; an executable has no others. The name of a library is one that [`library_name`] returns.
///
/// # Errors
/// The program is malformed, invalid, or needs what the product can't give it.
pub fn compile(program: &[u8], options: &Options, emit: &Emit) -> Result<Output> {
    let binary = decode::to_binary(program, NAME, options.debug)?;
    driver::compile(&binary, options, emit, &Silent)
}

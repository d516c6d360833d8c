//! Links relocatable objects and archives into one static executable, one shared object or one relocatable object, from
//! memory to memory.
//!
//! The rest of the compiler sees only [`Linker`] and the plain data types beside it. libwild does the work in this
//! process: it opens no file, starts no program, and prints nothing. This is a crate of its own because libwild's
//! linker is generic over its file system, so the crate that names a file system also compiles the linker.

mod archive;
mod arguments;
mod constants;
mod data_first;
mod memory_files;
mod merge;
mod merge_inputs;
mod merged;
mod wild;

pub use archive::archive;
pub use merge::merge;
pub use wild::Wild;

use std::borrow::Cow;

/// A linker from inputs to an executable or a shared object.
pub trait Linker {
    /// Links `inputs`, in the order in which a command line would name them.
    ///
    /// The result depends on the inputs and on every option except [`LinkOptions::threads`]. The error names each
    /// undefined symbol and the input that refers to it.
    fn link(&self, machine: Machine, inputs: Vec<LinkInput>, options: &LinkOptions) -> anyhow::Result<Vec<u8>>;

    /// Links `object` as a shared object of this name (`DT_SONAME`), which stays loaded once it is. It needs no other: what
    /// it leaves undefined is found among what the process has.
    fn link_shared(&self, machine: Machine, object: LinkInput, soname: &str, threads: usize)
    -> anyhow::Result<Vec<u8>>;
}

/// Instruction set of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    X86_64,
    /// AArch64.
    Aarch64,
    /// RISC-V with 64 bits.
    Riscv64,
}

/// An object file, or an archive, whose members are linked as they are needed.
#[derive(Clone, Debug)]
pub struct LinkInput {
    /// Name of the input in messages, unique within one link.
    pub name: String,
    /// Contents: borrowed from this program (the runtimes are), or owned.
    pub bytes: Cow<'static, [u8]>,
}

impl LinkInput {
    /// An input with a name for messages.
    pub fn new(name: impl Into<String>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// Options of a link.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Links a position-independent executable, whose address the kernel chooses. The start-up object among the inputs
    /// must relocate itself (musl's `rcrt1.o`).
    pub static_pie: bool,
    /// Puts writable data in front of constants and text, so that it lies within the file's first page if it is small, whatever
    /// the length of the text. Inputs that have writable sections besides `.data.rel.ro`, `.data` and `.bss`, such as the locals
    /// of threads, or lack one of them, are linked once more in libwild's own order.
    pub data_first: bool,
    /// Omits the symbol table and debug information.
    pub strip: bool,
    /// Number of worker threads, at least one.
    pub threads: usize,
    /// Symbol at which the kernel starts the program.
    pub entry: String,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self { static_pie: true, data_first: false, strip: true, threads: 1, entry: String::from("_start") }
    }
}

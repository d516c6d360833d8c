//! Links relocatable objects and archives into one static executable, from memory to memory.
//!
//! The rest of the compiler sees only [`Linker`] and the plain data types beside it. The work is
//! done by libwild in this process: no file is opened, no program is started, and nothing is
//! printed. This crate exists by itself because libwild's linker is generic over its file system,
//! so the crate that names one also compiles it.

mod arguments;
mod memory_files;
mod wild;

pub use wild::Wild;

use std::borrow::Cow;

/// Turns inputs into an executable.
pub trait Linker {
    /// Links `inputs`, in the order in which a command line would name them.
    ///
    /// The result depends on the inputs and on every option but [`LinkOptions::threads`]. The
    /// error names each undefined symbol and the input that refers to it.
    fn link(&self, machine: Machine, inputs: Vec<LinkInput>, options: &LinkOptions) -> anyhow::Result<Vec<u8>>;
}

/// An instruction set that can be linked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    X86_64,
    Aarch64,
    Riscv64,
}

/// One object file, or one archive, whose members are taken as they are needed.
#[derive(Clone, Debug)]
pub struct LinkInput {
    /// What messages call this input. Unique among the inputs of one link.
    pub name: String,
    /// The contents: borrowed from this program (the runtimes are), or owned.
    pub bytes: Cow<'static, [u8]>,
}

impl LinkInput {
    pub fn new(name: impl Into<String>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// How to link.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Position-independent, so that the kernel chooses the address: the start-up object among
    /// the inputs has to be one that relocates itself (musl's `rcrt1.o`).
    pub static_pie: bool,
    /// Leave out the symbol table and debug information.
    pub strip: bool,
    /// Worker threads, at least one.
    pub threads: usize,
    /// The symbol at which the kernel starts the program.
    pub entry: String,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self { static_pie: true, strip: true, threads: 1, entry: String::from("_start") }
    }
}

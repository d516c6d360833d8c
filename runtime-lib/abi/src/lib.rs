//! The contract between the compiler and the runtime: the only place where the two meet.
//!
//! The crate holds field offsets, symbol and section names, libcall and host function signatures, trap codes, and the
//! descriptions of the WASI interfaces. It has no dependencies, and no logic but how names are shown: both sides compile
//! this crate, the compiler for the host and the runtime for the target. Data that one side writes and the other reads
//! is a [`record`], declared once.
//!
//! A running program is a **slab**: one reservation of virtual memory, laid out at compile time.
//!
//! ```text
//! slab base ─▶ SlabHeader, memory lengths, table lengths, segment lengths, instance flags   (control pages)
//!              funcref and externref tables that are written after instantiation
//!              group 0: globals │ memory 0 (4 GiB + guard)      ◀─ vmctx of group 0 = base of its memory 0
//!              group 1: globals │ memory 0 …
//!              further memories
//! ```
#![no_std]

pub mod component;
pub mod concurrency;
pub mod cpu;
pub mod display;
pub mod embedded;
pub mod exception;
pub mod exports;
pub mod gc;
pub mod host;
pub mod http;
pub mod javascript;
pub mod known_exports;
pub mod libcalls;
pub mod library;
pub mod limits;
pub mod network;
pub mod parts;
pub mod policy;
pub mod profile;
pub mod program;
pub mod record;
pub mod sandbox;
pub mod script;
pub mod serve;
pub mod slab;
pub mod state;
pub mod symbols;
pub mod trap;
pub mod values;
pub mod wasi;

/// The version of everything in this crate. An object refers to [`symbols::VERSION`], which only the runtime
/// of the same version defines: a mismatch is a link error.
pub const ABI_VERSION: u32 = 13;

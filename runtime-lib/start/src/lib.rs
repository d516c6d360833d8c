//! What starts a process: a command (`command`), a call of an exported function (`call`), or the script of a specification
//! test (`script`); with settings of the environment, limits of time, the kernel's sandbox and threads.
//!
//! With the crates below it this is the library `libaot_runtime.a` that every produced executable is linked to.

#![cfg_attr(target_arch = "riscv64", feature(stdarch_riscv_feature_detection))]

// Guests call its functions by their symbols.
extern crate aot_faces as _;
// Node.js calls its functions, in an addon.
extern crate aot_node as _;

mod call;
mod command;
mod cpu;
mod deadline;
mod inheritance;
mod library;
mod memory_limit;
mod report;
mod sandbox;
mod script;
#[cfg(feature = "http")]
mod serve;
mod settings;
mod threads;

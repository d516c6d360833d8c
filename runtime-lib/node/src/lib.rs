//! Functions of an addon that aot makes, which Node.js calls. They stand on the functions that C programs call.
//!
//! Texts are put together without `format!`, whose templates end with a zero: linkers merge such constants, and would keep all of
//! them in every executable.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod api;
mod call;
mod class;
mod elements;
mod from_c;
mod global;
mod import;
mod imports;
mod instance;
mod interrupts;
mod js;
mod module;
mod numbers;
mod objects;
mod options;
mod path;
mod room;
mod to_c;

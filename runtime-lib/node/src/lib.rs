//! What Node.js calls of an addon that aot makes. It stands on the functions that C programs call.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod api;
mod call;
mod elements;
mod from_c;
mod instance;
mod js;
mod module;
mod numbers;
mod path;
mod to_c;

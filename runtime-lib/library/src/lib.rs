//! Functions that a host program calls of a library: new instances, exported functions, errors.
//!
//! The process belongs to the host program. Nothing here needs std or the C library's state: an [`instance`] has a slab and a
//! record of its own, [`process`] has the signal handlers, which pass on what isn't a guest's, and [`thread`] what a thread
//! of the host needs to run guests. [`call`] passes numbers, and [`values`] everything else.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod call;
mod error;
mod instance;
mod options;
mod process;
mod scalar;
mod thread;
mod values;

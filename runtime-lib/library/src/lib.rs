//! Functions that a host program calls of a library: new instances, exported functions, errors.
//!
//! The process belongs to the host program. Nothing here needs std or the C library's state: an [`instance`] has a slab and a
//! record of its own, [`process`] has the signal handlers, which pass on what isn't a guest's, and [`thread`] what a thread
//! of the host needs to run guests, [`room`] what handlers of the host need while a guest runs. [`turn`] says who has an instance, and [`alarm`] ends calls that take too long. [`call`] passes
//! numbers, and [`values`] everything else. The host's [`state`] of a program that imports host functions is made by a part of the
//! runtime. [`imports`] are the functions that it calls of the host program, whose [`resources`] it may have.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod alarm;
mod boxes;
mod call;
pub mod error;
mod import_call;
mod imports;
mod instance;
pub mod options;
mod pool;
mod process;
mod resources;
mod room;
mod running;
mod scalar;
pub mod state;
mod thread;
mod turn;
mod values;

pub use process::has_to_end;

/// Functions that C programs call, for the crates that call it for programs in other languages.
pub mod c {
    pub use crate::call::aot_library_call;
    pub use crate::error::aot_library_error_free;
    pub use crate::instance::{
        Handle, aot_library_error, aot_library_exit_status, aot_library_free, aot_library_interrupt,
    };
    pub use crate::instance::{aot_library_global_get, aot_library_global_set};
    pub use crate::pool::aot_library_pool;
    pub use crate::values::{Extent, Types, discriminant_bytes, load, payload, store};
    pub use crate::values::{aot_library_call_values, aot_library_resource_drop, aot_library_value_free};
}

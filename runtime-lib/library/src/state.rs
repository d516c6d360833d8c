//! The host's state of an instance: what host functions work on. The part of the runtime that makes it is linked to libraries of
//! programs that import some, and isn't of this crate, which has no std.

use alloc::boxed::Box;
use core::ffi::{c_char, c_void};

use crate::error::Text;
use crate::options::Limits;

/// The host's state of one instance, until it is dropped.
pub trait HostState {
    /// Returns the address for the slab's header, [`aot_abi::slab::SlabHeader::host`].
    fn address(&self) -> u64;
}

/// A function that makes a state, and lowers limits as the settings say. It has the symbol [`aot_abi::library::STATE`].
///
/// # Safety
///
/// The address of the array of [`aot_abi::parts`], and null or the address of a list of C strings that ends with null, which
/// stays unchanged during the call.
pub type MakeState = unsafe fn(
    parts: *const c_void,
    settings: *const *const c_char,
    limits: &mut Limits,
) -> Result<Box<dyn HostState>, Text>;

//! The host's state of an instance: what host functions work on. The part of the runtime that makes it is linked to libraries of
//! programs that import some, and isn't of this crate, which has no std.

use alloc::boxed::Box;
use core::ffi::{c_char, c_void};
use core::ptr::NonNull;

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::error::Text;
use crate::options::Limits;

/// The host's state of one instance, until it is dropped.
pub trait HostState {
    /// Returns the address for the slab's header, [`aot_abi::slab::SlabHeader::host`].
    fn address(&self) -> u64;

    /// Begins a call of an exported function: what is lent to the guest from here on is lent until the call ends.
    ///
    /// # Errors
    /// Too many calls go on.
    ///
    /// # Safety
    ///
    /// As for all further functions: the slab has this state, and host functions don't run in it.
    unsafe fn begin_call(&self, slab: *mut SlabHeader) -> Result<(), Trap>;

    /// Ends the call that was begun.
    ///
    /// # Errors
    /// The guest kept what was lent to it.
    ///
    /// # Safety
    ///
    /// As for [`HostState::begin_call`].
    unsafe fn end_call(&self, slab: *mut SlabHeader) -> Result<(), Trap>;

    /// Takes a resource from a component instance that owns it: the representation of the handle of a type with this number.
    ///
    /// # Errors
    /// The instance has no such handle, or has lent it.
    ///
    /// # Safety
    ///
    /// As for [`HostState::begin_call`].
    unsafe fn take(&self, slab: *mut SlabHeader, instance: u32, number: u32, handle: u32) -> Result<u32, Trap>;

    /// Gives a resource to a component instance, which owns it from then on if `is_own`, and until the call ends if not: its handle.
    ///
    /// # Errors
    /// The instance has as many handles as it may.
    ///
    /// # Safety
    ///
    /// As for [`HostState::begin_call`].
    unsafe fn give(&self, slab: *mut SlabHeader, instance: u32, resource: Given) -> Result<u32, Trap>;

    /// Returns the representation of the resource of a handle, which a component instance owns or was lent.
    ///
    /// # Errors
    /// The instance has no such handle.
    ///
    /// # Safety
    ///
    /// As for [`HostState::begin_call`].
    unsafe fn get(&self, slab: *mut SlabHeader, instance: u32, number: u32, handle: u32) -> Result<u32, Trap>;

    /// Drops a handle of a component instance: the representation of a resource that it owned, none of one that it was lent.
    ///
    /// # Errors
    /// The instance has no such handle, or has lent it.
    ///
    /// # Safety
    ///
    /// As for [`HostState::begin_call`].
    unsafe fn drop(&self, slab: *mut SlabHeader, instance: u32, number: u32, handle: u32) -> Result<Option<u32>, Trap>;
}

/// The state of an instance, which ends with this.
pub struct OwnedState(NonNull<dyn HostState>);

impl OwnedState {
    /// Owns a state.
    pub fn new(state: Box<dyn HostState>) -> OwnedState {
        OwnedState(NonNull::from(Box::leak(state)))
    }

    /// The state, also for what runs inside a call of the instance.
    ///
    /// # Safety
    ///
    /// This lives as long as `'s`.
    pub unsafe fn get<'s>(&self) -> &'s dyn HostState {
        // SAFETY: a box that was leaked; the caller's promise.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for OwnedState {
    fn drop(&mut self) {
        // SAFETY: this owns it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// A resource that a component instance is given.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The number of the resource type.
    pub number: u32,
    /// The representation of the resource.
    pub representation: u32,
    /// True if the instance owns the resource from then on.
    pub is_own: bool,
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

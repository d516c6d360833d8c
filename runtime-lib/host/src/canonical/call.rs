//! From a symbol's core parameters to a Rust function and back: the body of every exported wrapper.

use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::access::Access;
use crate::canonical::handles::Dropped;
use crate::canonical::lowering::Lowering;
use crate::canonical::memory::{Memory, check_alignment};
use crate::canonical::{Fields, Layout, Lift, Lifting, Lower, Words};
use crate::grantee::Grantee;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};

/// The most core parameters of a lowered function; more are passed in memory.
pub const FLAT_PARAMS_MAX: usize = 16;
/// The most core results; more are returned in memory, at an address that is a further parameter.
pub const FLAT_RESULTS_MAX: usize = 1;
/// The most parameters that a wrapper can have.
pub const WORDS_MAX: usize = FLAT_PARAMS_MAX + 1;

/// The number of core parameters for a function with so many flat parameters and results.
pub const fn words(params: usize, results: usize) -> usize {
    let params = if params > FLAT_PARAMS_MAX { 1 } else { params };
    params + (results > FLAT_RESULTS_MAX) as usize
}

/// Parameter `PRESENT` of a wrapper: 64 bits, or nothing at all.
///
/// Every wrapper has [`WORDS_MAX`] parameters, of which those beyond its number are of a type without size, which the
/// C calling convention of all our targets ignores. 32-bit parameters come in 64-bit registers or stack slots there,
/// their upper halves undefined.
pub type Argument<const PRESENT: bool> = <Slot<PRESENT> as Choice>::Type;

/// The two cases of [`Argument`].
pub struct Slot<const PRESENT: bool>;

/// The type of a parameter.
pub trait Choice {
    /// The type of the parameter: a word, or nothing.
    type Type;
}
impl Choice for Slot<true> {
    type Type = u64;
}
impl Choice for Slot<false> {
    type Type = Absent;
}

/// A parameter that a wrapper doesn't use.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Absent;

/// A parameter of a wrapper as bits.
pub trait Word {
    /// The bits of the parameter; 0 if the wrapper doesn't use it.
    fn word(self) -> u64;
}
impl Word for u64 {
    fn word(self) -> u64 {
        self
    }
}
impl Word for Absent {
    fn word(self) -> u64 {
        0
    }
}

/// A call from a guest.
pub struct Call<'a> {
    pub(crate) slab: *mut SlabHeader,
    pub(crate) options: &'a CallOptions,
    access: Access<'a>,
}

impl<'a> Call<'a> {
    /// The call that a wrapper received.
    ///
    /// # Safety
    ///
    /// The wrapper's own parameters, and nothing else borrows the slab's host state.
    #[inline(never)]
    pub unsafe fn new(slab: *mut SlabHeader, options: *const CallOptions) -> Call<'a> {
        // SAFETY: options are read-only data of the executable; the caller's promise.
        let (options, mut access) = unsafe { (&*options, Access::of_slab(slab)) };
        access.begin_call();
        access.grantee = Grantee(options.grantee);
        access.component_instance = options.component_instance;
        Call { slab, options, access }
    }

    /// Refuses a call by a component instance that must not call imports now.
    #[inline(never)]
    pub fn check_may_leave(&self) -> Result<(), Trap> {
        // SAFETY: the promise of `new`; components have flags.
        let flags = unsafe { *flags_of_instance(self.slab, self.options.component_instance) };
        if flags & MAY_LEAVE == 0 { Err(Trap::CannotLeaveComponent) } else { Ok(()) }
    }

    /// The host's state.
    pub fn access(&mut self) -> &mut Access<'a> {
        &mut self.access
    }

    /// The caller's memory.
    pub fn memory(&self) -> Memory<'a> {
        // SAFETY: the promise of `new`; parameters are gone before results are lowered.
        unsafe { Memory::of_call(self.slab, self.options) }
    }

    /// The context for lifting parameters.
    pub fn lifting(&mut self) -> Lifting<'a, '_> {
        Lifting {
            memory: self.memory(),
            encoding: self.options.string_encoding,
            instance: self.options.component_instance,
            strict: false,
            host: Some(&mut self.access),
        }
    }

    /// The core result for `output`, of which what doesn't fit goes to memory.
    pub fn lower<T: Lower>(&self, output: Result<T, Trap>, pointer: u64) -> Result<u64, Trap> {
        let output = output?;
        // SAFETY: the promise of `new`; no other borrow of the host's state is alive.
        let mut cx = unsafe { Lowering::new(self.slab, self.options) };
        if T::FLAT <= FLAT_RESULTS_MAX {
            return output.lower(&mut cx);
        }
        let address = u64::from(pointer as u32);
        check_alignment(address, T::ALIGN)?;
        cx.memory().range(address, u64::from(T::SIZE))?;
        output.store(&mut cx, address)?;
        Ok(0)
    }

    /// Ends the call, and returns the wrapper's result.
    #[inline(never)]
    pub fn finish(&mut self, outcome: Result<u64, Trap>) -> HostReturn {
        let result = match outcome.and_then(|value| self.access.check_memory().map(|()| value)) {
            Ok(value) => HostReturn { trap: 0, value },
            Err(trap) => self.fail(trap),
        };
        self.access.end();
        result
    }

    /// Tells the header what else there is to tell of a trap.
    #[cold]
    fn fail(&mut self, trap: Trap) -> HostReturn {
        // SAFETY: the slab's header is open memory, and only this thread uses it.
        unsafe { self.access.explain(trap, &mut *self.slab) };
        HostReturn { trap: trap as u64, value: 0 }
    }
}

/// The body of the drop of a resource whose type has this number.
///
/// # Safety
///
/// The contract of `aot_abi::host`.
pub unsafe fn drop_resource(
    slab: *mut SlabHeader,
    options: *const CallOptions,
    handle: u64,
    number: u32,
) -> HostReturn {
    // SAFETY: the caller's promise.
    let mut call = unsafe { Call::new(slab, options) };
    let mut run = || {
        call.check_may_leave()?;
        let instance = call.options.component_instance;
        let host = &mut *call.access;
        match host.handles(instance)?.drop(number, handle as u32)? {
            Dropped::Owner(representation) => host.resources.remove(representation)?,
            Dropped::Borrow { call } => host.calls.returned(call),
        }
        Ok(0)
    };
    let outcome = run();
    call.finish(outcome)
}

/// The parameters of a call: core values, or a tuple in memory.
pub enum Params<'w> {
    /// Parameters that are core values.
    Flat(Words<'w>),
    /// Parameters that lie in memory.
    Spilled(Fields),
}

impl<'w> Params<'w> {
    /// Parameters of a tuple with this layout, of which `flat_max` core values aren't too many.
    pub fn new(layout: Layout, flat_max: usize, words: &'w [u64], memory: Memory<'_>) -> Result<Params<'w>, Trap> {
        if layout.flat() <= flat_max {
            return Ok(Params::Flat(Words::new(words)));
        }
        let address = words.first().map_or(0, |word| u64::from(*word as u32));
        check_alignment(address, layout.align())?;
        memory.range(address, u64::from(layout.size()))?;
        Ok(Params::Spilled(Fields::at(address)))
    }

    /// The next parameter.
    #[inline]
    pub fn next<'a, T: Lift>(&mut self, cx: &mut Lifting<'a, '_>) -> Result<T::Value<'a>, Trap> {
        match self {
            Params::Flat(words) => T::lift(cx, words),
            Params::Spilled(fields) => T::load(cx, fields.next::<T>()),
        }
    }
}

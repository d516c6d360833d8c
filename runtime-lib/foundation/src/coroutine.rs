//! Calls of guest functions on stacks of their own, which a host function can suspend and somebody else resume.
//!
//! A slab has one current context: the entry, the exit frame and the bounds of the stack on which its guest runs. A
//! coroutine that is resumed exchanges its own context for the current one, and exchanges them back when it is
//! suspended or ends. All the others are in a list of the slab's, so that a collection finds what their frames refer to.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::{ManuallyDrop, replace};
use core::ptr::{NonNull, null_mut};

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::arch;
use crate::entry::call_guest;
use crate::own_stack::OwnStack;
use crate::records::{Context, EntryRecord, OtherContext, state};
use crate::stack::StackBounds;

/// A call of a guest function on a stack of its own. Dropping one that is suspended forgets its frames: what they own
/// is never freed.
pub struct Coroutine(NonNull<Running>);

/// The record that both sides of a coroutine refer to.
#[repr(C)]
struct Running {
    /// The coroutine's context while it is suspended; that of who resumed it while it runs.
    other: OtherContext,
    slab: *mut SlabHeader,
    /// The stack pointer of the side that doesn't run.
    stack_pointer: u64,
    /// The stack, unless it is the slab's own.
    stack: Option<OwnStack>,
    entry: u32,
    vmctx: u64,
    values: Vec<[u64; 2]>,
    outcome: Option<Result<(), Trap>>,
}

/// A coroutine that has ended.
pub struct Ended {
    /// The values of the call after a return, or the trap that ended it.
    pub outcome: Result<Vec<[u64; 2]>, Trap>,
    /// The stack, for another call; none if it was the slab's own.
    pub stack: Option<OwnStack>,
}

impl Coroutine {
    /// A call that hasn't begun, on this stack or the slab's own with these bounds: the other parameters are those of
    /// [`call_guest`].
    ///
    /// # Safety
    ///
    /// As for [`call_guest`] whenever the coroutine is resumed. The slab outlives the coroutine, and nothing else runs on the
    /// stack before its end.
    pub unsafe fn new(
        slab: *mut SlabHeader,
        stack: Result<OwnStack, StackBounds>,
        entry: u32,
        vmctx: u64,
        values: Vec<[u64; 2]>,
    ) -> Coroutine {
        let (stack, bounds) = match stack {
            Ok(stack) => {
                let bounds = stack.bounds();
                (Some(stack), bounds)
            }
            Err(bounds) => (None, bounds),
        };
        let limit = bounds.limit();
        let context = Context { entry: 0, exit_frame: 0, stack_limit: limit, stack: bounds, innermost: null_mut() };
        // SAFETY: the caller's promise.
        let other = OtherContext { context, resumer: null_mut(), next: unsafe { (*state(slab)).others } };
        let running = Running { other, slab, stack_pointer: 0, stack, entry, vmctx, values, outcome: None };
        let running = NonNull::from(Box::leak(Box::new(running)));
        // SAFETY: the box is this coroutine's alone, and its stack is empty.
        unsafe {
            let at = running.as_ptr();
            (*at).stack_pointer = arch::first_frame(bounds.high, body, at.expose_provenance() as u64);
            (*state(slab)).others = at.cast();
        }
        Coroutine(running)
    }

    /// Goes on until the coroutine is suspended or ends: whether it has ended.
    ///
    /// # Safety
    ///
    /// As for [`call_guest`]; the coroutine isn't running.
    pub unsafe fn resume(&mut self) -> bool {
        let running = self.0.as_ptr();
        // SAFETY: the caller's promise. The coroutine's side switches back to here.
        unsafe {
            if (*running).outcome.is_some() {
                return true;
            }
            let slab = (*running).slab;
            let resumer = current(slab);
            let own = replace(&mut (*running).other.context, resumer);
            (*running).other.resumer = replace(&mut (*state(slab)).running, running.cast());
            install(slab, on_top_of(own, resumer.innermost));
            arch::switch(&raw mut (*running).stack_pointer, (*running).stack_pointer);
            let own = current(slab);
            install(slab, replace(&mut (*running).other.context, own));
            (*state(slab)).running = (*running).other.resumer;
            (*running).outcome.is_some()
        }
    }

    /// The outcome and the stack, once it has ended.
    pub fn end(self) -> Result<Ended, Coroutine> {
        // SAFETY: the box is this coroutine's alone while it doesn't run.
        let Some(outcome) = (unsafe { (*self.0.as_ptr()).outcome }) else { return Err(self) };
        let Running { stack, values, .. } = *ManuallyDrop::new(self).take();
        Ok(Ended { outcome: outcome.map(|()| values), stack })
    }

    /// Takes the coroutine from the slab's list: its box, which is nobody else's then.
    fn take(&self) -> Box<Running> {
        let running = self.0.as_ptr();
        // SAFETY: the slab lives, and all in its list are alive; the box was leaked by `new`.
        unsafe {
            let mut link = &raw mut (*state((*running).slab)).others;
            while !(*link).is_null() {
                if *link == running.cast() {
                    *link = (*running).other.next;
                    break;
                }
                link = &raw mut (**link).next;
            }
            Box::from_raw(running)
        }
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Suspends the coroutine that runs on this stack until it is resumed: false if a guest runs on no coroutine.
///
/// # Safety
///
/// Called by a host function of the slab's guest, which holds nothing that others need meanwhile.
pub unsafe fn suspend(slab: *mut SlabHeader) -> bool {
    // SAFETY: the coroutine that runs is alive; who resumed it exchanges the contexts.
    unsafe {
        let running: *mut Running = (*state(slab)).running.cast();
        if running.is_null() {
            return false;
        }
        arch::switch(&raw mut (*running).stack_pointer, (*running).stack_pointer);
    }
    true
}

/// The first function on a coroutine's stack.
extern "C" fn body(running: u64) -> ! {
    let running: *mut Running = core::ptr::with_exposed_provenance_mut(running as usize);
    // SAFETY: the promise of `new`; the other side uses none of these while this one runs.
    unsafe {
        let outcome = call_guest((*running).slab, (*running).entry, (*running).vmctx, &mut (*running).values);
        (*running).outcome = Some(outcome);
        loop {
            arch::switch(&raw mut (*running).stack_pointer, (*running).stack_pointer);
        }
    }
}

/// The current context of a slab.
///
/// # Safety
///
/// The slab is attached to this thread.
unsafe fn current(slab: *mut SlabHeader) -> Context {
    // SAFETY: the caller's promise.
    unsafe {
        Context {
            entry: (*slab).entry,
            exit_frame: (*slab).exit_frame,
            stack_limit: (*slab).stack_limit,
            stack: (*state(slab)).stack,
            innermost: (*(*state(slab)).thread).innermost,
        }
    }
}

/// Makes a context the slab's current one.
///
/// # Safety
///
/// As for [`current`]; the stack that runs next is the context's.
unsafe fn install(slab: *mut SlabHeader, context: Context) {
    // SAFETY: the caller's promise.
    unsafe {
        (*slab).entry = context.entry;
        (*slab).exit_frame = context.exit_frame;
        (*slab).stack_limit = context.stack_limit;
        (*state(slab)).stack = context.stack;
        (*(*state(slab)).thread).innermost = context.innermost;
    }
}

/// A coroutine's context whose entries lie around this one of the thread from now on.
///
/// # Safety
///
/// The entries of the context haven't returned.
unsafe fn on_top_of(mut context: Context, innermost: *mut EntryRecord) -> Context {
    let mut record: *mut EntryRecord = core::ptr::with_exposed_provenance_mut(context.entry as usize);
    if record.is_null() {
        context.innermost = innermost;
        return context;
    }
    // SAFETY: the caller's promise.
    unsafe {
        while !(*record).outer_of_slab.is_null() {
            record = (*record).outer_of_slab;
        }
        (*record).outer_of_thread = innermost;
    }
    context
}

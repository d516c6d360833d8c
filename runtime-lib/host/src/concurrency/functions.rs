//! Functions of asynchronous components that others call, behind pointers, so that only programs with such components have their
//! code.

use aot_abi::program::Entry;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
#[cfg(feature = "http")]
use core::any::Any;
#[cfg(feature = "http")]
use std::rc::Rc;

#[cfg(feature = "http")]
use crate::poll::File;

/// Takes the core results of a call, while the guest's memory has what they point to.
pub type Return = Box<dyn FnOnce(*mut SlabHeader, &[[u64; 2]]) -> Result<(), Trap>>;

/// The functions of asynchronous components that others call; `H` is the state of the host. Only programs with such components link
/// them.
pub struct Functions<H> {
    /// Prepares a slab for start-up.
    pub begin: unsafe fn(*mut SlabHeader),
    /// Calls the main export, and gives its first core result, 0 if it has none. The conditions are those of the next.
    pub call_main: unsafe fn(*mut SlabHeader) -> Result<u64, Trap>,
    /// Calls an exported function: makes its core parameters, runs tasks until it has returned, and gives away its core results. After a
    /// trap all tasks are gone, and the component instance must not be entered again.
    pub call_exported: CallExported,
    /// Takes a readable end from a component instance: its handle, the number of the payload's type, and whether it is of a
    /// future. The end, for a value that passes on.
    pub take_end: fn(&mut H, u32, u32, u32, bool) -> Result<u32, Trap>,
    /// Gives a component instance a readable end: its new handle.
    pub give_end: fn(&mut H, u32, u32) -> Result<u32, Trap>,
    /// Drops a readable end that no instance has.
    pub drop_end: unsafe fn(*mut SlabHeader, u32),
    /// Begins a call that goes on with others in turns: its core parameters, what takes its core results, and what is kept until its task
    /// has ended. The conditions are those of `call_exported`.
    #[cfg(feature = "http")]
    pub begin_call: BeginCall,
    /// Lets tasks go on, and says what they need then.
    #[cfg(feature = "http")]
    pub turn: unsafe fn(*mut SlabHeader, &dyn Around) -> Result<Turn, Trap>,
    /// Lets the task that runs wait for descriptors or a moment.
    #[cfg(feature = "http")]
    pub sleep: Sleep,
}

/// A function that calls exported functions: [`Functions::call_exported`].
///
/// # Safety
///
/// The slab is attached to the thread, has started up, and has its host state, which nothing borrows. The functions are the
/// compiler's, and take what the third parameter makes.
pub type CallExported =
    unsafe fn(*mut SlabHeader, &Exported, &mut dyn FnMut() -> Result<Vec<[u64; 2]>, Trap>, Return) -> Result<(), Trap>;

/// A function that lets the task that runs wait: [`Functions::sleep`].
///
/// # Safety
///
/// Called by a host function of the slab's guest; nothing borrows the host's state.
#[cfg(feature = "http")]
pub type Sleep = unsafe fn(*mut SlabHeader, &[File], Option<u64>) -> Result<(), Trap>;

/// A function that begins calls: [`Functions::begin_call`].
#[cfg(feature = "http")]
pub type BeginCall = unsafe fn(*mut SlabHeader, &Exported, Vec<[u64; 2]>, Return, Rc<dyn Any>) -> Result<(), Trap>;

/// An exported function, as its caller knows it.
pub struct Exported {
    /// The component instance that it is of.
    pub instance: u32,
    /// The core function.
    pub lifted: Entry,
    /// The number of its core parameters.
    pub params: usize,
    /// The number of its core results.
    pub results: usize,
    /// The callback, if there is one.
    pub callback: Entry,
    /// The function to call when the result was taken, if there is one.
    pub post_return: Entry,
    /// The flags `FORM_…` of the function.
    pub form: u32,
    /// The number by which `task.return` names the type of the result.
    pub result_number: u32,
    /// The number by which `task.return` names the memory of the function's options; none if it isn't known.
    pub memory_number: Option<u32>,
    /// The encoding of strings.
    pub string_encoding: u16,
}

/// Whoever looks after the time that guest code takes.
#[cfg(feature = "http")]
pub trait Around {
    /// Notes that guest code is about to run: a task of the request with this number, or what any of them may have begun.
    fn enter(&self, request: Option<u64>);
    /// Notes that it doesn't any more.
    fn leave(&self, request: Option<u64>);
    /// Returns true if a further call may come.
    fn may_be_called(&self) -> bool;
}

/// The thing that the tasks of an instance need before the next turn.
#[cfg(feature = "http")]
pub enum Turn {
    /// Nothing: they have had their share.
    Again,
    /// One of these descriptors, the moment, a source, or a new call.
    Waits(Vec<File>, Option<u64>),
}

/// The functions by which the engine has the worker of a server, which a guest that computes for too long gives up.
#[cfg(feature = "http")]
#[derive(Clone, Copy)]
pub struct Post {
    /// Takes the worker back, and keeps it. No host function has access to the host's state.
    pub regain: unsafe fn(*mut SlabHeader),
    /// Keeps the worker that a host function has taken.
    pub keep: unsafe fn(*mut SlabHeader),
}

//! Functions of asynchronous components that others call, behind pointers, so that only programs with such components have their
//! code.

use aot_abi::program::Entry;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

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
}

/// A function that calls exported functions: [`Functions::call_exported`].
///
/// # Safety
///
/// The slab is attached to the thread, has started up, and has its host state, which nothing borrows. The functions are the
/// compiler's, and take what the third parameter makes.
pub type CallExported =
    unsafe fn(*mut SlabHeader, &Exported, &mut dyn FnMut() -> Result<Vec<[u64; 2]>, Trap>, Return) -> Result<(), Trap>;

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

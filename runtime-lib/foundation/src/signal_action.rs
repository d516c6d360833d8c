//! The kernel's actions of signals.

use crate::arch;

/// The handler takes what the kernel knows of the signal.
pub const SA_SIGINFO: usize = 4;
/// The handler runs on the thread's signal stack.
pub const SA_ONSTACK: usize = 0x0800_0000;
/// The signal may come again while it is handled.
pub const SA_NODEFER: usize = 0x4000_0000;
/// The action that the system takes by itself.
pub const SIG_DFL: usize = 0;
/// No action.
pub const SIG_IGN: usize = 1;

/// Bytes of the kernel's signal set.
const SIGNAL_SET_BYTES: usize = 8;

/// The kernel's `sigaction`. riscv64 has no restorer, but room for it harms nobody: the kernel reads the mask where
/// it expects it, and it is empty everywhere.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Action {
    /// The address of the handler, [`SIG_DFL`] or [`SIG_IGN`].
    pub handler: usize,
    /// The union of `SA_…`.
    pub flags: usize,
    /// The address of the code that returns from the handler, where the kernel has none.
    pub restorer: usize,
    /// The signals that wait until the handler has returned.
    pub mask: u64,
    /// Room behind the structure of kernels that have a restorer.
    pub unused: u64,
}

impl Action {
    /// The action that the system takes by itself.
    pub const DEFAULT: Action = Action { handler: SIG_DFL, flags: 0, restorer: 0, mask: 0, unused: 0 };
}

/// Sets the action of a signal for the whole process.
///
/// # Safety
///
/// The handler keeps to what signal handlers may do.
pub unsafe fn set_action(signal: usize, action: &Action) -> rustix::io::Result<()> {
    let action = core::ptr::from_ref(action).addr();
    // SAFETY: the kernel only reads the action; the caller vouches for the handler.
    unsafe { arch::system_call(arch::SYS_SIGACTION, [signal, action, 0, SIGNAL_SET_BYTES]) }.map(drop)
}

/// The action of a signal.
pub fn action_of(signal: usize) -> rustix::io::Result<Action> {
    let mut action = Action::DEFAULT;
    // SAFETY: the kernel writes the action alone.
    unsafe { arch::system_call(arch::SYS_SIGACTION, [signal, 0, (&raw mut action).addr(), SIGNAL_SET_BYTES]) }?;
    Ok(action)
}

//! Reasons for which a program could not be started.

use aot_foundation::message::{Message, SystemError};
use rustix::io::Errno;

use crate::policy::directory::Directory;
#[cfg(feature = "http")]
use crate::serve_error::ServeError;

/// Reason why a program could not be started.
#[derive(Clone, Copy, Debug)]
pub enum StartError {
    /// The policy in the executable can't be read.
    DamagedPolicy,
    /// The kernel can't enforce the sandbox that the executable requires.
    NoSandbox,
    /// The system lacks memory or descriptors for the kernel's sandbox.
    NoRoomForSandbox,
    /// A thread of the guest has no stack for signals.
    NoSignalStack,
    /// The CPU lacks a feature of this name.
    Cpu(&'static str),
    /// A system call failed.
    System(SystemError),
    /// A granted directory can't be opened.
    Directory {
        /// Path of the directory on the host.
        path: &'static [u8],
        /// True if the path can be shown as it is.
        shown: bool,
        /// The reason.
        errno: Errno,
    },
    /// A variable has a value that it can't have.
    Refused {
        /// The variable's name.
        variable: &'static [u8],
        /// The reason, which follows "is" in a sentence.
        why: &'static str,
    },
    /// A limit is less than what the program begins with.
    TooLow {
        /// The variable that sets the limit.
        variable: &'static str,
        /// Size or number that the program begins with.
        least: u64,
    },
    /// A descriptor of `LISTEN_FDS` is no socket, or one more than the program may have open.
    NotHandedIn(u32),
    /// The program is a server, and something of that failed.
    #[cfg(feature = "http")]
    Serve(ServeError),
}

impl StartError {
    /// Returns the error of a variable that has a value which it can't have; `why` follows "is" in a sentence.
    pub fn refused(variable: &'static [u8], why: &'static str) -> StartError {
        StartError::Refused { variable, why }
    }

    /// Returns the error of a granted directory that can't be opened.
    pub fn directory(directory: &Directory, errno: Errno) -> StartError {
        StartError::Directory { path: directory.host, shown: directory.shown, errno }
    }

    /// Adds one line for a person to a message, without `aot:` and without the line's end.
    pub fn tell(&self, message: &mut Message) {
        match *self {
            StartError::DamagedPolicy => {
                message.text("the policy in this executable is damaged, or of another version of aot")
            }
            StartError::NoSandbox => message
                .text("this kernel can't enforce the sandbox that the executable requires; AOT_LOG=sandbox tells more"),
            StartError::NoRoomForSandbox => {
                message.text("the system lacks memory or open files for the kernel's sandbox")
            }
            StartError::NoSignalStack => message.text("a thread got no stack for signals"),
            StartError::Cpu(feature) => message.text("this program needs a CPU with ").text(feature),
            StartError::System(error) => {
                message.text("cannot ").text(error.doing).text(": system error ");
                message.decimal(error.errno.raw_os_error() as u64);
                tell_address_space(message, error.address_space)
            }
            StartError::Directory { path, shown, errno } => {
                message.text("cannot open the granted directory `");
                if shown { message.text(path) } else { message.ascii(path) }.text(match errno {
                    Errno::NOENT => "`: there is none",
                    Errno::NOTDIR => "`: it is not a directory",
                    Errno::ACCESS => "`: permission denied",
                    Errno::PERM => "`: it is the kernel's own or a process's",
                    _ => "`",
                })
            }
            StartError::Refused { variable, why } => message.ascii(variable).text(" is ").text(why),
            StartError::TooLow { variable, least } => {
                message.text(variable).text(" is less than what the program begins with, ").decimal(least)
            }
            StartError::NotHandedIn(descriptor) => {
                message.text("LISTEN_FDS promises a socket as descriptor ").decimal(descriptor.into());
                message.text(", which is none, or one more than the program may have open")
            }
            #[cfg(feature = "http")]
            StartError::Serve(error) => {
                error.tell(message);
                message
            }
        };
    }
}

/// Address space for what isn't the program's: the executable itself, and what the host allocates.
const ADDRESS_SPACE_OF_RUNTIME: u64 = 32 << 20;

fn tell_address_space(message: &mut Message, bytes: u64) -> &mut Message {
    if bytes == 0 {
        return message;
    }
    message.text("; it needs `ulimit -v ").decimal((bytes + ADDRESS_SPACE_OF_RUNTIME) >> 10);
    message.text("`, or a smaller --max-memory and --address-space small when it is compiled")
}

impl From<SystemError> for StartError {
    fn from(error: SystemError) -> StartError {
        StartError::System(error)
    }
}

#[cfg(feature = "http")]
impl From<ServeError> for StartError {
    fn from(error: ServeError) -> StartError {
        StartError::Serve(error)
    }
}

//! Reasons for which a server could not be started.

use aot_foundation::message::Message;
use rustix::io::Errno;

/// Reason why a server could not be started.
#[derive(Clone, Copy, Debug)]
pub enum ServeError {
    /// The system refuses to listen at an address.
    Listen {
        /// The address, as it is written for `--serve`.
        address: &'static [u8],
        /// The reason.
        errno: Errno,
    },
    /// There is a file where a Unix socket is to be, which is no socket.
    NoSocket {
        /// Path of the file.
        path: &'static [u8],
    },
    /// A descriptor of `LISTEN_FDS` is no socket that listens for connections.
    NotListening(u32),
    /// A file for TLS can't be read.
    File {
        /// Path of the file.
        path: &'static [u8],
        /// The reason.
        errno: Errno,
    },
    /// The files for TLS can't be used, for this reason.
    Certificates(&'static str),
}

impl ServeError {
    /// Adds one line for a person to a message, without the line's end.
    pub fn tell(&self, message: &mut Message) {
        match *self {
            ServeError::Listen { address, errno } => {
                message.text("cannot listen at `").name(address).text("`: ");
                tell_refused(message, address, errno);
            }
            ServeError::NoSocket { path } => {
                message.text("cannot listen at `unix:").name(path).text("`: there is a file that is no socket");
            }
            ServeError::Certificates(reason) => {
                message.text("cannot use the files for TLS: ").text(reason);
            }
            ServeError::NotListening(descriptor) => {
                message.text("LISTEN_FDS promises a socket that listens for connections as descriptor ");
                message.decimal(descriptor.into()).text(", which is none");
            }
            ServeError::File { path, errno } => {
                message.text("cannot read the file `").name(path).text("` for TLS: ");
                match errno {
                    Errno::NOENT => message.text("there is none"),
                    Errno::ACCESS | Errno::PERM => message.text("permission denied"),
                    Errno::FBIG => message.text("it is too large for a certificate or a key"),
                    other => tell_number(message, other),
                };
            }
        }
    }
}

/// Adds why the system refuses to listen at an address, and what helps.
fn tell_refused(message: &mut Message, address: &[u8], errno: Errno) {
    let is_unix = address.starts_with(b"unix:");
    match errno {
        Errno::ADDRINUSE => {
            message.text("another program serves there; stop it, or choose another address (AOT_SERVE, or --serve)")
        }
        Errno::ACCESS | Errno::PERM if is_unix => {
            message.text("permission denied; the user needs the right to write to the socket's folder")
        }
        Errno::ACCESS | Errno::PERM => message.text(
            "permission denied; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE, or a service manager \
             that hands the socket in",
        ),
        Errno::ADDRNOTAVAIL => message.text("this machine has no such address"),
        Errno::AFNOSUPPORT => message.text("this machine has no addresses of that kind"),
        Errno::NOENT | Errno::NOTDIR => message.text("there is no such folder"),
        Errno::NAMETOOLONG => message.text("the path of a socket has 107 bytes at most"),
        other => tell_number(message, other),
    };
}

fn tell_number(message: &mut Message, errno: Errno) -> &mut Message {
    message.text("system error ").decimal(errno.raw_os_error() as u64)
}

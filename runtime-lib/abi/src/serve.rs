//! Format of a server's settings in the policy: items like those of [`crate::policy`], which only [`crate::parts::SERVE`]
//! reads, and which only programs that export a handler of HTTP requests have.

use crate::record::records;
use core::ops::RangeInclusive;

records! {
    /// The head of an address ([`TAG_SERVE`], [`TAG_ADMIN`]). The path of a socket follows for [`HOSTS_UNIX`], and nothing
    /// otherwise.
    pub struct Address: 24 {
        /// One of `HOSTS_…`.
        hosts: u32,
        /// The first port; 0 for one of the system's choice.
        port_first: u16,
        /// The last port, of which a variable chooses one at start; without a choice, the first counts.
        port_last: u16,
        /// Address for [`HOSTS_IPV4`] (in the first four bytes) and [`HOSTS_IPV6`].
        address: [u8; 16],
    }

    /// The head of [`TAG_TLS`]; the certificates' path follows, then the key's.
    pub struct Tls: 4 {
        /// Bytes of the certificates' path.
        certificates_bytes: u32,
    }

    /// The head of [`TAG_STATIC`]; the path below which the files are follows, without a slash at its end, then each file: a
    /// [`StaticFile`].
    pub struct Static: 4 {
        /// Bytes of the path.
        prefix_bytes: u32,
    }

    /// The head of a file; its path below the prefix follows, its content type, then its contents. Files are sorted by their
    /// paths, bytewise.
    pub struct StaticFile: 44 {
        /// Bytes of the path.
        path_bytes: u32,
        /// Bytes of the content type.
        type_bytes: u32,
        /// Bytes of the contents.
        contents_bytes: u32,
        /// Entity tag without its quotation marks: visible characters of ASCII, and no comma.
        entity_tag: [u8; 32],
    }

    /// The payload of [`TAG_ACCESS_LOG`].
    pub struct AccessLog: 4 {
        /// [`LOG_COMMON`] or [`LOG_JSON`].
        form: u32,
    }
}

/// Range of tags that servers use.
pub const TAGS: RangeInclusive<u32> = 64..=79;
/// Tag of an address at which requests are served: [`Address`].
pub const TAG_SERVE: u32 = 64;
/// Tag of the address that answers about the server's health: [`Address`].
pub const TAG_ADMIN: u32 = 65;
/// Tag of files on the host for TLS: [`Tls`].
pub const TAG_TLS: u32 = 66;
/// Tag of the log of requests: [`AccessLog`].
pub const TAG_ACCESS_LOG: u32 = 67;
/// Tag of a limit of servers: [`crate::policy::Limit`], whose number is that of a [`crate::limits::ServerLimit`].
pub const TAG_SERVER_LIMIT: u32 = 68;

/// Tag of files that the server answers with by itself: [`Static`].
pub const TAG_STATIC: u32 = 72;

/// [`Address::hosts`]: all addresses of the machine.
pub const HOSTS_ANY: u32 = 0;
/// [`Address::hosts`]: an IPv4 address.
pub const HOSTS_IPV4: u32 = 1;
/// [`Address::hosts`]: an IPv6 address.
pub const HOSTS_IPV6: u32 = 2;
/// [`Address::hosts`]: a Unix socket.
pub const HOSTS_UNIX: u32 = 3;

/// [`AccessLog::form`]: the common log format.
pub const LOG_COMMON: u32 = 1;
/// [`AccessLog::form`]: an object of JSON a line.
pub const LOG_JSON: u32 = 2;

/// Environment variable that chooses among the addresses of [`TAG_SERVE`].
pub const SERVE_VARIABLE: &str = "AOT_SERVE";
/// Environment variable that chooses among the ports of [`TAG_ADMIN`].
pub const ADMIN_VARIABLE: &str = "AOT_ADMIN";

//! How grants of HTTP requests are written into the policy: items as those of [`crate::policy`], which only
//! [`crate::parts::HTTP`] reads, and which only programs with `wasi:http` have.

use crate::record::records;
use core::ops::RangeInclusive;

records! {
    /// The head of a grant ([`TAG_HTTP`]); the methods follow with a comma behind each, then the host, the path, and the
    /// grant's text for persons.
    pub struct Grant: 20 {
        /// [`SCHEME_HTTP`] or [`SCHEME_HTTPS`].
        scheme: u8,
        /// One of `HOSTS_…`.
        hosts: u8,
        /// The first port.
        port_first: u16,
        /// The last port.
        port_last: u16,
        /// 0.
        unused: u16,
        /// Bytes of the methods.
        methods_bytes: u32,
        /// Bytes of the host.
        host_bytes: u32,
        /// Bytes of the path.
        path_bytes: u32,
    }
}

/// The tags of this module.
pub const TAGS: RangeInclusive<u32> = 48..=63;
/// Requests that the program may send.
pub const TAG_HTTP: u32 = 48;
/// The certificate, in DER, of a further authority whose servers are trusted.
pub const TAG_HTTP_AUTHORITY: u32 = 49;

/// The scheme `http`.
pub const SCHEME_HTTP: u8 = 1;
/// The scheme `https`.
pub const SCHEME_HTTPS: u8 = 2;

/// Hosts: all of them.
pub const HOSTS_ANY: u8 = 0;
/// Hosts: the one of this name, in lower case, or of this address.
pub const HOSTS_ONE: u8 = 1;
/// Hosts: all whose names end with this one, behind a dot.
pub const HOSTS_BELOW: u8 = 2;

/// The variable that takes grants away.
pub const VARIABLE: &str = "AOT_DENY_HTTP";

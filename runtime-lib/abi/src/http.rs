//! Format of HTTP grants in the policy: items like those of [`crate::policy`], which only [`crate::parts::HTTP`] reads,
//! and which only programs with `wasi:http` have.

use crate::record::records;
use core::ops::RangeInclusive;

records! {
    /// The head of a grant ([`TAG_HTTP`]). After it come the methods, each with a comma, then the host, the path, and
    /// the grant's text for users.
    pub struct Grant: 20 {
        /// [`SCHEME_HTTP`] or [`SCHEME_HTTPS`].
        scheme: u8,
        /// One of `HOSTS_…`.
        hosts: u8,
        /// The first port.
        port_first: u16,
        /// The last port.
        port_last: u16,
        /// Padding, always 0.
        unused: u16,
        /// Bytes of the methods.
        methods_bytes: u32,
        /// Bytes of the host.
        host_bytes: u32,
        /// Bytes of the path.
        path_bytes: u32,
    }
}

/// Range of tags that HTTP uses.
pub const TAGS: RangeInclusive<u32> = 48..=63;
/// Tag of a grant: requests that the program may send.
pub const TAG_HTTP: u32 = 48;
/// Tag of a further trusted authority's certificate, in DER.
pub const TAG_HTTP_AUTHORITY: u32 = 49;

/// [`Grant::scheme`]: `http`.
pub const SCHEME_HTTP: u8 = 1;
/// [`Grant::scheme`]: `https`.
pub const SCHEME_HTTPS: u8 = 2;

/// [`Grant::hosts`]: all hosts.
pub const HOSTS_ANY: u8 = 0;
/// [`Grant::hosts`]: the host with this lower-case name or this address.
pub const HOSTS_ONE: u8 = 1;
/// [`Grant::hosts`]: all hosts whose names end with a dot and this name.
pub const HOSTS_BELOW: u8 = 2;

/// Environment variable that revokes grants.
pub const VARIABLE: &str = "AOT_DENY_HTTP";

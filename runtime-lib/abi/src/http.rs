//! How grants of HTTP requests are written into the policy: records as those of [`crate::policy`], which only
//! [`crate::parts::HTTP`] reads, and which only programs with `wasi:http` have.
//!
//! The payload of a grant is
//!
//! ```text
//! scheme: u8, hosts: u8, port_first: u16, port_last: u16, 0: u16,
//! methods_bytes: u32, host_bytes: u32, path_bytes: u32,
//! the methods with a comma behind each, the host, the path, the grant's text for persons
//! ```

use core::ops::RangeInclusive;

/// The tags of this module.
pub const TAGS: RangeInclusive<u32> = 48..=63;
/// Requests that the program may send.
pub const TAG_HTTP: u32 = 48;
/// The certificate, in DER, of a further authority whose servers are trusted.
pub const TAG_HTTP_AUTHORITY: u32 = 49;

/// Bytes of a grant before its methods.
pub const GRANT_HEAD_BYTES: usize = 20;

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

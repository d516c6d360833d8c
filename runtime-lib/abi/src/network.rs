//! How grants of the network are written into the policy: records as those of [`crate::policy`], which only
//! [`crate::parts::NETWORK`] reads.
//!
//! The payload of a grant is
//!
//! ```text
//! protocols: u8, hosts: u8, prefix: u8, 0: u8, port_first: u16, port_last: u16,
//! address: [u8; 16], name_bytes: u32, the name, the grant's text for persons
//! ```

use core::ops::RangeInclusive;

/// The tags of this module.
pub const TAGS: RangeInclusive<u32> = 32..=47;
/// Remote ends that the program may talk to.
pub const TAG_NET: u32 = 32;
/// Local addresses that it may serve at.
pub const TAG_LISTEN: u32 = 33;
/// It gets the sockets that a service manager hands in. No payload.
pub const TAG_INHERIT_SOCKETS: u32 = 34;

/// Bytes of a grant before its name.
pub const GRANT_HEAD_BYTES: usize = 28;

/// Bit of the protocols: TCP.
pub const TCP: u8 = 1;
/// Bit of the protocols: UDP.
pub const UDP: u8 = 2;

/// Hosts: all of them, and all names.
pub const HOSTS_ANY: u8 = 0;
/// Hosts: those whose IPv4 address begins as `address` does, `prefix` bits.
pub const HOSTS_IPV4: u8 = 1;
/// Hosts: those whose IPv6 address begins as `address` does, `prefix` bits.
pub const HOSTS_IPV6: u8 = 2;
/// Hosts: those to which the name leads; with `*.` in front, all names that end so.
pub const HOSTS_NAME: u8 = 3;

/// Variables that only programs with sockets look at.
pub const VARIABLES: [&str; 2] = ["AOT_DENY_NET", "AOT_DENY_LISTEN"];

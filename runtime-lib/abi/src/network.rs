//! How grants of the network are written into the policy: items as those of [`crate::policy`], which only
//! [`crate::parts::NETWORK`] reads.

use crate::record::records;
use core::ops::RangeInclusive;

records! {
    /// The head of a grant ([`TAG_NET`], [`TAG_LISTEN`]); the name follows, then the grant's text for persons.
    pub struct Grant: 28 {
        /// [`TCP`] and [`UDP`].
        protocols: u8,
        /// One of `HOSTS_…`.
        hosts: u8,
        /// For [`HOSTS_IPV4`] and [`HOSTS_IPV6`]: how many bits of the address count.
        prefix: u8,
        /// 0.
        unused: u8,
        /// The first port.
        port_first: u16,
        /// The last port.
        port_last: u16,
        /// For [`HOSTS_IPV4`] (the first four bytes) and [`HOSTS_IPV6`]: the address.
        address: [u8; 16],
        /// Bytes of the name, for [`HOSTS_NAME`].
        name_bytes: u32,
    }
}

/// The tags of this module.
pub const TAGS: RangeInclusive<u32> = 32..=47;
/// Remote ends that the program may talk to.
pub const TAG_NET: u32 = 32;
/// Local addresses that it may serve at.
pub const TAG_LISTEN: u32 = 33;
/// It gets the sockets that a service manager hands in. No payload.
pub const TAG_INHERIT_SOCKETS: u32 = 34;

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

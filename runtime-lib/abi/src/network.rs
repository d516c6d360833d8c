//! Format of network grants in the policy: items like those of [`crate::policy`], which only [`crate::parts::NETWORK`]
//! reads.

use crate::record::records;
use core::ops::RangeInclusive;

records! {
    /// The head of a grant ([`TAG_NET`], [`TAG_LISTEN`]). After it come the name and the grant's text for users.
    pub struct Grant: 28 {
        /// Set of [`TCP`] and [`UDP`].
        protocols: u8,
        /// One of `HOSTS_…`.
        hosts: u8,
        /// Number of leading bits of the address that count, for [`HOSTS_IPV4`] and [`HOSTS_IPV6`].
        prefix: u8,
        /// Padding, always 0.
        unused: u8,
        /// The first port.
        port_first: u16,
        /// The last port.
        port_last: u16,
        /// Address for [`HOSTS_IPV4`] (in the first four bytes) and [`HOSTS_IPV6`].
        address: [u8; 16],
        /// Bytes of the name for [`HOSTS_NAME`].
        name_bytes: u32,
    }
}

/// Range of tags that the network uses.
pub const TAGS: RangeInclusive<u32> = 32..=47;
/// Tag of a grant: remote addresses that the program may connect or send to.
pub const TAG_NET: u32 = 32;
/// Tag of a grant: local addresses that the program may serve at.
pub const TAG_LISTEN: u32 = 33;
/// Tag without payload: the program receives the sockets of a service manager.
pub const TAG_INHERIT_SOCKETS: u32 = 34;

/// Bit of [`Grant::protocols`]: TCP.
pub const TCP: u8 = 1;
/// Bit of [`Grant::protocols`]: UDP.
pub const UDP: u8 = 2;

/// [`Grant::hosts`]: all hosts and all names.
pub const HOSTS_ANY: u8 = 0;
/// [`Grant::hosts`]: IPv4 addresses that begin with the first `prefix` bits of `address`.
pub const HOSTS_IPV4: u8 = 1;
/// [`Grant::hosts`]: IPv6 addresses that begin with the first `prefix` bits of `address`.
pub const HOSTS_IPV6: u8 = 2;
/// [`Grant::hosts`]: addresses that the name resolves to; with a leading `*.`, all names in that domain.
pub const HOSTS_NAME: u8 = 3;

/// Environment variables that only programs with sockets read.
pub const VARIABLES: [&str; 2] = ["AOT_DENY_NET", "AOT_DENY_LISTEN"];

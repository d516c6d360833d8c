//! The number of instances that a process has room for.

use aot_abi::limits::Limit;

use crate::limits::Limits;
use aot_foundation::program;
use aot_foundation::slab::{self, Slab};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Linux' own value of `vm.max_map_count`, where it can't be read.
const MAPPINGS_MAX: u64 = 65_530;
/// Mappings of a process besides its instances: the executable, its stacks and allocations.
const OTHER_MAPPINGS: u64 = 500;
/// Descriptors of a process besides those of its instances: standard streams, listening sockets, those of its threads.
const OTHER_DESCRIPTORS: u64 = 100;
/// Parts of the address space that instances leave to everything else: one in so many.
const OTHER_ADDRESSES: u64 = 16;
/// Instances that are kept for those to come, besides those that are used: one in so many that there is room for.
const KEPT: u64 = 16;

/// A reason for which there can't be more instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scarce {
    /// Nothing: there is room for as many as were asked for.
    Nothing,
    /// Addresses that the process can use.
    AddressSpace,
    /// Mappings that a process can have (`vm.max_map_count`).
    Mappings,
    /// Descriptors that the process can open (`RLIMIT_NOFILE`).
    Descriptors,
}

impl Scarce {
    /// The text for those who run the program; none for [`Scarce::Nothing`].
    pub fn name(self) -> Option<&'static str> {
        match self {
            Scarce::Nothing => None,
            Scarce::AddressSpace => Some("address space"),
            Scarce::Mappings => Some("mappings (vm.max_map_count)"),
            Scarce::Descriptors => Some("open files (RLIMIT_NOFILE)"),
        }
    }
}

/// The most instances that there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The number of instances that are used.
    pub instances: u64,
    /// The number of instances beyond those that the process has room for, to be kept for others to come.
    pub kept: u64,
    /// The reason for which there can't be more.
    pub scarce: Scarce,
}

/// The number of instances that the process has room for, `wanted` at most. Each has the limits, and `descriptors` of its own
/// besides those of memories for threads, while it is used. To be asked before the kernel's sandbox is entered.
pub fn bound(wanted: u64, limits: &Limits, descriptors: u64) -> Bound {
    let shared = program::memories().iter().filter(|memory| memory.shared != 0).count() as u64;
    let addresses = fitting(Slab::reserved_bytes(limits.get(Limit::Stack)));
    let mappings = mappings_max().saturating_sub(OTHER_MAPPINGS) / Slab::mappings();
    let descriptors = descriptors_free().checked_div(descriptors + shared).unwrap_or(wanted);
    of_room(wanted, addresses, mappings, descriptors)
}

/// The bound of a process whose addresses, mappings and descriptors are enough for so many instances each.
fn of_room(wanted: u64, addresses: u64, mappings: u64, descriptors: u64) -> Bound {
    let used = |room: u64| room - room.div_ceil(KEPT);
    let candidates = [
        (Scarce::AddressSpace, used(addresses)),
        (Scarce::Mappings, used(mappings)),
        (Scarce::Descriptors, descriptors),
    ];
    let (mut instances, mut scarce) = (wanted, Scarce::Nothing);
    for (reason, most) in candidates {
        if most < instances {
            (instances, scarce) = (most, reason);
        }
    }
    Bound { instances, kept: addresses.min(mappings).saturating_sub(instances), scarce }
}

/// The number of instances of so many bytes for which the process has addresses.
fn fitting(bytes: u64) -> u64 {
    let limit = getrlimit(Resource::As).current.unwrap_or(u64::MAX);
    let room = slab::address_space_bytes().min(limit);
    (room - room / OTHER_ADDRESSES) / bytes.max(1)
}

fn mappings_max() -> u64 {
    read_mappings_max().unwrap_or(MAPPINGS_MAX)
}

fn read_mappings_max() -> Option<u64> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(c"/proc/sys/vm/max_map_count", flags, Mode::empty()).ok()?;
    let mut digits = [0; 20];
    let length = rustix::io::read(file, &mut digits).ok()?;
    core::str::from_utf8(digits.get(..length)?).ok()?.trim().parse().ok()
}

/// Descriptors that the process can open for instances. It asks for as many as it may have: the limit that it inherits is low
/// for the sake of programs that use `select`.
fn descriptors_free() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let allowed = if raised.is_ok() { limit.maximum } else { limit.current };
    allowed.map_or(u64::MAX, |allowed| allowed.saturating_sub(OTHER_DESCRIPTORS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_kept_beyond_those_that_are_used() {
        let bound = |instances, kept, scarce| Bound { instances, kept, scarce };
        assert_eq!(of_room(10, 100, 200, 300), bound(10, 90, Scarce::Nothing));
        assert_eq!(of_room(1000, 160, 200, 300), bound(150, 10, Scarce::AddressSpace));
        assert_eq!(of_room(1000, 320, 160, 300), bound(150, 10, Scarce::Mappings));
        assert_eq!(of_room(1000, 160, 320, 60), bound(60, 100, Scarce::Descriptors));
        assert_eq!(of_room(1000, 3, 300, 300), bound(2, 1, Scarce::AddressSpace));
        assert_eq!(of_room(1000, 0, 300, 300), bound(0, 0, Scarce::AddressSpace));
    }

    #[test]
    fn as_many_fit_as_the_address_space_has_room_for() {
        const BYTES: u64 = 1 << 32;
        let most = fitting(BYTES);
        assert!(most > 1 << 4 && most < 1 << 17, "{most}");
        assert!(fitting(2 * BYTES) <= most / 2 && fitting(u64::MAX) == 0);
    }
}

//! Values of `wasi:filesystem/types` from those of the system, and back.

use rustix::fs::FileType;

use crate::p3::interfaces::clocks::system_clock::Instant;
use crate::p3::interfaces::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use aot_host::files::status::{Status, Time};
use aot_host::files::sync::Sync;
use aot_host::files::{NewTime, Open};

pub fn advice(advice: Advice) -> rustix::fs::Advice {
    match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::WillNeed => rustix::fs::Advice::WillNeed,
        Advice::DontNeed => rustix::fs::Advice::DontNeed,
        Advice::NoReuse => rustix::fs::Advice::NoReuse,
    }
}

pub fn descriptor_type(file_type: FileType) -> DescriptorType {
    match file_type {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Other(None),
    }
}

pub fn new_time(time: NewTimestamp) -> NewTime {
    match time {
        NewTimestamp::NoChange => NewTime::Keep,
        NewTimestamp::Now => NewTime::Now,
        NewTimestamp::Timestamp(Instant { seconds, nanoseconds }) => NewTime::At(seconds.into(), nanoseconds),
    }
}

pub fn stat(status: &Status) -> DescriptorStat {
    DescriptorStat {
        type_: descriptor_type(status.file_type),
        link_count: status.links,
        size: status.size,
        data_access_timestamp: Some(instant(status.access)),
        data_modification_timestamp: Some(instant(status.modification)),
        status_change_timestamp: Some(instant(status.change)),
    }
}

fn instant(time: Time) -> Instant {
    Instant { seconds: time.0, nanoseconds: time.1 }
}

pub fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

/// The completion of writes that flags ask for. Linux has nothing for reads alone: there, too, `requested-write-sync`,
/// POSIX's RSYNC, is SYNC.
fn sync_of(flags: DescriptorFlags) -> Sync {
    if flags.contains(DescriptorFlags::FILE_INTEGRITY_SYNC) || flags.contains(DescriptorFlags::REQUESTED_WRITE_SYNC) {
        Sync::File
    } else if flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC) {
        Sync::Data
    } else {
        Sync::None
    }
}

pub fn open(path_flags: PathFlags, open_flags: OpenFlags, flags: DescriptorFlags) -> Open {
    Open {
        follow: follows(path_flags),
        create: open_flags.contains(OpenFlags::CREATE),
        exclusive: open_flags.contains(OpenFlags::EXCLUSIVE),
        truncate: open_flags.contains(OpenFlags::TRUNCATE),
        directory: open_flags.contains(OpenFlags::DIRECTORY),
        read: flags.contains(DescriptorFlags::READ),
        write: flags.contains(DescriptorFlags::WRITE),
        mutate: flags.contains(DescriptorFlags::MUTATE_DIRECTORY),
        flags: sync_of(flags).to_system(),
    }
}

/// The number for a file or directory that no other has.
pub fn hash(status: &Status) -> MetadataHashValue {
    let (lower, upper) = status.hash();
    MetadataHashValue { lower, upper }
}

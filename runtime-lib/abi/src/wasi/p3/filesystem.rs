//! `wasi:filesystem` of 0.3.

/// `wasi:filesystem/types`.
#[macro_export]
macro_rules! wasi_p3_filesystem_types {
    ($callback:ident) => {
        $callback! {
            module filesystem::types: "wasi:filesystem/types", "0.3" {
                use clocks::system_clock::Instant;
                resource Descriptor = 63 "descriptor";
                enum Advice: u8 {
                    Normal = "normal",
                    Sequential = "sequential",
                    Random = "random",
                    WillNeed = "will-need",
                    DontNeed = "dont-need",
                    NoReuse = "no-reuse",
                }
                flags DescriptorFlags: u8 {
                    READ = "read",
                    WRITE = "write",
                    FILE_INTEGRITY_SYNC = "file-integrity-sync",
                    DATA_INTEGRITY_SYNC = "data-integrity-sync",
                    REQUESTED_WRITE_SYNC = "requested-write-sync",
                    MUTATE_DIRECTORY = "mutate-directory",
                }
                flags PathFlags: u8 {
                    SYMLINK_FOLLOW = "symlink-follow",
                }
                flags OpenFlags: u8 {
                    CREATE = "create",
                    DIRECTORY = "directory",
                    EXCLUSIVE = "exclusive",
                    TRUNCATE = "truncate",
                }
                record DescriptorStat {
                    type_ "type": DescriptorType,
                    link_count "link-count": u64,
                    size "size": u64,
                    data_access_timestamp "data-access-timestamp": Option<Instant>,
                    data_modification_timestamp "data-modification-timestamp": Option<Instant>,
                    status_change_timestamp "status-change-timestamp": Option<Instant>,
                }
                record DirectoryEntry {
                    type_ "type": DescriptorType,
                    name "name": String,
                }
                record MetadataHashValue {
                    lower "lower": u64,
                    upper "upper": u64,
                }
                variant DescriptorType {
                    BlockDevice = "block-device",
                    CharacterDevice = "character-device",
                    Directory = "directory",
                    Fifo = "fifo",
                    SymbolicLink = "symbolic-link",
                    RegularFile = "regular-file",
                    Socket = "socket",
                    Other(Option<String>) = "other",
                }
                variant ErrorCode {
                    Access = "access",
                    Already = "already",
                    BadDescriptor = "bad-descriptor",
                    Busy = "busy",
                    Deadlock = "deadlock",
                    Quota = "quota",
                    Exist = "exist",
                    FileTooLarge = "file-too-large",
                    IllegalByteSequence = "illegal-byte-sequence",
                    InProgress = "in-progress",
                    Interrupted = "interrupted",
                    Invalid = "invalid",
                    Io = "io",
                    IsDirectory = "is-directory",
                    Loop = "loop",
                    TooManyLinks = "too-many-links",
                    MessageSize = "message-size",
                    NameTooLong = "name-too-long",
                    NoDevice = "no-device",
                    NoEntry = "no-entry",
                    NoLock = "no-lock",
                    InsufficientMemory = "insufficient-memory",
                    InsufficientSpace = "insufficient-space",
                    NotDirectory = "not-directory",
                    NotEmpty = "not-empty",
                    NotRecoverable = "not-recoverable",
                    Unsupported = "unsupported",
                    NoTty = "no-tty",
                    NoSuchDevice = "no-such-device",
                    Overflow = "overflow",
                    NotPermitted = "not-permitted",
                    Pipe = "pipe",
                    ReadOnly = "read-only",
                    InvalidSeek = "invalid-seek",
                    TextFileBusy = "text-file-busy",
                    CrossDevice = "cross-device",
                    Other(Option<String>) = "other",
                }
                variant NewTimestamp {
                    NoChange = "no-change",
                    Now = "now",
                    Timestamp(Instant) = "timestamp",
                }
                "[method]descriptor.read-via-stream" =>
                    descriptor_read_via_stream(self_: Borrow<Descriptor>, offset: u64)
                    -> (Stream<u8>, Future<Result<(), ErrorCode>>);
                "[method]descriptor.write-via-stream" =>
                    descriptor_write_via_stream(self_: Borrow<Descriptor>, data: Stream<u8>, offset: u64)
                    -> Future<Result<(), ErrorCode>>;
                "[method]descriptor.append-via-stream" =>
                    descriptor_append_via_stream(self_: Borrow<Descriptor>, data: Stream<u8>)
                    -> Future<Result<(), ErrorCode>>;
                "[method]descriptor.advise" async =>
                    descriptor_advise(self_: Borrow<Descriptor>, offset: u64, length: u64, advice: Advice)
                    -> Result<(), ErrorCode>;
                "[method]descriptor.sync-data" async =>
                    descriptor_sync_data(self_: Borrow<Descriptor>) -> Result<(), ErrorCode>;
                "[method]descriptor.get-flags" async =>
                    descriptor_get_flags(self_: Borrow<Descriptor>) -> Result<DescriptorFlags, ErrorCode>;
                "[method]descriptor.get-type" async =>
                    descriptor_get_type(self_: Borrow<Descriptor>) -> Result<DescriptorType, ErrorCode>;
                "[method]descriptor.set-size" async =>
                    descriptor_set_size(self_: Borrow<Descriptor>, size: u64) -> Result<(), ErrorCode>;
                "[method]descriptor.set-times" async =>
                    descriptor_set_times(self_: Borrow<Descriptor>, access: NewTimestamp, modification: NewTimestamp)
                    -> Result<(), ErrorCode>;
                "[method]descriptor.read-directory" =>
                    descriptor_read_directory(self_: Borrow<Descriptor>)
                    -> (Stream<DirectoryEntry>, Future<Result<(), ErrorCode>>);
                "[method]descriptor.sync" async =>
                    descriptor_sync(self_: Borrow<Descriptor>) -> Result<(), ErrorCode>;
                "[method]descriptor.create-directory-at" async =>
                    descriptor_create_directory_at(self_: Borrow<Descriptor>, path: Text) -> Result<(), ErrorCode>;
                "[method]descriptor.stat" async =>
                    descriptor_stat(self_: Borrow<Descriptor>) -> Result<DescriptorStat, ErrorCode>;
                "[method]descriptor.stat-at" async =>
                    descriptor_stat_at(self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text)
                    -> Result<DescriptorStat, ErrorCode>;
                "[method]descriptor.set-times-at" async =>
                    descriptor_set_times_at(
                        self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text,
                        access: NewTimestamp, modification: NewTimestamp
                    ) -> Result<(), ErrorCode>;
                "[method]descriptor.link-at" async =>
                    descriptor_link_at(
                        self_: Borrow<Descriptor>, old_path_flags: PathFlags, old_path: Text,
                        new_descriptor: Borrow<Descriptor>, new_path: Text
                    ) -> Result<(), ErrorCode>;
                "[method]descriptor.open-at" async =>
                    descriptor_open_at(
                        self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text,
                        open_flags: OpenFlags, flags: DescriptorFlags
                    ) -> Result<Own<Descriptor>, ErrorCode>;
                "[method]descriptor.readlink-at" async =>
                    descriptor_readlink_at(self_: Borrow<Descriptor>, path: Text) -> Result<String, ErrorCode>;
                "[method]descriptor.remove-directory-at" async =>
                    descriptor_remove_directory_at(self_: Borrow<Descriptor>, path: Text) -> Result<(), ErrorCode>;
                "[method]descriptor.rename-at" async =>
                    descriptor_rename_at(
                        self_: Borrow<Descriptor>, old_path: Text, new_descriptor: Borrow<Descriptor>,
                        new_path: Text
                    ) -> Result<(), ErrorCode>;
                "[method]descriptor.symlink-at" async =>
                    descriptor_symlink_at(self_: Borrow<Descriptor>, old_path: Text, new_path: Text)
                    -> Result<(), ErrorCode>;
                "[method]descriptor.unlink-file-at" async =>
                    descriptor_unlink_file_at(self_: Borrow<Descriptor>, path: Text) -> Result<(), ErrorCode>;
                "[method]descriptor.is-same-object" async =>
                    descriptor_is_same_object(self_: Borrow<Descriptor>, other: Borrow<Descriptor>) -> bool;
                "[method]descriptor.metadata-hash" async =>
                    descriptor_metadata_hash(self_: Borrow<Descriptor>) -> Result<MetadataHashValue, ErrorCode>;
                "[method]descriptor.metadata-hash-at" async =>
                    descriptor_metadata_hash_at(self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text)
                    -> Result<MetadataHashValue, ErrorCode>;
            }
        }
    };
}

/// `wasi:filesystem/preopens`.
#[macro_export]
macro_rules! wasi_p3_filesystem_preopens {
    ($callback:ident) => {
        $callback! {
            module filesystem::preopens: "wasi:filesystem/preopens", "0.3" {
                use filesystem::types::Descriptor;
                "get-directories" => get_directories() -> List<(Own<Descriptor>, String)>;
            }
        }
    };
}

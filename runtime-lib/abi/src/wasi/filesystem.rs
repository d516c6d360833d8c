//! `wasi:filesystem`: files and directories, named relative to granted directories.

/// `wasi:filesystem/types`.
#[macro_export]
macro_rules! wasi_filesystem_types {
    ($callback:ident) => {
        $callback! {
            module filesystem::types: "wasi:filesystem/types", "0.2" {
                use io::error::Error;
                use io::streams::InputStream;
                use io::streams::OutputStream;
                use clocks::wall_clock::Datetime;
                resource Descriptor = 7 "descriptor";
                resource DirectoryEntryStream = 8 "directory-entry-stream";
                enum DescriptorType: u8 {
                    Unknown = "unknown",
                    BlockDevice = "block-device",
                    CharacterDevice = "character-device",
                    Directory = "directory",
                    Fifo = "fifo",
                    SymbolicLink = "symbolic-link",
                    RegularFile = "regular-file",
                    Socket = "socket",
                }
                enum ErrorCode: u8 {
                    Access = "access",
                    WouldBlock = "would-block",
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
                }
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
                    data_access_timestamp "data-access-timestamp": Option<Datetime>,
                    data_modification_timestamp "data-modification-timestamp": Option<Datetime>,
                    status_change_timestamp "status-change-timestamp": Option<Datetime>,
                }
                record DirectoryEntry {
                    type_ "type": DescriptorType,
                    name "name": String,
                }
                record MetadataHashValue {
                    lower "lower": u64,
                    upper "upper": u64,
                }
                variant NewTimestamp {
                    NoChange = "no-change",
                    Now = "now",
                    Timestamp(Datetime) = "timestamp",
                }
                "[method]descriptor.read-via-stream" =>
                    descriptor_read_via_stream(self_: Borrow<Descriptor>, offset: u64)
                    -> Result<Own<InputStream>, ErrorCode>;
                "[method]descriptor.write-via-stream" =>
                    descriptor_write_via_stream(self_: Borrow<Descriptor>, offset: u64)
                    -> Result<Own<OutputStream>, ErrorCode>;
                "[method]descriptor.append-via-stream" =>
                    descriptor_append_via_stream(self_: Borrow<Descriptor>) -> Result<Own<OutputStream>, ErrorCode>;
                "[method]descriptor.advise" =>
                    descriptor_advise(self_: Borrow<Descriptor>, offset: u64, length: u64, advice: Advice)
                    -> Result<(), ErrorCode>;
                "[method]descriptor.sync-data" =>
                    descriptor_sync_data(self_: Borrow<Descriptor>) -> Result<(), ErrorCode>;
                "[method]descriptor.get-flags" =>
                    descriptor_get_flags(self_: Borrow<Descriptor>) -> Result<DescriptorFlags, ErrorCode>;
                "[method]descriptor.get-type" =>
                    descriptor_get_type(self_: Borrow<Descriptor>) -> Result<DescriptorType, ErrorCode>;
                "[method]descriptor.set-size" =>
                    descriptor_set_size(self_: Borrow<Descriptor>, size: u64) -> Result<(), ErrorCode>;
                "[method]descriptor.set-times" =>
                    descriptor_set_times(self_: Borrow<Descriptor>, access: NewTimestamp, modification: NewTimestamp)
                    -> Result<(), ErrorCode>;
                "[method]descriptor.read" =>
                    descriptor_read(self_: Borrow<Descriptor>, length: u64, offset: u64)
                    -> Result<(List<u8>, bool), ErrorCode>;
                "[method]descriptor.write" =>
                    descriptor_write(self_: Borrow<Descriptor>, buffer: Bytes, offset: u64) -> Result<u64, ErrorCode>;
                "[method]descriptor.read-directory" =>
                    descriptor_read_directory(self_: Borrow<Descriptor>)
                    -> Result<Own<DirectoryEntryStream>, ErrorCode>;
                "[method]descriptor.sync" =>
                    descriptor_sync(self_: Borrow<Descriptor>) -> Result<(), ErrorCode>;
                "[method]descriptor.create-directory-at" =>
                    descriptor_create_directory_at(self_: Borrow<Descriptor>, path: Text) -> Result<(), ErrorCode>;
                "[method]descriptor.stat" =>
                    descriptor_stat(self_: Borrow<Descriptor>) -> Result<DescriptorStat, ErrorCode>;
                "[method]descriptor.stat-at" =>
                    descriptor_stat_at(self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text)
                    -> Result<DescriptorStat, ErrorCode>;
                "[method]descriptor.set-times-at" =>
                    descriptor_set_times_at(
                        self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text,
                        access: NewTimestamp, modification: NewTimestamp
                    ) -> Result<(), ErrorCode>;
                "[method]descriptor.link-at" =>
                    descriptor_link_at(
                        self_: Borrow<Descriptor>, old_path_flags: PathFlags, old_path: Text,
                        new_descriptor: Borrow<Descriptor>, new_path: Text
                    ) -> Result<(), ErrorCode>;
                "[method]descriptor.open-at" =>
                    descriptor_open_at(
                        self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text,
                        open_flags: OpenFlags, flags: DescriptorFlags
                    ) -> Result<Own<Descriptor>, ErrorCode>;
                "[method]descriptor.readlink-at" =>
                    descriptor_readlink_at(self_: Borrow<Descriptor>, path: Text) -> Result<String, ErrorCode>;
                "[method]descriptor.remove-directory-at" =>
                    descriptor_remove_directory_at(self_: Borrow<Descriptor>, path: Text) -> Result<(), ErrorCode>;
                "[method]descriptor.rename-at" =>
                    descriptor_rename_at(
                        self_: Borrow<Descriptor>, old_path: Text, new_descriptor: Borrow<Descriptor>, new_path: Text
                    ) -> Result<(), ErrorCode>;
                "[method]descriptor.symlink-at" =>
                    descriptor_symlink_at(self_: Borrow<Descriptor>, old_path: Text, new_path: Text)
                    -> Result<(), ErrorCode>;
                "[method]descriptor.unlink-file-at" =>
                    descriptor_unlink_file_at(self_: Borrow<Descriptor>, path: Text) -> Result<(), ErrorCode>;
                "[method]descriptor.is-same-object" =>
                    descriptor_is_same_object(self_: Borrow<Descriptor>, other: Borrow<Descriptor>) -> bool;
                "[method]descriptor.metadata-hash" =>
                    descriptor_metadata_hash(self_: Borrow<Descriptor>) -> Result<MetadataHashValue, ErrorCode>;
                "[method]descriptor.metadata-hash-at" =>
                    descriptor_metadata_hash_at(self_: Borrow<Descriptor>, path_flags: PathFlags, path: Text)
                    -> Result<MetadataHashValue, ErrorCode>;
                "[method]directory-entry-stream.read-directory-entry" =>
                    directory_entry_stream_read_directory_entry(self_: Borrow<DirectoryEntryStream>)
                    -> Result<Option<DirectoryEntry>, ErrorCode>;
                "filesystem-error-code" => filesystem_error_code(err: Borrow<Error>) -> Option<ErrorCode>;
            }
        }
    };
}

/// `wasi:filesystem/preopens`.
#[macro_export]
macro_rules! wasi_filesystem_preopens {
    ($callback:ident) => {
        $callback! {
            module filesystem::preopens: "wasi:filesystem/preopens", "0.2" {
                use filesystem::types::Descriptor;
                "get-directories" => get_directories() -> List<(Own<Descriptor>, String)>;
            }
        }
    };
}

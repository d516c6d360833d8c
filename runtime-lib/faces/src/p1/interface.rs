//! The types of preview1, expanded from their description in `aot_abi::wasi`.

use aot_abi::trap::Trap;

use aot_host::canonical::lowering::Lowering;
use aot_host::canonical::{
    Abi, Fields, Layout, Lift, Lifting, Lower, Pointer, Words, layout, payload_offset, record_layout, variant_layout,
};
use aot_host::impl_abi;
use aot_host::{define_enum, define_flags, define_record, define_variant, variant_case};

macro_rules! define_types {
    (
        $(enum $enum:ident: $enum_repr:ident $enum_cases:tt)*
        $(flags $flags:ident: $flags_repr:ident $flag_labels:tt)*
        $(record $record:ident $fields:tt)*
        $(variant $variant:ident $choices:tt)*
        $(fn $function:ident $params:tt $(-> $result:ty)?;)*
    ) => {
        $(define_enum! { $enum: $enum_repr $enum_cases })*
        $(define_flags! { $flags: $flags_repr $flag_labels })*
        $(define_record! { $record $fields })*
        $(define_variant! { $variant $choices })*
    };
}

aot_abi::wasi_preview1! { define_types }

impl Filetype {
    /// The type that preview1 knows for one of the system. It has none for FIFOs.
    pub fn of_system(file_type: rustix::fs::FileType) -> Filetype {
        use rustix::fs::FileType as System;
        match file_type {
            System::RegularFile => Filetype::RegularFile,
            System::Directory => Filetype::Directory,
            System::Symlink => Filetype::SymbolicLink,
            System::CharacterDevice => Filetype::CharacterDevice,
            System::BlockDevice => Filetype::BlockDevice,
            System::Socket => Filetype::SocketStream,
            _ => Filetype::Unknown,
        }
    }
}

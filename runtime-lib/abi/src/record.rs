//! Records: structures that the compiler writes and the runtime reads, each declared once.

/// A structure of fixed layout: its fields follow each other, little-endian, without padding.
pub trait Record: Sized {
    /// Size of the record in bytes.
    const BYTES: usize;

    /// Writes the fields to the first [`Record::BYTES`] of `bytes`.
    ///
    /// # Panics
    /// `bytes` is too short.
    fn write(&self, bytes: &mut [u8]);

    /// Reads the fields from the first [`Record::BYTES`] of `bytes`, aligned or not; `None` if `bytes` is too short.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Reads the fields from the beginning of `bytes`, and returns them with the bytes that follow; `None` if `bytes`
    /// is too short.
    fn split_from(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (record, rest) = bytes.split_at_checked(Self::BYTES)?;
        Some((Self::read(record)?, rest))
    }
}

/// A type that a field of a record can have.
pub trait Field: Sized {
    /// Writes the value to `bytes`, whose length is the value's size.
    fn put(&self, bytes: &mut [u8]);

    /// Reads the value from the beginning of `bytes`; `None` if `bytes` is too short.
    fn get(bytes: &[u8]) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ident)*) => {
        $(impl Field for $integer {
            fn put(&self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }

            fn get(bytes: &[u8]) -> Option<Self> {
                Some($integer::from_le_bytes(*bytes.first_chunk()?))
            }
        })*
    };
}

integers! { u8 u16 u32 u64 }

impl<const COUNT: usize> Field for [u8; COUNT] {
    fn put(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(self);
    }

    fn get(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().copied()
    }
}

/// Declares records: `pub struct NAME: BYTES { FIELD: TYPE, … }` becomes a `repr(C)` structure with [`Record`].
/// Compile-time assertions check its size and that it has no padding.
macro_rules! records {
    ($($(#[$doc:meta])* pub struct $name:ident: $bytes:literal {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
    })*) => {
        $($(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }

        impl $crate::record::Record for $name {
            const BYTES: usize = $bytes;

            fn write(&self, bytes: &mut [u8]) {
                $({
                    let at = core::mem::offset_of!($name, $field);
                    $crate::record::Field::put(&self.$field, &mut bytes[at..at + size_of::<$ty>()]);
                })*
            }

            fn read(bytes: &[u8]) -> Option<Self> {
                // One check for all fields.
                let bytes: &[u8; $bytes] = bytes.first_chunk()?;
                Some(Self {
                    $($field: $crate::record::Field::get(bytes.get(core::mem::offset_of!($name, $field)..)?)?,)*
                })
            }
        }

        impl $crate::record::Field for $name {
            fn put(&self, bytes: &mut [u8]) {
                $crate::record::Record::write(self, bytes);
            }

            fn get(bytes: &[u8]) -> Option<Self> {
                $crate::record::Record::read(bytes)
            }
        }

        const _: () = {
            let end = 0;
            $(
                assert!(core::mem::offset_of!($name, $field) == end, "padding before a field");
                let end = end + size_of::<$ty>();
            )*
            assert!(end == $bytes && size_of::<$name>() == $bytes, "another size than declared");
        };)*
    };
}

pub(crate) use records;

#[cfg(test)]
mod tests {
    use super::*;

    records! {
        /// A record with every kind of field.
        pub struct Sample: 24 {
            /// A field of one byte.
            byte: u8,
            /// Another field of one byte.
            other: u8,
            /// A field of two bytes.
            half: u16,
            /// An array of bytes.
            bytes: [u8; 4],
            /// A field of eight bytes.
            long: u64,
            /// A field of four bytes.
            word: u32,
            /// Another field of four bytes.
            last: u32,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let sample = Sample { byte: 1, other: 2, half: 0x403, bytes: [5, 6, 7, 8], long: 9, word: 10, last: 11 };
        let mut bytes = [0xff; Sample::BYTES + 1];
        sample.write(&mut bytes);
        assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 11, 0, 0, 0, 0xff]);
        assert_eq!(Sample::split_from(&bytes), Some((sample, &[0xff][..])));
        // Unaligned bytes read the same.
        let mut shifted = [0; Sample::BYTES + 1];
        sample.write(&mut shifted[1..]);
        assert_eq!(Sample::read(&shifted[1..]), Some(sample));
    }

    #[test]
    fn too_few_bytes_are_no_record() {
        let bytes = [0; Sample::BYTES];
        assert!((0..Sample::BYTES).all(|count| Sample::read(&bytes[..count]).is_none()));
        assert!(Sample::read(&bytes).is_some());
    }
}

//! Numbers between C and core values (canonical ABI, "Flattening").

use aot_abi::exports as abi;
use aot_abi::trap::Trap;

/// The core value of an argument, in whose lowest bits its C value is; none if that isn't a value of the type.
pub fn lower(kind: u32, argument: u64) -> Option<u64> {
    Some(match kind {
        // C's `bool` is a byte.
        abi::TYPE_BOOL => u64::from(argument as u8 != 0),
        abi::TYPE_S8 => u64::from(i32::from(argument as i8).cast_unsigned()),
        abi::TYPE_U8 => u64::from(argument as u8),
        abi::TYPE_S16 => u64::from(i32::from(argument as i16).cast_unsigned()),
        abi::TYPE_U16 => u64::from(argument as u16),
        abi::TYPE_S32 | abi::TYPE_U32 | abi::TYPE_F32 => u64::from(argument as u32),
        abi::TYPE_S64 | abi::TYPE_U64 | abi::TYPE_F64 => argument,
        abi::TYPE_CHAR => u64::from(u32::from(char::from_u32(argument as u32)?)),
        _ => return None,
    })
}

/// The C value of a core value, and the bytes that it has.
pub fn lift(kind: u32, word: u64) -> Result<(u64, usize), Trap> {
    Ok(match kind {
        abi::TYPE_BOOL => (u64::from(word as u32 != 0), 1),
        abi::TYPE_S8 | abi::TYPE_U8 => (word, 1),
        abi::TYPE_S16 | abi::TYPE_U16 => (word, 2),
        abi::TYPE_S32 | abi::TYPE_U32 | abi::TYPE_F32 => (word, 4),
        abi::TYPE_S64 | abi::TYPE_U64 | abi::TYPE_F64 => (word, 8),
        abi::TYPE_CHAR => (u64::from(u32::from(char::from_u32(word as u32).ok_or(Trap::InvalidChar)?)), 4),
        _ => return Err(Trap::Other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_above_an_argument_does_not_count() {
        assert_eq!(lower(abi::TYPE_BOOL, 0xff00), Some(0));
        assert_eq!(lower(abi::TYPE_BOOL, 0xff02), Some(1));
        assert_eq!(lower(abi::TYPE_U8, 0x1ff), Some(0xff));
        assert_eq!(lower(abi::TYPE_S8, 0x1ff), Some(0xffff_ffff));
        assert_eq!(lower(abi::TYPE_S16, 0x18000), Some(0xffff_8000));
        assert_eq!(lower(abi::TYPE_F32, u64::MAX), Some(0xffff_ffff));
    }

    #[test]
    fn what_is_no_character_is_refused() {
        assert_eq!(lower(abi::TYPE_CHAR, 0x1f600), Some(0x1f600));
        assert_eq!(lower(abi::TYPE_CHAR, 0xd800), None);
        assert_eq!(lift(abi::TYPE_CHAR, 0x11_0000), Err(Trap::InvalidChar));
    }
}

//! Layouts, lifting and lowering, against a buffer that stands for a guest's memory.

use aot_abi::host::{STRING_LATIN1_UTF16, STRING_UTF8, STRING_UTF16};
use aot_abi::trap::Trap;

use crate::p1::interface::{
    Dirent, Event, Fdflags, Fdstat, Filestat, Iovec, Prestat, Rights, Subscription, SubscriptionU,
};
use crate::p2::interfaces::clocks::wall_clock::Datetime;
use crate::p2::interfaces::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, NewTimestamp, OpenFlags,
};
use crate::p2::interfaces::io::streams::StreamError;
use aot_host::canonical::call::{Params, words};
use aot_host::canonical::lowering::Lowering;
use aot_host::canonical::memory::Memory;
use aot_host::canonical::strings::Text;
use aot_host::canonical::{Abi, Bytes, Lift, Lifting, Lower, Slice, Words, layout, record_layout};
use aot_host::host::Host;
use aot_host::testing::{host, options};

fn lifting<'a, 'h>(memory: Memory<'a>, host: &'h mut Host, encoding: u16) -> Lifting<'a, 'h> {
    Lifting { memory, encoding, instance: 0, strict: false, host: Some(host) }
}

/// Lifts one value from core values, with this memory.
fn lift<'a, T: Lift>(memory: Memory<'a>, values: &[u64]) -> Result<T::Value<'a>, Trap> {
    T::lift(&mut lifting(memory, &mut host(), STRING_UTF8), &mut Words::new(values))
}

fn lift_text(memory: Memory<'_>, encoding: u16, address: u64, length: u64) -> Result<String, Trap> {
    let text = Text::lift(&mut lifting(memory, &mut host(), encoding), &mut Words::new(&[address, length]));
    text.map(std::borrow::Cow::into_owned)
}

fn size_align_flat<T: Abi>() -> (u32, u32, usize) {
    (T::SIZE, T::ALIGN, T::FLAT)
}

#[test]
fn layouts_of_components() {
    assert_eq!(size_align_flat::<DescriptorStat>(), (96, 8, 3 + 3 * 3));
    assert_eq!(size_align_flat::<Result<DescriptorStat, ErrorCode>>(), (104, 8, 1 + 12));
    assert_eq!(size_align_flat::<NewTimestamp>(), (24, 8, 3));
    assert_eq!(size_align_flat::<StreamError>(), (8, 4, 2));
    assert_eq!(size_align_flat::<Result<(), StreamError>>(), (12, 4, 3));
    assert_eq!(size_align_flat::<Result<(), ErrorCode>>(), (2, 1, 2));
    assert_eq!(size_align_flat::<Result<(Vec<u8>, bool), ErrorCode>>(), (16, 4, 4));
    assert_eq!(size_align_flat::<Option<ErrorCode>>(), (2, 1, 2));
    assert_eq!(size_align_flat::<Result<(), ()>>(), (1, 1, 1));
    assert_eq!(size_align_flat::<OpenFlags>(), (1, 1, 1));
}

#[test]
fn layouts_of_preview1() {
    assert_eq!(Filestat::SIZE, 64);
    assert_eq!(Fdstat::SIZE, 24);
    assert_eq!(Dirent::SIZE, 24);
    assert_eq!(Subscription::SIZE, 48);
    assert_eq!(Event::SIZE, 32);
    assert_eq!(Prestat::SIZE, 8);
    assert_eq!(Iovec::SIZE, 8);
}

#[test]
fn core_parameters_are_counted() {
    assert_eq!(words(3, 1), 3);
    assert_eq!(words(3, 2), 4);
    assert_eq!(words(16, 0), 16);
    assert_eq!(words(17, 0), 1);
    assert_eq!(words(17, 2), 2);
}

#[test]
fn scalars_are_checked() {
    let memory = Memory::of_buffer(&mut []);
    assert_eq!(lift::<u8>(memory, &[0xffff_ffff_ffff_ff01]), Ok(1));
    assert_eq!(lift::<i64>(memory, &[u64::MAX]), Ok(-1));
    assert_eq!(lift::<bool>(memory, &[2]), Ok(true));
    assert_eq!(lift::<bool>(memory, &[1 << 32]), Ok(false));
    assert_eq!(lift::<char>(memory, &[0x10ffff]), Ok('\u{10ffff}'));
    assert_eq!(lift::<char>(memory, &[0x110000]), Err(Trap::InvalidValue));
    assert_eq!(lift::<char>(memory, &[0xd800]), Err(Trap::InvalidValue));
    assert_eq!(lift::<DescriptorType>(memory, &[7]), Ok(DescriptorType::Socket));
    assert_eq!(lift::<DescriptorType>(memory, &[8]), Err(Trap::InvalidValue));
    assert_eq!(lift::<DescriptorType>(memory, &[u64::from(u32::MAX)]), Err(Trap::InvalidValue));
    assert_eq!(lift::<Result<(), ()>>(memory, &[1]), Ok(Err(())));
    assert_eq!(lift::<Result<(), ()>>(memory, &[2]), Err(Trap::InvalidValue));
    assert_eq!(lift::<Option<u8>>(memory, &[1, 5]), Ok(Some(5)));
    assert_eq!(lift::<Option<u8>>(memory, &[3, 5]), Err(Trap::InvalidValue));
}

#[test]
fn unknown_flags_are_ignored_or_refused() {
    let memory = Memory::of_buffer(&mut []);
    let flags = lift::<DescriptorFlags>(memory, &[0xff]).unwrap();
    assert_eq!(flags, DescriptorFlags::all());
    let strict = |bits| {
        let mut cx = Lifting { memory, encoding: STRING_UTF8, instance: 0, strict: true, host: None };
        Fdflags::lift(&mut cx, &mut Words::new(&[bits]))
    };
    assert_eq!(strict(0b11111), Ok(Fdflags::all()));
    assert_eq!(strict(0b100000), Err(Trap::InvalidValue));
    assert!(Rights::all().contains(Rights::SOCK_ACCEPT));
}

#[test]
fn variants_take_all_their_words() {
    let memory = Memory::of_buffer(&mut []);
    let values = [0, 99, 99, 2, 7, 8, 42];
    let (mut host, mut words) = (host(), Words::new(&values));
    let mut cx = lifting(memory, &mut host, STRING_UTF8);
    assert!(matches!(NewTimestamp::lift(&mut cx, &mut words), Ok(NewTimestamp::NoChange)));
    let second = NewTimestamp::lift(&mut cx, &mut words);
    assert!(matches!(second, Ok(NewTimestamp::Timestamp(Datetime { seconds: 7, nanoseconds: 8 }))));
    assert_eq!(words.next(), 42);
    assert!(matches!(lift::<NewTimestamp>(memory, &[3, 0, 0]), Err(Trap::InvalidValue)));
}

#[test]
fn ranges_lie_in_memory() {
    let mut buffer = [7; 16];
    let memory = Memory::of_buffer(&mut buffer);
    assert_eq!(lift::<Bytes>(memory, &[14, 2]), Ok(&[7, 7][..]));
    assert_eq!(lift::<Bytes>(memory, &[16, 0]), Ok(&[][..]));
    for (address, length) in [(15, 2), (17, 0), (0, 17), (u32::MAX, 0), (u32::MAX, u32::MAX), (1, u32::MAX)] {
        let bytes = lift::<Bytes>(memory, &[address.into(), length.into()]);
        assert_eq!(bytes, Err(Trap::PointerOutOfBounds), "{address} {length}");
    }
    assert!(matches!(lift::<Slice<Iovec>>(memory, &[4, 1]), Ok(iovecs) if iovecs.len() == 1));
    assert!(matches!(lift::<Slice<Iovec>>(memory, &[2, 1]), Err(Trap::PointerUnaligned)));
    assert!(matches!(lift::<Slice<Iovec>>(memory, &[8, 2]), Err(Trap::PointerOutOfBounds)));
    assert!(matches!(lift::<Slice<Iovec>>(memory, &[0, 0x2000_0000]), Err(Trap::PointerOutOfBounds)));
    assert!(matches!(lift::<Slice<Iovec>>(memory, &[0, u64::from(u32::MAX)]), Err(Trap::PointerOutOfBounds)));
}

#[test]
fn lists_are_counted_before_they_are_copied() {
    let mut buffer = [0; 2000];
    let memory = Memory::of_buffer(&mut buffer);
    assert_eq!(lift::<Vec<u8>>(memory, &[0, 1000]).map(|list| list.len()), Ok(1000));
    assert_eq!(lift::<Vec<u8>>(memory, &[0, 1001]), Err(Trap::LimitExceeded));
    assert_eq!(lift::<Vec<u64>>(memory, &[8, 125]).map(|list| list.len()), Ok(125));
    assert_eq!(lift::<Vec<u64>>(memory, &[4, 1]), Err(Trap::PointerUnaligned));
}

#[test]
fn strings_are_lifted_in_each_encoding() {
    let mut buffer = [0; 64];
    buffer[..4].copy_from_slice("aé\0".as_bytes());
    buffer[8..16].copy_from_slice(&[0x61, 0, 0xe9, 0, 0x3d, 0xd8, 0x00, 0xde]);
    buffer[16..18].copy_from_slice(&[0x3d, 0xd8]);
    buffer[20..22].copy_from_slice(&[0x61, 0xe9]);
    let memory = Memory::of_buffer(&mut buffer);
    assert_eq!(lift_text(memory, STRING_UTF8, 0, 3).as_deref(), Ok("aé"));
    assert_eq!(lift_text(memory, STRING_UTF8, 0, 2), Err(Trap::InvalidString));
    assert_eq!(lift_text(memory, STRING_UTF8, 60, 5), Err(Trap::PointerOutOfBounds));
    assert_eq!(lift_text(memory, STRING_UTF16, 8, 4).as_deref(), Ok("aé😀"));
    assert_eq!(lift_text(memory, STRING_UTF16, 9, 1), Err(Trap::PointerUnaligned));
    assert_eq!(lift_text(memory, STRING_UTF16, 16, 1), Err(Trap::InvalidString));
    assert_eq!(lift_text(memory, STRING_UTF16, 0, 0x8000_0001), Err(Trap::PointerOutOfBounds));
    assert_eq!(lift_text(memory, STRING_LATIN1_UTF16, 20, 2).as_deref(), Ok("aé"));
    assert_eq!(lift_text(memory, STRING_LATIN1_UTF16, 8, 4 | 1 << 31).as_deref(), Ok("aé😀"));
}

/// Lowers a string: its bytes in the memory, and the length that goes with them.
fn lower_text(text: &str, encoding: u16) -> (Vec<u8>, u32) {
    let mut buffer = [0u8; 64];
    let options = options(encoding);
    let mut cx = Lowering::test(Memory::of_buffer(&mut buffer), &options, 9);
    String::from(text).store(&mut cx, 0).unwrap();
    let [address, length] = [0, 4].map(|at| u32::from_le_bytes(buffer[at..at + 4].try_into().unwrap()));
    let end = buffer.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    (buffer[address as usize..end.max(address as usize)].to_vec(), length)
}

#[test]
fn strings_are_lowered_in_each_encoding() {
    assert_eq!(lower_text("aé", STRING_UTF8), (vec![0x61, 0xc3, 0xa9], 3));
    assert_eq!(lower_text("", STRING_UTF8), (vec![], 0));
    assert_eq!(lower_text("é😀", STRING_UTF16), (vec![0xe9, 0, 0x3d, 0xd8, 0x00, 0xde], 3));
    assert_eq!(lower_text("aé", STRING_LATIN1_UTF16), (vec![0x61, 0xe9], 2));
    assert_eq!(lower_text("a😀", STRING_LATIN1_UTF16), (vec![0x61, 0, 0x3d, 0xd8, 0x00, 0xde], 3 | 1 << 31));
}

#[test]
fn results_are_stored_by_their_layout() {
    let mut buffer = [0xaau8; 128];
    let options = options(STRING_UTF8);
    let mut cx = Lowering::test(Memory::of_buffer(&mut buffer), &options, 100);
    let time = |seconds| Some(Datetime { seconds, nanoseconds: 5 });
    let stat = DescriptorStat {
        type_: DescriptorType::RegularFile,
        link_count: 2,
        size: 3,
        data_access_timestamp: time(4),
        data_modification_timestamp: None,
        status_change_timestamp: time(6),
    };
    Ok::<_, ErrorCode>(stat).store(&mut cx, 0).unwrap();
    Err::<DescriptorStat, _>(ErrorCode::CrossDevice).store(&mut cx, 104).unwrap();
    let u64_at = |at: usize| u64::from_le_bytes(buffer[at..at + 8].try_into().unwrap());
    assert_eq!((buffer[0], buffer[8], u64_at(16), u64_at(24)), (0, 6, 2, 3));
    assert_eq!((buffer[32], u64_at(40), buffer[48]), (1, 4, 5));
    assert_eq!((buffer[56], buffer[80], u64_at(88)), (0, 1, 6));
    assert_eq!((buffer[104], buffer[112]), (1, 36));
}

#[test]
fn lists_are_stored_where_realloc_says() {
    let mut buffer = [0u8; 32];
    let options = options(STRING_UTF8);
    let mut cx = Lowering::test(Memory::of_buffer(&mut buffer), &options, 13);
    vec![1u32, 2].store(&mut cx, 0).unwrap();
    assert_eq!(vec![1u32, 2, 3].store(&mut cx, 0), Err(Trap::ReallocFailed));
    assert_eq!(buffer[..8], [16, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(buffer[16..24], [1, 0, 0, 0, 2, 0, 0, 0]);
}

#[test]
fn parameters_beyond_sixteen_lie_in_memory() {
    let mut buffer = [0u8; 32];
    buffer[8] = 1;
    buffer[16] = 2;
    let memory = Memory::of_buffer(&mut buffer);
    let mut host = host();
    let mut cx = lifting(memory, &mut host, STRING_UTF8);
    let two = record_layout(&[layout::<u8>(), layout::<u64>()]);
    let mut params = Params::new(two, 1, &[8], memory).unwrap();
    assert_eq!(params.next::<u8>(&mut cx), Ok(1));
    assert_eq!(params.next::<u64>(&mut cx), Ok(2));
    assert!(matches!(Params::new(two, 1, &[4], memory), Err(Trap::PointerUnaligned)));
    assert!(matches!(Params::new(two, 1, &[24], memory), Err(Trap::PointerOutOfBounds)));
}

#[test]
fn subscriptions_of_preview1_are_lifted() {
    let mut buffer = [0u8; 48];
    buffer[0] = 9;
    buffer[8] = 2;
    buffer[16] = 5;
    let memory = Memory::of_buffer(&mut buffer);
    let list = lift::<Slice<Subscription>>(memory, &[0, 1]).unwrap();
    let subscription = list.get(0).unwrap();
    assert_eq!(subscription.userdata, 9);
    assert!(matches!(subscription.u, SubscriptionU::FdWrite(of) if of.file_descriptor == 5));
}

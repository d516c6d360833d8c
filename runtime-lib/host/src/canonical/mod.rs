//! The canonical ABI of the component model: how values of its types lie in core parameters and in linear memory.
//!
//! Each type of a row of `aot_abi::wasi` has [`Abi`]; [`Lift`] reads it from a guest and [`Lower`] writes it to one.
//! Named types get theirs from `named_types`. WASI has no floating-point types, so every core value is a *word* of 64
//! bits, of which a type looks at as many as it has: this also makes joined payloads of variants free.

pub mod call;
pub mod calls;
pub mod ends;
pub mod handles;
pub mod lowering;
pub mod memory;
mod named_types;
pub mod strings;
#[cfg(test)]
mod tests;

use core::marker::PhantomData;

use aot_abi::trap::Trap;

use crate::canonical::handles::{Borrow, Own, ResourceType};
use crate::canonical::lowering::Lowering;
use crate::canonical::memory::{Memory, check_alignment};
use crate::host::Host;

/// Size, alignment and flattening of a type.
pub trait Abi {
    /// Bytes in linear memory.
    const SIZE: u32;
    /// Alignment in linear memory.
    const ALIGN: u32;
    /// Core values that it flattens to.
    const FLAT: usize;
}

/// A type that guests pass to the host.
pub trait Lift: Abi {
    /// The value that the host gets.
    type Value<'a>;
    /// Lifts a value from core values.
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Self::Value<'a>, Trap>;
    /// Lifts a value from linear memory, at a multiple of the alignment.
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Self::Value<'a>, Trap>;
}

/// A type that the host passes to guests.
pub trait Lower: Abi {
    /// Lowers a value to a core value; only of types with one at most.
    fn lower(self, cx: &mut Lowering) -> Result<u64, Trap>;
    /// Lowers a value to linear memory, at a multiple of the alignment.
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap>;
}

/// The context that lifting needs besides the values.
pub struct Lifting<'a, 'h> {
    /// The caller's memory.
    pub memory: Memory<'a>,
    /// The caller's encoding of strings, as in `CallOptions`.
    pub encoding: u16,
    /// The component instance whose handles are meant.
    pub instance: u32,
    /// Refuses flags that don't exist, as preview1 does; the component model ignores them.
    pub strict: bool,
    /// Handles and limits; absent if no type has any.
    pub host: Option<&'h mut Host>,
}

impl Lifting<'_, '_> {
    /// Counts bytes that the host is about to allocate for this call.
    pub fn charge(&mut self, bytes: u64) -> Result<(), Trap> {
        self.host.as_mut().map_or(Err(Trap::Other), |host| host.charge(bytes))
    }
}

/// The core values of a call, taken one after another.
pub struct Words<'w> {
    words: &'w [u64],
}

impl<'w> Words<'w> {
    /// All of these.
    pub fn new(words: &'w [u64]) -> Words<'w> {
        Words { words }
    }

    /// The next value; a row's types never take more than there are.
    pub fn next(&mut self) -> u64 {
        match self.words.split_first() {
            Some((word, rest)) => {
                self.words = rest;
                *word
            }
            None => 0,
        }
    }

    /// The next `count` values by themselves.
    pub fn take(&mut self, count: usize) -> Words<'w> {
        let (taken, rest) = self.words.split_at(count.min(self.words.len()));
        self.words = rest;
        Words { words: taken }
    }
}

/// The place of the fields of a record or tuple in memory.
pub struct Fields {
    next: u64,
}

impl Fields {
    /// The record begins here.
    pub fn at(address: u64) -> Fields {
        Fields { next: address }
    }

    /// The address of the next field, of type `T`.
    pub fn next<T: Abi>(&mut self) -> u64 {
        let address = align_up(self.next, T::ALIGN);
        self.next = address + u64::from(T::SIZE);
        address
    }
}

const fn align_up(address: u64, alignment: u32) -> u64 {
    (address + alignment as u64 - 1) & !(alignment as u64 - 1)
}

/// Size and alignment of a part of a type.
#[derive(Clone, Copy)]
pub struct Layout {
    size: u32,
    align: u32,
    flat: usize,
}

/// The layout of a type.
pub const fn layout<T: Abi>() -> Layout {
    Layout { size: T::SIZE, align: T::ALIGN, flat: T::FLAT }
}

/// The layout of a record or tuple of these.
pub const fn record_layout(fields: &[Layout]) -> Layout {
    let mut all = Layout { size: 0, align: 1, flat: 0 };
    let mut index = 0;
    while index < fields.len() {
        let field = fields[index];
        all.size = align_up(all.size as u64, field.align) as u32 + field.size;
        all.align = max(all.align, field.align);
        all.flat += field.flat;
        index += 1;
    }
    all.size = align_up(all.size as u64, all.align) as u32;
    all
}

/// The layout of a variant with these payloads.
pub const fn variant_layout(payloads: &[Layout]) -> Layout {
    assert!(payloads.len() <= 256, "one byte of discriminant");
    let payload = payload_layout(payloads);
    let align = payload.align;
    let size = align_up(1, align) as u32 + payload.size;
    Layout { size: align_up(size as u64, align) as u32, align, flat: 1 + payload.flat }
}

/// The offset of a variant's payload.
pub const fn payload_offset(payloads: &[Layout]) -> u64 {
    align_up(1, payload_layout(payloads).align)
}

const fn payload_layout(payloads: &[Layout]) -> Layout {
    let mut all = Layout { size: 0, align: 1, flat: 0 };
    let mut index = 0;
    while index < payloads.len() {
        all.size = max(all.size, payloads[index].size);
        all.align = max(all.align, payloads[index].align);
        if payloads[index].flat > all.flat {
            all.flat = payloads[index].flat;
        }
        index += 1;
    }
    all
}

const fn max(left: u32, right: u32) -> u32 {
    if left > right { left } else { right }
}

/// Gives a type its layout.
#[doc(hidden)]
#[macro_export]
macro_rules! impl_abi {
    ([$($generics:tt)*] $name:ty, $layout:expr) => {
        impl<$($generics)*> $crate::canonical::Abi for $name {
            const SIZE: u32 = $layout.size();
            const ALIGN: u32 = $layout.align();
            const FLAT: usize = $layout.flat();
        }
    };
}

impl Layout {
    /// The size in memory, in bytes.
    pub const fn size(self) -> u32 {
        self.size
    }
    /// Alignment in bytes.
    pub const fn align(self) -> u32 {
        self.align
    }
    /// The number of core values that the type flattens to.
    pub const fn flat(self) -> usize {
        self.flat
    }
}

macro_rules! integers {
    ($($name:ty),*) => { $(
        impl Abi for $name {
            const SIZE: u32 = size_of::<$name>() as u32;
            const ALIGN: u32 = Self::SIZE;
            const FLAT: usize = 1;
        }
        impl Lift for $name {
            type Value<'a> = $name;
            fn lift<'a>(_: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<$name, Trap> {
                Ok(words.next() as $name)
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<$name, Trap> {
                Ok(<$name>::from_le_bytes(cx.memory.read(address)?))
            }
        }
        impl Lower for $name {
            fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
                Ok(self as u64)
            }
            fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                cx.memory().write(address, &self.to_le_bytes())
            }
        }
    )* };
}

integers! { u8, i8, u16, i16, u32, i32, u64, i64 }

/// Gives a type what another has, through two functions.
macro_rules! as_integer {
    ($name:ty as $integer:ty: $from:expr, $into:expr) => {
        impl Abi for $name {
            const SIZE: u32 = <$integer>::SIZE;
            const ALIGN: u32 = <$integer>::ALIGN;
            const FLAT: usize = 1;
        }
        impl Lift for $name {
            type Value<'a> = $name;
            fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<$name, Trap> {
                <$integer>::lift(cx, words).and_then($from)
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<$name, Trap> {
                <$integer>::load(cx, address).and_then($from)
            }
        }
        impl Lower for $name {
            fn lower(self, cx: &mut Lowering) -> Result<u64, Trap> {
                $into(self).lower(cx)
            }
            fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                $into(self).store(cx, address)
            }
        }
    };
}

// A bool as a core value is any i32 that is not 0, in memory any byte that is not 0.
impl Abi for bool {
    const SIZE: u32 = 1;
    const ALIGN: u32 = 1;
    const FLAT: usize = 1;
}
impl Lift for bool {
    type Value<'a> = bool;
    fn lift<'a>(_: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<bool, Trap> {
        Ok(words.next() as u32 != 0)
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<bool, Trap> {
        Ok(u8::load(cx, address)? != 0)
    }
}
impl Lower for bool {
    fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
        Ok(u64::from(self))
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        u8::from(self).store(cx, address)
    }
}

as_integer! { char as u32: |code| char::from_u32(code).ok_or(Trap::InvalidValue), |char| char as u32 }

/// An address in the caller's memory, unchecked.
#[derive(Clone, Copy)]
pub struct Pointer(u32);

impl Pointer {
    /// The address in the guest's memory.
    pub fn address(self) -> u64 {
        u64::from(self.0)
    }
}

as_integer! { Pointer as u32: |address| Ok(Pointer(address)), |pointer: Pointer| pointer.0 }

impl Abi for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;
    const FLAT: usize = 0;
}
impl Lift for () {
    type Value<'a> = ();
    fn lift<'a>(_: &mut Lifting<'a, '_>, _: &mut Words<'_>) -> Result<(), Trap> {
        Ok(())
    }
    fn load<'a>(_: &mut Lifting<'a, '_>, _: u64) -> Result<(), Trap> {
        Ok(())
    }
}
impl Lower for () {
    fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
        Ok(0)
    }
    fn store(self, _: &mut Lowering, _: u64) -> Result<(), Trap> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($($part:ident $index:tt)*;)*) => { $(
        impl_abi! { [$($part: Abi),*] ($($part),*), record_layout(&[$(layout::<$part>()),*]) }
        impl<$($part: Lift),*> Lift for ($($part),*) {
            type Value<'a> = ($($part::Value<'a>),*);
            fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Self::Value<'a>, Trap> {
                Ok(($($part::lift(cx, words)?),*))
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Self::Value<'a>, Trap> {
                let mut fields = Fields::at(address);
                Ok(($($part::load(cx, fields.next::<$part>())?),*))
            }
        }
        impl<$($part: Lower),*> Lower for ($($part),*) {
            fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
                Err(Trap::Other)
            }
            fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                let mut fields = Fields::at(address);
                $(self.$index.store(cx, fields.next::<$part>())?;)*
                Ok(())
            }
        }
    )* };
}

tuples! {
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}

impl_abi! { [T: Abi] Option<T>, variant_layout(&[layout::<()>(), layout::<T>()]) }
impl<T: Lift> Lift for Option<T> {
    type Value<'a> = Option<T::Value<'a>>;
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Self::Value<'a>, Trap> {
        let mut words = words.take(Self::FLAT);
        match words.next() as u32 {
            0 => Ok(None),
            1 => T::lift(cx, &mut words).map(Some),
            _ => Err(Trap::InvalidValue),
        }
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Self::Value<'a>, Trap> {
        match u8::load(cx, address)? {
            0 => Ok(None),
            1 => T::load(cx, address + payload_offset(&[layout::<T>()])).map(Some),
            _ => Err(Trap::InvalidValue),
        }
    }
}
impl<T: Lower> Lower for Option<T> {
    fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
        Err(Trap::Other)
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        match self {
            None => 0u8.store(cx, address),
            Some(value) => {
                1u8.store(cx, address)?;
                value.store(cx, address + payload_offset(&[layout::<T>()]))
            }
        }
    }
}

impl_abi! { [T: Abi, E: Abi] Result<T, E>, variant_layout(&[layout::<T>(), layout::<E>()]) }
impl<T: Lift, E: Lift> Lift for Result<T, E> {
    type Value<'a> = Result<T::Value<'a>, E::Value<'a>>;
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Self::Value<'a>, Trap> {
        let mut words = words.take(Self::FLAT);
        match words.next() as u32 {
            0 => T::lift(cx, &mut words).map(Ok),
            1 => E::lift(cx, &mut words).map(Err),
            _ => Err(Trap::InvalidValue),
        }
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Self::Value<'a>, Trap> {
        let payload = address + payload_offset(&[layout::<T>(), layout::<E>()]);
        match u8::load(cx, address)? {
            0 => T::load(cx, payload).map(Ok),
            1 => E::load(cx, payload).map(Err),
            _ => Err(Trap::InvalidValue),
        }
    }
}
impl<T: Lower, E: Lower> Lower for Result<T, E> {
    fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
        // Only without payloads is it a single core value.
        Ok(u64::from(self.is_err()))
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        let payload = address + payload_offset(&[layout::<T>(), layout::<E>()]);
        u8::from(self.is_err()).store(cx, address)?;
        match self {
            Ok(value) => value.store(cx, payload),
            Err(error) => error.store(cx, payload),
        }
    }
}

/// Address and length of a list or string as two core values or in memory.
#[derive(Clone, Copy)]
pub struct Extent {
    /// The address in the guest's memory.
    pub address: u64,
    /// The length in elements; for strings as their encoding counts.
    pub length: u32,
}

impl Abi for Extent {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;
    const FLAT: usize = 2;
}
impl Extent {
    /// Reads an address and a length from core values.
    pub fn lift(words: &mut Words<'_>) -> Extent {
        Extent { address: u64::from(words.next() as u32), length: words.next() as u32 }
    }
    /// Reads an address and a length from linear memory.
    pub fn load(cx: &mut Lifting<'_, '_>, address: u64) -> Result<Extent, Trap> {
        Ok(Extent { address: u64::from(u32::load(cx, address)?), length: u32::load(cx, address + 4)? })
    }
    /// Writes the address and the length to linear memory.
    pub fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        (self.address as u32).store(cx, address)?;
        self.length.store(cx, address + 4)
    }
}

/// `Lift` for a type that is an extent, from one function.
#[doc(hidden)]
#[macro_export]
macro_rules! lift_extent {
    ([$($generics:tt)*] $name:ty, $value:ty, $lift:expr) => {
        impl<$($generics)*> Lift for $name {
            type Value<'a> = $value;
            fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Self::Value<'a>, Trap> {
                let extent = Extent::lift(words);
                $lift(cx, extent)
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Self::Value<'a>, Trap> {
                let extent = Extent::load(cx, address)?;
                $lift(cx, extent)
            }
        }
    };
}

/// A `list<u8>` at which the host only looks.
pub struct Bytes;
impl_abi! { [] Bytes, layout::<Extent>() }
lift_extent! { [] Bytes, &'a [u8], |cx: &mut Lifting<'a, '_>, extent: Extent| {
    cx.memory.bytes(extent.address, u64::from(extent.length))
} }

/// A `list<T>` at which the host only looks.
pub struct Slice<T>(PhantomData<T>);
impl_abi! { [T] Slice<T>, layout::<Extent>() }
lift_extent! { [T: Lift + 'static] Slice<T>, Elements<'a, T>, |cx: &mut Lifting<'a, '_>, extent| {
    Elements::new(cx.memory, extent)
} }

/// The elements of a list in the guest's memory.
pub struct Elements<'a, T> {
    memory: Memory<'a>,
    extent: Extent,
    element: PhantomData<T>,
}

#[allow(clippy::len_without_is_empty, reason = "no caller asks for it")]
impl<'a, T: Lift> Elements<'a, T> {
    /// Elements that lie in the memory and are aligned.
    pub fn new(memory: Memory<'a>, extent: Extent) -> Result<Elements<'a, T>, Trap> {
        check_alignment(extent.address, T::ALIGN)?;
        memory.range(extent.address, u64::from(extent.length) * u64::from(T::SIZE))?;
        Ok(Elements { memory, extent, element: PhantomData })
    }

    /// The number of elements.
    pub fn len(&self) -> u32 {
        self.extent.length
    }

    /// Element `index`, which is less than the number.
    pub fn get(&self, index: u32) -> Result<T::Value<'a>, Trap> {
        let mut cx = Lifting { memory: self.memory, encoding: 0, instance: 0, strict: true, host: None };
        T::load(&mut cx, self.extent.address + u64::from(index) * u64::from(T::SIZE))
    }
}

impl_abi! { [T] Vec<T>, layout::<Extent>() }
lift_extent! { [T: Lift] Vec<T>, Vec<T::Value<'a>>, |cx: &mut Lifting<'a, '_>, extent: Extent| {
    let length = u64::from(extent.length);
    check_alignment(extent.address, T::ALIGN)?;
    cx.memory.range(extent.address, length * u64::from(T::SIZE))?;
    cx.charge(length.saturating_mul(size_of::<T::Value<'a>>() as u64))?;
    let mut list = Vec::with_capacity(length as usize);
    for index in 0..length {
        list.push(T::load(cx, extent.address + index * u64::from(T::SIZE))?);
    }
    Ok(list)
} }

/// An element of a list that the host returns. Bytes are copied at once.
pub trait LowerElement: Lower + Sized {
    /// Writes all of `list` at `address`.
    fn store_all(list: Vec<Self>, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        for (index, element) in list.into_iter().enumerate() {
            element.store(cx, address + index as u64 * u64::from(Self::SIZE))?;
        }
        Ok(())
    }
}
impl LowerElement for u32 {}
impl LowerElement for String {}
impl<T: LowerElement> LowerElement for Vec<T> {}
impl<A: Lower, B: Lower> LowerElement for (A, B) {}
impl<T: Lower> LowerElement for Option<T> {}
impl LowerElement for u8 {
    fn store_all(list: Vec<u8>, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        cx.memory().write(address, &list)?;
        cx.recycle(list);
        Ok(())
    }
}

impl<T: LowerElement> Lower for Vec<T> {
    fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
        Err(Trap::Other)
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        let length = u32::try_from(self.len()).map_err(|_| Trap::ReallocFailed)?;
        let list = cx.allocate(T::ALIGN, u64::from(length) * u64::from(T::SIZE))?;
        T::store_all(self, cx, list)?;
        Extent { address: list, length }.store(cx, address)
    }
}

impl_abi! { [T] Own<T>, layout::<u32>() }
impl<T: ResourceType> Lift for Own<T> {
    type Value<'a> = Own<T>;
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Own<T>, Trap> {
        take_own(cx, words.next() as u32)
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Own<T>, Trap> {
        let handle = u32::load(cx, address)?;
        take_own(cx, handle)
    }
}
impl<T: ResourceType> Lower for Own<T> {
    fn lower(self, cx: &mut Lowering) -> Result<u64, Trap> {
        cx.add_handle(T::NUMBER, self.representation).map(u64::from)
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        cx.add_handle(T::NUMBER, self.representation)?.store(cx, address)
    }
}

fn take_own<T: ResourceType>(cx: &mut Lifting<'_, '_>, handle: u32) -> Result<Own<T>, Trap> {
    let host = cx.host.as_mut().ok_or(Trap::Other)?;
    host.handles(cx.instance)?.take(T::NUMBER, handle).map(Own::new)
}

impl_abi! { [T] Borrow<T>, layout::<u32>() }
impl<T: ResourceType> Lift for Borrow<T> {
    type Value<'a> = Borrow<T>;
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Borrow<T>, Trap> {
        get_borrow(cx, words.next() as u32)
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Borrow<T>, Trap> {
        let handle = u32::load(cx, address)?;
        get_borrow(cx, handle)
    }
}

fn get_borrow<T: ResourceType>(cx: &mut Lifting<'_, '_>, handle: u32) -> Result<Borrow<T>, Trap> {
    representation_of(cx, T::NUMBER, handle).map(|representation| Borrow::new(representation, handle))
}

#[inline(never)]
fn representation_of(cx: &mut Lifting<'_, '_>, number: u32, handle: u32) -> Result<u32, Trap> {
    let host = cx.host.as_mut().ok_or(Trap::Other)?;
    host.handles(cx.instance)?.get(number, handle)
}

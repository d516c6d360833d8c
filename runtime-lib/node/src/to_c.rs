//! Values of JavaScript as C has them, for the length of a call.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ptr::null_mut;

use aot_abi::component::OF_THE_HOST;
use aot_abi::exports as abi;
use aot_abi::javascript::{FORM_ENUM, FORM_FLAGS, FORM_HANDLE, FORM_OPTION, FORM_RECORD, FORM_TUPLE, FORM_VARIANT};
use aot_abi::values::{Member, Type};
use aot_foundation::program::{Addon, addon};
use aot_library::c::{Extent, Types, discriminant_bytes, payload, store};

use crate::elements::{TYPED_ARRAYS, typed_array_of};
use crate::instance::Shared;
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers::{self, ARGUMENT};
use crate::objects::{handle_of, wanted};
use crate::path::Path;
use crate::room::Room;

/// The arguments of a call.
pub struct Arguments<'s> {
    env: Env,
    shared: &'s Shared,
    types: Types,
    addon: Addon,
    /// Memory to which the values of C point.
    room: Room,
    /// Lists that are typed arrays, whose elements are taken where they are. That is found out when JavaScript runs no more: it
    /// could move them.
    views: Vec<(*mut Extent, Value, i32)>,
    /// The number of lists around a value; what is made for an element doesn't outlive it.
    lists: usize,
    /// Handles of JavaScript's own resources, and true for those that the instance is to own.
    handles: Vec<(u64, bool)>,
}

impl<'s> Arguments<'s> {
    /// No arguments yet, for an instance.
    pub fn new(env: Env, types: Types, shared: &'s Shared) -> Arguments<'s> {
        let (room, views, handles) = (Vec::new(), Vec::new(), Vec::new());
        Arguments { env, shared, types, addon: addon(), room, views, lists: 0, handles }
    }

    /// Ends what the instance doesn't own of JavaScript's resources after a call, or anything if nothing was called.
    pub fn end(&mut self, is_called: bool) {
        for (handle, is_own) in core::mem::take(&mut self.handles) {
            if !is_own || !is_called {
                self.shared.imports.remove(self.env, handle);
            }
        }
    }

    /// The memory of the values, which the instance is to own.
    pub fn into_room(mut self) -> Room {
        self.handles.clear();
        core::mem::take(&mut self.room)
    }

    /// Makes room for so many bytes, which are zeros, until the end of the call.
    pub fn allocate(&mut self, bytes: usize) -> Result<*mut u8, Thrown> {
        let words = bytes.div_ceil(size_of::<u64>());
        let mut room: Vec<u64> = Vec::new();
        if room.try_reserve_exact(words).is_err() || self.room.try_reserve(1).is_err() {
            return Err(self.env.throw(ErrorClass::Range, ARGUMENT, "there is no memory for the arguments"));
        }
        room.resize(words, 0);
        self.room.push(room.into_boxed_slice());
        Ok(self.room.last_mut().map_or(null_mut(), |room| room.as_mut_ptr().cast()))
    }

    /// Writes a value to its place.
    ///
    /// # Safety
    ///
    /// The place has room for a value of this type, whose bytes are zeros, until the end of the call.
    pub unsafe fn write(&mut self, number: u32, value: Value, place: *mut u8, path: Path<'_>) -> Result<(), Thrown> {
        let ty = self.get(number)?;
        let (form, first) = self.form(number);
        // SAFETY: the caller's promise; a part of a value has a part of its place.
        unsafe {
            match (form, ty.kind) {
                (FORM_RECORD, _) => self.write_record(ty, first, value, place, path),
                (FORM_TUPLE, _) => self.write_tuple(ty, value, place, path),
                (FORM_VARIANT, _) => self.write_variant(ty, first, value, place, path),
                (FORM_ENUM, _) => {
                    let case = self.case(ty, first, value, path)?;
                    store(place, case as u64, discriminant_bytes(ty.count));
                    Ok(())
                }
                (FORM_HANDLE, _) if ty.home == OF_THE_HOST => {
                    let handle = self.shared.imports.give(self.env, ty.number, value)?;
                    let handle = handle.ok_or_else(|| self.wrong(path, &wanted(first as u32)))?;
                    self.handles.push((handle, ty.kind == abi::TYPE_OWN));
                    store(place, handle, size_of::<u64>());
                    Ok(())
                }
                (FORM_HANDLE, _) => {
                    let class = first as u32;
                    let handle = handle_of(self.env, value, class)?;
                    let handle = handle.ok_or_else(|| self.wrong(path, &wanted(class)))?;
                    store(place, handle, size_of::<u64>());
                    Ok(())
                }
                (FORM_FLAGS, _) => self.write_flags(ty, first, value, place, path),
                (FORM_OPTION, _) => self.write_option(ty, value, place, path),
                (_, abi::TYPE_STRING) => {
                    let extent = self.text(value, path)?;
                    place.cast::<Extent>().write(extent);
                    Ok(())
                }
                (_, abi::TYPE_LIST) => self.write_list(ty, value, place.cast(), path),
                (_, kind) => {
                    let bits = numbers::from_js(self.env, kind, value, &path)?;
                    store(place, bits, ty.host_bytes as usize);
                    Ok(())
                }
            }
        }
    }

    /// Takes the elements of typed arrays. JavaScript must not run between this and the call.
    pub fn take_views(&mut self) -> Result<(), Thrown> {
        for (place, value, wanted) in core::mem::take(&mut self.views) {
            let Some((_, start, length)) = self.env.as_typed_array(value)?.filter(|(element, ..)| *element == wanted)
            else {
                continue;
            };
            // SAFETY: the place is one of a list, until the end of the call.
            unsafe { place.write(Extent { start, length }) };
        }
        Ok(())
    }

    fn get(&self, number: u32) -> Result<&'static Type, Thrown> {
        let missing = |_| self.env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks a type");
        self.types.get(number).map_err(missing)
    }

    /// The form of a type, and the number of the first name of its parts.
    fn form(&self, number: u32) -> (u32, usize) {
        self.addon.types.get(number as usize).map_or((0, 0), |ty| (ty.form, ty.first as usize))
    }

    fn wrong(&self, path: Path<'_>, wanted: &str) -> Thrown {
        self.env.throw(ErrorClass::Type, ARGUMENT, &[&*path.to_string(), " must be ", wanted].concat())
    }

    fn text(&mut self, value: Value, path: Path<'_>) -> Result<Extent, Thrown> {
        let env = self.env;
        match env.as_text(value, |bytes| self.allocate(bytes))? {
            Some((start, length)) => Ok(Extent { start, length }),
            None => Err(self.wrong(path, "a string")),
        }
    }

    /// Reads a property of what must be an object.
    fn property(&self, object: Value, name: &str, path: Path<'_>) -> Result<Value, Thrown> {
        if self.env.is_nothing(object)? {
            return Err(self.wrong(path, "an object"));
        }
        self.env.get(object, name)
    }

    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_record(
        &mut self,
        ty: &Type,
        first: usize,
        value: Value,
        place: *mut u8,
        path: Path<'_>,
    ) -> Result<(), Thrown> {
        for (index, field) in self.types.of(ty).iter().enumerate() {
            let name = self.addon.name(first + index);
            let part = self.property(value, name, path)?;
            // SAFETY: the caller's promise.
            unsafe { self.write_part((field, field.ty), part, place, Path::Property(&path, name)) }?;
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_tuple(&mut self, ty: &Type, value: Value, place: *mut u8, path: Path<'_>) -> Result<(), Thrown> {
        if self.env.as_array(value)? != Some(ty.count) {
            return Err(self.wrong(path, &["an array of ", &ty.count.to_string(), " elements"].concat()));
        }
        for (index, field) in (0..).zip(self.types.of(ty)) {
            let part = self.env.element(value, index)?;
            // SAFETY: the caller's promise.
            unsafe { self.write_part((field, field.ty), part, place, Path::Element(&path, index)) }?;
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_variant(
        &mut self,
        ty: &Type,
        first: usize,
        value: Value,
        place: *mut u8,
        path: Path<'_>,
    ) -> Result<(), Thrown> {
        let tag = self.property(value, "tag", path)?;
        let case = self.case(ty, first, tag, Path::Property(&path, "tag"))?;
        // SAFETY: the caller's promise.
        unsafe { store(place, case as u64, discriminant_bytes(ty.count)) };
        let member = self.types.of(ty).get(case);
        let Some((member, inner)) = member.and_then(|member| Some((member, payload(member)?))) else { return Ok(()) };
        let part = self.env.get(value, "val")?;
        // SAFETY: the caller's promise.
        unsafe { self.write_part((member, inner), part, place, Path::Property(&path, "val")) }
    }

    /// Writes a part of a value, which is a member of this type, given the place of the whole.
    ///
    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_part(
        &mut self,
        (member, ty): (&Member, u32),
        value: Value,
        place: *mut u8,
        path: Path<'_>,
    ) -> Result<(), Thrown> {
        // SAFETY: the caller's promise.
        unsafe { self.write(ty, value, place.add(member.host_offset as usize), path) }
    }

    /// The number of the case that a string names.
    fn case(&mut self, ty: &Type, first: usize, value: Value, path: Path<'_>) -> Result<usize, Thrown> {
        let Extent { start, length } = self.text(value, path)?;
        // SAFETY: the text was just written.
        let text = unsafe { core::slice::from_raw_parts(start, length) };
        let mut cases = 0..ty.count as usize;
        let case = cases.find(|case| self.addon.name(first + case).as_bytes() == text);
        case.ok_or_else(|| {
            let names: Vec<&str> =
                (0..ty.count.min(NAMED_CASES_MAX) as usize).map(|case| self.addon.name(first + case)).collect();
            let more = if ty.count > NAMED_CASES_MAX { ", …" } else { "" };
            self.wrong(path, &["one of ", &names.join(", "), more].concat())
        })
    }

    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_flags(
        &mut self,
        ty: &Type,
        first: usize,
        value: Value,
        place: *mut u8,
        path: Path<'_>,
    ) -> Result<(), Thrown> {
        let mut bits = 0;
        for index in 0..ty.count as usize {
            let name = self.addon.name(first + index);
            let flag = self.property(value, name, path)?;
            let is_set = match self.env.is_nothing(flag)? {
                true => 0,
                false => numbers::from_js(self.env, abi::TYPE_BOOL, flag, &Path::Property(&path, name))?,
            };
            bits |= is_set << index;
        }
        // SAFETY: the caller's promise.
        unsafe { store(place, bits, ty.host_bytes as usize) };
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_option(&mut self, ty: &Type, value: Value, place: *mut u8, path: Path<'_>) -> Result<(), Thrown> {
        let some = self.types.of(ty).get(1);
        match some.and_then(|some| Some((some, payload(some)?))) {
            Some((some, inner)) if !self.env.is_nothing(value)? => {
                // SAFETY: the caller's promise.
                unsafe {
                    store(place, 1, 1);
                    self.write_part((some, inner), value, place, path)
                }
            }
            _ => Ok(()),
        }
    }

    /// # Safety
    ///
    /// As for [`Arguments::write`].
    unsafe fn write_list(&mut self, ty: &Type, value: Value, place: *mut Extent, path: Path<'_>) -> Result<(), Thrown> {
        let missing = |_| self.env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks a type");
        let (number, element) = self.types.element(ty).map_err(missing)?;
        let wanted = typed_array_of(element.kind);
        if let (Some(wanted), Some((actual, start, length))) = (wanted, self.env.as_typed_array(value)?) {
            if actual != wanted {
                return Err(self.wrong(path, &wanted_list(Some(wanted))));
            }
            // SAFETY: the caller's promise.
            return unsafe { self.write_view(value, wanted, (start, length, element), place) };
        }
        let Some(length) = self.env.as_array(value)? else {
            return Err(self.wrong(path, &wanted_list(wanted)));
        };
        let bytes = element.host_bytes as usize;
        let start = self.allocate((length as usize).saturating_mul(bytes))?;
        let env = self.env;
        self.lists += 1;
        for index in 0..length {
            env.scoped(|| {
                let part = env.element(value, index)?;
                // SAFETY: there is room for all elements.
                unsafe { self.write(number, part, start.add(index as usize * bytes), Path::Element(&path, index)) }
            })?;
        }
        self.lists -= 1;
        // SAFETY: the caller's promise.
        unsafe { place.write(Extent { start, length: length as usize }) };
        Ok(())
    }

    /// Takes a typed array for a list: a copy within another list, the elements themselves otherwise.
    ///
    /// # Safety
    ///
    /// As for [`Arguments::write`]; JavaScript hasn't run since the typed array was looked at.
    unsafe fn write_view(
        &mut self,
        value: Value,
        wanted: i32,
        (start, length, element): (*mut u8, usize, &Type),
        place: *mut Extent,
    ) -> Result<(), Thrown> {
        if self.lists == 0 {
            self.views.push((place, value, wanted));
            return Ok(());
        }
        let bytes = length * element.host_bytes as usize;
        let copy = self.allocate(bytes)?;
        // SAFETY: the caller's promise; the copy has room for all elements.
        unsafe {
            if bytes != 0 {
                core::ptr::copy_nonoverlapping(start, copy, bytes);
            }
            place.write(Extent { start: copy, length });
        }
        Ok(())
    }
}

impl Drop for Arguments<'_> {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// The most cases that an error names.
const NAMED_CASES_MAX: u32 = 8;

fn with_article(name: &str) -> String {
    [if name.starts_with('I') { "an " } else { "a " }, name].concat()
}

fn wanted_list(typed_array: Option<i32>) -> String {
    match typed_array.and_then(|number| TYPED_ARRAYS.get(number as usize)) {
        Some(name) => [&*with_article(name), " or an array"].concat(),
        None => "an array".into(),
    }
}

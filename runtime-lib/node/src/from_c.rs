//! Values of C as JavaScript has them.

use aot_abi::component::OF_THE_HOST;
use aot_abi::exports as abi;
use aot_abi::javascript::{FORM_ENUM, FORM_FLAGS, FORM_HANDLE, FORM_OPTION, FORM_RECORD, FORM_TUPLE, FORM_VARIANT};
use aot_abi::values::{Member, Type};
use aot_foundation::program::{Addon, addon};
use aot_library::c::{Extent, Types, discriminant_bytes, load, payload};

use crate::elements::typed_array_of;
use crate::instance::Shared;
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers;
use crate::objects::object_of;

/// A reader of results.
#[derive(Clone, Copy)]
pub struct Results<'s> {
    /// The environment.
    pub env: Env,
    /// The types.
    pub types: Types,
    addon: Addon,
    shared: &'s Shared,
}

impl<'s> Results<'s> {
    /// A reader of values of these types, which an instance gave.
    pub fn new(env: Env, types: Types, shared: &'s Shared) -> Results<'s> {
        Results { env, types, addon: addon(), shared }
    }

    /// Reads a value.
    ///
    /// # Safety
    ///
    /// The place has a value of this type.
    pub unsafe fn read(self, number: u32, place: *const u8) -> Result<Value, Thrown> {
        let ty = self.get(number)?;
        let (form, first) = self.form(number);
        // SAFETY: the caller's promise; a part of a value has a part of its place.
        unsafe {
            match (form, ty.kind) {
                (FORM_RECORD, _) => self.read_record(ty, first, place),
                (FORM_TUPLE, _) => self.read_tuple(ty, place),
                (FORM_VARIANT, _) => {
                    let case = self.case(ty, place);
                    self.variant(number, case, |inner, offset| self.read(inner, place.add(offset)))
                }
                (FORM_ENUM, _) => self.env.string(self.addon.name(first + self.case(ty, place))),
                (FORM_HANDLE, _) if ty.home == OF_THE_HOST => {
                    let handle = load(place, size_of::<u64>());
                    self.shared.imports.object(self.env, handle, ty.kind == abi::TYPE_OWN)
                }
                (FORM_HANDLE, _) => object_of(self.env, self.shared, first as u32, load(place, size_of::<u64>())),
                (FORM_FLAGS, _) => self.read_flags(ty, first, place),
                (FORM_OPTION, _) => match self.member(ty, self.case(ty, place)) {
                    Some((inner, offset)) => self.read(inner, place.add(offset)),
                    None => self.env.undefined(),
                },
                (_, abi::TYPE_STRING) => self.read_string(place.cast()),
                (_, abi::TYPE_LIST) => self.read_list(ty, place.cast()),
                (_, kind) => numbers::to_js(self.env, kind, load(place, ty.host_bytes as usize)),
            }
        }
    }

    /// Makes a case of a variant: an object with a tag, and a value that `read` gives if there is one. It gets the type and the
    /// offset of the value.
    pub fn variant(
        self,
        number: u32,
        case: usize,
        read: impl FnOnce(u32, usize) -> Result<Value, Thrown>,
    ) -> Result<Value, Thrown> {
        let (_, first) = self.form(number);
        let object = self.env.object()?;
        self.env.set(object, "tag", self.env.string(self.addon.name(first + case))?)?;
        if let Some((inner, offset)) = self.member(self.get(number)?, case) {
            self.env.set(object, "val", read(inner, offset)?)?;
        }
        Ok(object)
    }

    /// Returns true for a type whose values are objects with a tag.
    pub fn is_tagged(self, number: u32) -> bool {
        self.form(number).0 == FORM_VARIANT
    }

    fn get(self, number: u32) -> Result<&'static Type, Thrown> {
        let missing = |_| self.env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks a type");
        self.types.get(number).map_err(missing)
    }

    /// The form of a type, and the number of the first name of its parts.
    fn form(self, number: u32) -> (u32, usize) {
        self.addon.types.get(number as usize).map_or((0, 0), |ty| (ty.form, ty.first as usize))
    }

    /// The type and the offset of a case's payload.
    pub fn member(self, ty: &Type, case: usize) -> Option<(u32, usize)> {
        let member: &Member = self.types.of(ty).get(case)?;
        Some((payload(member)?, member.host_offset as usize))
    }

    /// # Safety
    ///
    /// The place has a variant of this type.
    unsafe fn case(self, ty: &Type, place: *const u8) -> usize {
        // SAFETY: the caller's promise.
        unsafe { load(place, discriminant_bytes(ty.count)) as usize }
    }

    /// # Safety
    ///
    /// As for [`Results::read`].
    unsafe fn read_record(self, ty: &Type, first: usize, place: *const u8) -> Result<Value, Thrown> {
        let object = self.env.object()?;
        for (index, field) in self.types.of(ty).iter().enumerate() {
            // SAFETY: the caller's promise.
            let value = unsafe { self.read(field.ty, place.add(field.host_offset as usize)) }?;
            self.env.set(object, self.addon.name(first + index), value)?;
        }
        Ok(object)
    }

    /// # Safety
    ///
    /// As for [`Results::read`].
    unsafe fn read_tuple(self, ty: &Type, place: *const u8) -> Result<Value, Thrown> {
        let array = self.env.array(ty.count as usize)?;
        for (index, field) in (0..).zip(self.types.of(ty)) {
            // SAFETY: the caller's promise.
            let value = unsafe { self.read(field.ty, place.add(field.host_offset as usize)) }?;
            self.env.set_element(array, index, value)?;
        }
        Ok(array)
    }

    /// # Safety
    ///
    /// As for [`Results::read`].
    unsafe fn read_flags(self, ty: &Type, first: usize, place: *const u8) -> Result<Value, Thrown> {
        // SAFETY: the caller's promise.
        let bits = unsafe { load(place, ty.host_bytes as usize) };
        let object = self.env.object()?;
        for index in 0..ty.count as usize {
            let flag = self.env.boolean(bits >> index & 1 != 0)?;
            self.env.set(object, self.addon.name(first + index), flag)?;
        }
        Ok(object)
    }

    /// # Safety
    ///
    /// The place has a string.
    unsafe fn read_string(self, place: *const Extent) -> Result<Value, Thrown> {
        // SAFETY: the caller's promise; strings of results are UTF-8.
        unsafe {
            let Extent { start, length } = place.read();
            let bytes = if length == 0 { &[] } else { core::slice::from_raw_parts(start, length) };
            self.env.string(core::str::from_utf8_unchecked(bytes))
        }
    }

    /// # Safety
    ///
    /// The place has a list of this type.
    unsafe fn read_list(self, ty: &Type, place: *const Extent) -> Result<Value, Thrown> {
        let missing = |_| self.env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks a type");
        let (number, element) = self.types.element(ty).map_err(missing)?;
        // SAFETY: the caller's promise.
        let Extent { start, length } = unsafe { place.read() };
        let bytes = element.host_bytes as usize;
        if let Some(typed_array) = typed_array_of(element.kind) {
            return self.env.typed_array(typed_array, length, length * bytes, |to| {
                if length != 0 {
                    // SAFETY: the caller's promise; the new array has as many elements.
                    unsafe { core::ptr::copy_nonoverlapping(start, to, length * bytes) };
                }
            });
        }
        let array = self.env.array(length)?;
        for index in 0..length {
            self.env.scoped(|| {
                // SAFETY: the caller's promise.
                let value = unsafe { self.read(number, start.add(index * bytes)) }?;
                self.env.set_element(array, index as u32, value)
            })?;
        }
        Ok(array)
    }
}

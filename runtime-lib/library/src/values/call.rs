//! Calls of exported functions with values of any type (canonical ABI, "canon lift").

use core::mem::MaybeUninit;

use aot_abi::exports::{FLAT_PARAMS_MAX, FLAT_RESULTS_MAX, NO_TYPE};
use aot_abi::library::Status;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_abi::values::{
    FORM_MAYBE, FORM_VALUE, Function, Member, OWNS, RETURNS_NOTHING, RETURNS_OPTION, RETURNS_RESULT, Type,
};
use aot_foundation::{entry, program};

use super::check::{Checking, is_place, is_value};
use super::free::free;
use super::guest::{Guest, check_alignment};
use super::lift::{Source, case, lift};
use super::lifting::{Failure, Lifting};
use super::lower::{Destination, Lowering, Words, begin_variant, lower};
use super::resources::destroy;
use super::{Handles, Types, payload};
use crate::alarm::Noted;
use crate::call::{Slot, of_trap, post_return};
use crate::instance::{Handle, Taken};
use crate::running::Running;
use crate::thread;

const _: () = assert!(aot_foundation::same_name("aot_library_call_values", symbols::LIBRARY_CALL_VALUES));

/// Calls the exported function with this number; a [`Status`].
///
/// # Safety
///
/// Null, or an instance; the arguments are those of the function, as `aot_abi::library` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_call_values(instance: *mut Handle, function: u32, arguments: *const u64) -> u32 {
    // SAFETY: the caller's promise.
    let mut instance = match unsafe { Taken::of(instance) } {
        Ok(instance) => instance,
        Err(status) => return status as u32,
    };
    let Some(function) = program::value_functions().get(function as usize) else { return Status::Argument as u32 };
    let call = Call { types: Types::read(), function, arguments };
    let Some(handle) = instance.handle() else { return Status::Busy as u32 };
    // SAFETY: the call has the instance until it returns.
    let handles = unsafe { handle.handles() };
    // SAFETY: the caller's promise.
    let status = unsafe {
        let mut places = [core::ptr::null_mut(); 2];
        match call.find_places(&mut places) && call.are_values(handles) {
            true => {
                let result = instance.perform(|slab, noted| call.perform((slab, noted), &places, handles, handle));
                result.map_or(Status::System, |result| result.unwrap_or_else(of_trap))
            }
            false => Status::Argument,
        }
    };
    // What wasn't called has nothing of the host program's.
    if matches!(status, Status::Argument | Status::System) {
        handles.restore();
    } else {
        handles.settle();
    }
    handle.end_call(matches!(status, Status::Ok | Status::None | Status::Err));
    status as u32
}

/// The addresses for a result: its value and its error, as far as there are such.
type Places = [*mut u8; 2];

/// A call from the host.
struct Call {
    types: Types,
    function: &'static Function,
    arguments: *const u64,
}

impl Call {
    fn params(&self) -> impl Iterator<Item = (usize, &'static Member)> {
        self.types.members(self.function.first, self.function.count).iter().enumerate()
    }

    /// The argument at this place.
    ///
    /// # Safety
    ///
    /// There is one.
    unsafe fn argument(&self, index: usize) -> *const u64 {
        // SAFETY: the caller's promise.
        unsafe { self.arguments.add(index) }
    }

    /// The address that an argument is.
    ///
    /// # Safety
    ///
    /// There is one, which is an address.
    unsafe fn address(&self, index: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.argument(index).cast::<*mut u8>().read() }
    }

    /// Returns true if all arguments are values of their types.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call_values`].
    unsafe fn are_values(&self, handles: &mut Handles) -> bool {
        let cx = &mut Checking { types: self.types, handles };
        self.params().all(|(index, param)| {
            let Ok(ty) = self.types.get(param.ty) else { return false };
            // SAFETY: the caller's promise.
            unsafe {
                match param.form {
                    FORM_VALUE => is_value(cx, ty, self.argument(index).cast()),
                    FORM_MAYBE if self.address(index).is_null() => true,
                    FORM_MAYBE => some(self.types, ty).is_ok_and(|(_, ty)| self.is_argument(cx, index, ty)),
                    _ => self.is_argument(cx, index, ty),
                }
            }
        })
    }

    /// Returns true if an argument is the address of a value.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call_values`].
    unsafe fn is_argument(&self, cx: &mut Checking<'_>, index: usize, ty: &Type) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let address = self.address(index);
            is_place(address, ty) && is_value(cx, ty, address)
        }
    }

    /// Finds the addresses for the result: false if one can't be that.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call_values`].
    unsafe fn find_places(&self, places: &mut Places) -> bool {
        let mut index = self.function.count as usize;
        let Ok(types) = self.returned() else { return false };
        for (place, ty) in places.iter_mut().zip(types) {
            if let Some(ty) = ty {
                // SAFETY: the caller's promise.
                *place = unsafe { self.address(index) };
                index += 1;
                if !is_place(*place, ty) {
                    return false;
                }
            }
        }
        true
    }

    /// The types of the places for the result.
    fn returned(&self) -> Result<[Option<&'static Type>; 2], Trap> {
        let Function { returns, result, .. } = *self.function;
        if returns == RETURNS_NOTHING || result == NO_TYPE {
            return Ok([None, None]);
        }
        let ty = self.types.get(result)?;
        let of = |index: usize| {
            let inner = self.types.of(ty).get(index).and_then(payload);
            inner.map(|inner| self.types.get(inner)).transpose()
        };
        match returns {
            RETURNS_OPTION => Ok([of(1)?, None]),
            RETURNS_RESULT => Ok([of(0)?, of(1)?]),
            _ => Ok([Some(ty), None]),
        }
    }

    /// Lowers the arguments, calls, and lifts the result.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call_values`]; the arguments are values, the slab is that of the instance, which runs on this thread.
    unsafe fn perform(
        &self,
        (slab, noted): (*mut SlabHeader, &Noted),
        places: &Places,
        handles: &mut Handles,
        handle: &Handle,
    ) -> Result<Status, Trap> {
        let mut slots = [const { MaybeUninit::uninit() }; FLAT_PARAMS_MAX];
        let slots = zeroed(&mut slots, self.function.params_flat);
        // SAFETY: the caller's promise; entry and vmctx are the compiler's, and there is a slot for each core value.
        unsafe {
            let guest = Guest::new(slab, &self.function.options, handle.host());
            guest.begin_call()?;
            self.lower(Lowering { guest, types: self.types, handles }, &mut Words::new(slots))?;
            let lifted = self.function.lifted;
            entry::call_guest(slab, lifted.entry as u32, lifted.vmctx, slots)?;
            noted.check()?;
            let bytes_left = program::values().result_bytes_max;
            let mut cx = Lifting { guest, handles, types: self.types, bytes_left, lent: None };
            let status = match self.lift(&mut cx, slots, places) {
                Ok(status) => status,
                Err(Failure::Trap(trap)) => return Err(trap),
                Err(Failure::Memory) => Status::Memory,
            };
            guest.end_call()?;
            post_return(slab, self.function, slots)?;
            if status == Status::Memory {
                while let Some((number, representation)) = handles.take_new() {
                    destroy(slab, number, representation)?;
                }
                while let Some(resource) = guest.resources().take_given() {
                    Running::outside(thread::running().cast(), || handle.drop_of_host(resource));
                }
            }
            Ok(status)
        }
    }

    /// # Safety
    ///
    /// As for [`Call::perform`].
    unsafe fn lower(&self, cx: Lowering<'_>, words: &mut Words<'_>) -> Result<(), Trap> {
        let Function { params_bytes, params_align, params_flat, .. } = *self.function;
        let mut base = None;
        if params_flat as usize > FLAT_PARAMS_MAX {
            let (address, start) = cx.guest.allocate(params_align, params_bytes.into())?;
            words.push(address.into())?;
            base = Some(start);
        }
        for (index, param) in self.params() {
            let to = match base {
                Some(base) => Destination::Place(base.wrapping_add(param.guest_offset as usize)),
                None => Destination::Words(words),
            };
            // SAFETY: the caller's promise; parameters in memory have the range that was allocated.
            unsafe { self.lower_param(cx, index, param, to) }?;
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Call::perform`]; a place has room for the parameter.
    unsafe fn lower_param(
        &self,
        cx: Lowering<'_>,
        index: usize,
        param: &Member,
        mut to: Destination<'_, '_>,
    ) -> Result<(), Trap> {
        let ty = self.types.get(param.ty)?;
        // SAFETY: the caller's promise.
        unsafe {
            match param.form {
                FORM_VALUE => lower(cx, ty, self.argument(index).cast(), to),
                FORM_MAYBE => {
                    let (case, inner) = some(self.types, ty)?;
                    let value = self.address(index);
                    begin_variant(ty, u64::from(!value.is_null()), &mut to, |mut to| match value.is_null() {
                        true => Ok(()),
                        false => lower(cx, inner, value, to.part(case.guest_offset)),
                    })
                }
                _ => lower(cx, ty, self.address(index), to),
            }
        }
    }

    /// # Safety
    ///
    /// As for [`Call::perform`].
    unsafe fn lift(&self, cx: &mut Lifting<'_>, slots: &[Slot], places: &Places) -> Result<Status, Failure> {
        let Function { returns, result, .. } = *self.function;
        if returns == RETURNS_NOTHING || result == NO_TYPE {
            return Ok(Status::Ok);
        }
        let ty = self.types.get(result)?;
        let from = if ty.flat as usize > FLAT_RESULTS_MAX {
            let address = slots[0][0] as u32;
            check_alignment(address, ty.guest_align)?;
            Source::Place(cx.guest.range(address.into(), ty.guest_bytes.into()).ok_or(Trap::PointerOutOfBounds)?)
        } else {
            Source::Words(slots)
        };
        // SAFETY: the caller's promise.
        unsafe {
            if returns != RETURNS_OPTION && returns != RETURNS_RESULT {
                lift_to(cx, ty, from, places[0])?;
                return Ok(Status::Ok);
            }
            let index = case(ty, &from)?;
            let case = self.types.of(ty).get(index).ok_or(Trap::Other)?;
            let is_good = index == usize::from(returns == RETURNS_OPTION);
            if let Some(inner) = payload(case) {
                let place = if is_good { places[0] } else { places[1] };
                lift_to(cx, self.types.get(inner)?, from.part(1, case.guest_offset), place)?;
            }
            Ok(match (is_good, returns) {
                (true, _) => Status::Ok,
                (false, RETURNS_OPTION) => Status::None,
                (false, _) => Status::Err,
            })
        }
    }
}

/// Makes as many slots of zeros as core parameters, or the address of those, and a core result take.
fn zeroed(slots: &mut [MaybeUninit<Slot>; FLAT_PARAMS_MAX], params: u32) -> &mut [Slot] {
    let count = if params as usize > FLAT_PARAMS_MAX { 1 } else { params.max(1) as usize };
    let slots = slots.get_mut(..count).unwrap_or_default();
    slots.iter_mut().for_each(|slot| _ = slot.write([0; 2]));
    // SAFETY: all of them are written.
    unsafe { core::slice::from_raw_parts_mut(slots.as_mut_ptr().cast(), slots.len()) }
}

/// The case of an option that has something, and the type of that.
pub fn some(types: Types, ty: &Type) -> Result<(&'static Member, &'static Type), Trap> {
    let case = types.of(ty).get(1).ok_or(Trap::Other)?;
    Ok((case, types.get(case.ty)?))
}

/// Lifts a value to an address of the host, and frees again what was made of it if it can't be completed.
///
/// # Safety
///
/// As for [`lift`], but for what is at the address.
unsafe fn lift_to(cx: &mut Lifting<'_>, ty: &Type, from: Source<'_>, place: *mut u8) -> Result<(), Failure> {
    // SAFETY: the caller's promise; zeros are an empty value.
    unsafe {
        if ty.flags & OWNS != 0 {
            place.write_bytes(0, ty.host_bytes as usize);
        }
        lift(cx, ty, from, place).inspect_err(|_| _ = free(cx.types, ty, place))
    }
}

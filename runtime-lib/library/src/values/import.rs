//! Calls of the functions that a component imports from the host program, with values of any type (canonical ABI, "canon lower").
//!
//! The arguments are lent to the function. What it gives is taken over: it is freed as soon as the guest has its own, unless the
//! host program keeps it.

use aot_abi::exports::{FLAT_PARAMS_MAX, FLAT_RESULTS_MAX, NO_TYPE, TYPE_S8, TYPE_S16};
use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_abi::values::{FORM_MAYBE, FORM_VALUE, Import, Member, Type};
use aot_foundation::program;

use super::call::some;
use super::check::{Checking, is_value};
use super::free::free;
use super::guest::{Guest, check_alignment};
use super::lent::Lent;
use super::lift::{Source, case, lift};
use super::lifting::{Failure, Lifting};
use super::lower::{Destination, Lowering, Words, lower};
use super::{Handles, Types};
use crate::call::Slot;
use crate::import_call::{Adapter, call_host, fail};
use crate::instance::Handle;
use crate::running::Running;
use crate::thread;

const _: () = assert!(aot_foundation::same_name("aot_library_import_values", symbols::LIBRARY_IMPORT_VALUES));

/// The most core parameters: those of the function, and the address for its result.
const WORDS_MAX: usize = FLAT_PARAMS_MAX + 1;

/// Calls the host program's function for an import of a component.
///
/// # Safety
///
/// Called by guest code of an instance, with the options and the number of an import, its core parameters and its adapter.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_import_values(
    slab: *mut SlabHeader,
    options: &'static CallOptions,
    number: u32,
    words: *const u64,
    adapter: Adapter,
) -> HostReturn {
    // SAFETY: the caller's promise: the guest runs on this thread.
    let result = unsafe {
        let running: *mut Running = thread::running().cast();
        let handle = &*(*running).handle.cast::<Handle>();
        let guest = Guest::new(slab, options, handle.host());
        let import = program::value_imports().get(number as usize).ok_or(Trap::UnknownImport);
        import.and_then(|import| Call { running, guest, types: Types::read(), number, import, adapter }.perform(words))
    };
    match result {
        Ok(value) => HostReturn { trap: 0, value },
        Err(trap) => HostReturn { trap: trap as u64, value: 0 },
    }
}

/// A call from the guest.
struct Call<'c> {
    running: *mut Running,
    guest: Guest<'c>,
    types: Types,
    number: u32,
    import: &'static Import,
    adapter: Adapter,
}

impl Call<'_> {
    /// Calls the function: the core result.
    ///
    /// # Safety
    ///
    /// The words are the core parameters of the function.
    unsafe fn perform(&self, words: *const u64) -> Result<u64, Trap> {
        self.guest.check_may_leave()?;
        if self.import.drops != 0 {
            // SAFETY: the caller's promise: a drop has one parameter.
            return unsafe { self.drop_handle(words.read() as u32) };
        }
        // SAFETY: the caller's promise.
        unsafe {
            let mut slots: [Slot; WORDS_MAX] = [[0; 2]; WORDS_MAX];
            let count = self.params_words() + usize::from(self.result()?.is_some_and(is_in_memory));
            slots.iter_mut().take(count).enumerate().for_each(|(index, slot)| slot[0] = words.add(index).read());
            let lent = Lent::new();
            let lifted = self.lift(&lent, &slots).map_err(|failure| self.explain(failure));
            let placed = lifted.and_then(|frame| Ok((frame, self.place(&lent, frame, &slots)?)));
            let (frame, place) = placed.inspect_err(|_| self.guest.resources().restore())?;
            self.guest.resources().settle();
            call_host(self.running, self.number, self.adapter, frame)?;
            self.lower(place, slots)
        }
    }

    /// Drops a handle of a resource of the host program, which ends the resource if the guest owned it.
    ///
    /// # Safety
    ///
    /// The guest has called the caller.
    unsafe fn drop_handle(&self, handle: u32) -> Result<u64, Trap> {
        if let Some(resource) = self.guest.drop_of_host(self.import.drops, handle)? {
            let mut frame = [resource.value];
            // SAFETY: the caller's promise; a function that drops takes the value.
            unsafe { call_host(self.running, self.number, self.adapter, frame.as_mut_ptr()) }?;
        }
        Ok(0)
    }

    fn params(&self) -> &'static [Member] {
        self.types.members(self.import.first, self.import.count)
    }

    /// The number of core values of the parameters.
    fn params_words(&self) -> usize {
        let flat = self.import.params_flat as usize;
        if flat > FLAT_PARAMS_MAX { 1 } else { flat }
    }

    fn result(&self) -> Result<Option<&'static Type>, Trap> {
        match self.import.result {
            NO_TYPE => Ok(None),
            ty => self.types.get(ty).map(Some),
        }
    }

    /// The trap for arguments that can't be lifted.
    fn explain(&self, failure: Failure) -> Trap {
        match failure {
            Failure::Trap(trap) => trap,
            // SAFETY: the call runs on this thread.
            Failure::Memory => unsafe { fail(self.running, self.number, b"there is no memory for its arguments") },
        }
    }

    /// Lifts the arguments: the words that the adapter passes on, with room for one more.
    ///
    /// # Safety
    ///
    /// The slots are the core parameters of the function.
    unsafe fn lift(&self, lent: &Lent, slots: &[Slot]) -> Result<*mut u64, Failure> {
        let Import { params_bytes, params_align, params_flat, .. } = *self.import;
        let (mut handles, bytes_left) = (Handles::default(), program::values().result_bytes_max);
        let mut cx =
            Lifting { guest: self.guest, handles: &mut handles, types: self.types, bytes_left, lent: Some(lent) };
        let source = if params_flat as usize > FLAT_PARAMS_MAX {
            let address = slots[0][0] as u32;
            check_alignment(address, params_align)?;
            Source::Place(cx.guest.range(address.into(), params_bytes.into()).ok_or(Trap::PointerOutOfBounds)?)
        } else {
            Source::Words(slots)
        };
        let frame: *mut u64 = lent.allocate((self.params().len() + 1) * size_of::<u64>())?.cast();
        let mut words = 0;
        for (index, param) in self.params().iter().enumerate() {
            let ty = self.types.get(param.ty)?;
            // SAFETY: the caller's promise; the frame has a word for each parameter.
            unsafe {
                let word = lift_param(&mut cx, param, ty, source.part(words, param.guest_offset))?;
                frame.add(index).write(word);
            }
            words += ty.flat as usize;
        }
        Ok(frame)
    }

    /// A place of zeros for the result, whose address is the last word of the frame. That of the guest is checked before
    /// anything happens.
    ///
    /// # Safety
    ///
    /// The frame is that of [`Call::lift`].
    unsafe fn place(&self, lent: &Lent, frame: *mut u64, slots: &[Slot]) -> Result<*mut u8, Trap> {
        let Some(ty) = self.result()? else { return Ok(core::ptr::null_mut()) };
        if is_in_memory(ty) {
            self.guest_place(ty, slots)?;
        }
        let place = lent.allocate(ty.host_bytes as usize).map_err(|_| self.explain(Failure::Memory))?;
        // SAFETY: the caller's promise; the place has so many bytes.
        unsafe {
            place.write_bytes(0, ty.host_bytes as usize);
            frame.add(self.params().len()).cast::<*mut u8>().write(place);
        }
        Ok(place)
    }

    /// The place in the guest's memory for a result, whose address is the last core parameter.
    fn guest_place(&self, ty: &Type, slots: &[Slot]) -> Result<*mut u8, Trap> {
        let address = slots.get(self.params_words()).map_or(0, |slot| slot[0]) as u32;
        check_alignment(address, ty.guest_align)?;
        self.guest.range(address.into(), ty.guest_bytes.into()).ok_or(Trap::PointerOutOfBounds)
    }

    /// Lowers the result and frees it: the core result, if it isn't in memory. What isn't a value is left as it is.
    ///
    /// # Safety
    ///
    /// The place is that of the result, which the function has stored.
    unsafe fn lower(&self, place: *mut u8, mut slots: [Slot; WORDS_MAX]) -> Result<u64, Trap> {
        let Some(ty) = self.result()? else { return Ok(0) };
        let mut handles = Handles::default();
        // SAFETY: the caller's promise; the guest's place has room, and its memory doesn't shrink.
        unsafe {
            if !is_value(&mut Checking { types: self.types, handles: &mut handles }, ty, place) {
                return Err(fail(self.running, self.number, b"its result isn't a value of its type"));
            }
            let cx = Lowering { guest: self.guest, types: self.types, handles: &handles };
            let lowered = if is_in_memory(ty) {
                self.guest_place(ty, &slots).and_then(|to| lower(cx, ty, place, Destination::Place(to)))
            } else {
                lower(cx, ty, place, Destination::Words(&mut Words::new(&mut slots)))
            };
            if program::values().owns_results != 0 {
                free(self.types, ty, place)?;
            }
            lowered.map(|()| if is_in_memory(ty) { 0 } else { slots[0][0] })
        }
    }
}

fn is_in_memory(ty: &Type) -> bool {
    ty.flat as usize > FLAT_RESULTS_MAX
}

/// Lifts an argument: the word that the adapter passes on, which is the value, the address of it, or null for none.
///
/// # Safety
///
/// As for [`lift`], but for the place of the value.
unsafe fn lift_param(cx: &mut Lifting<'_>, param: &Member, ty: &Type, from: Source<'_>) -> Result<u64, Failure> {
    // SAFETY: the caller's promise; what is allocated has room for the value.
    unsafe {
        let (ty, from) = match param.form {
            FORM_VALUE => {
                let mut word = 0u64;
                lift(cx, ty, from, (&raw mut word).cast())?;
                return Ok(extended(ty.kind, word));
            }
            FORM_MAYBE if case(ty, &from)? == 0 => return Ok(0),
            FORM_MAYBE => {
                let (case, inner) = some(cx.types, ty)?;
                (inner, from.part(1, case.guest_offset))
            }
            _ => (ty, from),
        };
        let place = cx.allocate(ty.host_bytes.into())?;
        lift(cx, ty, from, place)?;
        Ok(place.expose_provenance() as u64)
    }
}

/// The word of a value, in 32 bits as C extends smaller ones.
fn extended(kind: u32, word: u64) -> u64 {
    match kind {
        TYPE_S8 => u64::from(i32::from(word as i8).cast_unsigned()),
        TYPE_S16 => u64::from(i32::from(word as i16).cast_unsigned()),
        _ => word,
    }
}

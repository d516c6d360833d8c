//! Elements on their way from one guest's memory to another's.

use std::rc::Rc;

use aot_abi::exports::NO_TYPE;
use aot_abi::trap::Trap;

use super::Engine;
use super::channel::Buffer;
use crate::canonical::Lifting;
use crate::canonical::lowering::Lowering;
use crate::canonical::memory::Memory;
use crate::component::{Destination, Kind, Source, Types, lift, lower};
use aot_foundation::program;

impl Engine {
    /// The types of what passes through streams.
    pub(super) fn types(self) -> Rc<Types> {
        self.state().types.get_or_insert_with(|| Rc::new(Types::read(&program::exports()))).clone()
    }

    /// True if a component instance may read what it writes itself: nothing, or numbers.
    pub(super) fn is_number(self, payload: u32) -> bool {
        payload == NO_TYPE || is_number(&self.types().get(payload).kind)
    }

    /// Copies elements from behind what was copied before to behind what was.
    pub(super) fn copy_elements(self, payload: u32, from: &Buffer, to: &Buffer, count: u32) -> Result<(), Trap> {
        let types = self.types();
        let ty = types.get(payload);
        let place = |buffer: &Buffer| buffer.address + ty.size * u64::from(buffer.progress);
        let (source, destination) = (place(from), place(to));
        // SAFETY: the options are read-only data of the executable.
        let (from_options, to_options) = unsafe { (&*from.options, &*to.options) };
        if is_number(&ty.kind) {
            let bytes = ty.size * u64::from(count);
            // SAFETY: the guest doesn't run before both memories were used.
            let (from, to) =
                unsafe { (Memory::of_call(self.slab, from_options), Memory::of_call(self.slab, to_options)) };
            let (from, to) = (from.range(source, bytes)?, to.range(destination, bytes)?);
            // SAFETY: both ranges are open memory, which may be the same.
            unsafe { core::ptr::copy(from, to, bytes as usize) };
            return Ok(());
        }
        for index in 0..u64::from(count) {
            self.host().begin_call();
            // SAFETY: the guest doesn't run before the value was lifted.
            let memory = unsafe { Memory::of_call(self.slab, from_options) };
            let mut lifting = Lifting {
                memory,
                encoding: from_options.string_encoding,
                instance: from_options.component_instance,
                strict: false,
                host: Some(self.host()),
            };
            let value = lift(&mut lifting, &types, payload, Source::Address(source + ty.size * index))?;
            // SAFETY: nothing borrows the host's state or the memory.
            let mut lowering = unsafe { Lowering::new(self.slab, to_options) };
            // `realloc` has slots of its own, which are empty.
            let context = self.replace_context([0; 2]);
            let to = Destination::Address(destination + ty.size * index);
            let outcome = lower(&mut lowering, &types, payload, &value, to);
            self.replace_context(context);
            outcome?;
        }
        Ok(())
    }
}

fn is_number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::S8
            | Kind::U8
            | Kind::S16
            | Kind::U16
            | Kind::S32
            | Kind::U32
            | Kind::S64
            | Kind::U64
            | Kind::F32
            | Kind::F64
    )
}

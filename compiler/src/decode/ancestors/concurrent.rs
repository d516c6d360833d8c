//! The built-in functions of asynchronous components. What tells them apart is what the front end does: two that are the same are
//! one import of an adapter.

use super::instantiation::Instantiation;
use super::items::{Concurrent, NamedType, Trampoline};
use std::mem::discriminant;
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentValType};
use wasmtime_environ::component::{UnsafeIntrinsic, dfg};

impl Instantiation<'_, '_> {
    /// Makes a built-in function of asynchronous components.
    pub fn concurrent_function(&mut self, function: &CanonicalFunction, types: TypesRef<'_>) -> Option<()> {
        use CanonicalFunction as F;
        let none: &[CanonicalOption] = &[];
        let (ty, flag, options) = match function {
            F::ContextGet { slot, .. } | F::ContextSet { slot, .. } => {
                return self.context_slot(*slot, matches!(function, F::ContextSet { .. }), types);
            }
            F::TaskReturn { result, options } => {
                let result = result.map(|ty| self.named_type(ty, types));
                (result, false, &**options)
            }
            F::StreamNew { ty }
            | F::StreamDropReadable { ty }
            | F::StreamDropWritable { ty }
            | F::FutureNew { ty }
            | F::FutureDropReadable { ty }
            | F::FutureDropWritable { ty } => (Some(self.defined_type(*ty, types)), false, none),
            F::StreamRead { ty, options }
            | F::StreamWrite { ty, options }
            | F::FutureRead { ty, options }
            | F::FutureWrite { ty, options } => (Some(self.defined_type(*ty, types)), false, &**options),
            F::StreamCancelRead { ty, async_ }
            | F::StreamCancelWrite { ty, async_ }
            | F::FutureCancelRead { ty, async_ }
            | F::FutureCancelWrite { ty, async_ } => (Some(self.defined_type(*ty, types)), *async_, none),
            F::WaitableSetWait { cancellable, memory } | F::WaitableSetPoll { cancellable, memory } => {
                return self.push_concurrent(function, None, *cancellable, &[CanonicalOption::Memory(*memory)], types);
            }
            F::ThreadYield { cancellable: flag } | F::SubtaskCancel { async_: flag } => (None, *flag, none),
            F::BackpressureInc
            | F::BackpressureDec
            | F::TaskCancel
            | F::SubtaskDrop
            | F::WaitableSetNew
            | F::WaitableSetDrop
            | F::WaitableJoin => (None, false, none),
            // Functions of proposals that aren't compiled.
            _ => return None,
        };
        let ty = match ty {
            Some(ty) => Some(ty?),
            None => None,
        };
        self.push_concurrent(function, ty, flag, options, types)
    }

    fn push_concurrent(
        &mut self,
        function: &CanonicalFunction,
        ty: Option<NamedType>,
        flag: bool,
        options: &[CanonicalOption],
        types: TypesRef<'_>,
    ) -> Option<()> {
        let made = self.frames.last()?.core_funcs.len() as u32;
        let options = self.options(options, made, types)?;
        self.push_trampoline(Trampoline::Concurrent(Box::new(Concurrent {
            kind: discriminant(function),
            ty,
            flag,
            options,
        })))
    }

    fn named_type(&mut self, ty: ComponentValType, types: TypesRef<'_>) -> Option<NamedType> {
        match ty {
            ComponentValType::Primitive(ty) => Some(NamedType::Primitive(discriminant(&ty))),
            ComponentValType::Type(index) => self.defined_type(index, types),
        }
    }

    fn defined_type(&mut self, index: u32, types: TypesRef<'_>) -> Option<NamedType> {
        let ComponentAnyTypeId::Defined(id) = types.component_any_type_at(index) else { return None };
        self.types.defined_type(types, id).ok().map(NamedType::Defined)
    }

    /// Makes a function that reads or writes a slot of the running task's context.
    fn context_slot(&mut self, slot: u32, is_set: bool, types: TypesRef<'_>) -> Option<()> {
        let intrinsic = match (slot, is_set) {
            (0, false) => UnsafeIntrinsic::ContextGetI32_0,
            (0, true) => UnsafeIntrinsic::ContextSetI32_0,
            (1, false) => UnsafeIntrinsic::ContextGetI32_1,
            (1, true) => UnsafeIntrinsic::ContextSetI32_1,
            _ => return None,
        };
        let made = self.frames.last()?.core_funcs.len() as u32;
        let ty = self.options(&[], made, types)?.core_type;
        self.frames.last_mut()?.core_funcs.push(dfg::CoreDef::UnsafeIntrinsic(ty, intrinsic));
        Some(())
    }
}

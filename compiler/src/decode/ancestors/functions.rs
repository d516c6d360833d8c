//! The functions that components lift and lower, and their own of the component model.

use super::instantiation::Instantiation;
use super::items::{Func, Lifted, Trampoline};
use std::rc::Rc;
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, CanonicalOption};
use wasmtime_environ::component::{Adapter, AdapterOptions, dfg};

impl Instantiation<'_, '_> {
    /// Makes a function, of the component model or of core WebAssembly.
    pub fn function(&mut self, function: &CanonicalFunction, types: TypesRef<'_>) -> Option<()> {
        let mut table = |resource| {
            let ComponentAnyTypeId::Resource(id) = types.component_any_type_at(resource) else { return None };
            Some(self.types.resource_id(id.resource()))
        };
        let trampoline = match function {
            CanonicalFunction::Lift { core_func_index, type_index, options } => {
                return self.lift(*core_func_index, *type_index, options, types);
            }
            CanonicalFunction::Lower { func_index, options } => return self.lower(*func_index, options, types),
            CanonicalFunction::ResourceNew { resource } => Trampoline::New(table(*resource)?),
            CanonicalFunction::ResourceDrop { resource } => Trampoline::Drop(table(*resource)?),
            CanonicalFunction::ResourceRep { resource } => Trampoline::Rep(table(*resource)?),
            _ => return self.concurrent_function(function, types),
        };
        self.push_trampoline(trampoline)
    }

    pub fn push_trampoline(&mut self, trampoline: Trampoline) -> Option<()> {
        let trampoline = self.trampolines.push(trampoline);
        self.frames.last_mut()?.core_funcs.push(dfg::CoreDef::Trampoline(trampoline));
        Some(())
    }

    fn lift(&mut self, func: u32, ty: u32, options: &[CanonicalOption], types: TypesRef<'_>) -> Option<()> {
        let ComponentAnyTypeId::Func(ty) = types.component_any_type_at(ty) else { return None };
        let ty = self.types.convert_component_func_type(types, ty).ok()?;
        let options = self.options(options, func, types)?;
        let frame = self.frames.last_mut()?;
        let func = frame.core_funcs.get(func as usize)?.clone();
        frame.funcs.push(Func::Lifted(Rc::new(Lifted { ty, func, options })));
        Some(())
    }

    fn lower(&mut self, func: u32, options: &[CanonicalOption], types: TypesRef<'_>) -> Option<()> {
        let ty = self.types.convert_component_func_type(types, types.component_function_at(func)).ok()?;
        let lowered = self.frames.last()?.core_funcs.len() as u32;
        let options = self.options(options, lowered, types)?;
        let frame = self.frames.last_mut()?;
        let def = match frame.funcs.get(func as usize)? {
            Func::Host(path) => dfg::CoreDef::Trampoline(self.trampolines.push(Trampoline::Host(
                Rc::clone(path),
                Box::new(options),
                ty,
            ))),
            Func::Lifted(lifted) => dfg::CoreDef::Adapter(self.adapters.push(Adapter {
                lift_ty: lifted.ty,
                lift_options: lifted.options.clone(),
                lower_ty: ty,
                lower_options: options,
                func: lifted.func.clone(),
            })),
        };
        frame.core_funcs.push(def);
        Some(())
    }

    /// The canonical options of a function that is a core function of this index, or becomes it.
    pub fn options(&mut self, options: &[CanonicalOption], func: u32, types: TypesRef<'_>) -> Option<AdapterOptions> {
        let core_type = types.core_function_at(func);
        let core_type = self.types.module_types_builder_mut().intern_type(types, core_type).ok()?;
        let (frame, outer) = self.frames.split_last()?;
        let ancestors = outer.iter().rev().map(|frame| frame.instance).collect();
        frame.options(options, core_type, ancestors)
    }
}

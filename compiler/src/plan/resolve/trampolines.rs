//! The functions that the component model makes, and those of the host.

use super::host_imports::{self, HostImport};
use super::resolver::{Kind, Resolver};
use crate::decode::{BuiltinCall, ComponentFuncType, CoreDef, InterfaceTypes, Options, Trampoline, TrampolineIndex};
use crate::display::shown;
use crate::error::{Error, Result, Stage};
use crate::plan::program::{FuncKind, MemoryId, OptionsPlan};
use crate::plan::resolved::FuncDef;
use aot_abi::symbols::PREVIEW1;

impl Resolver<'_, '_> {
    /// The function with this number among those that the component model makes. It is made at the end.
    pub fn trampoline(&mut self, index: TrampolineIndex) -> Result<FuncDef> {
        if let Some(def) = self.trampolines.get(&index) {
            return Ok(*def);
        }
        self.unmade.push_back((index, self.resolved.generated.len()));
        let def = self.generate(FuncKind::AdapterTrap, self.component()?.trampolines[index].1);
        self.trampolines.insert(index, def);
        Ok(def)
    }

    /// The code of a function that the component model makes.
    pub fn kind(&mut self, index: TrampolineIndex) -> Result<Kind> {
        let component = self.component()?;
        let (trampoline, ty) = &component.trampolines[index];
        Ok(match trampoline {
            Trampoline::LowerImport { interface, function, ty, options } => {
                let import = self.lowered(interface, function, ty.as_ref(), &component.types, options.is_async)?;
                let options = self.canonical(options)?;
                self.host_function(import, options)?
            }
            Trampoline::Preview1 { function, options } => {
                let ty = self.resolved.program.types.func(*ty);
                let import = host_imports::core(PREVIEW1, function, ty)?;
                let options = self.canonical(options)?;
                self.host_function(import, options)?
            }
            Trampoline::Builtin(call) => FuncKind::Builtin(self.builtin(call)?),
            Trampoline::Trap => FuncKind::AdapterTrap,
            Trampoline::Unsupported(name) => {
                return Err(Error::input(
                    Stage::Plan,
                    format!("the component needs {name}"),
                    "this version of aot doesn't compile that part of the component model; build the component without it",
                ));
            }
        })
    }

    /// The function of an interface that the component imports: the runtime's, or the host program's.
    fn lowered(
        &self,
        interface: &str,
        function: &str,
        ty: Option<&ComponentFuncType>,
        types: &InterfaceTypes,
        is_async: bool,
    ) -> Result<HostImport> {
        let host_imports = self.options.host_imports.as_ref();
        let of_host_program = || match ty.is_some_and(|ty| ty.is_async) {
            true => Err(asynchronous_import(interface, function)),
            false => Ok(HostImport::of_component(interface, function)),
        };
        if host_imports.is_some_and(|imports| imports.has_interface(interface)) {
            return of_host_program();
        }
        Ok(match host_imports::lowered(interface, function, ty, types, host_imports, is_async)? {
            HostImport::Unknown { .. } if host_imports.is_some() && !self.options.stub_unknown_imports => {
                of_host_program()?
            }
            host => host,
        })
    }

    fn builtin(
        &mut self,
        call: &BuiltinCall<usize, CoreDef, Options>,
    ) -> Result<BuiltinCall<MemoryId, FuncDef, OptionsPlan<FuncDef>>> {
        let mut function = |def: &Option<CoreDef>| def.as_ref().map(|def| self.function(def)).transpose();
        let destructor = function(&call.destructor)?;
        let references = call.references.iter().map(function).collect::<Result<_>>()?;
        Ok(BuiltinCall {
            builtin: call.builtin,
            constants: call.constants.clone(),
            memories: call.memories.iter().map(|index| self.memory(*index)).collect::<Result<_>>()?,
            references,
            options: call.options.as_ref().map(|options| self.canonical(options)).transpose()?,
            destructor,
        })
    }

    /// A function of the host, or the trap that stands for one that is missing.
    pub fn host_function(&mut self, import: HostImport, options: OptionsPlan<FuncDef>) -> Result<Kind> {
        Ok(match import {
            HostImport::Known { symbol } => FuncKind::Host { symbol, options },
            HostImport::Missing { interface, name } => {
                self.resolved.missing_interfaces.insert(interface);
                FuncKind::Missing { name: shown(name) }
            }
            HostImport::Unknown { name } if self.options.stub_unknown_imports => {
                FuncKind::Missing { name: shown(name) }
            }
            HostImport::Unknown { name } => return Err(host_imports::unknown_import(&name)),
        })
    }
}

/// The error for a function of the host program that is asynchronous.
fn asynchronous_import(interface: &str, function: &str) -> Error {
    Error::input(
        Stage::Plan,
        format!("the component imports {interface}#{function} from the host program, and the function is asynchronous"),
        "this version of aot has no asynchronous functions of host programs: let the interface have a synchronous one",
    )
}

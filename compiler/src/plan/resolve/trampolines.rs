//! The functions that the component model makes, and those of the host.

use super::host_imports::{self, HostImport};
use super::resolver::Resolver;
use crate::decode::{BuiltinCall, CoreDef, Trampoline, TrampolineIndex};
use crate::display::shown;
use crate::error::{Error, Result, Stage};
use crate::plan::program::{FuncKind, MemoryId, OptionsPlan};
use crate::plan::resolved::FuncDef;

type Kind = FuncKind<FuncDef, OptionsPlan<FuncDef>>;

impl Resolver<'_, '_> {
    /// The function with this number among those that the component model makes; it is made once.
    pub fn trampoline(&mut self, index: TrampolineIndex) -> Result<FuncDef> {
        if let Some(def) = self.trampolines.get(&index) {
            return Ok(*def);
        }
        let component = self.component()?;
        let (trampoline, ty) = &component.trampolines[index];
        let kind = match trampoline {
            Trampoline::LowerImport { interface, function, ty, options } => {
                let import = host_imports::lowered(interface, function, ty.as_ref(), &component.types)?;
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
        };
        let def = self.generate(kind, *ty);
        self.trampolines.insert(index, def);
        Ok(def)
    }

    fn builtin(&mut self, call: &BuiltinCall<usize, CoreDef>) -> Result<BuiltinCall<MemoryId, FuncDef>> {
        Ok(BuiltinCall {
            builtin: call.builtin,
            constants: call.constants.clone(),
            memories: call.memories.iter().map(|index| self.memory(*index)).collect::<Result<_>>()?,
            destructor: match &call.destructor {
                Some(destructor) => Some(self.function(destructor)?),
                None => None,
            },
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

//! Follows the directives of a component script: judges what can be decided without running, links, and leaves commands
//! for the driver.

use super::compose::compose;
use super::value::Value;
use super::{Argument, Component, Instance, Script, Source};
use crate::modules::{self, assemble, assemble_text};
use crate::proposals::need;
use crate::report::FileReport;
use crate::script::{Action, Command, Expectation, count_assertions};
use aot_compiler::decode::{self, Arena};
use std::collections::HashMap;
use wasmparser::{ComponentExternalKind, Parser, Payload, Validator};
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, WastThread, Wat};

/// The state of a component of a script, or of an instance of one.
#[derive(Clone, Debug)]
enum Slot {
    /// The component or instance is there: its index in the script's list.
    Live(usize),
    /// The component is left out, because it needs these proposals.
    LeftOut(String),
    /// The component should be there, but isn't, for this reason.
    Failed(String),
}

struct Reader<'r> {
    report: &'r mut FileReport,
    /// Offsets of the lines' first bytes.
    lines: Vec<usize>,
    script: Script,
    scope: Scope,
    /// The component of `host.wat`, by index in the script's.
    host: Option<usize>,
}

/// The names that the directives of a thread find.
struct Scope {
    definition: Slot,
    definitions: HashMap<String, Slot>,
    instance: Slot,
    instances: HashMap<String, Slot>,
    registered: HashMap<String, Slot>,
}

impl Default for Scope {
    fn default() -> Self {
        let none = || Slot::Failed("nothing was defined before".to_string());
        Self {
            definition: none(),
            definitions: HashMap::new(),
            instance: none(),
            instances: HashMap::new(),
            registered: HashMap::new(),
        }
    }
}

/// Reads a script. What can be decided at once is in the report.
pub fn read(wast: &mut Wast<'_>, text: &str, report: &mut FileReport) -> Script {
    let assertions = count_assertions(&wast.directives);
    let mut reader = Reader {
        report,
        lines: std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect(),
        script: Script { assertions, ..Script::default() },
        scope: Scope::default(),
        host: None,
    };
    for directive in &mut wast.directives {
        reader.directive(directive);
    }
    reader.script
}

impl Reader<'_> {
    fn directive(&mut self, directive: &mut WastDirective<'_>) {
        let line = self.lines.partition_point(|start| *start <= directive.span().offset()) as u32;
        match directive {
            WastDirective::Module(module) => {
                let name = module.name().map(|name| name.name().to_string());
                let component = self.define(assemble(module));
                self.scope.instance = self.instantiate(line, component.clone(), Expectation::Return);
                if let Some(name) = name {
                    self.scope.definitions.insert(name.clone(), component);
                    self.scope.instances.insert(name, self.scope.instance.clone());
                }
            }
            WastDirective::ModuleDefinition(module) => {
                let name = module.name().map(|name| name.name().to_string());
                self.scope.definition = self.define(assemble(module));
                match &self.scope.definition {
                    Slot::Failed(message) => self.report.fail(line, message),
                    Slot::LeftOut(proposals) => self.report.leave_out_module(proposals),
                    Slot::Live(_) => {}
                }
                if let Some(name) = name {
                    self.scope.definitions.insert(name, self.scope.definition.clone());
                }
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let component = match module {
                    Some(name) => self.scope.definitions.get(name.name()).cloned(),
                    None => Some(self.scope.definition.clone()),
                };
                let component = component.unwrap_or_else(|| Slot::Failed("no component has this name".to_string()));
                self.scope.instance = self.instantiate(line, component, Expectation::Return);
                if let Some(name) = instance {
                    self.scope.instances.insert(name.name().to_string(), self.scope.instance.clone());
                }
            }
            WastDirective::Register { name, module, .. } => {
                let slot = self.slot(*module);
                self.scope.registered.insert(name.to_string(), slot);
            }
            WastDirective::Invoke(call) => self.invoke(line, call, Expectation::Return),
            WastDirective::Thread(thread) => self.thread(thread),
            // A thread has done everything when the next directive is read.
            WastDirective::Wait { .. } => {}
            WastDirective::AssertMalformed { module, .. } | WastDirective::AssertInvalid { module, .. } => {
                self.assert_rejected(line, module);
            }
            WastDirective::AssertUnlinkable { module, .. } => {
                let component = self.define(assemble_text(module));
                self.assert_unlinkable(line, component);
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                self.execute(line, exec, Expectation::Trap(message.to_string()));
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                let expectation = match results.as_slice() {
                    [] => Expectation::Value(None),
                    [WastRet::Component(value)] => Expectation::Value(Some(Value::of(value))),
                    _ => return self.report.fail(line, "a result of another kind"),
                };
                self.execute(line, exec, expectation);
            }
            _ => self.report.fail(line, "an unknown directive of a component script"),
        }
    }

    /// Reads the directives of a thread, which finds nothing of the script but the instance that is shared with it. Of all
    /// orders in which threads may run, that is performed in which each ends before what comes behind it begins.
    fn thread(&mut self, thread: &mut WastThread<'_>) {
        let mut scope = Scope::default();
        if let Some(name) = thread.shared_module {
            scope.instances.insert(name.name().to_string(), self.slot(Some(name)));
        }
        let outside = std::mem::replace(&mut self.scope, scope);
        thread.directives.iter_mut().for_each(|directive| self.directive(directive));
        self.scope = outside;
    }

    /// A component of the script's.
    fn define(&mut self, wasm: Result<Vec<u8>, String>) -> Slot {
        let wasm = match wasm {
            Ok(wasm) => wasm,
            Err(message) => return Slot::Failed(message),
        };
        if !Parser::is_component(&wasm) {
            return Slot::Failed("core modules in scripts of components aren't run".to_string());
        }
        let arena = Arena::default();
        let decoded = decode::decode(&wasm, &arena).map(drop).map_err(|error| error.message().to_string());
        let message = match decoded.and_then(|()| Component::new(wasm.clone())) {
            Ok(component) => {
                self.script.components.push(component);
                return Slot::Live(self.script.components.len() - 1);
            }
            Err(message) => message,
        };
        let need = need(&wasm);
        match need.valid && !need.proposals.is_empty() {
            true => Slot::LeftOut(need.proposals),
            false => Slot::Failed(message),
        }
    }

    /// An instance of `host.wat`, for scripts that count on it: one for each that imports it, because it is entered no
    /// more after a trap.
    fn host(&mut self) -> Result<usize, Slot> {
        let component = self.host_component()?;
        let instance = Instance { component, arguments: Vec::new() };
        self.script.instances.push(instance);
        let instance = self.script.instances.len() - 1;
        let (action, expectation) = (Action::Instantiate, Expectation::Return);
        self.script.commands.push(Command { line: 0, instance, action, expectation });
        Ok(instance)
    }

    fn host_component(&mut self) -> Result<usize, Slot> {
        if let Some(component) = self.host {
            return Ok(component);
        }
        let buffer = ParseBuffer::new(include_str!("host.wat"));
        let wasm = buffer.and_then(|buffer| parser::parse::<Wat<'_>>(&buffer)?.encode());
        let component = wasm.map_err(|error| error.message()).and_then(Component::new);
        self.script.components.push(component.map_err(Slot::Failed)?);
        Ok(*self.host.insert(self.script.components.len() - 1))
    }

    fn slot(&mut self, name: Option<Id<'_>>) -> Slot {
        match name {
            None => self.scope.instance.clone(),
            Some(name) => self
                .scope
                .instances
                .get(name.name())
                .cloned()
                .unwrap_or_else(|| Slot::Failed(format!("no instance is named ${}", name.name()))),
        }
    }

    /// Links an instance and has it started.
    fn instantiate(&mut self, line: u32, component: Slot, expectation: Expectation) -> Slot {
        let counted = !matches!(expectation, Expectation::Return);
        let linked = match component {
            Slot::Live(component) => self.link(component),
            other => Err(other),
        };
        match linked {
            Ok(instance) => {
                self.script.instances.push(instance);
                let instance = self.script.instances.len() - 1;
                self.script.commands.push(Command { line, instance, action: Action::Instantiate, expectation });
                Slot::Live(instance)
            }
            Err(slot) => {
                match &slot {
                    Slot::LeftOut(proposals) if counted => self.report.leave_out(proposals),
                    Slot::LeftOut(proposals) => self.report.leave_out_module(proposals),
                    Slot::Failed(message) => self.report.fail(line, message),
                    Slot::Live(_) => {}
                }
                slot
            }
        }
    }

    /// Satisfies the imports of a component by what was registered, and has the result validated.
    fn link(&mut self, component: usize) -> Result<Instance, Slot> {
        let mut arguments = Vec::new();
        for name in self.script.components[component].imports.clone() {
            let source = self.source(&name)?;
            arguments.push(Argument { name, source });
        }
        if arguments.is_empty() {
            return Ok(Instance { component, arguments });
        }
        self.script.instances.push(Instance { component, arguments });
        let all: Vec<usize> = (0..self.script.instances.len()).collect();
        let composed = compose(&self.script, &all, |_| false);
        let instance = self.script.instances.pop();
        let composed = composed.map_err(Slot::Failed)?;
        match (Validator::new_with_features(decode::features()).validate_all(&composed), instance) {
            (Ok(_), Some(instance)) => Ok(instance),
            (Err(error), _) => Err(Slot::Failed(error.message().to_string())),
            (_, None) => Err(Slot::Failed("no instance".to_string())),
        }
    }

    /// The origin of an import. The scripts of wasmtime import from instances that have a name, from a host of their own, and
    /// from the linker itself what is an export of the host here.
    fn source(&mut self, name: &str) -> Result<Source, Slot> {
        match self.scope.registered.get(name).or_else(|| self.scope.instances.get(name)) {
            Some(Slot::Live(instance)) => return Ok(Source::Instance(*instance)),
            Some(other) => return Err(other.clone()),
            None => {}
        }
        let host = self.host_component()?;
        Ok(match self.script.components[host].types.component_item_for_export(name) {
            _ if name == "host" => Source::Instance(self.host()?),
            Some(_) => Source::ExportOf(self.host()?),
            None => Source::Nothing,
        })
    }

    fn assert_unlinkable(&mut self, line: u32, component: Slot) {
        let linked = match component {
            Slot::Live(component) => self.link(component),
            Slot::LeftOut(proposals) => return self.report.leave_out(&proposals),
            Slot::Failed(message) => return self.report.fail(line, message),
        };
        match linked {
            Err(Slot::Failed(_)) => self.report.passed += 1,
            Err(Slot::LeftOut(proposals)) => self.report.leave_out(&proposals),
            _ => self.report.fail(line, "expected a failure to link, the component was linked"),
        }
    }

    fn assert_rejected(&mut self, line: u32, component: &mut QuoteWat<'_>) {
        let Ok(wasm) = assemble(component) else {
            self.report.passed += 1;
            return;
        };
        if !Parser::is_component(&wasm) {
            return match modules::is_rejected(&wasm) {
                true => self.report.passed += 1,
                false => self.report.fail(line, "expected a rejection, the module was accepted"),
            };
        }
        if Validator::new_with_features(decode::features()).validate_all(&wasm).is_ok() {
            return self.report.fail(line, "expected a rejection, the component was accepted");
        }
        let need = need(&wasm);
        match need.valid || need.proposals.is_empty() {
            true => self.report.passed += 1,
            false => self.report.leave_out(&need.proposals),
        }
    }

    fn execute(&mut self, line: u32, exec: &mut WastExecute<'_>, expectation: Expectation) {
        match exec {
            WastExecute::Invoke(call) => self.invoke(line, call, expectation),
            WastExecute::Wat(component) => {
                let component = self.define(assemble_text(component));
                self.instantiate(line, component, expectation);
            }
            WastExecute::Get { .. } => self.report.fail(line, "components have no globals"),
        }
    }

    fn invoke(&mut self, line: u32, call: &WastInvoke<'_>, expectation: Expectation) {
        let mut arguments = Vec::new();
        for argument in &call.args {
            match argument {
                WastArg::Component(value) => arguments.push(Value::of(value)),
                _ => return self.report.fail(line, "an argument of another kind"),
            }
        }
        let action = Action::Call { export: call.name.to_string(), arguments };
        match self.slot(call.module) {
            Slot::Live(instance) => self.script.commands.push(Command { line, instance, action, expectation }),
            Slot::LeftOut(_) if matches!(expectation, Expectation::Return) => {}
            Slot::LeftOut(proposals) => self.report.leave_out(&proposals),
            Slot::Failed(message) => self.report.fail(line, format!("its component failed: {message}")),
        }
    }
}

impl Component {
    /// Reads a component.
    ///
    /// # Errors
    /// A message, if it isn't valid.
    fn new(binary: Vec<u8>) -> Result<Component, String> {
        let types = Validator::new_with_features(decode::features()).validate_all(&binary);
        let types = types.map_err(|error| error.message().to_string())?;
        let (mut depth, mut imports, mut exports_types) = (0, Vec::new(), false);
        for payload in Parser::new(0).parse_all(&binary).map_while(Result::ok) {
            match payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    imports.extend(section.into_iter().flatten().map(|import| import.name.name.to_string()));
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    exports_types |=
                        section.into_iter().flatten().any(|export| export.kind == ComponentExternalKind::Type);
                }
                _ => {}
            }
        }
        Ok(Component { binary, types, imports, exports_types })
    }
}

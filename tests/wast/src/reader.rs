//! Follows a script's directives: judges what can be decided without running, links, and leaves commands for the
//! driver.

use crate::link::{Growth, Instance, Linker, Slot, Unlinked};
use crate::modules::{self, Rejection, Source};
use crate::report::FileReport;
use crate::script::{Action, Command, Expectation, Script, count_assertions};
use crate::spectest;
use crate::value::{Foreign, Pattern, Value, kind_of};
use aot_abi::trap::Trap;
use aot_compiler::decode::{self, Entity, HeapType, Program, RefType, ValType};
use std::collections::HashMap;
use std::vec;
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastThread};

/// Reads a script. What can be decided at once is in the report.
///
/// # Errors
/// A message, if the script isn't one.
pub fn read(wast: &mut Wast<'_>, text: &str, report: &mut FileReport) -> Result<Script, String> {
    let hosts = spectest::MODULES.iter().map(|text| modules::assemble_own(text)).collect();
    let mut modules = modules::collect(wast, hosts);
    let binaries: Vec<&[u8]> = modules.binaries.iter().map(Vec::as_slice).collect();
    let program = decode::decode_modules(&binaries).map_err(|error| error.to_string())?;
    let assertions = count_assertions(&wast.directives);
    let mut reader = Reader::new(&program, text, report, modules.sources);
    wast.directives.iter_mut().for_each(|directive| reader.directive(directive));
    let (instances, commands, probes) = reader.finish();
    let own = |module: &decode::Module<'_>| module.memories.len() - module.imported_memories;
    let memories = program.modules.values().map(own).chain(probes.iter().map(|_| 0)).collect();
    drop(program);
    modules.binaries.extend(probes);
    Ok(Script { modules: modules.binaries, memories, instances, commands, assertions })
}

/// Reads a script directive by directive.
struct Reader<'r, 'a> {
    program: &'r Program<'a>,
    report: &'r mut FileReport,
    /// Offsets of the lines' first bytes.
    lines: Vec<usize>,
    linker: Linker<'r, 'a>,
    /// Modules that look at the size of a table or memory, behind the program's.
    probes: Vec<Vec<u8>>,
    commands: Vec<Command>,
    /// The fate of the modules in the directives that come.
    sources: vec::IntoIter<Option<Source>>,
    scope: Scope,
}

/// The names that the directives of a thread find.
struct Scope {
    /// The modules that `(module definition)` defined: the last one, and those with names.
    definition: Option<Source>,
    definitions: HashMap<String, Source>,
    /// The last instance, and by name.
    instance: Slot,
    instances: HashMap<String, Slot>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { definition: None, definitions: HashMap::new(), instance: Slot::Failed, instances: HashMap::new() }
    }
}

impl<'r, 'a> Reader<'r, 'a> {
    /// A script with this text, whose modules are the program's; `sources` are the fates of those in directives.
    fn new(program: &'r Program<'a>, text: &str, report: &'r mut FileReport, sources: Vec<Option<Source>>) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect();
        Self {
            program,
            report,
            lines,
            linker: Linker::new(program),
            probes: Vec::new(),
            commands: Vec::new(),
            sources: sources.into_iter(),
            scope: Scope::default(),
        }
    }

    /// The instances, the commands, and the modules of ours that look at sizes, behind the program's.
    pub fn finish(self) -> (Vec<Instance>, Vec<Command>, Vec<Vec<u8>>) {
        (self.linker.instances, self.commands, self.probes)
    }

    /// Reads the next directive.
    pub fn directive(&mut self, directive: &mut WastDirective<'_>) {
        let source = self.sources.next().flatten();
        let line = self.lines.partition_point(|start| *start <= directive.span().offset()) as u32;
        match directive {
            WastDirective::Module(module) => self.module(line, module.name(), source),
            WastDirective::ModuleDefinition(module) => self.define(line, module.name(), source),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(line, *instance, *module),
            WastDirective::Register { name, module, .. } => self.register(line, name, *module),
            WastDirective::Invoke(call) => self.invoke(line, call, Expectation::Return),
            WastDirective::Thread(thread) => self.thread(line, thread),
            // A thread has done everything when the next directive is read.
            WastDirective::Wait { .. } => {}
            assertion => self.assertion(line, assertion, source),
        }
    }

    /// Reads the directives of a thread, which finds nothing of the script but the instance that is shared with it. Of all
    /// orders in which threads may run, that is performed in which each ends before what comes behind it begins.
    fn thread(&mut self, line: u32, thread: &mut WastThread<'_>) {
        let mut scope = Scope::default();
        if let Some(name) = thread.shared_module {
            scope.instances.insert(name.name().to_string(), self.slot(line, Some(name)));
        }
        let outside = std::mem::replace(&mut self.scope, scope);
        let registered = std::mem::take(&mut self.linker.registered);
        thread.directives.iter_mut().for_each(|directive| self.directive(directive));
        self.scope = outside;
        self.linker.registered = registered;
    }

    fn assertion(&mut self, line: u32, assertion: &mut WastDirective<'_>, source: Option<Source>) {
        match assertion {
            WastDirective::AssertMalformed { module, .. } | WastDirective::AssertInvalid { module, .. } => {
                self.assert_rejected(line, module);
            }
            WastDirective::AssertMalformedCustom { module, .. } | WastDirective::AssertInvalidCustom { module, .. } => {
                self.assert_custom_rejected(module);
            }
            WastDirective::AssertUnlinkable { .. } => self.assert_unlinkable(line, source),
            WastDirective::AssertTrap { exec, message, .. } => {
                self.execute(line, exec, source, Expectation::Trap(message.to_string()));
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.invoke(line, call, Expectation::Trap(message.to_string()));
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                match results.iter().map(Pattern::of_result).collect() {
                    Ok(results) => self.execute(line, exec, source, Expectation::Results(results)),
                    Err(Foreign(proposal)) => self.report.leave_out(proposal),
                }
            }
            WastDirective::AssertException { exec, .. } => {
                self.execute(line, exec, source, Expectation::Trap(Trap::UncaughtException.message().to_string()));
            }
            WastDirective::AssertSuspension { .. } => self.report.leave_out("stack-switching"),
            _ => self.report.fail(line, "an unknown directive"),
        }
    }

    fn module(&mut self, line: u32, name: Option<Id<'_>>, source: Option<Source>) {
        if let (Some(name), Some(source)) = (name, &source) {
            self.scope.definitions.insert(name.name().to_string(), source.clone());
        }
        self.scope.instance = self.instantiate(line, source, Expectation::Return);
        self.name_instance(name);
    }

    fn define(&mut self, line: u32, name: Option<Id<'_>>, source: Option<Source>) {
        match &source {
            Some(Source::Rejected(message)) => self.report.fail(line, message),
            Some(Source::LeftOut(proposals)) => self.report.leave_out_module(proposals),
            _ => {}
        }
        if let (Some(name), Some(source)) = (name, &source) {
            self.scope.definitions.insert(name.name().to_string(), source.clone());
        }
        self.scope.definition = source;
    }

    fn instance(&mut self, line: u32, name: Option<Id<'_>>, module: Option<Id<'_>>) {
        let source = match module {
            Some(module) => self.scope.definitions.get(module.name()).cloned(),
            None => self.scope.definition.clone(),
        };
        self.scope.instance = self.instantiate(line, source, Expectation::Return);
        self.name_instance(name);
    }

    fn name_instance(&mut self, name: Option<Id<'_>>) {
        if let Some(name) = name {
            self.scope.instances.insert(name.name().to_string(), self.scope.instance.clone());
        }
    }

    fn register(&mut self, line: u32, name: &str, module: Option<Id<'_>>) {
        let slot = self.slot(line, module);
        self.linker.registered.insert(name.to_string(), slot);
    }

    /// The instance with this name, or the last.
    fn slot(&mut self, line: u32, name: Option<Id<'_>>) -> Slot {
        let Some(name) = name else {
            return self.scope.instance.clone();
        };
        self.scope.instances.get(name.name()).cloned().unwrap_or_else(|| {
            self.report.fail(line, format!("no instance is named ${}", name.name()));
            Slot::Failed
        })
    }

    /// Links an instance and has it started.
    fn instantiate(&mut self, line: u32, source: Option<Source>, expectation: Expectation) -> Slot {
        let linked = match source {
            Some(Source::Runs(module)) => self.linker.link(module).map(|linked| (module, linked)),
            Some(Source::LeftOut(proposals)) => Err(Unlinked::LeftOut(proposals)),
            Some(Source::Rejected(message)) => Err(Unlinked::Unlinkable(message)),
            None => Err(Unlinked::Unlinkable("there is no such module".to_string())),
        };
        match linked {
            Ok((module, linked)) => {
                for growth in linked.growths {
                    self.probe(line, growth, "reached", Expectation::Return);
                }
                self.linker.instances.push(Instance { module, arguments: linked.arguments });
                let instance = self.linker.instances.len() - 1;
                self.commands.push(Command { line, instance, action: Action::Instantiate, expectation });
                Slot::Live(instance)
            }
            Err(unlinked) => self.not_linked(line, unlinked, matches!(expectation, Expectation::Return)),
        }
    }

    /// Notes that a module that should be linked isn't. `uncounted` if that is no assertion.
    fn not_linked(&mut self, line: u32, unlinked: Unlinked, uncounted: bool) -> Slot {
        match unlinked {
            Unlinked::LeftOut(proposals) => {
                match uncounted {
                    true => self.report.leave_out_module(&proposals),
                    false => self.report.leave_out(&proposals),
                }
                return Slot::LeftOut(proposals);
            }
            Unlinked::Unlinkable(message) => self.report.fail(line, message),
            Unlinked::Failed => self.report.fail(line, "what it imports from failed"),
        }
        Slot::Failed
    }

    /// Adds an instance that looks at the size of a table or memory.
    fn probe(&mut self, line: u32, growth: Growth, export: &str, expectation: Expectation) {
        let module = self.program.modules.len() + self.probes.len();
        self.probes.push(modules::assemble_own(&probe_text(&growth)));
        self.linker.instances.push(Instance { module, arguments: vec![growth.argument] });
        let instance = self.linker.instances.len() - 1;
        let action = Action::Invoke { export: export.to_string(), arguments: Vec::new() };
        self.commands.push(Command { line, instance, action, expectation });
    }

    fn assert_rejected(&mut self, line: u32, module: &mut QuoteWat<'_>) {
        match modules::reject(module) {
            Rejection::Rejected => self.report.passed += 1,
            Rejection::LeftOut(proposals) => self.report.leave_out(&proposals),
            Rejection::Accepted => self.report.fail(line, "expected a rejection, the module was accepted"),
        }
    }

    /// Faults of custom sections need not be seen (specification 3.0, section 5.5.3).
    fn assert_custom_rejected(&mut self, module: &mut QuoteWat<'_>) {
        match modules::reject(module) {
            Rejection::Rejected => self.report.passed += 1,
            Rejection::LeftOut(proposals) => self.report.leave_out(&proposals),
            Rejection::Accepted => self.report.leave_out("custom-annotations"),
        }
    }

    fn assert_unlinkable(&mut self, line: u32, source: Option<Source>) {
        let linked = match source {
            Some(Source::Runs(module)) => self.linker.link(module),
            Some(Source::LeftOut(proposals)) => return self.report.leave_out(&proposals),
            Some(Source::Rejected(message)) => return self.report.fail(line, message),
            None => return,
        };
        match linked {
            Err(Unlinked::Unlinkable(_)) => self.report.passed += 1,
            Err(Unlinked::LeftOut(proposals)) => self.report.leave_out(&proposals),
            Err(Unlinked::Failed) => self.report.fail(line, "what it imports from failed"),
            Ok(mut linked) => match linked.growths.pop() {
                Some(growth) => self.probe(line, growth, "missed", Expectation::Results(Vec::new())),
                None => self.report.fail(line, "expected a failure to link, the module was linked"),
            },
        }
    }

    fn execute(&mut self, line: u32, exec: &WastExecute<'_>, source: Option<Source>, expectation: Expectation) {
        match exec {
            WastExecute::Invoke(call) => self.invoke(line, call, expectation),
            WastExecute::Wat(_) => drop(self.instantiate(line, source, expectation)),
            WastExecute::Get { module, global, .. } => {
                let export = global.to_string();
                self.command(line, *module, Action::Get { export }, expectation);
            }
        }
    }

    fn invoke(&mut self, line: u32, call: &WastInvoke<'_>, expectation: Expectation) {
        match call.args.iter().map(Value::of_argument).collect() {
            Ok(arguments) => {
                let action = Action::Invoke { export: call.name.to_string(), arguments };
                self.command(line, call.module, action, expectation);
            }
            Err(Foreign(proposal)) => self.report.leave_out(proposal),
        }
    }

    fn command(&mut self, line: u32, module: Option<Id<'_>>, action: Action, expectation: Expectation) {
        match self.slot(line, module) {
            Slot::Live(instance) => match self.check(instance, &action, &expectation) {
                Ok(()) => self.commands.push(Command { line, instance, action, expectation }),
                Err(message) => self.report.fail(line, message),
            },
            // An action on a module that was left out is counted with the module.
            Slot::LeftOut(_) if matches!(expectation, Expectation::Return) => {}
            Slot::LeftOut(proposals) => self.report.leave_out(&proposals),
            Slot::Failed => self.report.fail(line, "its module failed"),
        }
    }

    /// Checks that the export exists, and takes and gives what the command says: the driver relies on it.
    fn check(&self, instance: usize, action: &Action, expectation: &Expectation) -> Result<(), String> {
        let (params, results) = self.type_of(instance, action)?;
        if let Action::Invoke { arguments, .. } = action
            && !arguments.iter().map(|argument| argument.kind()).eq(params)
        {
            return Err("the arguments aren't those of the function's type".to_string());
        }
        match expectation {
            Expectation::Results(patterns) if !patterns.iter().map(Pattern::kind).eq(results.into_iter().map(Some)) => {
                Err("the results aren't those of the export's type".to_string())
            }
            _ => Ok(()),
        }
    }

    /// The types of what an action takes and gives, in the driver's encoding.
    fn type_of(&self, instance: usize, action: &Action) -> Result<(Vec<u8>, Vec<u8>), String> {
        let module = self.linker.module_of(instance);
        match action {
            Action::Instantiate | Action::Call { .. } => Ok((Vec::new(), Vec::new())),
            Action::Invoke { export, .. } => match module.export(export) {
                Some(Entity::Func(func)) => {
                    let ty = self.program.types.func(module.functions[func]);
                    let kinds = |types: &[ValType]| types.iter().map(|ty| kind_of(*ty)).collect();
                    Ok((kinds(&ty.params), kinds(&ty.results)))
                }
                _ => Err(format!("no function is exported as {export:?}")),
            },
            Action::Get { export } => match module.export(export) {
                Some(Entity::Global(global)) => Ok((Vec::new(), vec![kind_of(module.globals[global].value)])),
                _ => Err(format!("no global is exported as {export:?}")),
            },
        }
    }
}

/// A module that imports a table or memory: `reached` returns if it is large enough, `missed` if it isn't, and
/// otherwise they trap.
fn probe_text(growth: &Growth) -> String {
    let index = if growth.index64 { "i64" } else { "i32" };
    let (import, size) = match growth.elements {
        None => (format!("(memory {index} 0)"), "memory.size"),
        Some(ty) => (format!("(table {index} 0 {})", element_text(ty)), "table.size"),
    };
    let wanted = growth.size;
    let check = |name: &str, comparison: &str| {
        let condition = format!("({index}.{comparison} ({size}) ({index}.const {wanted}))");
        format!(r#"(func (export "{name}") {condition} (if (then) (else unreachable)))"#)
    };
    format!(r#"(module (import "" "" {import}) {} {})"#, check("reached", "ge_u"), check("missed", "lt_u"))
}

/// The elements of a table whose type the probe doesn't check: linking has done so.
fn element_text(ty: RefType) -> &'static str {
    match ty.heap {
        HeapType::Extern | HeapType::NoExtern => "externref",
        HeapType::Exn | HeapType::NoExn => "exnref",
        HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) | HeapType::Other => "funcref",
        _ => "anyref",
    }
}

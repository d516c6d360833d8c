//! A script's directives, checked and linked: what is left are the instances and the commands for the driver.

use crate::corpus::Input;
use crate::link::{Growth, Instance, Linker, Slot, Unlinked};
use crate::modules::{self, Rejection, Source};
use crate::report::FileReport;
use crate::spectest;
use crate::value::{Foreign, Pattern, Value, kind_of};
use aot_compiler::decode::{self, Entity, HeapType, Program};
use std::collections::HashMap;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke};

/// What the driver of a file has to do.
#[derive(Debug)]
pub struct Script {
    /// Modules in the binary format; the host module's are the first.
    pub modules: Vec<Vec<u8>>,
    /// How many memories each module defines.
    pub memories: Vec<usize>,
    /// The instances; the host module's are the first.
    pub instances: Vec<Instance>,
    /// The commands in order.
    pub commands: Vec<Command>,
    /// How many assertions the script has, whatever becomes of them.
    pub assertions: u64,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// The line of its directive.
    pub line: u32,
    /// Of which instance.
    pub instance: usize,
    /// What to do.
    pub action: Action,
    /// What must come of it.
    pub expectation: Expectation,
}

/// What a command does.
#[derive(Debug)]
pub enum Action {
    /// Runs the start-up of the instance.
    Instantiate,
    /// Calls an exported function.
    Invoke {
        /// The export.
        export: String,
        /// What it is given.
        arguments: Vec<Value>,
    },
    /// Reads an exported global.
    Get {
        /// The export.
        export: String,
    },
}

/// What must come of a command.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// It returns, whatever: not an assertion.
    Return,
    /// It returns these.
    Results(Vec<Pattern>),
    /// It traps with this message.
    Trap(String),
}

/// Reads a script. What can be decided at once is in the report.
///
/// # Errors
/// A message, where the script isn't one.
pub fn read(input: &Input, report: &mut FileReport) -> Result<Script, String> {
    let buffer = ParseBuffer::new_with_lexer(modules::lexer(&input.text)).map_err(|error| error.to_string())?;
    let mut wast = parser::parse::<Wast<'_>>(&buffer).map_err(|error| error.to_string())?;
    let hosts = spectest::MODULES.iter().map(|text| modules::assemble_own(text)).collect();
    let mut modules = modules::collect(&mut wast, hosts);
    let binaries: Vec<&[u8]> = modules.binaries.iter().map(Vec::as_slice).collect();
    let program = decode::decode_modules(&binaries).map_err(|error| error.to_string())?;
    let assertions = count_assertions(&wast.directives);
    let mut reader = Reader::new(&program, &input.text, report);
    for (directive, source) in wast.directives.iter_mut().zip(modules.sources) {
        reader.directive(directive, source);
    }
    let Reader { linker, probes, commands, .. } = reader;
    let instances = linker.instances;
    let own = |module: &decode::Module<'_>| module.memories.len() - module.imported_memories;
    let memories = program.modules.values().map(own).chain(probes.iter().map(|_| 0)).collect();
    drop(program);
    modules.binaries.extend(probes);
    Ok(Script { modules: modules.binaries, memories, instances, commands, assertions })
}

struct Reader<'r, 'a> {
    program: &'r Program<'a>,
    report: &'r mut FileReport,
    /// Offsets of the lines' first bytes.
    lines: Vec<usize>,
    linker: Linker<'r, 'a>,
    /// Modules that look at the size of a table or memory, behind the program's.
    probes: Vec<Vec<u8>>,
    commands: Vec<Command>,
    /// What `(module definition)` defined last, and by name.
    definition: Option<Source>,
    definitions: HashMap<String, Source>,
    /// The last instance, and by name.
    instance: Slot,
    instances: HashMap<String, Slot>,
}

impl<'r, 'a> Reader<'r, 'a> {
    fn new(program: &'r Program<'a>, text: &str, report: &'r mut FileReport) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect();
        Self {
            program,
            report,
            lines,
            linker: Linker::new(program),
            probes: Vec::new(),
            commands: Vec::new(),
            definition: None,
            definitions: HashMap::new(),
            instance: Slot::Failed,
            instances: HashMap::new(),
        }
    }

    fn directive(&mut self, directive: &mut WastDirective<'_>, source: Option<Source>) {
        let line = self.lines.partition_point(|start| *start <= directive.span().offset()) as u32;
        match directive {
            WastDirective::Module(module) => self.module(line, module.name(), source),
            WastDirective::ModuleDefinition(module) => self.define(line, module.name(), source),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(line, *instance, *module),
            WastDirective::Register { name, module, .. } => self.register(line, name, *module),
            WastDirective::AssertMalformed { module, .. } | WastDirective::AssertInvalid { module, .. } => {
                self.assert_rejected(line, module);
            }
            WastDirective::AssertMalformedCustom { module, .. } | WastDirective::AssertInvalidCustom { module, .. } => {
                self.assert_custom_rejected(module);
            }
            WastDirective::AssertUnlinkable { .. } => self.assert_unlinkable(line, source),
            WastDirective::Invoke(call) => self.invoke(line, call, Expectation::Return),
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
            WastDirective::AssertException { .. } => self.report.leave_out("exceptions"),
            WastDirective::AssertSuspension { .. } => self.report.leave_out("stack-switching"),
            WastDirective::Thread(thread) => {
                (0..count_assertions(&thread.directives)).for_each(|_| self.report.leave_out("threads"));
            }
            WastDirective::Wait { .. } => {}
        }
    }

    fn module(&mut self, line: u32, name: Option<Id<'_>>, source: Option<Source>) {
        if let (Some(name), Some(source)) = (name, &source) {
            self.definitions.insert(name.name().to_string(), source.clone());
        }
        self.instance = self.instantiate(line, source, Expectation::Return);
        self.name_instance(name);
    }

    fn define(&mut self, line: u32, name: Option<Id<'_>>, source: Option<Source>) {
        match &source {
            Some(Source::Rejected(message)) => self.report.fail(line, message),
            Some(Source::LeftOut(proposals)) => self.report.leave_out_module(proposals),
            _ => {}
        }
        if let (Some(name), Some(source)) = (name, &source) {
            self.definitions.insert(name.name().to_string(), source.clone());
        }
        self.definition = source;
    }

    fn instance(&mut self, line: u32, name: Option<Id<'_>>, module: Option<Id<'_>>) {
        let source = match module {
            Some(module) => self.definitions.get(module.name()).cloned(),
            None => self.definition.clone(),
        };
        self.instance = self.instantiate(line, source, Expectation::Return);
        self.name_instance(name);
    }

    fn name_instance(&mut self, name: Option<Id<'_>>) {
        if let Some(name) = name {
            self.instances.insert(name.name().to_string(), self.instance.clone());
        }
    }

    fn register(&mut self, line: u32, name: &str, module: Option<Id<'_>>) {
        let slot = self.slot(line, module);
        self.linker.registered.insert(name.to_string(), slot);
    }

    /// The instance with this name, or the last.
    fn slot(&mut self, line: u32, name: Option<Id<'_>>) -> Slot {
        let Some(name) = name else { return self.instance.clone() };
        self.instances.get(name.name()).cloned().unwrap_or_else(|| {
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
            Err(Unlinked::LeftOut(proposals)) => {
                match expectation {
                    Expectation::Return => self.report.leave_out_module(&proposals),
                    _ => self.report.leave_out(&proposals),
                }
                Slot::LeftOut(proposals)
            }
            Err(Unlinked::Unlinkable(message)) => {
                self.report.fail(line, message);
                Slot::Failed
            }
            Err(Unlinked::Failed) => {
                self.report.fail(line, "what it imports from failed");
                Slot::Failed
            }
        }
    }

    /// Adds an instance that looks at the size of a table or memory: `reached` returns if it is large enough, `missed`
    /// if it isn't, and otherwise they trap.
    fn probe(&mut self, line: u32, growth: Growth, export: &str, expectation: Expectation) {
        let (import, size) = match growth.elements {
            None => ("(memory 0)", "memory.size"),
            Some(ty) if ty.heap == HeapType::Extern => ("(table 0 externref)", "table.size"),
            Some(_) => ("(table 0 funcref)", "table.size"),
        };
        let check = |name: &str, comparison: &str| {
            format!(
                r#"(func (export "{name}") ({comparison} ({size}) (i32.const {})) (if (then) (else unreachable)))"#,
                growth.size
            )
        };
        let (reached, missed) = (check("reached", "i32.ge_u"), check("missed", "i32.lt_u"));
        let text = format!(r#"(module (import "" "" {import}) {reached} {missed})"#);
        let module = self.program.modules.len() + self.probes.len();
        self.probes.push(modules::assemble_own(&text));
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

    /// Whether the export is there and takes and gives what the command says: the driver relies on it.
    fn check(&self, instance: usize, action: &Action, expectation: &Expectation) -> Result<(), String> {
        let module = self.linker.module_of(instance);
        let (params, results) = match action {
            Action::Instantiate => return Ok(()),
            Action::Invoke { export, .. } => {
                let Some(Entity::Func(func)) = module.export(export) else {
                    return Err(format!("no function is exported as {export:?}"));
                };
                let ty = self.program.types.func(module.functions[func]);
                let kinds = |types: &[decode::ValType]| types.iter().map(|ty| kind_of(*ty)).collect::<Vec<u8>>();
                (kinds(&ty.params), kinds(&ty.results))
            }
            Action::Get { export } => {
                let Some(Entity::Global(global)) = module.export(export) else {
                    return Err(format!("no global is exported as {export:?}"));
                };
                (Vec::new(), vec![kind_of(module.globals[global].value)])
            }
        };
        let arguments = match action {
            Action::Invoke { arguments, .. } => arguments.iter().map(|argument| argument.kind()).collect(),
            _ => Vec::new(),
        };
        let expected = match expectation {
            Expectation::Results(patterns) => patterns.iter().map(Pattern::kind).collect(),
            _ => results.iter().copied().map(Some).collect::<Vec<_>>(),
        };
        if arguments != params {
            return Err("the arguments aren't those of the function's type".to_string());
        }
        let same = expected.len() == results.len()
            && expected.iter().zip(&results).all(|(expected, result)| *expected == Some(*result));
        if same { Ok(()) } else { Err("the results aren't those of the function's type".to_string()) }
    }
}

fn count_assertions(directives: &[WastDirective<'_>]) -> u64 {
    let count = |directive: &WastDirective<'_>| match directive {
        WastDirective::Thread(thread) => count_assertions(&thread.directives),
        WastDirective::Module(_)
        | WastDirective::ModuleDefinition(_)
        | WastDirective::ModuleInstance { .. }
        | WastDirective::Register { .. }
        | WastDirective::Invoke(_)
        | WastDirective::Wait { .. } => 0,
        _ => 1,
    };
    directives.iter().map(count).sum()
}

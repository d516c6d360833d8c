//! The stages one after another, for the command line, the tests and the benches.

use crate::decode::{self, Arena, Component, Program};
use crate::describe::SourceFile;
use crate::emit::{self, Code, OptLevel, RegisterAllocator, Sizes};
use crate::error::{Error, Result, Stage};
use crate::plan::{self, PlanOptions, ProgramPlan};
use crate::policy::{Limit, Policy};
use crate::target::Target;
use crate::translate::{self, Context};
use crate::{describe, link};
use aot_abi::{parts, symbols};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What a user decides about a compilation.
#[derive(Clone, Debug)]
pub struct Options {
    /// For which machine.
    pub target: &'static Target,
    /// How hard to optimise.
    pub opt_level: OptLevel,
    /// A CPU in place of the target's baseline.
    pub cpu: Option<String>,
    /// What the executable may do.
    pub policy: Policy,
    /// Whether calls of unknown imports become traps.
    pub stub_unknown_imports: bool,
    /// Whether what the specification leaves open has the same results on all targets.
    pub deterministic: bool,
    /// Whether the input's debug information becomes the executable's.
    pub debug: bool,
    /// Whether each allocation of an object collects garbage: for tests.
    pub gc_stress: bool,
    /// Whether to check CLIF and its alias regions: for tests, because a fault is a silent miscompilation.
    pub verify: bool,
    /// The files that the program is made from, for the note.
    pub source_files: Vec<SourceFile>,
    /// Worker threads; 0 for as many as the machine has processors.
    pub threads: usize,
}

/// What to produce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emit {
    /// The plan as text.
    Plan,
    /// CLIF before optimisation.
    Clif,
    /// Machine code as text.
    Asm,
    /// The object file.
    Object,
    /// The executable.
    #[default]
    Executable,
}

/// How far a compilation is.
pub trait Progress: Sync {
    /// `functions` are to be compiled.
    fn start(&self, functions: usize);
    /// One is done.
    fn step(&self);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _functions: usize) {}
    fn step(&self) {}
}

/// A finished compilation.
#[derive(Debug)]
pub struct Output {
    /// What was asked for.
    pub bytes: Vec<u8>,
    /// What a user should know.
    pub warnings: Vec<String>,
    /// How long each stage took, by its name.
    pub timings: Vec<(&'static str, Duration)>,
    /// Bytes of the parts of the object; nothing before that stage.
    pub sizes: Sizes,
}

impl Output {
    fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }
}

/// Compiles the binary `input`.
///
/// # Errors
/// Of any stage.
pub fn compile(input: &[u8], options: &Options, emit: Emit, progress: &dyn Progress) -> Result<Output> {
    // `install` needs what it captures to be `Send`; the progress is only `Sync`, which a reference makes enough.
    threads(options)?.install(|| Pipeline { options, timings: Vec::new() }.run(input, emit, progress))
}

/// A specification script.
pub struct Script<'s> {
    /// What it is about.
    pub subject: Subject<'s>,
    /// The commands (`aot_abi::script`), given where everything is.
    pub commands: &'s (dyn Fn(&Context<'_>, &Code) -> Result<Vec<u8>> + Sync),
}

/// What a specification script is about.
#[derive(Clone, Copy)]
pub enum Subject<'s> {
    /// Core modules.
    Modules {
        /// In the binary format.
        modules: &'s [&'s [u8]],
        /// The instances of them, which import from earlier instances only.
        instances: &'s Component,
    },
    /// A component in the binary format, whose exported functions are called. Each core instance starts up by itself.
    Component(&'s [u8]),
}

/// A compiled script.
#[derive(Debug)]
pub struct ScriptOutput {
    /// The executable.
    pub bytes: Vec<u8>,
    /// Whether it uses vectors, which need more than the baseline of some targets.
    pub vectors: bool,
}

/// Compiles a script to an executable that performs its commands and tells which fail.
///
/// # Errors
/// Of any stage.
pub fn compile_script(script: &Script<'_>, options: &Options) -> Result<ScriptOutput> {
    threads(options)?.install(|| Pipeline { options, timings: Vec::new() }.run_script(script))
}

fn threads(options: &Options) -> Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
    pool.map_err(|error| Error::new(Stage::Translate, format!("no threads: {error}")))
}

struct Pipeline<'o> {
    options: &'o Options,
    timings: Vec<(&'static str, Duration)>,
}

impl Pipeline<'_> {
    fn run(mut self, input: &[u8], emit: Emit, progress: &dyn Progress) -> Result<Output> {
        let options = self.options;
        let arena = Arena::default();
        let program = self.timed("decode", |_| decode::decode(input, &arena))?;
        let plan = self.timed("plan", |_| plan::plan(&program, &plan_options(options)))?;
        if emit == Emit::Plan {
            return Ok(self.output(plan.display(&program).into_bytes(), &plan, Sizes::default()));
        }
        let isa = self.isa(&program, &plan, RegisterAllocator::of(options.opt_level))?;
        let quick = self.isa(&program, &plan, RegisterAllocator::SinglePass)?;
        let mut context = Context::new(&program, &plan, &*isa);
        context.deterministic = options.deterministic;
        context.debug = options.debug;
        if options.debug && options.opt_level == OptLevel::None {
            context.kept_locals = emit::debug_locals(&program);
        }
        if emit == Emit::Clif {
            let text = self.timed("translate", |_| clif(&context))?;
            return Ok(self.output(text.into_bytes(), &plan, Sizes::default()));
        }
        progress.start(translate::items(&plan).len());
        let code = self.timed("translate", |_| emit::compile(&context, &*quick, &|| progress.step()))?;
        if emit == Emit::Asm {
            return Ok(self.output(listing(&context, &code)?.into_bytes(), &plan, Sizes::default()));
        }
        let parts = describe::parts(input, &options.source_files)?;
        let note = |sizes: &Sizes| describe::note(&program, &parts, &plan, options, sizes);
        let object = self.timed("emit", |pipeline| pipeline.object(&context, isa.clone(), &code, &note, None))?;
        drop(code);
        let warnings = object.warnings;
        if emit == Emit::Object {
            return Ok(self.output(object.bytes, &plan, object.sizes).with_warnings(warnings));
        }
        let threads = options.threads;
        let http = describe::uses_http(&describe::host_functions(&plan));
        let bytes = self.timed("link", |_| link::link(options.target, object.bytes, http, options.debug, threads))?;
        Ok(self.output(bytes, &plan, object.sizes).with_warnings(warnings))
    }

    fn run_script(&self, script: &Script<'_>) -> Result<ScriptOutput> {
        let options = self.options;
        let arena = Arena::default();
        let (program, plan, main);
        match script.subject {
            Subject::Modules { modules, instances } => {
                program = decode::decode_modules(modules)?;
                plan = plan::plan_script(&program, instances, &plan_options(options))?;
                main = symbols::MAIN_SCRIPT;
            }
            Subject::Component(bytes) => {
                program = decode::decode(bytes, &arena)?;
                plan = plan::plan_exports(&program, plan::Starts::OfEachInstance, &plan_options(options))?;
                main = symbols::MAIN_COMPONENT_SCRIPT;
            }
        }
        let isa = self.isa(&program, &plan, RegisterAllocator::of(options.opt_level))?;
        let quick = self.isa(&program, &plan, RegisterAllocator::SinglePass)?;
        let mut context = Context::new(&program, &plan, &*isa);
        context.deterministic = options.deterministic;
        let code = emit::compile(&context, &*quick, &|| {})?;
        let commands = |code: &Code| (script.commands)(&context, code);
        let note = |sizes: &Sizes| describe::note(&program, &[], &plan, options, sizes);
        let object = self.object(&context, isa.clone(), &code, &note, Some((main, &commands)))?;
        let bytes = link::link(options.target, object.bytes, false, false, options.threads)?;
        Ok(ScriptOutput { bytes, vectors: plan.has_vectors(&program) })
    }

    fn isa(
        &self,
        program: &Program<'_>,
        plan: &ProgramPlan,
        registers: RegisterAllocator,
    ) -> Result<cranelift_codegen::isa::OwnedTargetIsa> {
        let options = self.options;
        let isa = emit::IsaOptions {
            level: options.opt_level,
            cpu: options.cpu.as_deref(),
            vectors: plan.has_vectors(program),
            verify: options.verify,
            registers,
        };
        emit::build_isa(options.target, isa)
    }

    fn object(
        &self,
        context: &Context<'_>,
        isa: cranelift_codegen::isa::OwnedTargetIsa,
        code: &Code,
        note: &dyn Fn(&Sizes) -> String,
        script: Option<(&'static str, &dyn Fn(&Code) -> Result<Vec<u8>>)>,
    ) -> Result<emit::Object> {
        let host_functions = describe::host_functions(context.plan);
        let policy = self.options.policy.encode(&self.options.target.isa, &host_functions);
        let cpu_features = emit::features_beyond_baseline(self.options.target, &*isa)?;
        let extras = emit::Extras {
            policy: &policy,
            note,
            stack_bytes: self.options.policy.limits.get(Limit::Stack),
            page_bytes_max: self.options.target.page_bytes_max,
            cpu_features,
            main: script.map_or(symbols::MAIN_PROGRAM, |(main, _)| main),
            parts: parts(context.plan, &self.options.policy, &host_functions, script.is_some()),
            script: script.map(|(_, commands)| commands),
        };
        emit::emit(context, isa, code, &extras)
    }

    fn timed<T>(&mut self, stage: &'static str, run: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let result = run(self);
        self.timings.push((stage, start.elapsed()));
        result
    }

    fn output(self, bytes: Vec<u8>, plan: &ProgramPlan, sizes: Sizes) -> Output {
        Output { bytes, warnings: plan.warnings.clone(), timings: self.timings, sizes }
    }
}

/// The parts of the runtime that a program needs for what it has and imports.
fn parts(
    plan: &ProgramPlan,
    policy: &Policy,
    host_functions: &BTreeSet<&str>,
    is_script: bool,
) -> [Option<&'static str>; parts::COUNT] {
    let mut needed = [None; parts::COUNT];
    // Scripts have a main function of their own.
    if plan.exports.is_some() && !is_script {
        needed[parts::RUN] = Some(parts::CALLS);
    }
    if describe::uses_http(host_functions) {
        needed[parts::PREPARE] = Some(parts::HTTP);
    } else if describe::uses_sockets(host_functions) {
        needed[parts::PREPARE] = Some(parts::NETWORK);
    }
    if !policy.embedded.is_empty() {
        needed[parts::OPEN_EMBEDDED] = Some(parts::EMBEDDED);
    }
    if plan.memories.values().any(|memory| memory.shared) {
        needed[parts::SHARE] = Some(parts::SHARING);
    }
    needed
}

fn plan_options(options: &Options) -> PlanOptions {
    PlanOptions {
        guard_bytes: options.target.guard_bytes,
        max_memory: options.policy.limits.chosen(Limit::Memory),
        max_heap: options.policy.limits.get(Limit::Heap),
        gc_stress: options.gc_stress,
        max_table_elements: options.policy.limits.chosen(Limit::TableElements),
        stub_unknown_imports: options.stub_unknown_imports,
    }
}

fn clif(context: &Context<'_>) -> Result<String> {
    let mut text = String::new();
    let mut scratch = translate::Scratch::default();
    for item in translate::items(context.plan) {
        text += &format!("; {item:?}\n{}\n", translate::translate(context, item, &mut scratch)?.display());
    }
    Ok(text)
}

fn listing(context: &Context<'_>, code: &Code) -> Result<String> {
    let mut text = String::new();
    for item in &code.items {
        text += &format!("\n{:?} at {:#x}:\n", item.item, item.offset);
        text += &emit::disassemble(context.isa, &item.bytes)?;
    }
    Ok(text)
}

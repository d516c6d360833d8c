//! The stages one after another, for the command line, the tests and the benches.

mod options;
mod text;

pub use options::{Emit, Options, Progress, Silent};

use crate::codegen::Code;
use crate::decode::{self, Arena, Component, Program};
use crate::error::{Error, Result, Stage};
use crate::isa::{self, IsaOptions, Isas, OptLevel, RegisterAllocator};
use crate::object::{self, Sizes};
use crate::optimize::{Optimizer, Timings};
use crate::plan::{self, ProgramPlan};
use crate::policy::{Limit, Policy};
use crate::translate::{self, Context};
use crate::{debug_info, describe, link, memory};
use aot_abi::{parts, symbols};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A finished compilation.
#[derive(Debug)]
pub struct Output {
    /// What was asked for.
    pub bytes: Vec<u8>,
    /// What a user should know.
    pub warnings: Vec<String>,
    /// How long each stage took, by its name; of translation, the passes and code generation, the time of all threads.
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
pub fn compile(input: &[u8], options: &Options, emit: &Emit, progress: &dyn Progress) -> Result<Output> {
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
    pool.map_err(|error| {
        Error::machine(
            Stage::Decode,
            format!("can't start worker threads: {error}"),
            "give fewer with -j, or raise the limits of processes and memory",
        )
    })
}

struct Pipeline<'o> {
    options: &'o Options,
    timings: Vec<(&'static str, Duration)>,
}

impl Pipeline<'_> {
    fn run(mut self, input: &[u8], emit: &Emit, progress: &dyn Progress) -> Result<Output> {
        let options = self.options;
        let arena = Arena::default();
        let program = self.timed("decode", |_| decode::decode(input, &arena))?;
        let plan = self.timed("plan", |_| plan::plan(&program, &options.plan()))?;
        if *emit == Emit::Plan {
            return Ok(self.output(plan.display(&program).into_bytes(), &plan, Sizes::default()));
        }
        let isas = self.isas(&program, &plan)?;
        let mut context = Context::new(&program, &plan, &*isas.main);
        context.deterministic = options.deterministic;
        context.debug = options.debug;
        if options.debug {
            context.kept_locals = debug_info::locals(&program, options.opt_level == OptLevel::None);
        }
        let passes = Timings::default();
        let optimizer = Optimizer::new(&context, &isas, &options.disabled_passes, &passes)?;
        if let Emit::Clif(last) = emit {
            let clif = text::clif(&context, &optimizer, last.as_deref(), &passes)?;
            self.timings.extend(passes.sums());
            return Ok(self.output(clif.into_bytes(), &plan, Sizes::default()));
        }
        progress.start(translate::items(&plan).len());
        let code = text::compile(&context, &isas, optimizer, &passes, &|| progress.step())?;
        self.timings.extend(passes.sums());
        if *emit == Emit::Asm {
            return Ok(self.output(listing(&context, &code)?.into_bytes(), &plan, Sizes::default()));
        }
        let parts = describe::parts(input, &options.source_files)?;
        let note = |sizes: &Sizes| describe::note(&program, &parts, &plan, options, sizes);
        let object = self.timed("object", |pipeline| pipeline.object(&context, &isas, code, &note, None))?;
        let warnings = object.warnings;
        if *emit == Emit::Object {
            return Ok(self.output(object.bytes, &plan, object.sizes).with_warnings(warnings));
        }
        memory::release_freed();
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
                plan = plan::plan_script(&program, instances, &options.plan())?;
                main = symbols::MAIN_SCRIPT;
            }
            Subject::Component(bytes) => {
                program = decode::decode(bytes, &arena)?;
                plan = plan::plan_exports(&program, plan::Starts::OfEachInstance, &options.plan())?;
                main = symbols::MAIN_COMPONENT_SCRIPT;
            }
        }
        let isas = self.isas(&program, &plan)?;
        let mut context = Context::new(&program, &plan, &*isas.main);
        context.deterministic = options.deterministic;
        let passes = Timings::default();
        let optimizer = Optimizer::new(&context, &isas, &options.disabled_passes, &passes)?;
        let code = text::compile(&context, &isas, optimizer, &passes, &|| {})?;
        let commands = |code: &Code| (script.commands)(&context, code);
        let note = |sizes: &Sizes| describe::note(&program, &[], &plan, options, sizes);
        let object = self.object(&context, &isas, code, &note, Some((main, &commands)))?;
        let bytes = link::link(options.target, object.bytes, false, false, options.threads)?;
        Ok(ScriptOutput { bytes, vectors: plan.has_vectors(&program) })
    }

    fn isas(&self, program: &Program<'_>, plan: &ProgramPlan) -> Result<Isas> {
        let options = self.options;
        let isa = IsaOptions {
            level: options.opt_level,
            cpu: options.cpu.as_deref(),
            vectors: plan.has_vectors(program),
            verify: options.verify,
            registers: RegisterAllocator::of(options.opt_level),
        };
        Isas::new(options.target, isa)
    }

    fn object(
        &self,
        context: &Context<'_>,
        isas: &Isas,
        code: Code,
        note: &dyn Fn(&Sizes) -> String,
        script: Option<(&'static str, &dyn Fn(&Code) -> Result<Vec<u8>>)>,
    ) -> Result<object::Object> {
        let host_functions = describe::host_functions(context.plan);
        let policy = self.options.policy.encode(self.options.target.isa, &host_functions);
        let cpu_features = isa::features_beyond_baseline(self.options.target, &*isas.main)?;
        let extras = object::Extras {
            policy: &policy,
            note,
            stack_bytes: self.options.policy.limits.get(Limit::Stack),
            page_bytes_max: self.options.target.page_bytes_max,
            cpu_features,
            main: script.map_or(symbols::MAIN_PROGRAM, |(main, _)| main),
            parts: parts(context.plan, &self.options.policy, &host_functions, script.is_some()),
            script: script.map(|(_, commands)| commands),
        };
        object::write(context, isas.main.clone(), code, &extras)
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

fn listing(context: &Context<'_>, code: &Code) -> Result<String> {
    let mut text = String::new();
    for item in &code.items {
        text += &format!("\n{:?} at {:#x}:\n", item.item, item.offset);
        text += &isa::disassemble(context.isa, &item.bytes)?;
    }
    Ok(text)
}

//! The stages one after another, for the command line, the tests and the benches.

mod check;
mod grantees;
mod options;
mod package;
mod text;

pub use check::{Check, check};
pub use options::{Emit, LibraryForm, Options, Progress, Silent};

use crate::bindings::{self, Interface, OfHost};
use crate::codegen::Code;
use crate::decode::{self, Arena, CoreInstance, Program};
use crate::describe::{self, Described};
use crate::display::shown_lines;
use crate::entry::{self, Entry};
use crate::error::{Error, Result, Stage};
use crate::isa::{self, IsaOptions, Isas, OptLevel, RegisterAllocator};
use crate::object::{self, EntryPoints, LibraryFunctions, MainFunction, Sizes, ValueLimits};
use crate::optimize::{Optimizer, Timings};
use crate::plan::{self, HostImports, PlanOptions, ProgramPlan};
use crate::policy::{Limit, Sandbox};
use crate::profile::{Heat, Instruments};
use crate::translate::{self, Context};
use crate::{debug_info, link, memory};
use std::time::{Duration, Instant};

/// A finished compilation.
#[derive(Debug)]
pub struct Output {
    /// The product that was asked for.
    pub bytes: Vec<u8>,
    /// The name of the file, if the product is a library.
    pub file_name: String,
    /// The names and contents of the files beside a library: a header and a file for pkg-config, or the types for TypeScript.
    pub files: Vec<(String, String)>,
    /// Things that a user should know.
    pub warnings: Vec<String>,
    /// The time of each stage by its name; for translation, passes and code generation, summed over all threads.
    pub timings: Vec<(&'static str, Duration)>,
    /// Bytes of the object by kind of contents; 0 before that stage.
    pub sizes: Sizes,
    /// Set if the program uses vectors, for which some targets need more than their baseline.
    pub vectors: bool,
}

/// A program to compile.
#[derive(Clone, Debug)]
pub enum Subject<'s> {
    /// A core module or a component in the binary format.
    Binary(&'s [u8]),
    /// Core modules in the binary format, and instances of them, which import from earlier instances only.
    Modules {
        /// The modules, in the binary format.
        modules: &'s [&'s [u8]],
        /// The instances, in the order of their instantiation.
        instances: Vec<CoreInstance>,
    },
}

/// A specification script.
pub struct Script<'s> {
    /// The program that it is about. In a component, each core instance starts up by itself.
    pub subject: Subject<'s>,
    /// The commands (`aot_abi::script`), given where everything is.
    pub commands: Commands<'s>,
}

/// The commands of a script, given where everything is.
pub type Commands<'s> = &'s (dyn Fn(&Context<'_>, &Code) -> Result<Vec<u8>> + Sync);

/// Compiles the binary `input` for the entry that it fits.
///
/// # Errors
/// Of any stage.
pub fn compile(input: &[u8], options: &Options, emit: &Emit, progress: &dyn Progress) -> Result<Output> {
    let pipeline = Pipeline { options, entry: None, commands: None, emit, progress, timings: Vec::new() };
    threads(options)?.install(|| pipeline.run(Subject::Binary(input)))
}

/// Compiles a script to an executable that performs its commands and tells which fail.
///
/// # Errors
/// Of any stage.
pub fn compile_script(script: Script<'_>, options: &Options) -> Result<Output> {
    let entry = match script.subject {
        Subject::Modules { .. } => &entry::SCRIPT,
        Subject::Binary(_) => &entry::COMPONENT_SCRIPT,
    };
    let (entry, commands) = (Some(entry), Some(script.commands));
    let (emit, progress) = (&Emit::Executable, &Silent);
    let pipeline = Pipeline { options, entry, commands, emit, progress, timings: Vec::new() };
    threads(options)?.install(|| pipeline.run(script.subject))
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
    /// The purpose, if it isn't the first that the program fits.
    entry: Option<&'static Entry>,
    commands: Option<Commands<'o>>,
    emit: &'o Emit,
    progress: &'o dyn Progress,
    timings: Vec<(&'static str, Duration)>,
}

impl<'o> Pipeline<'o> {
    fn run(mut self, subject: Subject<'_>) -> Result<Output> {
        let options = self.options;
        let arena = Arena::default();
        let (input, program) = self.timed("decode", |this| decode(subject, &arena, this.options))?;
        let (entry, plan) = self.timed("plan", |pipeline| pipeline.plan(&program, input))?;
        if *self.emit == Emit::Plan {
            return Ok(self.output(
                &program,
                &plan,
                shown_lines(&plan.display(&program)).into_bytes(),
                Sizes::default(),
            ));
        }
        let isas = self.isas(&program, &plan)?;
        let context = self.context(&program, &plan, &isas)?;
        let passes = Timings::default();
        let optimizer = Optimizer::new(&context, &isas, &options.disabled_passes, &passes)?;
        if let Emit::Clif(last) = self.emit {
            let clif = text::clif(&context, &optimizer, last.as_deref(), &passes)?;
            self.timings.extend(passes.sums());
            return Ok(self.output(&program, &plan, shown_lines(&clif).into_bytes(), Sizes::default()));
        }
        self.progress.start(translate::items(&plan).len());
        let progress = self.progress;
        let code = text::compile(&context, &isas, optimizer, &passes, &|| progress.step())?;
        self.timings.extend(passes.sums());
        if *self.emit == Emit::Asm {
            return Ok(self.output(
                &program,
                &plan,
                shown_lines(&listing(&context, &code)?).into_bytes(),
                Sizes::default(),
            ));
        }
        let interface = self.interface(&program, &plan, input)?;
        let interface = interface.as_ref();
        let object = self.timed("object", |this| this.object(&context, &isas, code, entry, (input, interface)))?;
        let product = interface.zip(self.library());
        let mut output = match self.emit {
            Emit::Object => self.output(&program, &plan, object.bytes, object.sizes),
            _ => self.link(&program, &plan, object.bytes, object.sizes, interface)?,
        };
        output.warnings.extend(object.warnings);
        output.warnings.extend(context.heat.as_ref().map(|heat| heat.warnings.clone()).unwrap_or_default());
        if let Some((interface, (form, name))) = product {
            package::package(&mut output, interface, (form, name), options.target, input)?;
        }
        Ok(output)
    }

    /// The plan for the entry that was asked for, or for the one that the program fits.
    fn plan(&self, program: &Program<'_>, input: Option<&[u8]>) -> Result<(&'static Entry, ProgramPlan)> {
        let entry = match self.entry {
            Some(entry) => entry,
            None if self.library().is_some() => &entry::LIBRARY,
            None => entry::of(program, self.options.entry.as_deref())?,
        };
        entry::check_settings(entry, &self.options.policy)?;
        if self.library().is_some() && self.options.policy.profile.is_some() {
            let message = "a library writes no profile: it doesn't know when the host program ends";
            return Err(Error::input(
                Stage::Plan,
                message,
                "profile an executable of the same program, and give its profile",
            ));
        }
        let roots = (entry.roots)(program)?;
        let grantees = grantees::of_instances(&self.options.policy, input, program, &self.options.source_files)?;
        let modules = || HostImports { modules: self.options.host_imports.clone() };
        let host_imports = self.library().map(|_| modules());
        let parts = self.parts(program, input)?;
        let options = PlanOptions { parts, host_imports, ..self.options.plan(grantees) };
        let plan = plan::plan(program, &roots, &options)?;
        entry::check_plan(entry, &plan, self.options)?;
        Ok((entry, plan))
    }

    /// The form and the name of the library, if the product is one.
    fn library(&self) -> Option<(LibraryForm, &'o str)> {
        match self.emit {
            Emit::Library(form, name) => Some((*form, name)),
            _ => None,
        }
    }

    /// The interface of the library, if the product is one.
    fn interface(&self, program: &Program<'_>, plan: &ProgramPlan, input: Option<&[u8]>) -> Result<Option<Interface>> {
        let Some(((_, name), exports)) = self.library().zip(plan.exports.as_ref()) else { return Ok(None) };
        let component = input.filter(|_| program.component.is_some());
        let world = component.map(decode::world).transpose()?;
        let imports = bindings::imports(program, plan)?;
        let (memories, globals) = (bindings::memories(name, program, plan), bindings::globals(name, program, plan));
        let of_host = OfHost { imports, memories, globals };
        Interface::new(name, exports, world.as_ref(), of_host).map(Some)
    }

    /// The part of the program to which each component instance belongs, if parts start up when they are entered.
    fn parts(&self, program: &Program<'_>, input: Option<&[u8]>) -> Result<Vec<u32>> {
        match (input, &program.component) {
            (Some(input), Some(component)) if self.options.starts_when_entered => {
                Ok(grantees::origins(input, component)?.iter().map(|origin| origin.part).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn isas(&self, program: &Program<'_>, plan: &ProgramPlan) -> Result<Isas> {
        let options = self.options;
        let isa = IsaOptions {
            level: options.opt_level,
            cpu: options.cpu.as_deref(),
            vectors: plan.has_vectors(program),
            verify: options.verify,
            registers: RegisterAllocator::of(options.opt_level),
            far_jumps: false,
        };
        Isas::new(options.target, isa)
    }

    fn context<'c>(&self, program: &'c Program<'c>, plan: &'c ProgramPlan, isas: &'c Isas) -> Result<Context<'c>> {
        let options = self.options;
        let mut context = Context::new(program, plan, &*isas.main);
        context.deterministic = options.deterministic;
        context.spectre_guards = options.spectre_guards.unwrap_or(self.library().is_some());
        context.debug = options.debug;
        if options.debug {
            context.kept_locals = debug_info::locals(program, options.opt_level == OptLevel::None);
        } else if options.opt_level != OptLevel::None {
            context.omit_vmctx();
        }
        if options.policy.profile.is_some() {
            context.instruments = Some(Instruments::new(program, plan)?);
        }
        context.heat = match options.invented_profile {
            Some(seed) => Some(Heat::invented(program, plan, seed)?),
            None if options.profiles.is_empty() => None,
            None => Some(Heat::new(program, plan, &options.profiles)?),
        };
        Ok(context)
    }

    fn object(
        &self,
        context: &Context<'_>,
        isas: &Isas,
        code: Code,
        entry: &Entry,
        (input, interface): (Option<&[u8]>, Option<&Interface>),
    ) -> Result<object::Object> {
        let (options, plan) = (self.options, context.plan);
        let binaries = match input {
            Some(input) => describe::binaries(input, &options.source_files)?,
            None => Vec::new(),
        };
        let described = Described { program: context.program, binaries: &binaries, entry, plan };
        let commands = self.commands.map(|commands| move |code: &Code| commands(context, code));
        let host_functions = describe::host_functions(plan);
        let mut policy = options.policy.clone();
        if interface.is_some() {
            // The process belongs to the host program.
            policy.sandbox = Sandbox::Off;
        }
        policy.serve.limits.set_defaults(entry.server_limits);
        let extras = object::Extras {
            policy: &policy.encode(options.target.isa, &host_functions, entry::is_server(entry.name)),
            note: &|sizes, names| describe::note(&described, options, sizes, names),
            stack_bytes: options.policy.limits.get(Limit::Stack),
            page_bytes_max: options.target.page_bytes_max,
            entry_points: self.entry_points(entry, context, isas, interface)?,
            profile: options.policy.profile.as_deref(),
            script: commands.as_ref().map(|commands| commands as _),
        };
        object::write(context, isas.main.clone(), code, &extras)
    }

    /// The functions by which the program is entered from outside.
    fn entry_points<'i>(
        &self,
        entry: &Entry,
        context: &Context<'_>,
        isas: &Isas,
        interface: Option<&'i Interface>,
    ) -> Result<EntryPoints<'i>> {
        let options = self.options;
        let cpu_features = isa::features_beyond_baseline(options.target, &*isas.main)?;
        if let Some(interface) = interface {
            if cpu_features != 0 {
                let message = "the program's vectors need more of a CPU than the target's baseline has";
                return Err(Error::input(Stage::Object, message, "build the module without them for a library"));
            }
            let float_registers = options.target.isa.quirks.float_argument_registers;
            let limit = |limit| options.policy.limits.get(limit);
            let is_addon = matches!(self.library(), Some((LibraryForm::Node, _)));
            let limits = ValueLimits {
                result_bytes: limit(Limit::HostBytes),
                handles: limit(Limit::Handles),
                owns_results: !is_addon,
                times: [limit(Limit::Time), limit(Limit::CpuTime)],
            };
            let parts = entry::needs_state(context.plan).then(|| entry::parts(entry, context.plan, &options.policy));
            let library = LibraryFunctions { interface, float_registers, parts, limits, is_addon };
            return Ok(EntryPoints::Library(library));
        }
        let callee = entry.main.ok_or_else(|| Error::defect(Stage::Object, "an executable without a main function"))?;
        let parts = entry::parts(entry, context.plan, &options.policy);
        Ok(EntryPoints::Main(MainFunction { callee, parts, cpu_features }))
    }

    fn link(
        mut self,
        program: &Program<'_>,
        plan: &ProgramPlan,
        object: Vec<u8>,
        sizes: Sizes,
        interface: Option<&Interface>,
    ) -> Result<Output> {
        memory::release_freed();
        let options = self.options;
        if let Some((interface, (form, name))) = interface.zip(self.library()) {
            let exported = match form {
                LibraryForm::Node => object::NODE_SYMBOLS.map(str::to_string).to_vec(),
                LibraryForm::Static | LibraryForm::Shared | LibraryForm::Python | LibraryForm::Rust => {
                    interface.symbols()
                }
            };
            let library = (name.to_string(), exported);
            let bytes = self.timed("link", |_| {
                link::link_library(options.target, object, (&library.0, &library.1), form, options.threads)
            })?;
            return Ok(self.output(program, plan, bytes, sizes));
        }
        let form = link::Form {
            full: describe::needs_full_runtime(plan, &options.policy),
            debug: options.debug,
            script: self.commands.is_some(),
            moves_images: object::moves_images(plan),
        };
        let bytes = self.timed("link", |_| link::link(options.target, object, &form, options.threads))?;
        Ok(self.output(program, plan, bytes, sizes))
    }

    fn timed<T>(&mut self, stage: &'static str, run: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let result = run(self);
        self.timings.push((stage, start.elapsed()));
        result
    }

    fn output(self, program: &Program<'_>, plan: &ProgramPlan, bytes: Vec<u8>, sizes: Sizes) -> Output {
        let vectors = plan.has_vectors(program);
        Output {
            bytes,
            file_name: String::new(),
            files: Vec::new(),
            warnings: plan.warnings.clone(),
            timings: self.timings,
            sizes,
            vectors,
        }
    }
}

/// The decoded program, and the one binary that it comes from.
fn decode<'a>(subject: Subject<'a>, arena: &'a Arena, options: &Options) -> Result<(Option<&'a [u8]>, Program<'a>)> {
    match subject {
        Subject::Binary(bytes) => {
            let mut program = decode::decode(bytes, arena)?;
            // The adapter calls what the host program has, and not the runtime.
            let is_of_program = options.host_imports.iter().any(|module| module.starts_with("wasi:"));
            decode::bind(&mut program, options.keep_adapter || is_of_program);
            Ok((Some(bytes), program))
        }
        Subject::Modules { modules, instances } => Ok((None, decode::decode_instances(modules, instances)?)),
    }
}

fn listing(context: &Context<'_>, code: &Code) -> Result<String> {
    let mut text = String::new();
    for item in &code.items {
        text += &format!("\n{:?} at {:#x}:\n", item.item, item.offset);
        text += &isa::disassemble(context.isa, &item.bytes)?;
    }
    Ok(text)
}

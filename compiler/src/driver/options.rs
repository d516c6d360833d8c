//! Options of a compilation, and reports of its progress.

use crate::describe::SourceFile;
use crate::error::Result;
use crate::isa::{self, OptLevel};
#[allow(unused_imports, reason = "for the documentation")]
use crate::optimize;
use crate::plan::{AddressSpace, PlanOptions};
use crate::policy::{Limit, Policy};
use crate::profile::Profile;
use crate::target::Target;
use std::collections::BTreeSet;

/// Beginning of the symbols of HTTP's host functions.
const HTTP: &str = "wasi:http/";

/// The choices of a user for a compilation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machine that runs the program.
    pub target: &'static Target,
    /// The effort of optimisation.
    pub opt_level: OptLevel,
    /// A CPU in place of the target's baseline.
    pub cpu: Option<String>,
    /// The name of the entry, in place of the first that the program fits.
    pub entry: Option<String>,
    /// The grants and limits of the executable.
    pub policy: Policy,
    /// The address space that memories get.
    pub address_space: AddressSpace,
    /// Makes calls of unknown imports traps.
    pub stub_unknown_imports: bool,
    /// The modules whose functions a library imports from its host program, whoever else has them.
    pub host_imports: Vec<String>,
    /// Lets each component instance of the composition start up when it is first entered, but the one that the runtime enters.
    pub starts_when_entered: bool,
    /// Keeps the adapter of a component that was made of a module of preview1.
    pub keep_adapter: bool,
    /// Gives everything that the specification leaves open the same results on all targets.
    pub deterministic: bool,
    /// Guards checks of bounds against speculation past them (Spectre, variant 1). By default libraries have the guards, because
    /// the memory around the guest is the host program's.
    pub spectre_guards: Option<bool>,
    /// Turns the input's debug information into that of the executable.
    pub debug: bool,
    /// Collects garbage at each allocation of an object, for tests.
    pub gc_stress: bool,
    /// Compiles for a profile of random counts, of this seed, for tests.
    pub invented_profile: Option<u64>,
    /// Checks CLIF and its alias regions, for tests: a fault is a silent miscompilation.
    pub verify: bool,
    /// The files that the program is made from, for the note.
    pub source_files: Vec<SourceFile>,
    /// Profiles of earlier runs, for which the program is optimised.
    pub profiles: Vec<Profile>,
    /// The names of passes that don't run ([`optimize::PASSES`]).
    pub disabled_passes: Vec<String>,
    /// Worker threads; 0 for as many as the machine has processors.
    pub threads: usize,
}

/// A product of the compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Emit {
    /// The plan as text.
    Plan,
    /// The CLIF that a pass left, by its name or [`optimize::TRANSLATE`], as text; what code generation gets if
    /// there is no name.
    Clif(Option<String>),
    /// Machine code as text.
    Asm,
    /// The object file.
    Object,
    /// The finished executable.
    #[default]
    Executable,
    /// A library for other programs, of this name, with its header.
    Library(LibraryForm, String),
}

/// A form of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibraryForm {
    /// An archive, which becomes a part of the host program.
    Static,
    /// A shared object, which is loaded.
    Shared,
    /// An addon of Node.js.
    Node,
    /// A package of Python, as a wheel.
    Python,
    /// A crate of Rust, with an archive.
    Rust,
}

impl LibraryForm {
    /// The names of the files of a library with this name, the library first; none for a wheel, whose name says more.
    pub fn file_names(self, name: &str) -> Vec<String> {
        match self {
            Self::Static => vec![format!("lib{name}.a"), format!("{name}.h"), format!("{name}.pc")],
            Self::Shared => vec![format!("lib{name}.so"), format!("{name}.h"), format!("{name}.pc")],
            // Compilers of TypeScript look for this name beside `require("./NAME.node")`.
            Self::Node => vec![format!("{name}.node"), format!("{name}.node.d.ts")],
            Self::Python => Vec::new(),
            Self::Rust => {
                let texts = ["Cargo.toml", "build.rs", "src/lib.rs", "src/ffi.rs", "src/convert.rs", "src/runtime.rs"];
                [format!("lib{name}.a")].into_iter().chain(texts.map(str::to_string)).collect()
            }
        }
    }
}

/// A listener to the progress of a compilation.
pub trait Progress: Sync {
    /// `functions` are to be compiled.
    fn start(&self, functions: usize);
    /// Tells that one more item is done.
    fn step(&self);
}

/// A progress that tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _functions: usize) {}
    fn step(&self) {}
}

impl Options {
    /// The options of a user who chose nothing but the target.
    pub fn new(target: &'static Target) -> Self {
        Self {
            target,
            opt_level: OptLevel::default(),
            cpu: None,
            entry: None,
            policy: Policy::default(),
            address_space: AddressSpace::default(),
            stub_unknown_imports: false,
            host_imports: Vec::new(),
            starts_when_entered: false,
            keep_adapter: false,
            deterministic: false,
            spectre_guards: None,
            debug: false,
            gc_stress: false,
            invented_profile: None,
            verify: false,
            source_files: Vec::new(),
            profiles: Vec::new(),
            disabled_passes: Vec::new(),
            threads: 0,
        }
    }

    /// Hands out what determines the product besides the program and this build of the compiler, in an order that differs
    /// for different choices: a cache's key is made of it. The number of threads changes nothing, and
    /// [`Self::source_files`] follow from the program's files.
    ///
    /// # Errors
    /// A CPU that isn't known for the target.
    pub fn determinants(&self, add: &mut dyn FnMut(&[u8])) -> Result<()> {
        let Self {
            target,
            opt_level,
            cpu,
            entry,
            policy,
            address_space,
            stub_unknown_imports,
            host_imports,
            starts_when_entered,
            keep_adapter,
            deterministic,
            spectre_guards,
            debug,
            gc_stress,
            invented_profile,
            verify,
            source_files: _,
            profiles,
            disabled_passes,
            threads: _,
        } = self;
        let level = match opt_level {
            OptLevel::None => 0,
            OptLevel::SpeedAndSize => 1,
            OptLevel::Speed => 2,
        };
        let spectre_guards = &spectre_guards.unwrap_or(false);
        let flags = [
            stub_unknown_imports,
            starts_when_entered,
            keep_adapter,
            deterministic,
            spectre_guards,
            debug,
            gc_stress,
            verify,
        ];
        add(&flags.map(|flag| u8::from(*flag)));
        add(&[level, u8::from(*address_space == AddressSpace::Small)]);
        add(target.name.as_bytes());
        add(cpu.as_deref().unwrap_or_default().as_bytes());
        if let Some(cpu) = cpu {
            // `native` means another CPU on another machine.
            add(isa::enabled_settings(target, cpu)?.as_bytes());
        }
        add(entry.as_deref().unwrap_or_default().as_bytes());
        add(&(host_imports.len() as u64).to_le_bytes());
        host_imports.iter().for_each(|module| add(module.as_bytes()));
        add(&[u8::from(policy.profile.is_some())]);
        add(policy.profile.as_deref().unwrap_or_default().as_bytes());
        add(&[u8::from(invented_profile.is_some())]);
        add(&invented_profile.unwrap_or_default().to_le_bytes());
        add(&(profiles.len() as u64).to_le_bytes());
        profiles.iter().for_each(|profile| add(&profile.bytes));
        add(&(disabled_passes.len() as u64).to_le_bytes());
        disabled_passes.iter().for_each(|pass| add(pass.as_bytes()));
        // A server that imports HTTP is a program whose policy has everything that was granted and set.
        add(&policy.encode(target.isa, &BTreeSet::from([HTTP]), true));
        Ok(())
    }

    /// The choices that the plan depends on, with the number of each component instance among the components with grants of
    /// their own.
    pub fn plan(&self, grantees: Vec<u16>) -> PlanOptions {
        PlanOptions {
            grantees,
            guard_bytes: self.target.guard_bytes,
            address_space: self.address_space,
            max_memory: self.policy.limits.chosen(Limit::Memory),
            max_heap: self.policy.limits.get(Limit::Heap),
            gc_stress: self.gc_stress,
            max_table_elements: self.policy.limits.chosen(Limit::TableElements),
            stub_unknown_imports: self.stub_unknown_imports,
            host_imports: None,
            parts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Sandbox;
    use crate::policy::serve::ServerLimit;

    fn determinants(change: impl FnOnce(&mut Options)) -> Vec<Vec<u8>> {
        let mut options = Options::new(Target::host());
        change(&mut options);
        let mut parts = Vec::new();
        options.determinants(&mut |part| parts.push(part.to_vec())).unwrap();
        parts
    }

    #[test]
    fn every_choice_but_the_number_of_threads_is_a_determinant() {
        let changes: [fn(&mut Options); 25] = [
            |_| {},
            |options| options.target = Target::find("riscv64-linux").unwrap(),
            |options| options.opt_level = OptLevel::None,
            |options| options.opt_level = OptLevel::SpeedAndSize,
            |options| options.cpu = Some(String::from("native")),
            |options| options.stub_unknown_imports = true,
            |options| options.host_imports = vec![String::from("env")],
            |options| options.starts_when_entered = true,
            |options| options.keep_adapter = true,
            |options| options.deterministic = true,
            |options| options.spectre_guards = Some(true),
            |options| options.address_space = AddressSpace::Small,
            |options| options.policy.dumpable = true,
            |options| options.debug = true,
            |options| options.gc_stress = true,
            |options| options.invented_profile = Some(0),
            |options| options.verify = true,
            |options| options.disabled_passes.push(String::from("inline")),
            |options| options.policy.profile = Some(String::new()),
            |options| options.profiles.push(Profile::default()),
            |options| options.policy.sandbox = Sandbox::Off,
            |options| options.policy.sandbox = Sandbox::Required,
            |options| options.policy.limits.set(Limit::Memory, 7),
            |options| options.entry = Some(String::from("command")),
            |options| options.policy.serve.limits.set(ServerLimit::Reuse, 7),
        ];
        let all = changes.map(determinants);
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other != one), "change {index}");
        }
        assert_eq!(all[0], determinants(|options| options.threads = 7));
    }
}

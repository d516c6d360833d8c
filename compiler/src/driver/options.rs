//! What a user decides about a compilation, and how it tells what it does.

use crate::describe::SourceFile;
use crate::isa::OptLevel;
#[allow(unused_imports, reason = "for the documentation")]
use crate::optimize;
use crate::plan::{AddressSpace, PlanOptions};
use crate::policy::{Limit, Policy};
use crate::target::Target;

/// The choices of a user for a compilation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machine that runs the program.
    pub target: &'static Target,
    /// The effort of optimisation.
    pub opt_level: OptLevel,
    /// A CPU in place of the target's baseline.
    pub cpu: Option<String>,
    /// The grants and limits of the executable.
    pub policy: Policy,
    /// The address space that memories get.
    pub address_space: AddressSpace,
    /// Makes calls of unknown imports traps.
    pub stub_unknown_imports: bool,
    /// Gives everything that the specification leaves open the same results on all targets.
    pub deterministic: bool,
    /// Guards checks of bounds against speculation past them (Spectre, variant 1).
    pub spectre_guards: bool,
    /// Turns the input's debug information into that of the executable.
    pub debug: bool,
    /// Collects garbage at each allocation of an object, for tests.
    pub gc_stress: bool,
    /// Checks CLIF and its alias regions, for tests: a fault is a silent miscompilation.
    pub verify: bool,
    /// The files that the program is made from, for the note.
    pub source_files: Vec<SourceFile>,
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
            policy: Policy::default(),
            address_space: AddressSpace::default(),
            stub_unknown_imports: false,
            deterministic: false,
            spectre_guards: false,
            debug: false,
            gc_stress: false,
            verify: false,
            source_files: Vec::new(),
            disabled_passes: Vec::new(),
            threads: 0,
        }
    }

    /// The choices that the plan depends on.
    pub fn plan(&self) -> PlanOptions {
        PlanOptions {
            guard_bytes: self.target.guard_bytes,
            address_space: self.address_space,
            max_memory: self.policy.limits.chosen(Limit::Memory),
            max_heap: self.policy.limits.get(Limit::Heap),
            gc_stress: self.gc_stress,
            max_table_elements: self.policy.limits.chosen(Limit::TableElements),
            stub_unknown_imports: self.stub_unknown_imports,
        }
    }
}

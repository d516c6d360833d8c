//! The question that a plan answers: which functions a program is for, in the terms of the input.

use crate::decode::{CoreDef, LiftedFunc};
use aot_abi::known_exports::KnownExport;

/// Everything that has to be in a program, and how it starts.
#[derive(Debug, Default)]
pub struct Roots {
    /// The division of start-up into functions.
    pub starts: Starts,
    /// The export that runs after start-up.
    pub main: Option<MainRoot>,
    /// The function that the program's start-up calls at its end; that of threads doesn't.
    pub initialize: Option<CoreDef>,
    /// Exported functions that the runtime calls with values of its own.
    pub exports: Option<Vec<ExportRoot>>,
    /// Exported functions that can't be called with values, for the list of exports.
    pub uncallable: Vec<UncallableExport>,
    /// Items of core instances that the runtime enters, looks into or reads as they are.
    pub items: Vec<CoreDef>,
    /// Keeps every global in the slab, where the runtime can read it.
    pub keeps_globals: bool,
}

/// The export that runs after start-up.
#[derive(Debug)]
pub struct MainRoot {
    /// The export as the runtime knows it.
    pub export: &'static KnownExport,
    /// The core function, as the program defines it.
    pub func: CoreDef,
    /// The component instance that has the handles of the function's parameters; 0 without a component.
    pub instance: u32,
}

/// An exported function that the runtime calls with values of its own.
#[derive(Debug)]
pub struct ExportRoot {
    /// The exported instance that it is in; empty if it is exported itself.
    pub interface: String,
    /// The name of the function in the exported instance.
    pub name: String,
    /// The core function as a component function.
    pub lifted: LiftedFunc,
}

/// An exported function of a core module that can't be called with numbers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncallableExport {
    /// The name of the export.
    pub name: String,
    /// The reason, as an index in [`aot_abi::exports::UNCALLABLE`].
    pub reason: u32,
}

/// The division of start-up into functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Starts {
    /// One function does all.
    #[default]
    One,
    /// Each core instance has one, which may fail while the others go on.
    OfEachInstance,
}

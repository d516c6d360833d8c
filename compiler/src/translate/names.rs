//! Namespaces of CLIF's external names, by which CLIF refers to other functions and to data.

use crate::plan::{FuncId, OptionsId};
use aot_abi::libcalls;
use cranelift_codegen::ir::UserExternalName;
use cranelift_entity::EntityRef;
use std::fmt;

/// Meaning of an external name in CLIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// A function of the plan.
    Func(FuncId),
    /// The trampoline to a libcall, by its index in `aot_abi::libcalls::ALL`; its calling convention is that of guest
    /// code, with the slab base in the place of `vmctx`.
    LibcallTrampoline(u32),
    /// The entry trampoline of a function of the plan.
    Entry(FuncId),
    /// A start-up function, by its index in the plan.
    Start(u32),
    /// The entry trampoline of a start-up function.
    StartEntry(u32),
    /// The runtime's symbol of a libcall.
    Libcall(u32),
    /// The runtime's symbol of the host function to which this function of the plan is a trampoline.
    Host(FuncId),
    /// The first byte of guest code.
    TextStart,
    /// The function records.
    FuncRecords,
    /// The read-only tables.
    ReadOnlyTables,
    /// The bytes of passive data segments.
    Data,
    /// The elements of passive element segments.
    Elements,
    /// Canonical options of a lowered import.
    Options(OptionsId),
    /// The text of a missing import, for this function of the plan.
    MissingName(FuncId),
    /// The counters of the program's profile.
    ProfileCounters,
    /// The classes of functions that indirect calls count.
    ProfileClasses,
}

const KINDS: u32 = 16;

impl Name {
    /// Returns the CLIF name.
    pub fn external(self) -> UserExternalName {
        let (namespace, index) = match self {
            Self::Func(func) => (0, func.index() as u32),
            Self::LibcallTrampoline(index) => (1, index),
            Self::Entry(func) => (2, func.index() as u32),
            Self::Start(index) => (3, index),
            Self::StartEntry(index) => (4, index),
            Self::Libcall(index) => (5, index),
            Self::Host(func) => (6, func.index() as u32),
            Self::TextStart => (7, 0),
            Self::FuncRecords => (8, 0),
            Self::ReadOnlyTables => (9, 0),
            Self::Data => (10, 0),
            Self::Elements => (11, 0),
            Self::Options(options) => (12, options.index() as u32),
            Self::MissingName(func) => (13, func.index() as u32),
            Self::ProfileCounters => (14, 0),
            Self::ProfileClasses => (15, 0),
        };
        assert!(namespace < KINDS);
        UserExternalName { namespace, index }
    }

    /// Returns the meaning of a CLIF name, or `None` if it is not one of these.
    pub fn from_external(name: &UserExternalName) -> Option<Self> {
        let index = name.index;
        let func = || FuncId::from_u32(index);
        Some(match name.namespace {
            0 => Self::Func(func()),
            1 => Self::LibcallTrampoline(index),
            2 => Self::Entry(func()),
            3 => Self::Start(index),
            4 => Self::StartEntry(index),
            5 => Self::Libcall(index),
            6 => Self::Host(func()),
            7 => Self::TextStart,
            8 => Self::FuncRecords,
            9 => Self::ReadOnlyTables,
            10 => Self::Data,
            11 => Self::Elements,
            12 => Self::Options(OptionsId::from_u32(index)),
            13 => Self::MissingName(func()),
            14 => Self::ProfileCounters,
            15 => Self::ProfileClasses,
            _ => return None,
        })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = |index: u32| libcalls::ALL.get(index as usize).map_or("?", |libcall| libcall.symbol);
        match *self {
            Self::Func(func) => write!(f, "{func}"),
            Self::LibcallTrampoline(index) => write!(f, "trampoline to {}", symbol(index)),
            Self::Entry(func) => write!(f, "entry of {func}"),
            Self::Start(index) => write!(f, "start {index}"),
            Self::StartEntry(index) => write!(f, "entry of start {index}"),
            Self::Libcall(index) => f.write_str(symbol(index)),
            Self::Host(func) => write!(f, "host function of {func}"),
            Self::TextStart => f.write_str("text start"),
            Self::FuncRecords => f.write_str("function records"),
            Self::ReadOnlyTables => f.write_str("read-only tables"),
            Self::Data => f.write_str("data segments"),
            Self::Elements => f.write_str("element segments"),
            Self::Options(options) => write!(f, "{options}"),
            Self::MissingName(func) => write!(f, "name of {func}"),
            Self::ProfileCounters => f.write_str("profile counters"),
            Self::ProfileClasses => f.write_str("profile classes"),
        }
    }
}

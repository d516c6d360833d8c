//! The items of the guest text.

use super::names::Name;
use crate::plan::{FuncId, ProgramPlan};
use aot_abi::libcalls::{self, LibcallType};
use cranelift_codegen::ir::Function;

/// Slab offset that `vmctx` of start-up functions points to: they belong to no group and take the slab base.
pub const START_VMCTX: u64 = 0;

/// An item of the guest text: a function or a trampoline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextItem {
    /// A function of the plan.
    Func(FuncId),
    /// The trampoline to a libcall, by its index in `aot_abi::libcalls::ALL`.
    Libcall(u32),
    /// A start-up function, by its index in the plan.
    Start(u32),
    /// The entry trampoline of a start-up function.
    StartEntry(u32),
    /// The entry trampoline of a function of the plan.
    Entry(FuncId),
}

impl TextItem {
    /// Returns the name of the item's CLIF function.
    pub fn name(self) -> Name {
        match self {
            Self::Func(func) => Name::Func(func),
            Self::Libcall(index) => Name::LibcallTrampoline(index),
            Self::Start(index) => Name::Start(index),
            Self::StartEntry(index) => Name::StartEntry(index),
            Self::Entry(func) => Name::Entry(func),
        }
    }
}

/// Lists every item of a program in text order. All libcall trampolines are listed, even those that nothing refers to.
pub fn items(plan: &ProgramPlan) -> Vec<TextItem> {
    let starts = 0..plan.starts.len() as u32;
    let functions = plan.functions.keys().map(TextItem::Func);
    functions
        .chain(libcall_trampolines().map(TextItem::Libcall))
        .chain(starts.clone().map(TextItem::Start))
        .chain(starts.map(TextItem::StartEntry))
        .chain(plan.entries.iter().copied().map(TextItem::Entry))
        .collect()
}

/// Yields the names that a translated function refers to.
pub fn references(function: &Function) -> impl Iterator<Item = Name> + '_ {
    function.params.user_named_funcs().values().filter_map(Name::from_external)
}

/// Yields the indices of the libcalls that guest code calls; only trampolines call the others.
fn libcall_trampolines() -> impl Iterator<Item = u32> {
    let by_guest = |libcall: &libcalls::Libcall| {
        libcall.result != Some(LibcallType::HostReturn) && libcall.symbol != libcalls::RAISE.symbol
    };
    let all = libcalls::ALL.iter().enumerate();
    all.filter(move |(_, libcall)| by_guest(libcall)).map(|(index, _)| index as u32)
}

/// Returns the index of a libcall in `aot_abi::libcalls::ALL`.
pub(super) fn libcall_index(libcall: &libcalls::Libcall) -> u32 {
    let position = libcalls::ALL.iter().position(|other| other.symbol == libcall.symbol);
    position.map_or_else(|| unreachable!("{} is not in the contract's list", libcall.symbol), |index| index as u32)
}

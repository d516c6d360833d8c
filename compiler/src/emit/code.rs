//! Machine code of every item, compiled in parallel and laid out in one text section.

use super::debug::DebugItem;
use super::placement::Costs;
use crate::error::{Error, Result, Stage};
use crate::memory;
use crate::plan::FuncKind;
use crate::translate::{self, Context, Inliner, Locations, REFERENCE_BYTES, Scratch, SlotUse, TextItem, names::Name};
use aot_abi::trap::Trap;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{
    Final, FinalizedMachExceptionHandler, FinalizedMachReloc, FinalizedRelocTarget, MachBufferFinalized, ir,
};
use cranelift_control::ControlPlane;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

/// Pairs of values that meet at blocks, for the backtracking allocator at most: a second or two. Real programs have
/// less than a tenth of it (GCC's and CPython's largest functions).
const ENTANGLED: u64 = 10_000_000;

/// Entries of a function's tables of branches, for what notes where its blocks are: a tenth of a second.
const SWITCH_EDGES: usize = 20_000;
/// Calls with handlers in a function, for the backtracking allocator at most: three quarters of a second. No register
/// outlives such a call, and a value that outlives all of them is split at each, what is left of it being copied.
const HANDLED_CALLS: usize = 4_000;

/// A compiled item.
pub struct CompiledItem {
    /// What it is.
    pub item: TextItem,
    /// Its place in the text.
    pub offset: u64,
    /// Machine code.
    pub bytes: Vec<u8>,
    /// Where it refers to others.
    pub relocations: Vec<Relocation>,
    /// Instructions that can trap: offset in the item, and why. Guarded accesses to memories aren't among them: those
    /// are known by the address that they fault at.
    pub traps: Vec<(u32, Trap)>,
    /// Calls with handlers, sorted by return address.
    pub handled_calls: Vec<HandledCall>,
    /// Where its frame has references during calls.
    pub stack_maps: StackMaps,
    /// For each trapping instruction and return address, sorted: offset in the item, and where it is in the source.
    pub addresses: Vec<(u32, ir::SourceLoc)>,
    /// What the locations mean that come from inlined functions.
    pub locations: Locations,
    /// For debug information, where that is wanted.
    pub(super) debug: Option<DebugItem>,
    /// What it costs at each place in a line.
    costs: Costs,
}

/// A call with handlers for exceptions.
pub struct HandledCall {
    /// Offset of the return address in the item.
    pub return_address: u32,
    /// How far the stack pointer is below the frame pointer.
    pub frame_bytes: u32,
    /// In the order in which they are tried: what they take (`aot_abi::exception::catch`), and their offset in the item.
    pub handlers: Vec<(u32, u32)>,
}

/// Where a frame has references during calls.
#[derive(Default)]
pub struct StackMaps {
    /// How far references are below the frame pointer, in bytes.
    pub slots: Vec<Vec<u32>>,
    /// Calls that references outlive, sorted: offset of the return address in the item, and the number of their slots.
    pub calls: Vec<(u32, usize)>,
}

/// A reference from code.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Offset in the item.
    pub offset: u32,
    /// How to patch.
    pub kind: Reloc,
    /// To what.
    pub target: Target,
    /// What to add to its address.
    pub addend: i64,
}

/// What a relocation refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Code or data of ours, or of the runtime.
    Name(Name),
    /// An offset in the item itself.
    Own(u32),
    /// A function of Cranelift's run-time library.
    Libcall(ir::LibCall),
}

/// The guest text.
pub struct Code {
    /// Items in the order of their offsets.
    pub items: Vec<CompiledItem>,
    /// Bytes of text.
    pub bytes: u64,
    offsets: HashMap<TextItem, u64>,
}

impl Code {
    /// The text offset of an item.
    pub fn offset(&self, item: TextItem) -> Option<u64> {
        self.offsets.get(&item).copied()
    }
}

/// Compiles every item of a program: for the ISA of `context`, or for `quick`, the same one with an allocator of
/// registers that takes no longer for entangled functions, and without notes of where blocks are. `progress` is told of
/// each finished one.
///
/// # Errors
/// What can't be translated, by the first in the order of the text whatever the threads do.
pub fn compile(context: &Context<'_>, quick: &dyn TargetIsa, progress: &(dyn Fn() + Sync)) -> Result<Code> {
    let items = translate::items(context.plan);
    let optimises = context.isa.flags().opt_level() != OptLevel::None;
    let inliner = if optimises { Some(Inliner::new(context)?) } else { None };
    let compiled: Vec<Result<CompiledItem>> = items
        .into_par_iter()
        .map_init(Worker::default, |worker, item| {
            let result = worker.compile(context, quick, inliner.as_ref(), item);
            progress();
            result
        })
        .collect();
    drop(inliner);
    memory::release_freed();
    let compiled = compiled.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(lay_out(compiled))
}

/// Gives each item its offset; drops trampolines to libcalls that nothing refers to.
fn lay_out(compiled: Vec<CompiledItem>) -> Code {
    let referenced: HashSet<Name> = compiled
        .iter()
        .flat_map(|item| &item.relocations)
        .filter_map(|relocation| match relocation.target {
            Target::Name(name) => Some(name),
            _ => None,
        })
        .collect();
    let kept =
        |item: &CompiledItem| !matches!(item.item, TextItem::Libcall(_)) || referenced.contains(&item.item.name());
    let mut items: Vec<CompiledItem> = compiled.into_iter().filter(kept).collect();
    let mut bytes = 0u64;
    let mut offsets = HashMap::new();
    for item in &mut items {
        // Nothing lies before the first one, so nothing can move it.
        item.offset = if bytes == 0 { 0 } else { item.costs.place(bytes) };
        offsets.insert(item.item, item.offset);
        bytes = item.offset + item.bytes.len() as u64;
    }
    Code { items, bytes, offsets }
}

/// What a thread keeps from one item to the next.
struct Worker {
    scratch: Scratch,
    context: cranelift_codegen::Context,
}

impl Default for Worker {
    fn default() -> Self {
        Self { scratch: Scratch::default(), context: cranelift_codegen::Context::new() }
    }
}

impl Worker {
    fn compile(
        &mut self,
        context: &Context<'_>,
        quick: &dyn TargetIsa,
        inliner: Option<&Inliner>,
        item: TextItem,
    ) -> Result<CompiledItem> {
        self.context.clear();
        self.context.func = translate::translate(context, item, &mut self.scratch)?;
        let mut locations = Locations::default();
        if let Some(inliner) = inliner.filter(|_| !is_quick(&self.context.func)) {
            locations = inliner.inline(&mut self.context).map_err(|error| code_error(context, item, &error))?;
            if is_quick(&self.context.func) {
                // Small functions are better off by themselves than in code that keeps nothing in registers.
                self.context.clear();
                self.context.func = translate::translate(context, item, &mut self.scratch)?;
                locations = Locations::default();
            }
        }
        if context.isa.flags().enable_verifier() {
            translate::verify_regions(&self.context.func, context.plan)?;
        }
        let Self { context: machine, .. } = self;
        let isa = if is_quick(&machine.func) { quick } else { context.isa };
        let compiled = machine
            .compile(isa, &mut ControlPlane::default())
            .map_err(|error| code_error(context, item, &error.inner))?;
        let traps = traps(&compiled.buffer);
        let addresses = addresses(&compiled.buffer);
        let handled_calls = handled_calls(&compiled.buffer)?;
        let stack_maps = stack_maps(&compiled.buffer);
        let bytes = compiled.buffer.data().to_vec();
        let debug = context.debug.then(|| DebugItem::new(item, &compiled.buffer, &compiled.value_labels_ranges));
        let costs = Costs::of(compiled);
        let relocations = compiled.buffer.relocs().to_vec();
        let relocations = relocations.iter().map(|reloc| relocation(reloc, &machine.func)).collect::<Result<_>>()?;
        Ok(CompiledItem {
            item,
            offset: 0,
            bytes,
            relocations,
            traps,
            handled_calls,
            stack_maps,
            addresses,
            locations,
            debug,
            costs,
        })
    }
}

/// Whether a function is compiled for the ISA whose allocator of registers takes no longer for entangled ones.
fn is_quick(func: &ir::Function) -> bool {
    is_entangled(func) || is_vast_switch(func)
}

/// Whether the backtracking allocator would not end soon: because so many values meet at so many blocks (it compares
/// those that meet, each with each), or are split at so many calls.
fn is_entangled(func: &ir::Function) -> bool {
    let ends = func.layout.blocks().filter_map(|block| func.layout.last_inst(block));
    if ends.filter(|end| func.dfg.insts[*end].exception_table().is_some()).count() > HANDLED_CALLS {
        return true;
    }
    let blocks = func.layout.blocks();
    blocks.map(|block| func.dfg.num_block_params(block) as u64).map(|count| count * count).sum::<u64>() > ENTANGLED
}

/// Whether there are so many edges from tables of branches that noting the blocks' places would take seconds.
fn is_vast_switch(func: &ir::Function) -> bool {
    func.dfg.jump_tables.values().map(|table| table.as_slice().len()).sum::<usize>() > SWITCH_EDGES
}

fn code_error(context: &Context<'_>, item: TextItem, error: &cranelift_codegen::CodegenError) -> Error {
    let defect = Error::new(Stage::Emit, format!("code generation failed: {error}"));
    let defect = match error {
        cranelift_codegen::CodegenError::CodeTooLarge | cranelift_codegen::CodegenError::ImplLimitExceeded => {
            defect.help("the function is too large for the code generator; split it")
        }
        _ => defect.help("this is a defect of aot; please report it with the input"),
    };
    let TextItem::Func(func) = item else {
        return defect;
    };
    match &context.plan.functions[func].kind {
        FuncKind::Wasm { instance, func } => {
            let module = &context.program.modules[context.plan.instances[*instance].module];
            defect.in_module(module.display_name()).in_function(module.display_function(*func))
        }
        _ => defect,
    }
}

fn relocation(reloc: &FinalizedMachReloc, func: &ir::Function) -> Result<Relocation> {
    let target = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) => {
            let name = &func.params.user_named_funcs()[*name];
            Target::Name(Name::from_external(name).ok_or_else(|| Error::new(Stage::Emit, "an unknown external name"))?)
        }
        FinalizedRelocTarget::ExternalName(ir::ExternalName::LibCall(libcall)) => Target::Libcall(*libcall),
        FinalizedRelocTarget::Func(offset) => Target::Own(*offset),
        other => {
            return Err(Error::new(Stage::Emit, format!("a relocation to {other:?}")));
        }
    };
    Ok(Relocation { offset: reloc.offset, kind: reloc.kind, target, addend: reloc.addend })
}

fn traps(buffer: &MachBufferFinalized<Final>) -> Vec<(u32, Trap)> {
    let mut traps: Vec<(u32, Trap)> = buffer
        .traps()
        .iter()
        .filter(|trap| trap.code != ir::TrapCode::HEAP_OUT_OF_BOUNDS)
        .filter_map(|trap| translate::trap_of(trap.code).map(|code| (trap.offset, code)))
        .collect();
    traps.sort_by_key(|(offset, _)| *offset);
    traps
}

fn handled_calls(buffer: &MachBufferFinalized<Final>) -> Result<Vec<HandledCall>> {
    let mut calls = Vec::new();
    for site in buffer.call_sites().filter(|site| !site.exception_handlers.is_empty()) {
        let handler = |handler: &FinalizedMachExceptionHandler| match handler {
            FinalizedMachExceptionHandler::Tag(catch, offset) => Ok((catch.as_u32(), *offset)),
            other => Err(Error::new(Stage::Emit, format!("a handler of exceptions that isn't ours: {other:?}"))),
        };
        let handlers = site.exception_handlers.iter().map(handler).collect::<Result<_>>()?;
        let frame_bytes = site.frame_offset;
        let frame_bytes = frame_bytes.ok_or_else(|| Error::new(Stage::Emit, "a handled call has no frame"))?;
        calls.push(HandledCall { return_address: site.ret_addr, frame_bytes, handlers });
    }
    calls.sort_by_key(|call| call.return_address);
    Ok(calls)
}

fn stack_maps(buffer: &MachBufferFinalized<Final>) -> StackMaps {
    let mut maps = StackMaps::default();
    let slots = reference_slots(buffer);
    if !slots.is_empty() {
        maps.slots.push(slots);
        maps.calls = buffer.call_sites().map(|site| (site.ret_addr, 0)).collect();
    } else {
        for (return_address, frame_bytes, map) in buffer.user_stack_maps() {
            let slots: Vec<u32> = map.entries().map(|(_, offset)| frame_bytes - offset).collect();
            if !slots.is_empty() {
                maps.calls.push((*return_address, maps.slots.len()));
                maps.slots.push(slots);
            }
        }
    }
    maps.calls.sort_unstable();
    maps
}

/// The slots with references that are the same for all calls.
fn reference_slots(buffer: &MachBufferFinalized<Final>) -> Vec<u32> {
    let Some(frame) = buffer.frame_layout() else { return Vec::new() };
    let used = frame.stackslots.values().filter_map(|slot| Some((slot.offset, SlotUse::of(slot.key?))));
    let places = used.flat_map(|(offset, used)| {
        let first = frame.frame_to_fp_offset - offset;
        (0..used.references()).map(move |index| first - index * REFERENCE_BYTES)
    });
    places.collect()
}

/// Locations of return addresses and trapping instructions. A return address belongs to the call before it.
fn addresses(buffer: &MachBufferFinalized<Final>) -> Vec<(u32, ir::SourceLoc)> {
    let locations = buffer.get_srclocs_sorted();
    let find = |offset: u32| {
        let index = locations.partition_point(|location| location.end <= offset);
        let location = locations.get(index)?;
        (location.start <= offset && !location.loc.is_default()).then_some(location.loc)
    };
    let calls = buffer.call_sites().map(|site| (site.ret_addr, find(site.ret_addr - 1)));
    let traps = buffer.traps().iter().map(|trap| (trap.offset, find(trap.offset)));
    let mut addresses: Vec<(u32, ir::SourceLoc)> =
        calls.chain(traps).filter_map(|(offset, location)| Some((offset, location?))).collect();
    addresses.sort_by_key(|(offset, _)| *offset);
    addresses.dedup_by_key(|(offset, _)| *offset);
    addresses
}

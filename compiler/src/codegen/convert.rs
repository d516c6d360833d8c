//! Conversion of Cranelift's code buffer into the records that later stages read.

use super::code::{HandledCall, Relocation, StackMaps, Target};
use crate::error::{Error, Result, Stage};
use crate::translate::{self, REFERENCE_BYTES, SlotUse, names::Name};
use aot_abi::trap::Trap;
use cranelift_codegen::{
    Final, FinalizedMachExceptionHandler, FinalizedMachReloc, FinalizedRelocTarget, MachBufferFinalized, ir,
};

pub fn relocation(reloc: &FinalizedMachReloc, func: &ir::Function) -> Result<Relocation> {
    let target = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) => {
            let name = &func.params.user_named_funcs()[*name];
            Target::Name(
                Name::from_external(name).ok_or_else(|| Error::defect(Stage::Codegen, "an unknown external name"))?,
            )
        }
        FinalizedRelocTarget::ExternalName(ir::ExternalName::LibCall(libcall)) => Target::Libcall(*libcall),
        FinalizedRelocTarget::Func(offset) => Target::Own(*offset),
        other @ FinalizedRelocTarget::ExternalName(_) => {
            return Err(Error::defect(Stage::Codegen, format!("a relocation to {other:?}")));
        }
    };
    Ok(Relocation { offset: reloc.offset, kind: reloc.kind, target, addend: reloc.addend })
}

pub fn traps(buffer: &MachBufferFinalized<Final>) -> Vec<(u32, Trap)> {
    let mut traps: Vec<(u32, Trap)> = buffer
        .traps()
        .iter()
        .filter(|trap| trap.code != ir::TrapCode::HEAP_OUT_OF_BOUNDS)
        .filter_map(|trap| translate::trap_of(trap.code).map(|code| (trap.offset, code)))
        .collect();
    traps.sort_by_key(|(offset, _)| *offset);
    traps
}

pub fn handled_calls(buffer: &MachBufferFinalized<Final>) -> Result<Vec<HandledCall>> {
    let mut calls = Vec::new();
    for site in buffer.call_sites().filter(|site| !site.exception_handlers.is_empty()) {
        let handler = |handler: &FinalizedMachExceptionHandler| match handler {
            FinalizedMachExceptionHandler::Tag(catch, offset) => Ok((catch.as_u32(), *offset)),
            other => Err(Error::defect(Stage::Codegen, format!("a handler of exceptions that isn't ours: {other:?}"))),
        };
        let handlers = site.exception_handlers.iter().map(handler).collect::<Result<_>>()?;
        let frame_bytes = site.frame_offset;
        let frame_bytes = frame_bytes.ok_or_else(|| Error::defect(Stage::Codegen, "a handled call has no frame"))?;
        calls.push(HandledCall { return_address: site.ret_addr, frame_bytes, handlers });
    }
    calls.sort_by_key(|call| call.return_address);
    Ok(calls)
}

pub fn stack_maps(buffer: &MachBufferFinalized<Final>) -> StackMaps {
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

/// Returns the distances below the frame pointer of the reference slots that are live at every call.
fn reference_slots(buffer: &MachBufferFinalized<Final>) -> Vec<u32> {
    let Some(frame) = buffer.frame_layout() else { return Vec::new() };
    let used = frame.stackslots.values().filter_map(|slot| Some((slot.offset, SlotUse::of(slot.key?))));
    let places = used.flat_map(|(offset, used)| {
        let first = frame.frame_to_fp_offset - offset;
        (0..used.references()).map(move |index| first - index * REFERENCE_BYTES)
    });
    places.collect()
}

/// Returns the source locations of return addresses and trapping instructions. A return address takes the location of
/// the call before it.
pub fn addresses(buffer: &MachBufferFinalized<Final>) -> Vec<(u32, ir::SourceLoc)> {
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

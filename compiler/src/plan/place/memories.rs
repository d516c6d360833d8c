//! Memories: their sizes, and the address space that each gets.

use crate::decode::MemoryType;
use crate::error::{Error, Result, Stage};
use crate::plan::liveness::Live;
use crate::plan::options::{AddressSpace, PlanOptions};
use crate::plan::program::{MemoryPlan, ProgramPlan};
use crate::plan::resolved::Resolved;
use aot_abi::program::PAGE_BYTES_MAX;

/// Address space of a 32-bit memory.
const MEMORY32_BYTES: u64 = 1 << 32;
/// Bytes to which a 64-bit memory can grow unless `--max-memory` says otherwise: its address space is reserved.
const MEMORY64_BYTES: u64 = 16 << 30;
/// The most that `--max-memory` can give a 64-bit memory.
const MEMORY64_BYTES_MAX: u64 = 1 << 40;

/// Guard behind a memory whose accesses are checked, for what lies past a checked index.
const GUARD_BYTES_SMALL: u64 = PAGE_BYTES_MAX;

/// Adds all memories to the plan.
pub(super) fn add(
    plan: &mut ProgramPlan,
    resolved: &Resolved<'_, '_>,
    live: &Live,
    options: &PlanOptions,
) -> Result<()> {
    let is_small = options.address_space == AddressSpace::Small;
    for (id, memory) in &resolved.memories {
        let ty = memory.ty;
        let bytes_min = ty.min_pages.saturating_mul(1 << ty.page_log2);
        let bytes_max = bytes_max(ty, options);
        if bytes_min > bytes_max {
            return Err(Error::input(
                Stage::Plan,
                format!("memory {} begins with {bytes_min} bytes, more than the limit of {bytes_max}", memory.name),
                "raise --max-memory",
            ));
        }
        let grows = live.memories_grown.contains(&id);
        let reserved = if grows { bytes_max } else { bytes_min }.next_multiple_of(PAGE_BYTES_MAX);
        plan.memories.push(MemoryPlan {
            base: 0,
            bytes_min,
            bytes_max,
            index64: ty.memory64,
            reserved_bytes: if ty.memory64 || is_small { reserved } else { MEMORY32_BYTES },
            guard_bytes: if is_small { GUARD_BYTES_SMALL } else { options.guard_bytes },
            page_log2: ty.page_log2,
            grows,
            shared: ty.shared,
            part: memory.part,
            name: memory.name.clone(),
        });
    }
    Ok(())
}

/// The most bytes that a memory may get: the maximum of its type, as far as there is address space for it.
fn bytes_max(ty: MemoryType, options: &PlanOptions) -> u64 {
    if ty.memory64 {
        let declared = ty.max_pages.unwrap_or(u64::MAX).saturating_mul(1 << ty.page_log2);
        return options.max_memory.unwrap_or(MEMORY64_BYTES).min(MEMORY64_BYTES_MAX).min(declared);
    }
    // The number of pages has 32 bits, also where a page is a byte.
    let pages_max = ty.max_pages.unwrap_or(u64::MAX).min(u64::from(u32::MAX)).min(MEMORY32_BYTES >> ty.page_log2);
    options.max_memory.unwrap_or(u64::MAX).min(pages_max << ty.page_log2)
}

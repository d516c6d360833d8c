//! The limit of the process's data, which the kernel enforces: behind the limits that the runtime knows of, so that a
//! mistake of the runtime can't take the machine's memory.

use aot_abi::limits::Limit;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use aot_foundation::program;
use aot_foundation::stack::StackSize;
use aot_host::limits::Limits;

/// Bytes for all else that a process has: its own stack, control pages, exceptions, and the executable's data besides images.
const OTHER_BYTES: u64 = 64 << 20;
/// Bytes that a thread has besides the guest's stack and data: the host's own stack, and one for signals.
const THREAD_BYTES: u64 = 256 << 10;

/// Lowers the limit of the process's data to the sum of what the guest and the host may have. A lower one stays.
pub fn limit_data(limits: &Limits) {
    let bytes = data_bytes(limits);
    let limit = getrlimit(Resource::Data);
    if limit.current.is_none_or(|current| current > bytes) {
        // Without it the program still has its own limits.
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum: limit.maximum });
    }
}

/// Returns the most bytes that a program within its limits can have in writable memory of its own.
fn data_bytes(limits: &Limits) -> u64 {
    let memory_max = limits.get(Limit::Memory);
    let own = program::memories().iter().filter(|memory| memory.shared == 0);
    let memories: u64 = own.map(|memory| memory.bytes_max.min(memory_max).max(memory.bytes_min)).sum();
    let images: u64 = program::runs().iter().map(|run| run.bytes).sum();
    let heap = limits.get(Limit::Heap);
    let host = limits.get(Limit::HostMemory).saturating_add(limits.get(Limit::HostBytes));
    let thread = of_thread(limits).saturating_mul(threads_max(limits));
    [memories, images, heap, host, thread, OTHER_BYTES].into_iter().fold(0, u64::saturating_add)
}

/// Returns the bytes of a thread's slab and stacks, besides memories and the heap.
fn of_thread(limits: &Limits) -> u64 {
    let spans: u64 = program::spans().iter().map(|span| span.bytes).sum();
    spans + StackSize::new(limits.get(Limit::Stack)).open_bytes + THREAD_BYTES
}

/// Returns the most threads of the program: those with shared memories have several.
fn threads_max(limits: &Limits) -> u64 {
    let has_threads = program::memories().iter().any(|memory| memory.shared != 0);
    if has_threads { limits.get(Limit::Threads).saturating_add(1) } else { 1 }
}

//! Flags that limit what a program may use.

use anyhow::{Result, anyhow, bail};
use aot_compiler::policy::{HEAP_BYTES_MAX, HOST_MEMORY_BYTES_MIN, Limit, Limits};
use clap::Args;

/// Minimum stack on which the runtime can start a guest.
const STACK_BYTES_MIN: u64 = 64 << 10;
/// Maximum stack that the system is certain to provide.
const STACK_BYTES_MAX: u64 = 4 << 30;

#[derive(Args)]
pub struct LimitArgs {
    /// The guest's stack, in bytes or with a suffix K, M or G.
    #[arg(long, value_name = "BYTES", default_value = "8M", value_parser = parse_bytes)]
    pub stack_size: u64,
    /// The most bytes that a linear memory may have; by default what the module says.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_memory: Option<u64>,
    /// The most elements that a table may have; by default what the module says, and 16 million at most.
    #[arg(long, value_name = "N")]
    pub max_table_elements: Option<u64>,
    /// The most bytes that structures and arrays of the garbage-collection proposal may have together, at most 3G; by
    /// default 256M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_heap: Option<u64>,
    /// The most threads besides the first, of a program of wasi-threads; by default 1000.
    #[arg(long, value_name = "N")]
    pub max_threads: Option<u64>,
    /// The most handles of a component instance, and descriptors of preview1; by default a million.
    #[arg(long, value_name = "N")]
    pub max_handles: Option<u64>,
    /// The most files that the program may have open at the same time; by default what the system allows.
    #[arg(long, value_name = "N")]
    pub max_open_files: Option<u64>,
    /// The most bytes that the runtime may hold for a single call, such as its arguments; by default 64M. What it keeps
    /// from one call to the next is limited by --max-host-memory.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_host_bytes: Option<u64>,
    /// The most memory that the runtime may have for all that the program makes it keep: handles, requests, streams and
    /// the like, which outlive a call; by default 256M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_host_memory: Option<u64>,
    /// The most random bytes of one call; by default as many as --max-host-bytes allows.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_random_bytes: Option<u64>,
    /// Longest time that the program may run, in seconds or with `ms`; then it ends with status 124. In a server: that a
    /// request may take; then it gets status 504. In a library: that a call may take; then the guest traps.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub timeout: Option<u64>,
    /// Most processor time that the program may use, in seconds or with `ms`; then it ends with status 124. In a server:
    /// that a request may use; then it gets status 504. In a library: that a call may use; then the guest traps.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub cpu_time: Option<u64>,
    /// The most bytes that the fields of an HTTP message may have, each counted with 32 bytes more; by default 128K.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_http_fields: Option<u64>,
}

impl LimitArgs {
    /// Returns the limits of the policy.
    pub fn limits(&self) -> Result<Limits> {
        if !(STACK_BYTES_MIN..=STACK_BYTES_MAX).contains(&self.stack_size) {
            bail!("--stack-size must be between {STACK_BYTES_MIN} and {STACK_BYTES_MAX} bytes");
        }
        if self.max_heap.is_some_and(|bytes| bytes > HEAP_BYTES_MAX) {
            bail!("--max-heap must be {HEAP_BYTES_MAX} bytes at most");
        }
        if self.max_host_memory.is_some_and(|bytes| bytes < HOST_MEMORY_BYTES_MIN) {
            bail!("--max-host-memory must be {HOST_MEMORY_BYTES_MIN} bytes at least");
        }
        let mut limits = Limits::default();
        limits.set(Limit::Stack, self.stack_size.next_multiple_of(0x1_0000));
        for (limit, value) in [
            (Limit::Memory, self.max_memory),
            (Limit::TableElements, self.max_table_elements),
            (Limit::Handles, self.max_handles),
            (Limit::OpenFiles, self.max_open_files),
            (Limit::HostBytes, self.max_host_bytes),
            (Limit::HostMemory, self.max_host_memory),
            (Limit::RandomBytes, self.max_random_bytes),
            (Limit::Time, self.timeout),
            (Limit::CpuTime, self.cpu_time),
            (Limit::HttpFields, self.max_http_fields),
            (Limit::Heap, self.max_heap),
            (Limit::Threads, self.max_threads),
        ] {
            if let Some(value) = value {
                limits.set(limit, value);
            }
        }
        Ok(limits)
    }
}

/// Parses a number of bytes with an optional suffix K, M or G.
pub fn parse_bytes(text: &str) -> Result<u64> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| anyhow!("write a number of bytes, such as 8388608 or 8M"))?;
    number.checked_mul(unit).ok_or_else(|| anyhow!("the number of bytes is too large"))
}

/// Parses a time, in microseconds.
pub fn parse_time(text: &str) -> Result<u64> {
    let (digits, unit) = text.strip_suffix("ms").map_or((text, 1_000_000), |digits| (digits, 1000));
    let microseconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    microseconds
        .filter(|&time| time > 0)
        .ok_or_else(|| anyhow!("write seconds, or milliseconds with ms, such as 500ms"))
}

//! Options of a new instance, as the host program gives them.

use core::ffi::c_char;
use core::ptr::with_exposed_provenance;

use aot_abi::library::Options;
use aot_foundation::guest_limits::GuestLimits;
use aot_foundation::program;

use crate::alarm::TimeLimits;
use crate::error::Text;

/// The least stack that a guest has in bytes.
const STACK_BYTES_MIN: u64 = 64 << 10;

/// The limits of an instance.
pub struct Limits {
    /// The limits of what the guest may grow to.
    pub guest: GuestLimits,
    /// Bytes of the guest's stack, if that is less than the library was built with.
    pub stack_bytes: u64,
    /// The limits of each call.
    pub time: TimeLimits,
}

/// The options of an instance.
pub struct Chosen {
    /// The limits.
    pub limits: Limits,
    /// The settings: null, or a list of C strings that ends with null.
    pub settings: *const *const c_char,
}

impl Chosen {
    /// Reads options; null stands for none.
    ///
    /// # Errors
    /// The structure is one of a later version of the header.
    ///
    /// # Safety
    ///
    /// Null, or the address of such a structure, of whose fields as many are there as its first says; the settings are a list that
    /// ends with null.
    pub unsafe fn read(options: *const Options) -> Result<Chosen, Text> {
        // SAFETY: the caller's promise.
        let options = unsafe { complete(options) }?;
        let or_unlimited = |value| if value == 0 { u64::MAX } else { value };
        let guest = GuestLimits {
            memory_bytes: or_unlimited(options.max_memory),
            table_elements: or_unlimited(options.max_table_elements),
            heap_bytes: or_unlimited(options.max_heap),
            // What the library holds is for all instances together; the collector's tables grow with the heap.
            host_bytes: u64::MAX,
        };
        let built_in = program::values();
        let time = |milliseconds, microseconds: u64| {
            let chosen = or_unlimited(milliseconds).saturating_mul(NANOSECONDS_OF_MILLISECOND);
            chosen.min(nanoseconds(microseconds))
        };
        let time = TimeLimits {
            time: time(options.timeout, built_in.time_max),
            cpu_time: time(options.cpu_time, built_in.cpu_time_max),
        };
        let limits = Limits { guest, stack_bytes: or_unlimited(options.stack_size), time };
        Ok(Chosen { limits, settings: with_exposed_provenance(options.settings as usize) })
    }
}

const NANOSECONDS_OF_MILLISECOND: u64 = 1_000_000;

/// The nanoseconds of a limit in microseconds.
pub fn nanoseconds(microseconds: u64) -> u64 {
    microseconds.saturating_mul(1000)
}

impl Limits {
    /// Refuses limits that are less than what the program begins with.
    ///
    /// # Errors
    /// The first of them.
    pub fn check(&self) -> Result<(), Text> {
        let memory = program::memories().iter().map(|memory| memory.bytes_min).max().unwrap_or(0);
        let table = program::tables().iter().map(|table| table.elements_min).max().unwrap_or(0);
        check_least("max_memory", self.guest.memory_bytes, memory)?;
        check_least("max_table_elements", self.guest.table_elements, table)?;
        check_least("stack_size", self.stack_bytes, STACK_BYTES_MIN)
    }
}

/// The options with zeros for the fields that an older header lacks.
///
/// # Safety
///
/// As for [`Chosen::read`].
unsafe fn complete(options: *const Options) -> Result<Options, Text> {
    // SAFETY: a structure of numbers alone.
    let mut all: Options = unsafe { core::mem::zeroed() };
    if options.is_null() {
        return Ok(all);
    }
    // SAFETY: the caller's promise: the size is there.
    let size = unsafe { options.cast::<u64>().read() };
    if size < size_of::<u64>() as u64 || size > size_of::<Options>() as u64 {
        return Err(Text::new(|message| {
            message.text("the size in the options is ").decimal(size);
            message.text(", but this library's structure has ").decimal(size_of::<Options>() as u64).text(" bytes");
        }));
    }
    // SAFETY: the caller's promise; both are plain numbers.
    unsafe { core::ptr::copy_nonoverlapping(options.cast::<u8>(), (&raw mut all).cast(), size as usize) };
    Ok(all)
}

fn check_least(name: &str, value: u64, least: u64) -> Result<(), Text> {
    if value >= least {
        return Ok(());
    }
    Err(Text::new(|message| {
        message
            .text(name)
            .text(" is ")
            .decimal(value)
            .text(", less than what the program begins with, ")
            .decimal(least);
    }))
}

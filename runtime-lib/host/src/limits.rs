//! What a program may use up: the limits of its policy, as far as settings didn't lower them.

use aot_abi::limits::{HOST_MEMORY_BYTES_MIN, Limit, UNLIMITED};

use crate::start_error::StartError;
use aot_foundation::guest_limits::GuestLimits;
use aot_foundation::program;

/// The least stack that a guest can be started on.
const STACK_BYTES_MIN: u64 = 64 << 10;

/// A value for each limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits([u64; Limit::ALL.len()]);

impl Limits {
    /// The limits of a policy that has none of its own.
    pub fn new() -> Limits {
        let mut limits = Limits([UNLIMITED; Limit::ALL.len()]);
        for &limit in Limit::ALL {
            limits.set(limit, limit.default_value());
        }
        limits
    }

    /// A limit's value.
    pub fn get(&self, limit: Limit) -> u64 {
        self.0[limit as usize]
    }

    /// Gives a limit another value.
    pub fn set(&mut self, limit: Limit, value: u64) {
        self.0[limit as usize] = value;
    }

    /// The limits of memories, tables and heaps.
    pub fn of_guest(&self) -> GuestLimits {
        GuestLimits {
            memory_bytes: self.get(Limit::Memory),
            table_elements: self.get(Limit::TableElements),
            heap_bytes: self.get(Limit::Heap),
        }
    }

    /// Refuses limits that the program doesn't begin within.
    pub fn check_start(&self) -> Result<(), StartError> {
        let memory = program::memories().iter().map(|memory| memory.bytes_min).max();
        let table = program::tables().iter().map(|table| table.elements_min).max();
        // One by one: a table of the names would need a relocation for each.
        self.check_least(Limit::Memory, Limit::Memory.variable(), memory.unwrap_or(0))?;
        self.check_least(Limit::TableElements, Limit::TableElements.variable(), table.unwrap_or(0))?;
        self.check_least(Limit::Stack, Limit::Stack.variable(), STACK_BYTES_MIN)?;
        self.check_least(Limit::HostMemory, Limit::HostMemory.variable(), HOST_MEMORY_BYTES_MIN)
    }

    /// Returns an error if a limit is below what the program begins with.
    #[inline(never)]
    fn check_least(&self, limit: Limit, variable: &'static str, least: u64) -> Result<(), StartError> {
        if least > self.get(limit) { Err(StartError::TooLow { variable, least }) } else { Ok(()) }
    }
}

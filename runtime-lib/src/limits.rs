//! What the program may use up: the limits of its policy, as far as settings didn't lower them.
//!
//! Memories, tables and heaps grow in libcalls, and threads begin in one, which know a slab and nothing of a policy. So their limits are the process's.

use core::sync::atomic::{AtomicU64, Ordering};

use aot_abi::limits::{Limit, UNLIMITED};

use crate::message::decimal;
use crate::program;
use crate::start_error::StartError;

static MEMORY_BYTES: AtomicU64 = AtomicU64::new(UNLIMITED);
static HEAP_BYTES: AtomicU64 = AtomicU64::new(UNLIMITED);
static THREADS: AtomicU64 = AtomicU64::new(0);
static TABLE_ELEMENTS: AtomicU64 = AtomicU64::new(UNLIMITED);

/// The least stack that a guest can be started on.
const STACK_BYTES_MIN: u64 = 64 << 10;

/// A value for each limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits([u64; Limit::ALL.len()]);

impl Limits {
    /// Those of a policy that has none of its own.
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

    /// Puts the limits of memories, tables, heaps and threads in force. What the program begins with must be within them.
    pub fn enforce(&self) -> Result<(), StartError> {
        for (limit, in_force) in [
            (Limit::Memory, &MEMORY_BYTES),
            (Limit::TableElements, &TABLE_ELEMENTS),
            (Limit::Heap, &HEAP_BYTES),
            (Limit::Threads, &THREADS),
        ] {
            in_force.store(self.get(limit), Ordering::Relaxed);
        }
        let memory = program::memories().iter().map(|memory| memory.bytes_min).max();
        let table = program::tables().iter().map(|table| table.elements_min).max();
        for (limit, name, least) in [
            (Limit::Memory, Limit::Memory.variable(), memory.unwrap_or(0)),
            (Limit::TableElements, Limit::TableElements.variable(), table.unwrap_or(0)),
            (Limit::Stack, Limit::Stack.variable(), STACK_BYTES_MIN),
        ] {
            if least > self.get(limit) {
                return Err(too_low(name, least));
            }
        }
        Ok(())
    }
}

fn too_low(name: &str, least: u64) -> StartError {
    let mut message = String::from(name);
    message.push_str(" is less than what the program begins with, ");
    decimal(least, &mut |digit| message.push(digit));
    StartError { message }
}

/// The most bytes of each linear memory.
pub fn memory_bytes() -> u64 {
    MEMORY_BYTES.load(Ordering::Relaxed)
}

/// The most bytes of objects.
pub fn heap_bytes() -> u64 {
    HEAP_BYTES.load(Ordering::Relaxed)
}

/// The most threads besides the first.
pub fn threads() -> u64 {
    THREADS.load(Ordering::Relaxed)
}

/// The most elements of each table.
pub fn table_elements() -> u64 {
    TABLE_ELEMENTS.load(Ordering::Relaxed)
}

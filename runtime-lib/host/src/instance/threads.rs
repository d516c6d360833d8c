//! The threads of one running program, counted, and its end.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The greatest number of a thread: wasi-threads keeps the highest bits for others.
const NUMBER_MAX: u32 = 0x1fff_ffff;

/// The threads of a program.
pub struct Threads {
    /// The most of them, besides the first.
    limit: u64,
    /// The number of threads that are there, besides the first.
    alive: AtomicU64,
    /// The number of the last one.
    last: AtomicU32,
    /// 1 once the program ends.
    pub ending: AtomicU32,
}

impl Threads {
    /// The first one, and so many others at most.
    pub fn new(limit: u64) -> Threads {
        Threads { limit, alive: AtomicU64::new(0), last: AtomicU32::new(0), ending: AtomicU32::new(0) }
    }

    /// Counts another thread. Returns false if the limit has no room for it.
    pub fn begin(&self) -> bool {
        let has_room = self.alive.fetch_add(1, Ordering::Relaxed) < self.limit;
        if !has_room {
            self.end();
        }
        has_room
    }

    /// Counts one less.
    pub fn end(&self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number of a new thread.
    pub fn number(&self) -> Option<u32> {
        let next = |last| (last < NUMBER_MAX).then_some(last + 1);
        self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok().map(|last| last + 1)
    }
}

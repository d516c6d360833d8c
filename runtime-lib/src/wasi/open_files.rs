//! How many files a program has open, all of its slabs together: what it opens itself, not what it was granted.

use core::sync::atomic::{AtomicU64, Ordering};

use aot_abi::limits::UNLIMITED;
use rustix::io::Errno;

static LIMIT: AtomicU64 = AtomicU64::new(UNLIMITED);
static OPEN: AtomicU64 = AtomicU64::new(0);

/// Counts one open file as long as it lives.
#[derive(Debug)]
pub struct OpenFile(());

impl OpenFile {
    /// Counts one more, where the limit has room for it. To be called before the file is opened.
    pub fn count() -> Result<OpenFile, Errno> {
        let limit = LIMIT.load(Ordering::Relaxed);
        if OPEN.fetch_add(1, Ordering::Relaxed) < limit {
            return Ok(OpenFile(()));
        }
        OPEN.fetch_sub(1, Ordering::Relaxed);
        Err(Errno::MFILE)
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sets the limit.
pub fn set_limit(limit: u64) {
    LIMIT.store(limit, Ordering::Relaxed);
}

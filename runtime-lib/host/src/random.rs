//! Random bytes from the kernel.

use core::mem::MaybeUninit;

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// Fills a buffer. The kernel's generator never fails once it has started; it gives 32 MiB at a time at most.
pub fn fill(mut buffer: &mut [MaybeUninit<u8>]) -> Result<(), Errno> {
    while !buffer.is_empty() {
        let result = getrandom(&mut *buffer, GetRandomFlags::empty()).map(|(filled, _)| filled.len());
        match result {
            Ok(filled) => buffer = buffer.get_mut(filled..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A random number.
pub fn number() -> Result<u64, Errno> {
    let mut bytes = [MaybeUninit::new(0); 8];
    fill(&mut bytes)?;
    // SAFETY: the array was initialised with zeros, and is filled now.
    Ok(u64::from_ne_bytes(bytes.map(|byte| unsafe { byte.assume_init() })))
}

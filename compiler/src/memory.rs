//! Release of freed memory to the system.

/// Releases freed memory to the system. glibc keeps most of it, so the peak of each stage would come on top of what
/// earlier stages used.
pub fn release_freed() {
    #[cfg(target_env = "gnu")]
    {
        // This is glibc's signature, and the function may be called at any time.
        unsafe extern "C" {
            safe fn malloc_trim(pad: usize) -> core::ffi::c_int;
        }
        malloc_trim(0);
    }
}

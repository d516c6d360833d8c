//! A library with one function.

/// Returns the greatest common divisor.
#[unsafe(no_mangle)]
pub extern "C" fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

//! The check for features of the CPU, in executables that use more than their target's baseline.
//!
//! Detection costs up to 50 µs in a virtual machine (CPUID traps to the hypervisor), so it is linked and called only where
//! the code needs it.

use aot_abi::symbols;

use crate::command;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_require_cpu", symbols::REQUIRE_CPU));

/// Ends the program with a message if the CPU lacks any of these features, which are numbered by `abi::cpu`.
#[unsafe(no_mangle)]
extern "C" fn aot_require_cpu(features: u64) {
    for (bit, (name, present)) in detect().into_iter().enumerate() {
        if features & (1 << bit) != 0 && !present() {
            command::not_started(&StartError::Cpu(name));
        }
    }
}

/// The name of a feature, and the function that detects if the CPU has it.
type Detection = (&'static str, fn() -> bool);

#[cfg(target_arch = "x86_64")]
fn detect() -> impl IntoIterator<Item = Detection> {
    macro_rules! table {
        ($($name:tt)*) => { [$(($name, (|| std::arch::is_x86_feature_detected!($name)) as fn() -> bool)),*] };
    }
    aot_abi::x86_64_cpu_features!(table)
}

#[cfg(target_arch = "aarch64")]
fn detect() -> impl IntoIterator<Item = Detection> {
    macro_rules! table {
        ($($name:tt)*) => { [$(($name, (|| std::arch::is_aarch64_feature_detected!($name)) as fn() -> bool)),*] };
    }
    aot_abi::aarch64_cpu_features!(table)
}

#[cfg(target_arch = "riscv64")]
fn detect() -> impl IntoIterator<Item = Detection> {
    macro_rules! table {
        ($($name:tt)*) => { [$(($name, (|| std::arch::is_riscv_feature_detected!($name)) as fn() -> bool)),*] };
    }
    aot_abi::riscv64_cpu_features!(table)
}

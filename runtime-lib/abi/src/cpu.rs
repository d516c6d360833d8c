//! CPU features beyond a target's baseline; an executable that uses some checks them at start.
//!
//! Some instructions don't fault on an older CPU but compute another result, so the check can't be left to the signal
//! handler. An executable for the baseline has no check.

/// A CPU feature and its names. Its number is its index in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFeature {
    /// Setting of the code generator, such as `has_avx2`.
    pub setting: &'static str,
    /// The vendor's name in lower case, such as `avx2`, for messages and for the runtime's detection.
    pub name: &'static str,
}

macro_rules! features {
    ($(#[$doc:meta])* $table:ident $macro:ident: $($setting:literal $name:tt,)*) => {
        $(#[$doc])*
        /// Row `n` is bit `n` of the argument of [`crate::symbols::REQUIRE_CPU`].
        pub const $table: &[CpuFeature] = &[$(CpuFeature { setting: $setting, name: $name }),*];

        $(#[$doc])*
        /// The macro passes the names to the macro `$callback`, in the order of the table.
        #[macro_export]
        macro_rules! $macro {
            ($callback:ident) => { $callback! { $($name)* } };
        }
    };
}

features! {
    /// CPU features of x86_64.
    X86_64 x86_64_cpu_features:
    "has_sse3" "sse3",
    "has_ssse3" "ssse3",
    "has_cmpxchg16b" "cmpxchg16b",
    "has_sse41" "sse4.1",
    "has_sse42" "sse4.2",
    "has_popcnt" "popcnt",
    "has_avx" "avx",
    "has_avx2" "avx2",
    "has_fma" "fma",
    "has_bmi1" "bmi1",
    "has_bmi2" "bmi2",
    "has_lzcnt" "lzcnt",
    "has_avx_vnni" "avxvnni",
    "has_avx512f" "avx512f",
    "has_avx512dq" "avx512dq",
    "has_avx512vl" "avx512vl",
    "has_avx512bitalg" "avx512bitalg",
    "has_avx512vbmi" "avx512vbmi",
    "has_avx512vnni" "avx512vnni",
}

features! {
    /// CPU features of aarch64.
    AARCH64 aarch64_cpu_features:
    "has_lse" "lse",
    "has_pauth" "paca",
    "has_fp16" "fp16",
    "has_dotprod" "dotprod",
    "has_i8mm" "i8mm",
}

features! {
    /// CPU features of riscv64.
    RISCV64 riscv64_cpu_features:
    "has_zfa" "zfa",
    "has_zfhmin" "zfhmin",
    "has_zfh" "zfh",
    "has_v" "v",
    "has_zvfh" "zvfh",
    "has_zcb" "zcb",
    "has_zbkb" "zbkb",
    "has_zba" "zba",
    "has_zbb" "zbb",
    "has_zbc" "zbc",
    "has_zbs" "zbs",
    "has_zicond" "zicond",
    "has_zvbb" "zvbb",
}

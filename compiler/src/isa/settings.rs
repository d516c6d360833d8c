//! Cranelift's settings for a target.

use super::facts::ShortJumps;
use crate::error::{Error, Result, Stage};
use crate::nearest::did_you_mean;
use crate::target::Target;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use std::str::FromStr;
use target_lexicon::Triple;

/// The level of optimisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptLevel {
    /// No optimisation: compiles fastest.
    None,
    /// Optimisation for fast code.
    #[default]
    Speed,
    /// Fast code, and small if that costs little speed.
    SpeedAndSize,
}

/// An algorithm that assigns registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegisterAllocator {
    /// The best code. Takes time that grows faster than the function if very many values are alive at once.
    #[default]
    Backtracking,
    /// Time in proportion to the function, and more moves.
    SinglePass,
}

impl RegisterAllocator {
    /// The one for functions that aren't entangled.
    pub fn of(level: OptLevel) -> Self {
        match level {
            OptLevel::None => Self::SinglePass,
            OptLevel::Speed | OptLevel::SpeedAndSize => Self::Backtracking,
        }
    }
}

/// Choices about machine code.
#[derive(Clone, Copy, Debug, Default)]
pub struct IsaOptions<'a> {
    /// The level of optimisation.
    pub level: OptLevel,
    /// A Cranelift preset or feature to use besides the baseline; `native` is the machine at hand.
    pub cpu: Option<&'a str>,
    /// True if the program has vectors, which may need more than the baseline.
    pub vectors: bool,
    /// Check CLIF and its alias regions before they become machine code.
    pub verify: bool,
    /// The algorithm that assigns registers.
    pub registers: RegisterAllocator,
    /// True for no short jumps on an instruction set of which they are a quirk.
    pub far_jumps: bool,
}

/// The instruction set of a compilation, in two settings.
pub struct Isas {
    /// The settings for all functions but vast ones.
    pub main: OwnedTargetIsa,
    /// The settings for vast functions: an allocator of registers that takes no longer for them, and no notes of where
    /// blocks are.
    pub single_pass: OwnedTargetIsa,
    /// The quirk of short jumps, and both settings without them.
    pub far: Option<(ShortJumps, Box<Isas>)>,
}

impl Isas {
    /// Both settings of `options` for `target`.
    ///
    /// # Errors
    /// A CPU that isn't known for the target.
    pub fn new(target: &Target, options: IsaOptions<'_>) -> Result<Self> {
        let registers = RegisterAllocator::SinglePass;
        let short_jumps = target.isa.quirks.short_jumps.filter(|_| !options.far_jumps);
        let far = |quirk| Ok((quirk, Box::new(Self::new(target, IsaOptions { far_jumps: true, ..options })?)));
        Ok(Self {
            main: build_isa(target, options)?,
            single_pass: build_isa(target, IsaOptions { registers, ..options })?,
            far: short_jumps.map(far).transpose()?,
        })
    }
}

/// Binary logarithm of the largest frame that is not probed: the smallest page of any target.
const PROBE_LOG2: &str = "12";

/// The instruction set of `target`.
///
/// # Errors
/// A CPU that isn't known for the target.
pub fn build_isa(target: &Target, options: IsaOptions<'_>) -> Result<OwnedTargetIsa> {
    let IsaOptions { cpu, vectors, .. } = options;
    let triple = Triple::from_str(&target.triple).map_err(|error| defect(target, &error.to_string()))?;
    let mut builder = match cpu {
        Some("native") => native(target)?,
        _ => isa::lookup(triple).map_err(|error| defect(target, &error.to_string()))?,
    };
    let for_vectors = target.cpu_vectors.iter().filter(|_| vectors);
    for feature in target.cpu_baseline.iter().chain(for_vectors) {
        builder.enable(feature).map_err(|error| defect(target, &error.to_string()))?;
    }
    if let Some(name) = cpu.filter(|name| *name != "native") {
        builder.enable(name).map_err(|_| unknown_cpu(target, name))?;
    }
    if let Some(quirk) = target.isa.quirks.short_jumps.filter(|_| options.far_jumps) {
        builder.set(quirk.setting, "false").map_err(|error| defect(target, &error.to_string()))?;
    }
    let flags = flags(options).map_err(|error| defect(target, &error.to_string()))?;
    builder.finish(flags).map_err(|error| defect(target, &error.to_string()))
}

/// The features that `isa` may use and the baseline of `target` lacks, as `aot_abi::cpu` numbers them: bits to check when
/// the executable starts.
///
/// # Errors
/// A target that the code generator lacks.
pub fn features_beyond_baseline(target: &Target, isa: &dyn isa::TargetIsa) -> Result<u64> {
    let baseline = build_isa(target, IsaOptions::default())?;
    let features = target.isa.cpu_features.iter().enumerate();
    Ok(features
        .filter(|(_, feature)| is_enabled(isa, feature.setting) && !is_enabled(&*baseline, feature.setting))
        .fold(0, |bits, (bit, _)| bits | 1 << bit))
}

/// True if code for `isa` may use the feature that this setting of Cranelift's back end names, such as `has_fma`.
pub fn is_enabled(isa: &dyn isa::TargetIsa, setting: &str) -> bool {
    isa.isa_flags().iter().any(|flag| flag.name == setting && flag.as_bool() == Some(true))
}

/// The settings of Cranelift's back end that are on for a CPU, by name.
///
/// # Errors
/// A CPU that isn't known for the target.
pub fn enabled_settings(target: &Target, cpu: &str) -> Result<String> {
    let isa = build_isa(target, IsaOptions { cpu: Some(cpu), ..IsaOptions::default() })?;
    let flags = isa.isa_flags();
    let names: Vec<&str> = flags.iter().filter(|flag| flag.as_bool() == Some(true)).map(|flag| flag.name).collect();
    Ok(names.join(" "))
}

/// The names that [`IsaOptions::cpu`] takes for a target, besides `native`: presets and single features.
///
/// # Errors
/// A target that the code generator lacks.
pub fn cpu_names(target: &Target) -> Result<Vec<&'static str>> {
    let triple = Triple::from_str(&target.triple).map_err(|error| defect(target, &error.to_string()))?;
    let builder = isa::lookup(triple).map_err(|error| defect(target, &error.to_string()))?;
    Ok(builder
        .iter()
        .filter(|setting| matches!(setting.kind, settings::SettingKind::Preset | settings::SettingKind::Bool))
        .map(|setting| setting.name)
        .collect())
}

fn native(target: &Target) -> Result<isa::Builder> {
    if target.isa.name != std::env::consts::ARCH {
        return Err(Error::input(
            Stage::Codegen,
            "--cpu native is for the machine at hand",
            format!("this machine isn't {}", target.name),
        ));
    }
    cranelift_native::builder().map_err(|error| Error::defect(Stage::Codegen, error))
}

fn flags(options: IsaOptions<'_>) -> settings::SetResult<settings::Flags> {
    let mut flags = settings::builder();
    let level = match options.level {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
        OptLevel::SpeedAndSize => "speed_and_size",
    };
    flags.set("opt_level", level)?;
    let registers = match options.registers {
        RegisterAllocator::Backtracking => "backtracking",
        RegisterAllocator::SinglePass => "single_pass",
    };
    flags.set("regalloc_algorithm", registers)?;
    flags.set("is_pic", "true")?;
    // For the placement of loops. Its cost is quadratic in the edges of a vast `br_table`.
    flags.set(
        "machine_code_cfg_info",
        if options.registers == RegisterAllocator::SinglePass { "false" } else { "true" },
    )?;
    flags.set("use_colocated_libcalls", "true")?;
    flags.set("unwind_info", "false")?;
    flags.set("preserve_frame_pointers", "true")?;
    // Results that registers have no room for.
    flags.set("enable_multi_ret_implicit_sret", "true")?;
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    flags.set("probestack_size_log2", PROBE_LOG2)?;
    flags.set("enable_heap_access_spectre_mitigation", "false")?;
    flags.set("enable_table_access_spectre_mitigation", "false")?;
    flags.set("enable_verifier", if options.verify { "true" } else { "false" })?;
    Ok(settings::Flags::new(flags))
}

fn unknown_cpu(target: &Target, cpu: &str) -> Error {
    Error::input(
        Stage::Codegen,
        format!("{} has no CPU {cpu:?}{}", target.name, did_you_mean(cpu, cpu_names(target).unwrap_or_default())),
        "`aot targets` lists the names for each target",
    )
}

fn defect(target: &Target, message: &str) -> Error {
    Error::defect(Stage::Codegen, format!("can't generate code for {}: {message}", target.name))
}

/// The machine code of one item as text, for `--emit asm`.
pub fn disassemble(isa: &dyn isa::TargetIsa, bytes: &[u8]) -> Result<String> {
    let capstone = isa.to_capstone().map_err(|error| Error::defect(Stage::Codegen, error.to_string()))?;
    let instructions =
        capstone.disasm_all(bytes, 0).map_err(|error| Error::defect(Stage::Codegen, error.to_string()))?;
    Ok(instructions
        .iter()
        .map(|instruction| {
            let (name, operands) = (instruction.mnemonic().unwrap_or(""), instruction.op_str().unwrap_or(""));
            format!("{:8x}: {name} {operands}\n", instruction.address())
        })
        .collect())
}

//! The compiler alone, on valid modules and components, on function bodies of arbitrary bytes, and on damaged files: a
//! result or an error that says what is wrong, never a panic.

use crate::generate;
use crate::random::Random;
use aot_compiler::decode::CoreInstance;
use aot_compiler::driver::{self, Emit, Options, Script, Silent, Subject};
use aot_compiler::error::Error;
use aot_compiler::isa::OptLevel;
use aot_compiler::policy::Policy;
use aot_compiler::target::targets;
use cranelift_entity::EntityRef;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The kind of input that is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Modules that are valid.
    Modules,
    /// Components that are valid.
    Components,
    /// Damaged modules and components.
    Bytes,
}

/// The outcome of compiling an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The compiler made an executable.
    Compiled,
    /// The compiler refused the input with an error.
    Refused,
    /// The seed gives no input.
    Nothing,
}

/// The input of a seed.
pub fn input(kind: Kind, seed: u64) -> Option<Vec<u8>> {
    let random = &mut Random::new(seed);
    match kind {
        Kind::Modules => generate::valid(random),
        Kind::Components => generate::component(random),
        Kind::Bytes => {
            let mut bytes = match random.below(4) {
                0 => return generate::maybe_invalid(random),
                1 => generate::component(random)?,
                _ => generate::valid(random)?,
            };
            for _ in 0..=random.below(4) {
                damage(&mut bytes, random);
            }
            Some(bytes)
        }
    }
}

/// Changes something behind the header.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const HEADER: usize = 8;
    if bytes.len() <= HEADER {
        return;
    }
    let from = HEADER + random.below(bytes.len() - HEADER);
    let to = (from + 1 + random.below(16)).min(bytes.len());
    match random.below(6) {
        0 => bytes[from] = bytes[from].wrapping_add(1),
        1 => bytes[from] ^= 1 << random.below(8),
        2 => bytes[from] = random.pick(&[0x00, 0x0b, 0x40, 0x7f, 0x80, 0xff]),
        3 => drop(bytes.drain(from..to)),
        4 => {
            let copy = bytes[from..to].to_vec();
            bytes.splice(from..from, copy);
        }
        _ => bytes.truncate(from),
    }
}

/// Compiles an input.
///
/// # Errors
/// What is wrong with the compiler.
pub fn compile(kind: Kind, seed: u64) -> Result<Outcome, String> {
    let Some(input) = input(kind, seed) else {
        return Ok(Outcome::Nothing);
    };
    let options = options(&mut Random::new(!seed));
    let compile = AssertUnwindSafe(|| run(&input, &options));
    match catch_unwind(compile) {
        Ok(Ok(())) => Ok(Outcome::Compiled),
        Ok(Err(error)) => match error.to_string() {
            text if is_defect(&text) => Err(text),
            _ => Ok(Outcome::Refused),
        },
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(format!("panicked: {}", message.unwrap_or("without a message")))
        }
    }
}

/// Compiles an input as a program. Unless it is a module that imports something, compiles it also as a script, which
/// need not be a command and of which no function is dropped.
fn run(input: &[u8], options: &Options) -> Result<(), Error> {
    let program = driver::compile(input, options, &Emit::Executable, &Silent);
    let is_component = wasmparser::Parser::is_component(input);
    if !is_component && imports_something(input) {
        return program.map(drop);
    }
    if let Err(error) = program
        && is_defect(&error.to_string())
    {
        return Err(error);
    }
    let subject = match is_component {
        true => Subject::Binary(input),
        false => {
            let instance = CoreInstance { module: EntityRef::new(0), arguments: Vec::new(), component: None };
            Subject::Modules { modules: &[input], instances: vec![instance] }
        }
    };
    driver::compile_script(Script { subject, commands: &|_, _| Ok(Vec::new()) }, options).map(drop)
}

/// Returns true if an error is a defect of the compiler.
fn is_defect(error: &str) -> bool {
    error.contains("defect of aot") || error.contains("internal contradiction")
}

/// Returns true if the input isn't a module, or is one with imports.
fn imports_something(input: &[u8]) -> bool {
    wasmparser::Parser::new(0)
        .parse_all(input)
        .any(|payload| !matches!(payload, Ok(ref payload) if !matches!(payload, wasmparser::Payload::ImportSection(_))))
}

fn options(random: &mut Random) -> Options {
    let targets = targets();
    let target = &targets[random.below(targets.len())];
    let profile = random.one_in(4).then(|| String::from("profile"));
    Options {
        policy: Policy { profile, ..Policy::default() },
        invented_profile: random.one_in(3).then(|| random.next()),
        opt_level: random.pick(&[OptLevel::Speed, OptLevel::SpeedAndSize, OptLevel::None]),
        stub_unknown_imports: true,
        deterministic: random.one_in(2),
        debug: random.one_in(4),
        gc_stress: random.one_in(4),
        verify: true,
        threads: 1,
        ..Options::new(target)
    }
}

//! The product `oci` of `aot INPUT`: an image for containers, which holds the executable and nothing else.
//!
//! It has the form of the Open Container Initiative's image layout, version 1.1, with a manifest for each target and a bill of
//! materials for each manifest. The same program gives the same bytes, whatever the time and the machine.

mod config;
mod fit;
mod layer;
mod layout;
mod manifest;
mod name;
mod place;
mod platform;
mod settings;

use crate::args::CompileArgs;
use crate::compile;
use crate::console::Console;
use crate::inputs::Sources;
use crate::registry;
use anyhow::{Context, Result, anyhow, bail, ensure};
use aot_compiler::describe::Executable;
use aot_compiler::driver::Emit;
use aot_compiler::target::Target;
use manifest::Image;
use place::Place;
use settings::Settings;
use std::path::Path;

pub use name::{ImageName, parse_label};

/// Compiles the program for each target and writes the image.
pub fn run(args: &CompileArgs, console: Console) -> Result<()> {
    let sources = Sources::read(compile::one_input(args)?, &args.program)?;
    ensure!(args.report.is_none(), "--report: only an executable has one (--emit exe)");
    let place = Place::new(args.output.as_deref(), &registry::file(&sources.path))?;
    place.check(&compile::inputs_of(&args.program, &sources))?;
    let executable = name::program(&registry::file(&sources.path));
    let settings = Settings {
        name: args.image_name.clone().unwrap_or_else(|| ImageName::of_program(&executable)),
        labels: args.labels.clone(),
        time: source_date()?,
        program: executable,
    };
    let (targets, program) = (targets(&args.target)?, sources.program()?);
    let mut image = Image::new(settings);
    for target in &targets {
        let mut options = compile::options(&args.program, target, &sources.path)?;
        fit::check(&options.policy)?;
        let compiled = compile::compile(&sources, &program, &args.program, &mut options, &Emit::Executable, console)?;
        compile::report(&args.program, Path::new(&target.name), &options, &compiled, console);
        let executable = Executable::read(&compiled.bytes).map_err(|why| anyhow!("the executable {why}"))?;
        fit::check_server(&executable.policy)?;
        image.add(target, &compiled.bytes, &executable)?;
    }
    let layout = image.finish(matches!(place, Place::Archive(_)))?;
    let bytes = place.write(&layout)?;
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    console.artifact(place.path(), bytes, &names.join(","));
    Ok(())
}

/// Returns the targets of an image, each once: those that were given, or that of this machine.
fn targets(names: &[String]) -> Result<Vec<&'static Target>> {
    if names.is_empty() {
        return Ok(vec![Target::host()]);
    }
    let mut targets: Vec<&'static Target> = Vec::new();
    for name in names {
        let target = Target::find(name)?;
        if targets.iter().any(|other| other.name == target.name) {
            bail!("--target {name}: the image has that target already");
        }
        targets.push(target);
    }
    Ok(targets)
}

/// Returns the time of everything in the image, in seconds since 1970: `SOURCE_DATE_EPOCH`, as reproducible builds have it,
/// or 0.
fn source_date() -> Result<u64> {
    const LAST: u64 = 253_402_300_799; // The end of the year 9999.
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(0) };
    let seconds = text.to_str().and_then(|text| text.parse().ok()).filter(|seconds| *seconds <= LAST);
    seconds.with_context(|| format!("SOURCE_DATE_EPOCH is {}: give seconds since 1970", text.display()))
}

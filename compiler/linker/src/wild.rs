//! Implementation of [`Linker`] with libwild.

use crate::arguments::{INPUT_FOLDER, LAYOUT_PATH, command_line, command_line_of_shared, input_path};
use crate::data_first;
use crate::memory_files::{Input, MemoryFiles};
use crate::{LinkInput, LinkOptions, Linker, Machine};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The linker inside this program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wild;

impl Linker for Wild {
    fn link(&self, machine: Machine, inputs: Vec<LinkInput>, options: &LinkOptions) -> Result<Vec<u8>> {
        check_names(&inputs)?;
        check_environment()?;
        let inputs: Vec<(String, Input)> =
            inputs.into_iter().map(|input| (input_path(&input.name), Input::new(input.bytes))).collect();
        pool(options.threads)?.install(|| {
            if options.data_first
                && let Ok(mut executable) = run(machine, &inputs, options, true)
                && data_first::load_headers(&mut executable)?
            {
                return Ok(executable);
            }
            // Whatever is wrong with the inputs, this tells it.
            run(machine, &inputs, options, false)
        })
    }

    fn link_shared(&self, machine: Machine, object: LinkInput, soname: &str, threads: usize) -> Result<Vec<u8>> {
        check_environment()?;
        let path = input_path(&object.name);
        let line = command_line_of_shared(machine, &path, soname);
        let files = MemoryFiles::new([(path, Input::new(object.bytes))].into_iter());
        pool(threads)?.install(|| run_line(&line, files))
    }
}

/// The threads of a link. libwild runs in the current thread pool and, unless told to, derives nothing from its number of
/// threads: so the output doesn't depend on it.
fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build().context("starting the linker's threads")
}

fn check_names(inputs: &[LinkInput]) -> Result<()> {
    let mut seen = HashSet::new();
    for input in inputs {
        ensure!(
            seen.insert(input.name.as_str()),
            "two link inputs are called `{}`: give each a name of its own",
            input.name
        );
    }
    Ok(())
}

/// Refuses libwild's debugging variables: they make it write files or change its output, and nothing else keeps it from
/// reading them.
fn check_environment() -> Result<()> {
    let is_libwild = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("WILD_");
    match std::env::vars_os().find(|(name, _)| is_libwild(name)) {
        Some((name, _)) => bail!("the environment variable {} changes what the linker does: unset it", name.display()),
        None => Ok(()),
    }
}

fn run(machine: Machine, inputs: &[(String, Input)], options: &LinkOptions, data_first: bool) -> Result<Vec<u8>> {
    let layout =
        data_first.then(|| (LAYOUT_PATH.to_string(), Input::new(data_first::script(machine).into_bytes().into())));
    let paths = inputs.iter().map(|(path, _)| path.as_str());
    let line = command_line(machine, paths, layout.is_some(), options);
    run_line(&line, MemoryFiles::new(inputs.iter().cloned().chain(layout)))
}

fn run_line(line: &[String], files: MemoryFiles) -> Result<Vec<u8>> {
    let words = || line.iter().map(String::as_str);
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let mut arguments = libwild::Args::new(words).map_err(readable)?;
    let collected = Arc::clone(&warnings);
    arguments.on_warning(Box::new(move |warning| {
        if let Ok(mut all) = collected.lock() {
            all.push(warning.warning().to_owned());
        }
    }));
    arguments.parse(words).map_err(readable)?;
    let linker = libwild::Linker::with_file_system(files);
    linker.run(&arguments).map_err(readable)?;
    refuse_warnings(&warnings)?;
    linker.file_system().take_output().context("the linker ended without an executable")
}

/// Refuses warnings: all inputs are the compiler's own, so a warning shows a defect.
fn refuse_warnings(warnings: &Mutex<Vec<String>>) -> Result<()> {
    let Ok(mut all) = warnings.lock() else {
        bail!("a linker thread panicked");
    };
    all.sort();
    if all.is_empty() {
        return Ok(());
    }
    Err(failure(&all.join("\n")))
}

fn readable(error: libwild::error::Error) -> anyhow::Error {
    failure(&error.to_string())
}

/// Makes an error from libwild's message, with the inputs under the caller's names.
fn failure(text: &str) -> anyhow::Error {
    anyhow!("linking: {}", text.replace(INPUT_FOLDER, "").trim_end())
}

//! The command `aot run INPUT [ARGUMENT]...`: compiles once, caches the executable, and becomes it.

use crate::args::{ProgramArgs, RunArgs};
use crate::cache::{Cache, Key};
use crate::compile;
use crate::console::Console;
use crate::inputs::Sources;
use anyhow::{Error, Result, bail};
use aot_compiler::driver::{Emit, Options};
use aot_compiler::target::Target;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Number of attempts to start an executable that other processes remove from the cache.
const ATTEMPTS: u32 = 5;

pub fn run(args: &RunArgs, console: Console) -> Result<()> {
    let (input, arguments) = split(args)?;
    let sources = Sources::read(input.as_deref(), &args.program)?;
    let mut options = compile::options(&args.program, Target::host(), &sources.path)?;
    let cache = Cache::open(args.cache.as_deref(), args.cache_size)?;
    let key = key(&sources, &options)?;
    for _ in 0..ATTEMPTS {
        let executable = match cache.find(&key) {
            Some(executable) => executable,
            None => add(&cache, &key, &sources, &args.program, &mut options, console)?,
        };
        let error = Command::new(&executable).arg0(&sources.path).args(arguments).exec();
        if error.kind() != ErrorKind::NotFound {
            let help = "is the cache on a file system without executables? --cache DIR names another place";
            return Err(Error::new(error).context(format!("can't run {} ({help})", executable.display())));
        }
    }
    bail!("other processes keep removing executables from the cache: give more room with --cache-size")
}

/// Splits the words into input and arguments. With `--wac` or `--route` there is no input, so all words are arguments; a leading
/// `--` is dropped.
fn split(args: &RunArgs) -> Result<(Option<PathBuf>, &[OsString])> {
    let (input, rest) = match args.words.split_first() {
        Some((input, rest)) if args.program.wac.is_none() && args.program.serve.routes.is_empty() => {
            (Some(PathBuf::from(input)), rest)
        }
        _ => (None, &args.words[..]),
    };
    let rest = rest.strip_prefix(&[OsString::from("--")]).unwrap_or(rest);
    Ok((input, rest))
}

/// Returns the cache key of contents and options.
fn key(sources: &Sources, options: &Options) -> Result<Key> {
    let mut key = Key::new()?;
    options.determinants(&mut |data| key.add(data))?;
    sources.determinants(&mut |data| key.add(data));
    Ok(key)
}

fn add(
    cache: &Cache,
    key: &Key,
    sources: &Sources,
    args: &ProgramArgs,
    options: &mut Options,
    console: Console,
) -> Result<PathBuf> {
    let compiled = compile::compile(sources, &sources.program()?, args, options, &Emit::Executable, console)?;
    let executable = cache.add(key, &compiled.bytes)?;
    compile::report(args, Path::new(&executable), options, &compiled, console);
    Ok(executable)
}

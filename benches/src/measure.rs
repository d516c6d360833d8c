//! Runs a program once and measures it. Starting is `posix_spawn`, which doesn't copy this process, so that its
//! size doesn't matter.

use anyhow::{Context, Result, bail, ensure};
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A program with its arguments, ready to start.
pub struct Program {
    words: Vec<CString>,
    input: Option<CString>,
    status: libc::c_int,
    is_quiet: bool,
}

/// One run.
pub struct Run {
    /// From before the start until its end was known.
    pub wall: Duration,
    /// Processor time, of the program and of the kernel for it.
    pub cpu: Duration,
    /// Page faults that needed no reading.
    pub faults: u64,
    /// The most memory that it had at once.
    pub peak_bytes: u64,
}

impl Program {
    pub fn new(path: &Path) -> Result<Self> {
        ensure!(path.exists(), "{} is missing", path.display());
        Ok(Self { words: vec![CString::new(path.as_os_str().as_bytes())?], input: None, status: 0, is_quiet: false })
    }

    /// Reads standard input from this file, in place of this process's.
    pub fn reading(mut self, input: &Path) -> Result<Self> {
        self.input = Some(CString::new(input.as_os_str().as_bytes())?);
        Ok(self)
    }

    /// The exit status that it ends with, in place of 0.
    pub fn ending_with(mut self, status: libc::c_int) -> Self {
        self.status = status;
        self
    }

    pub fn with(mut self, word: impl AsRef<OsStr>) -> Result<Self> {
        self.words.push(CString::new(word.as_ref().as_bytes())?);
        Ok(self)
    }

    /// Sends standard error into the void, too.
    pub fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    /// Runs it, its output into the void.
    pub fn run(&self) -> Result<Run> {
        self.run_into(&File::options().write(true).open("/dev/null")?)
    }

    /// Runs it and reads its output.
    pub fn run_for_output(&self) -> Result<(Run, String)> {
        // SAFETY: the name is a C string.
        let file = unsafe { libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC) };
        ensure!(file >= 0, "memfd_create: {}", std::io::Error::last_os_error());
        // SAFETY: the descriptor is new and nobody else's.
        let mut file = unsafe { File::from_raw_fd(file) };
        let run = self.run_into(&file)?;
        let mut output = String::new();
        file.rewind()?;
        file.read_to_string(&mut output)?;
        Ok((run, output))
    }

    fn run_into(&self, output: &File) -> Result<Run> {
        let start = Instant::now();
        let process = self.spawn(output).with_context(|| format!("starting {:?}", self.words))?;
        let (status, usage) = wait(process)?;
        let wall = start.elapsed();
        if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != self.status {
            bail!("{:?} ended with status {status:#x}", self.words);
        }
        Ok(Run {
            wall,
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            faults: usage.ru_minflt as u64,
            peak_bytes: usage.ru_maxrss as u64 * 1024,
        })
    }

    fn spawn(&self, output: &File) -> Result<libc::pid_t> {
        let mut words: Vec<*mut libc::c_char> = self.words.iter().map(|word| word.as_ptr().cast_mut()).collect();
        words.push(std::ptr::null_mut());
        let mut process = 0;
        // SAFETY: the actions are initialised before and destroyed after their use; words and environment end
        // with null; posix_spawn changes neither.
        let error = unsafe {
            let mut actions = std::mem::zeroed();
            libc::posix_spawn_file_actions_init(&mut actions);
            libc::posix_spawn_file_actions_adddup2(&mut actions, output.as_raw_fd(), libc::STDOUT_FILENO);
            if let Some(input) = &self.input {
                let (path, read) = (input.as_ptr(), libc::O_RDONLY);
                libc::posix_spawn_file_actions_addopen(&mut actions, libc::STDIN_FILENO, path, read, 0);
            }
            if self.is_quiet {
                let (path, write) = (c"/dev/null".as_ptr(), libc::O_WRONLY);
                libc::posix_spawn_file_actions_addopen(&mut actions, libc::STDERR_FILENO, path, write, 0);
            }
            let error = libc::posix_spawn(
                &mut process,
                words[0],
                &actions,
                std::ptr::null(),
                words.as_ptr(),
                environment().as_ptr(),
            );
            libc::posix_spawn_file_actions_destroy(&mut actions);
            error
        };
        ensure!(error == 0, "{}", std::io::Error::from_raw_os_error(error));
        Ok(process)
    }
}

/// The environment of every program: wasmtime wants a home.
fn environment() -> [*mut libc::c_char; 3] {
    [c"HOME=/tmp".as_ptr().cast_mut(), c"PATH=/usr/bin:/bin".as_ptr().cast_mut(), std::ptr::null_mut()]
}

fn wait(process: libc::pid_t) -> Result<(libc::c_int, libc::rusage)> {
    let mut status = 0;
    // SAFETY: a plain structure that the kernel fills.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places are valid for writing.
    let ended = unsafe { libc::wait4(process, &mut status, 0, &mut usage) };
    ensure!(ended == process, "wait4: {}", std::io::Error::last_os_error());
    Ok((status, usage))
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_micros(time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64)
}

//! What the `AOT_…` variables say where the executable is started. They can only take away: what would give more is an
//! error, and so is a variable that nobody knows, since a misspelt one would not take away what it was meant to.

use crate::deadline::Deadline;
use crate::policy::Policy;
use crate::start::{CStrings, StartError};
use crate::wasi::split_variable;

const RESERVED_PREFIX: &[u8] = aot_abi::policy::RESERVED_PREFIX.as_bytes();

/// What isn't a part of the policy.
#[derive(Debug, Default)]
pub struct Settings {
    /// `AOT_LOG=sandbox`: tell which parts of the sandbox the kernel enforces.
    pub log_sandbox: bool,
    /// `AOT_TIMEOUT`: how long the program may run.
    pub timeout: Option<Deadline>,
    /// `AOT_CPU_TIME`: how much of the processor's time it may use.
    pub cpu_time: Option<Deadline>,
}

impl Settings {
    /// Reads the environment, and narrows the policy by it.
    pub fn read(environment: CStrings, policy: &mut Policy) -> Result<Settings, StartError> {
        let mut settings = Settings::default();
        for (name, value) in environment.iter().map(split_variable) {
            if name.starts_with(RESERVED_PREFIX) {
                settings.take(name, value, policy)?;
            }
        }
        Ok(settings)
    }

    fn take(&mut self, name: &[u8], value: &[u8], policy: &mut Policy) -> Result<(), StartError> {
        match name {
            b"AOT_LOG" => self.log_sandbox = value.split(|&byte| byte == b',').any(|word| word == b"sandbox"),
            b"AOT_DENY_DIR" => {
                for guest in names(value) {
                    find_granted(name, guest, policy)?;
                    policy.directories.retain(|directory| directory.guest != guest);
                }
            }
            b"AOT_READ_ONLY_DIR" => {
                for guest in names(value) {
                    find_granted(name, guest, policy)?;
                    let directories = policy.directories.iter_mut().filter(|directory| directory.guest == guest);
                    directories.for_each(|directory| directory.read_only = true);
                }
            }
            b"AOT_MAX_HANDLES" => lower(name, value, &mut policy.limit_handles)?,
            b"AOT_MAX_HOST_BYTES" => lower(name, value, &mut policy.limit_host_bytes)?,
            b"AOT_TIMEOUT" => self.timeout = Some(deadline(name, value)?),
            b"AOT_CPU_TIME" => self.cpu_time = Some(deadline(name, value)?),
            _ => return Err(refused(name, "no setting of a program; see `aot --help`")),
        }
        Ok(())
    }
}

/// Names of directories, separated by colons.
fn names(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b':').filter(|name| !name.is_empty())
}

fn find_granted(name: &[u8], guest: &[u8], policy: &Policy) -> Result<(), StartError> {
    if policy.directories.iter().any(|directory| directory.guest == guest) {
        return Ok(());
    }
    Err(refused(name, "not the guest's name of a granted directory"))
}

fn lower(name: &[u8], value: &[u8], limit: &mut u64) -> Result<(), StartError> {
    let number = number(value).ok_or_else(|| refused(name, "not a number"))?;
    if number > *limit {
        return Err(refused(name, "more than the limit that is built in, and settings only take away"));
    }
    *limit = number;
    Ok(())
}

fn deadline(name: &[u8], value: &[u8]) -> Result<Deadline, StartError> {
    let (digits, unit) = match value.strip_suffix(b"ms") {
        Some(digits) => (digits, 1000),
        None => (value, 1_000_000),
    };
    let microseconds = number(digits).and_then(|number| number.checked_mul(unit)).filter(|&number| number > 0);
    let microseconds =
        microseconds.ok_or_else(|| refused(name, "not a time: write seconds, or milliseconds with ms"))?;
    Ok(Deadline { microseconds })
}

fn number(digits: &[u8]) -> Option<u64> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

fn refused(name: &[u8], why: &str) -> StartError {
    let mut message = String::from_utf8_lossy(name).into_owned();
    message.push_str(" is ");
    message.push_str(why);
    StartError { message }
}

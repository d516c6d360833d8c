//! Settings by `AOT_…` variables where the executable is started. They can only take away, unless it was built to allow
//! more: what would give more is an error otherwise, and so is a variable that nobody knows, since a misspelt one would
//! not take away what it was meant to.

use core::ffi::c_ulong;

use aot_abi::limits::Limit;
use aot_abi::network::VARIABLES;

use aot_host::c_strings::CStrings;
use aot_host::denied::Denials;
use aot_host::environment::split_variable;
use aot_host::grantee::Grantee;
use aot_host::limits::lowered;
use aot_host::policy::{Directory, Policy};
use aot_host::start_error::StartError;

unsafe extern "C" {
    fn getauxval(kind: c_ulong) -> c_ulong;
}

/// Kind of the kernel's value that isn't 0 in a process with rights that its user lacks.
const AT_SECURE: c_ulong = 23;

const RESERVED_PREFIX: &[u8] = aot_abi::policy::RESERVED_PREFIX.as_bytes();

/// Settings of one run that aren't part of the policy.
pub struct Settings {
    /// The variables in which settings are: none if the process has rights that its user lacks (`AT_SECURE`), since they
    /// would be the settings of who starts it and not of who installed it.
    pub environment: CStrings,
    /// `AOT_LOG=sandbox`: tell which parts of the sandbox the kernel enforces.
    pub log_sandbox: bool,
    /// `AOT_LOG=denied`: tell what the policy denies.
    pub denials: Denials,
}

impl Settings {
    /// Reads the environment's variables for the runtime, and narrows the policy by them.
    pub fn read(environment: CStrings, policy: &mut Policy) -> Result<Settings, StartError> {
        // SAFETY: the C library's function only reads what the kernel passed.
        let is_privileged = unsafe { getauxval(AT_SECURE) } != 0;
        Settings::of(if is_privileged { CStrings::none() } else { environment }, policy)
    }

    /// Narrows the policy by variables for the runtime. Executables have one call of this, as libraries do, which share no code.
    #[inline(always)]
    pub fn of(environment: CStrings, policy: &mut Policy) -> Result<Settings, StartError> {
        let mut settings = Settings { environment, log_sandbox: false, denials: Denials::default() };
        // What is granted now can also be narrowed now.
        for (name, value) in environment.iter().map(split_variable) {
            grant(name, value, policy)?;
        }
        for (name, value) in environment.iter().map(split_variable) {
            if name.starts_with(RESERVED_PREFIX) {
                settings.take(name, value, policy)?;
            }
        }
        Ok(settings)
    }

    #[inline(always)]
    fn take(&mut self, name: &'static [u8], value: &[u8], policy: &mut Policy) -> Result<(), StartError> {
        match name {
            b"AOT_LOG" => {
                let asks = |for_: &[u8]| value.split(|&byte| byte == b',').any(|word| word == for_);
                self.log_sandbox = asks(b"sandbox");
                self.denials = Denials { are_told: asks(b"denied") };
            }
            b"AOT_DENY_DIR" => {
                for guest in names(value) {
                    find_granted(name, guest, policy)?;
                    policy.directories.retain(|directory| directory.guest != guest);
                    policy.embedded.retain(|embedded| embedded.guest != guest);
                }
            }
            b"AOT_READ_ONLY_DIR" => {
                for guest in names(value) {
                    find_granted(name, guest, policy)?;
                    let directories = policy.directories.iter_mut().filter(|directory| directory.guest == guest);
                    directories.for_each(|directory| directory.read_only = true);
                }
            }
            AOT_DIR | AOT_INHERIT_ENV => {}
            // Only a program with sockets has anything of that: `policy::network`.
            name if is_one_of(name, &VARIABLES) => {}
            // Only a program with stores has anything of that: `policy::state`.
            name if name.starts_with(aot_abi::state::VARIABLE_PREFIX.as_bytes()) => {}
            #[cfg(feature = "http")]
            name if name == aot_abi::http::VARIABLE.as_bytes() => {}
            #[cfg(feature = "http")]
            name if aot_host::policy::serve::is_variable(name) => {}
            _ => {
                let limit = limit(name)?;
                let current = policy.limits.get(limit);
                policy.limits.set(limit, lowered(limit.unit(), current, policy.runtime_grants, (name, value))?);
            }
        }
        Ok(())
    }
}

/// Adds the grant of a variable that gives more, if it is one, to the components without grants of their own. Only an executable built with `--allow-runtime-grants`
/// takes it.
#[inline(always)]
fn grant(name: &'static [u8], value: &'static [u8], policy: &mut Policy) -> Result<(), StartError> {
    let (AOT_DIR | AOT_INHERIT_ENV) = name else { return Ok(()) };
    if !policy.runtime_grants {
        return Err(StartError::refused(name, "only for an executable that was built with --allow-runtime-grants"));
    }
    if name == AOT_DIR {
        for grant in value.split(|&byte| byte == b';').filter(|grant| !grant.is_empty()) {
            let directory =
                directory(grant).ok_or_else(|| StartError::refused(name, "not HOST[::GUEST][:optional][:ro];…"))?;
            policy.directories.push(directory);
        }
        return Ok(());
    }
    if names(value).any(|variable| variable.starts_with(RESERVED_PREFIX)) {
        return Err(StartError::refused(name, "not for variables of the runtime's own"));
    }
    policy.environment_inherited.extend(names(value));
    Ok(())
}

const AOT_DIR: &[u8] = b"AOT_DIR";
const AOT_INHERIT_ENV: &[u8] = b"AOT_INHERIT_ENV";

/// Reads a directory's grant, written as for `--dir`.
fn directory(grant: &'static [u8]) -> Option<Directory> {
    let (rest, read_only) = grant.strip_suffix(b":ro").map_or((grant, false), |rest| (rest, true));
    let (rest, optional) = rest.strip_suffix(b":optional").map_or((rest, false), |rest| (rest, true));
    let (host, guest) = match rest.windows(2).position(|two| two == b"::") {
        Some(at) => (rest.get(..at)?, rest.get(at + 2..)?),
        None => (rest, rest),
    };
    let whole = !host.is_empty() && !guest.is_empty();
    whole.then_some(Directory { host, guest, read_only, optional, shown: false, grantee: Grantee::default() })
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}

/// Names, separated by colons.
fn names(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b':').filter(|name| !name.is_empty())
}

fn find_granted(name: &'static [u8], guest: &[u8], policy: &Policy) -> Result<(), StartError> {
    let embedded = policy.embedded.iter().map(|embedded| embedded.guest);
    if policy.directories.iter().map(|directory| directory.guest).chain(embedded).any(|name| name == guest) {
        return Ok(());
    }
    Err(StartError::refused(name, "not the guest's name of a granted directory"))
}

/// The limit that a variable lowers.
fn limit(name: &'static [u8]) -> Result<Limit, StartError> {
    let mut variables = Limit::VARIABLES.as_bytes().split(|&byte| byte == b':');
    let limit = variables.position(|variable| variable == name).and_then(|index| Limit::ALL.get(index).copied());
    limit.ok_or_else(|| StartError::refused(name, "no setting of a program; see `aot --help`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy with two granted directories, `a` and `b`.
    fn policy(runtime_grants: bool) -> Policy {
        let mut policy = Policy::parse(b"").unwrap();
        policy.runtime_grants = runtime_grants;
        policy.directories.extend([directory(b"a").unwrap(), directory(b"b").unwrap()]);
        policy
    }

    fn settings() -> Settings {
        Settings { environment: CStrings::none(), log_sandbox: false, denials: Denials::default() }
    }

    #[test]
    fn directories_have_two_paths_and_flags() {
        let read = |grant: &'static [u8]| {
            directory(grant).map(|read| (read.host, read.guest, read.read_only, read.optional, read.shown))
        };
        let (host, guest): (&[u8], &[u8]) = (b"a:b", b"c");
        assert_eq!(read(b"a:b::c"), Some((host, guest, false, false, false)));
        assert_eq!(read(b"a:b::c:ro"), Some((host, guest, true, false, false)));
        assert_eq!(read(b"a:b::c:optional"), Some((host, guest, false, true, false)));
        assert_eq!(read(b"a:b::c:optional:ro"), Some((host, guest, true, true, false)));
        assert_eq!(read(b"c"), Some((guest, guest, false, false, false)));
        assert_eq!([read(b"::c"), read(b"a::"), read(b"::"), read(b":ro")], [None; 4]);
    }

    #[test]
    fn limits_are_lowered_and_not_raised() {
        let name = Limit::Handles.variable().as_bytes();
        let take = |value: &[u8], runtime_grants| {
            let mut policy = policy(runtime_grants);
            policy.limits.set(Limit::Handles, 10);
            let is_taken = settings().take(name, value, &mut policy).is_ok();
            (is_taken, policy.limits.get(Limit::Handles))
        };
        assert_eq!([take(b"9", false), take(b"10", false), take(b"11", false)], [(true, 9), (true, 10), (false, 10)]);
        assert_eq!([take(b"11", true), take(b"some", true)], [(true, 11), (false, 10)]);
        assert_eq!(limit(name).ok(), Some(Limit::Handles));
        assert!(limit(b"AOT_MAX_NOTHING").is_err());
    }

    #[test]
    fn grants_need_a_program_that_takes_them() {
        let mut ceiling = policy(false);
        assert!(grant(b"AOT_DIR", b"c", &mut ceiling).is_err());
        assert!(grant(b"AOT_INHERIT_ENV", b"HOME", &mut ceiling).is_err());
        assert!(grant(b"AOT_LOG", b"denied", &mut ceiling).is_ok());
        let mut open = policy(true);
        assert!(grant(b"AOT_DIR", b"c;;d:ro", &mut open).is_ok());
        assert_eq!(open.directories.iter().map(|one| one.read_only).collect::<Vec<_>>(), [false, false, false, true]);
        assert!(grant(b"AOT_DIR", b"::c", &mut open).is_err());
        assert!(grant(b"AOT_INHERIT_ENV", b"HOME::LANG", &mut open).is_ok());
        assert_eq!(open.environment_inherited, [&b"HOME"[..], b"LANG"]);
        assert!(grant(b"AOT_INHERIT_ENV", b"PATH:AOT_LOG", &mut open).is_err());
        assert_eq!(open.environment_inherited.len(), 2);
    }

    #[test]
    fn variables_take_away() {
        let mut policy = policy(false);
        let mut settings = settings();
        let mut take = |name, value: &[u8], policy: &mut Policy| settings.take(name, value, policy).is_ok();
        assert!(take(b"AOT_READ_ONLY_DIR", b"b", &mut policy));
        assert_eq!([0, 1].map(|index| policy.directories[index].read_only), [false, true]);
        assert!(!take(b"AOT_READ_ONLY_DIR", b"c", &mut policy));
        assert!(take(b"AOT_DENY_DIR", b"a", &mut policy));
        assert_eq!(policy.directories.iter().map(|one| one.guest).collect::<Vec<_>>(), [b"b"]);
        assert!(!take(b"AOT_DENY_DIR", b"a", &mut policy));
        assert!(!take(b"AOT_NOTHING", b"1", &mut policy));
        assert!(take(b"AOT_DIR", b"c", &mut policy) && take(b"AOT_DENY_NET", b"", &mut policy));
    }

    #[test]
    fn logs_are_asked_for_by_name() {
        let read = |value: &[u8]| {
            let mut settings = settings();
            settings.take(b"AOT_LOG", value, &mut policy(false)).unwrap();
            (settings.log_sandbox, settings.denials.are_told)
        };
        assert_eq!([read(b""), read(b"sandbox"), read(b"denied")], [(false, false), (true, false), (false, true)]);
        assert_eq!(read(b"denied,sandbox"), (true, true));
        assert_eq!(read(b"denied2"), (false, false));
    }
}

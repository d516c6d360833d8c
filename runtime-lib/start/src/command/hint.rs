//! A forgotten grant: what a program may have been meant to open. C libraries look for a directory by themselves and
//! don't ask the host if none is granted, so all that is known of a path is that it is an argument.

use aot_abi::parts;
use rustix::fs::{FileType, stat};

use super::{FindHint, Hint};
use aot_host::denied::Denials;
use aot_host::grantee::Grantee;
use aot_host::host::Host;
use aot_host::policy::Policy;
use aot_host::stdio::Standard;

const _: () = assert!(aot_foundation::same_name("aot_part_forgotten", parts::FORGOTTEN));
const _: FindHint = aot_part_forgotten;

/// A path that an argument names, and the directory that it is or in which it lies.
type Found = (&'static [u8], &'static [u8]);

/// Finds arguments that name what is there, for the first that lies below no directory that was granted to the component that
/// ends the program. The kernel tells it now, and not after the sandbox was entered.
#[unsafe(no_mangle)]
fn aot_part_forgotten(host: &Host, policy: &Policy, denials: Denials) -> Option<Hint> {
    if !denials.are_told && !Standard::Errors.is_terminal() {
        return None;
    }
    let granted: Vec<_> = host.preopens.iter().map(|preopen| (preopen.guest, preopen.grantee)).collect();
    // With several grantees, nobody knows yet which of them will ask.
    let has_several = Grantee(1).name().is_some();
    let is_granted = |path: &[u8]| !has_several && lies_below(path, &granted, Grantee::default());
    let found = host.arguments.iter().skip(1).filter_map(|argument| existing(argument, &is_granted));
    let found: Vec<Found> = found.take(if has_several { usize::MAX } else { 1 }).collect();
    let at_run_time = policy.runtime_grants;
    Some(Box::leak(Box::new(move |grantee| {
        match found.iter().find(|(path, _)| !lies_below(path, &granted, grantee)) {
            Some((path, directory)) => denials.forgotten(path, directory, grantee, at_run_time),
            None if !granted.iter().any(|&(_, of)| of == grantee) => denials.no_directory(grantee),
            None => {}
        }
    })))
}

/// Returns true if a path lies below a directory that was granted to a component.
fn lies_below(path: &[u8], granted: &[(&'static [u8], Grantee)], grantee: Grantee) -> bool {
    granted.iter().any(|&(guest, of)| of == grantee && is_below(path, guest))
}

/// The path that an argument is, or an option's value, if it is there and isn't granted; and the directory that it is, or
/// in which it lies.
fn existing(argument: &'static [u8], is_granted: &dyn Fn(&[u8]) -> bool) -> Option<(&'static [u8], &'static [u8])> {
    let value = argument.iter().position(|&byte| byte == b'=').and_then(|at| argument.get(at + 1..));
    [Some(argument), value].into_iter().flatten().find_map(|path| {
        if path.is_empty() || is_granted(path) {
            return None;
        }
        let status = stat(path).ok()?;
        let is_directory = FileType::from_raw_mode(status.st_mode) == FileType::Directory;
        Some((path, if is_directory { path } else { parent(path) }))
    })
}

/// The directory in which a path lies.
fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        None => b".",
        Some(0) => b"/",
        Some(at) => &path[..at],
    }
}

/// Returns true if a path is that of a granted directory or lies below it, by the names alone.
fn is_below(path: &[u8], guest: &[u8]) -> bool {
    let (path, guest) = (plain(path), plain(guest));
    let rest = match guest {
        b"/" => Some(path),
        b"." => Some(path).filter(|path| !path.starts_with(b"/")),
        guest => path.strip_prefix(guest).filter(|rest| rest.is_empty() || rest.starts_with(b"/")),
    };
    rest.is_some_and(stays_below)
}

/// Returns true if a path leads out of where it begins nowhere.
fn stays_below(path: &[u8]) -> bool {
    let mut depth = 0u32;
    path.split(|&byte| byte == b'/').all(|part| {
        let deeper = match part {
            b"" | b"." => Some(depth),
            b".." => depth.checked_sub(1),
            _ => depth.checked_add(1),
        };
        depth = deeper.unwrap_or_default();
        deeper.is_some()
    })
}

/// A path without `./` before it and slashes behind it.
fn plain(path: &[u8]) -> &[u8] {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./").filter(|rest| !rest.is_empty()) {
        path = rest;
    }
    while path.len() > 1
        && let Some(rest) = path.strip_suffix(b"/")
    {
        path = rest;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lie_below_what_is_granted() {
        for (path, guest) in
            [("a", "."), ("./a", "."), ("a/b", "a"), ("a/", "./a/"), ("x", "/"), ("/x", "/"), ("/d/x", "/d")]
        {
            assert!(is_below(path.as_bytes(), guest.as_bytes()), "{path} {guest}");
        }
        for (path, guest) in
            [("/a", "."), ("../a", "."), ("..", "."), ("ab", "a"), ("a", "b"), ("d/x", "/d"), ("d/../x", "d")]
        {
            assert!(!is_below(path.as_bytes(), guest.as_bytes()), "{path} {guest}");
        }
    }

    #[test]
    fn directories_of_paths() {
        for (path, directory) in [("a", "."), ("a/b", "a"), ("/a", "/"), ("/a/b", "/a"), ("../a", "..")] {
            assert_eq!(parent(path.as_bytes()), directory.as_bytes());
        }
    }
}

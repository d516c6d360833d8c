//! Errors of the system. The shared implementation knows Linux's numbers only, and each face calls them what it does.

use rustix::io::Errno as System;

/// The number of an error of the standard library or cap-std, which makes a few of its own without a number.
pub fn system(error: std::io::Error) -> System {
    use std::io::ErrorKind;
    if let Some(number) = error.raw_os_error() {
        return System::from_raw_os_error(number);
    }
    match error.kind() {
        ErrorKind::NotFound => System::NOENT,
        // A path that leads out of its directory.
        ErrorKind::PermissionDenied => System::PERM,
        ErrorKind::AlreadyExists => System::EXIST,
        ErrorKind::InvalidInput => System::INVAL,
        _ => System::IO,
    }
}

/// Returns true if an error says that a path leads out of its directory.
pub fn is_escape(error: &std::io::Error) -> bool {
    error.raw_os_error().is_none() && error.kind() == std::io::ErrorKind::PermissionDenied
}

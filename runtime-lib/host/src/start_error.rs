//! Why a program could not be started.

use aot_foundation::message::{SystemError, decimal};

/// Why a program could not be started.
#[derive(Debug)]
pub struct StartError {
    /// One line for a person, without `aot:` and without the line's end.
    pub message: String,
}

impl StartError {
    /// The error of a variable that is something else than it should be.
    pub fn refused(variable: &[u8], why: &str) -> StartError {
        let mut message = String::from_utf8_lossy(variable).into_owned();
        message.push_str(" is ");
        message.push_str(why);
        StartError { message }
    }
}

impl From<SystemError> for StartError {
    fn from(error: SystemError) -> StartError {
        let mut message = String::from("cannot ");
        message.push_str(error.doing);
        message.push_str(": system error ");
        decimal(error.errno.raw_os_error() as u64, &mut |digit| message.push(digit));
        StartError { message }
    }
}

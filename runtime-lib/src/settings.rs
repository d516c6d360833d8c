//! What the `AOT_…` variables say where the executable is started. They can only take away.

use crate::start::{CStrings, StartError};
use crate::wasi::split_variable;

/// The variables' values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `AOT_LOG=sandbox`: tell which parts of the sandbox the kernel enforces.
    pub log_sandbox: bool,
}

impl Settings {
    /// Reads the environment.
    pub fn read(environment: CStrings) -> Result<Settings, StartError> {
        let mut settings = Settings::default();
        for (name, value) in environment.iter().map(split_variable) {
            if name == b"AOT_LOG" {
                settings.log_sandbox = value.split(|&byte| byte == b',').any(|word| word == b"sandbox");
            }
        }
        Ok(settings)
    }
}

//! A folder as the root of the file system: other files don't exist for the program. Changing the root needs
//! privileges, so such tests run as root.

use super::process::PATH;
use super::target::Target;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies `program` to `root` as `/program`, with the runner of its target, and returns the command that runs it there
/// with an empty environment.
pub fn in_root(root: &Path, program: &Path, target: &Target) -> Command {
    fs::create_dir_all(root).unwrap();
    fs::copy(program, root.join("program")).unwrap();
    let mut command = Command::new("chroot");
    command.arg(root);
    if let Some(runner) = target.runner.first() {
        fs::copy(which(runner), root.join("runner")).unwrap();
        command.arg("/runner");
    }
    command.arg("/program");
    command
}

fn which(program: &str) -> PathBuf {
    let folders = PATH.split(':').map(|folder| Path::new(folder).join(program));
    folders.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{program} isn't installed"))
}

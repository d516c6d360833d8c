//! `wasi:filesystem/preopens`.

use crate::p2::filesystem::preopens;
use crate::p3::Outcome;
use crate::p3::interfaces::filesystem::types::Descriptor;
use aot_host::canonical::handles::Own;
use aot_host::host::Host;

/// The directories that are granted to the caller, each with the guest's path of it.
pub fn get_directories(host: &mut Host) -> Outcome<Vec<(Own<Descriptor>, String)>> {
    let directories = preopens::get_directories(host)?;
    Ok(directories.into_iter().map(|(directory, path)| (Own::new(directory.representation), path)).collect())
}

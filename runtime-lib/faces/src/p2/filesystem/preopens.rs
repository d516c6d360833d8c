//! `wasi:filesystem/preopens`.

use crate::p2::Outcome;
use crate::p2::interfaces::filesystem::types::Descriptor;
use aot_host::canonical::handles::Own;
use aot_host::files;
use aot_host::host::Host;
use aot_host::text::to_text;

/// The directories that are granted to the caller, each with the guest's path of it.
pub fn get_directories(host: &mut Host) -> Outcome<Vec<(Own<Descriptor>, String)>> {
    let mut directories = Vec::new();
    for preopen in host.preopens.iter().filter(|preopen| preopen.grantee == host.grantee) {
        let descriptor = host.resources.add(files::Descriptor::Directory(preopen.directory.clone()));
        directories.push((descriptor, to_text(preopen.guest)));
    }
    Ok(directories)
}

//! `wasi:filesystem/preopens`.

use super::Outcome;
use crate::wasi::files;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::types::Descriptor;
use crate::wasi::text::to_text;

/// The granted directories, with the paths under which the guest knows them.
pub fn get_directories(host: &mut Host) -> Outcome<Vec<(Own<Descriptor>, String)>> {
    let mut directories = Vec::with_capacity(host.preopens.len());
    for preopen in &host.preopens {
        let descriptor = host.resources.add(files::Descriptor::Directory(preopen.directory.clone()));
        directories.push((descriptor, to_text(preopen.guest)));
    }
    Ok(directories)
}

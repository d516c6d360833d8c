//! The files of a library besides the linked one, and the archive that some languages have for all of them.

use super::{LibraryForm, Output};
use crate::bindings::{self, Interface};
use crate::describe;
use crate::error::Result;
use crate::target::Target;

/// Makes the files of a library, whose linked bytes the output has; for Python they are in an archive then.
///
/// # Errors
/// The language can't have the names of the library or of what it exports.
pub fn package(
    output: &mut Output,
    interface: &Interface,
    (form, name): (LibraryForm, &str),
    target: &Target,
    input: Option<&[u8]>,
) -> Result<()> {
    output.file_name = form.file_names(name).into_iter().next().unwrap_or_default();
    output.files = match form {
        LibraryForm::Static | LibraryForm::Shared => vec![
            (format!("{name}.h"), bindings::header(interface)),
            (format!("{name}.pc"), bindings::pkg_config(interface)),
        ],
        LibraryForm::Node => vec![(format!("{name}.node.d.ts"), bindings::typescript(interface))],
        LibraryForm::Rust => bindings::rust(interface, version(input)?.as_deref())?,
        LibraryForm::Python => {
            let library = std::mem::take(&mut output.bytes);
            let (modules, version) = (bindings::python(interface)?, version(input)?);
            let wheel = bindings::wheel(interface, modules, library, target, version.as_deref());
            (output.file_name, output.bytes) = (wheel.name, wheel.bytes);
            Vec::new()
        }
    };
    Ok(())
}

/// The version that the author of a program gave it.
fn version(input: Option<&[u8]>) -> Result<Option<String>> {
    let binaries = input.map(|input| describe::binaries(input, &[])).transpose()?;
    Ok(binaries.and_then(|binaries| binaries.into_iter().next()?.version))
}

//! The products `lib` and `shared` of `aot INPUT`: a library, its header and its file for pkg-config, which have one name.

use crate::output::{self, Inputs, STANDARD_STREAM};
use anyhow::{Result, bail};
use aot_compiler::bindings::library_name;
use aot_compiler::driver::{LibraryForm, Output};
use std::path::{Path, PathBuf};

/// The name of a library, and the paths of its files.
pub struct Files {
    /// The name of the library.
    pub name: String,
    /// The path of the archive or the shared object.
    pub library: PathBuf,
    header: PathBuf,
    pkg_config: PathBuf,
    form: LibraryForm,
}

impl Files {
    /// The files for what `-o` says: a folder, or a name in one; without it, a name like the input's.
    pub fn new(output: Option<&Path>, input: &Path, form: LibraryForm) -> Result<Self> {
        if output.unwrap_or(input).as_os_str() == STANDARD_STREAM {
            bail!("a library is several files: give -o NAME, from which their names are made");
        }
        let (folder, named) = match output {
            Some(output) if output.is_dir() => (output, input),
            Some(output) => (output.parent().unwrap_or(output), output),
            None => (Path::new(""), input),
        };
        let is_chosen = output == Some(named);
        let stem = if is_chosen { named.file_name() } else { named.file_stem() };
        let name = library_name(&stem.unwrap_or_default().to_string_lossy())?;
        let library = folder.join(format!("lib{name}.{}", form.extension()));
        let beside = |extension| folder.join(format!("{name}.{extension}"));
        Ok(Self { header: beside("h"), pkg_config: beside("pc"), library, name, form })
    }

    /// Finds out if all files may be written. Files of these names are those of libraries.
    pub fn check(&self, inputs: &Inputs<'_>) -> Result<()> {
        output::check(&self.library, true, inputs)?;
        output::check(&self.header, true, inputs)?;
        output::check(&self.pkg_config, true, inputs)
    }

    /// Writes the files, each whole or not at all.
    pub fn write(&self, product: &Output) -> Result<()> {
        output::write(&self.library, &product.bytes, self.form == LibraryForm::Shared)?;
        output::write(&self.header, product.header.as_deref().unwrap_or_default().as_bytes(), false)?;
        output::write(&self.pkg_config, product.pkg_config.as_deref().unwrap_or_default().as_bytes(), false)
    }
}

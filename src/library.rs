//! The products `lib`, `shared` and `node` of `aot INPUT`: a library, the text by which other programs know its functions, and for C a
//! file for pkg-config. All files have one name.

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
    declarations: PathBuf,
    /// The file for pkg-config, of a library for C.
    pkg_config: Option<PathBuf>,
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
        let stem = stem.unwrap_or_default().to_string_lossy();
        let (name, library, declarations, pkg_config) = match form {
            LibraryForm::Static | LibraryForm::Shared => {
                let name = library_name(&stem)?;
                let library = format!("lib{name}.{}", form.extension());
                let (header, pkg_config) = (format!("{name}.h"), format!("{name}.pc"));
                (name, library, header, Some(folder.join(pkg_config)))
            }
            LibraryForm::Node => {
                let name = stem.strip_suffix(".node").unwrap_or(&stem).to_string();
                // Compilers of TypeScript look for these names beside `require("./NAME.node")`.
                let (library, declarations) = (format!("{name}.node"), format!("{name}.node.d.ts"));
                (name, library, declarations, None)
            }
        };
        Ok(Self { declarations: folder.join(declarations), library: folder.join(library), pkg_config, name, form })
    }

    /// Finds out if all files may be written. Files of these names are those of libraries.
    pub fn check(&self, inputs: &Inputs<'_>) -> Result<()> {
        output::check(&self.library, true, inputs)?;
        output::check(&self.declarations, true, inputs)?;
        self.pkg_config.iter().try_for_each(|file| output::check(file, true, inputs))
    }

    /// Writes the files, each whole or not at all.
    pub fn write(&self, product: &Output) -> Result<()> {
        output::write(&self.library, &product.bytes, self.form != LibraryForm::Static)?;
        output::write(&self.declarations, product.declarations.as_deref().unwrap_or_default().as_bytes(), false)?;
        let pkg_config = product.pkg_config.as_deref().unwrap_or_default();
        self.pkg_config.iter().try_for_each(|file| output::write(file, pkg_config.as_bytes(), false))
    }
}

//! The products `lib`, `shared`, `node`, `python` and `rust` of `aot INPUT`: a library, and the files by which other programs know its
//! functions. All files have one name, from which the compiler makes theirs.

use crate::output::{self, Inputs, STANDARD_STREAM};
use anyhow::{Context, Result, bail};
use aot_compiler::bindings::library_name;
use aot_compiler::driver::{LibraryForm, Output};
use std::path::{Path, PathBuf};

/// The name of a library, and the folder for its files.
pub struct Files {
    /// The name of the library.
    pub name: String,
    folder: PathBuf,
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
        let name = match form {
            LibraryForm::Static | LibraryForm::Shared => library_name(&stem)?,
            LibraryForm::Node => stem.strip_suffix(".node").unwrap_or(&stem).to_string(),
            LibraryForm::Rust => return Self::of_crate(output, &stem),
            LibraryForm::Python => library_name(stem.strip_suffix(".whl").unwrap_or(&stem))?,
        };
        Ok(Self { name, folder: folder.to_path_buf(), form })
    }

    /// The files of a crate, whose folder `-o` names.
    fn of_crate(output: Option<&Path>, stem: &str) -> Result<Self> {
        let stem = output.and_then(Path::file_name).map_or_else(|| stem.into(), |name| name.to_string_lossy());
        let name = library_name(&stem)?;
        let folder = output.map_or_else(|| PathBuf::from(&name), Path::to_path_buf);
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml"));
        if manifest.is_ok_and(|manifest| !manifest.starts_with(&format!("# The library {name}, made by aot."))) {
            bail!("{} has another crate: give another folder with -o", folder.display());
        }
        Ok(Self { name, folder, form: LibraryForm::Rust })
    }

    /// Finds out if all files whose names are known may be written. Files of these names are those of libraries.
    pub fn check(&self, inputs: &Inputs<'_>) -> Result<()> {
        let names = self.form.file_names(&self.name);
        names.iter().try_for_each(|name| output::check(&self.folder.join(name), true, inputs))
    }

    /// Writes the files, each whole or not at all, and returns the path of the library.
    pub fn write(&self, product: &Output, inputs: &Inputs<'_>) -> Result<PathBuf> {
        let library = self.folder.join(&product.file_name);
        output::check(&library, true, inputs)?;
        if self.form == LibraryForm::Rust {
            std::fs::create_dir_all(self.folder.join("src"))
                .with_context(|| format!("can't make {}", self.folder.display()))?;
        }
        let is_loaded = matches!(self.form, LibraryForm::Shared | LibraryForm::Node);
        output::write(&library, &product.bytes, is_loaded)?;
        for (name, text) in &product.files {
            output::write(&self.folder.join(name), text.as_bytes(), false)?;
        }
        Ok(library)
    }
}

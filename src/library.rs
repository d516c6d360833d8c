//! The products `lib` and `shared` of `aot INPUT`: a library and its header, which have one name.

use crate::args::CompileArgs;
use crate::compile::{compile, inputs_of, report};
use crate::console::Console;
use crate::inputs::Sources;
use crate::output::{self, STANDARD_STREAM};
use anyhow::{Result, bail};
use aot_compiler::bindings::library_name;
use aot_compiler::driver::{Emit, LibraryForm, Options};
use std::path::{Path, PathBuf};

/// The name of a library, and the paths of its files.
struct Files {
    name: String,
    library: PathBuf,
    header: PathBuf,
}

/// Compiles, and writes the library and its header, each whole or not at all.
pub fn run(
    args: &CompileArgs,
    form: LibraryForm,
    sources: &Sources,
    options: &mut Options,
    console: Console,
) -> Result<()> {
    let files = Files::new(args.output.as_deref(), &sources.path, form)?;
    for path in [&files.library, &files.header] {
        // Files of these names are libraries and headers.
        output::check(path, true, &inputs_of(&args.program, sources))?;
    }
    let emit = Emit::Library(form, files.name);
    let compiled = compile(sources, &args.program, options, &emit, console)?;
    output::write(&files.library, &compiled.bytes, form == LibraryForm::Shared)?;
    output::write(&files.header, compiled.header.as_deref().unwrap_or_default().as_bytes(), false)?;
    report(&args.program, &files.library, options, &compiled, console);
    console.artifact(&files.library, compiled.bytes.len() as u64, &options.target.name);
    Ok(())
}

impl Files {
    /// The files for what `-o` says: a folder, or a name in one; without it, a name like the input's.
    fn new(output: Option<&Path>, input: &Path, form: LibraryForm) -> Result<Self> {
        if output.unwrap_or(input).as_os_str() == STANDARD_STREAM {
            bail!("a library is two files: give -o NAME, from which their names are made");
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
        Ok(Self { header: folder.join(format!("{name}.h")), library, name })
    }
}

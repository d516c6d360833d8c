//! Stage 7 of 7: link. The object and the target's runtime become a static executable or a library, in memory.

mod runtimes;

use crate::driver::LibraryForm;
use crate::error::{Error, Result, Stage};
use crate::target::Target;
use aot_abi::symbols;
use aot_linker::{LinkInput, LinkOptions, Linker, Wild, archive, merge};
use std::borrow::Cow;

/// Facts about a program that decide how it is linked.
pub struct Form {
    /// The program needs the full runtime, with HTTP and stores in files.
    pub full: bool,
    /// Symbols and debug information are kept.
    pub debug: bool,
    /// The program is a script of the specification, whose threads have locals.
    pub script: bool,
    /// Pages of the executable become pages of the program's memory, so they are aligned.
    pub moves_images: bool,
}

impl Form {
    /// Returns true if the executable begins with its writable data. Full runtimes have sections for the locals of threads,
    /// and aligned images would be padded more.
    fn begins_with_data(&self) -> bool {
        !self.full && !self.script && !self.debug && !self.moves_images
    }
}

/// Links `object` with the runtime of `target`; `threads` doesn't change the result.
///
/// # Errors
/// Undefined symbols: an object of another version of aot.
pub fn link(target: &Target, object: Vec<u8>, form: &Form, threads: usize) -> Result<Vec<u8>> {
    let runtime = runtimes::of(target)?;
    let file = |name: &str, bytes: &'static [u8]| LinkInput::new(name, Cow::Borrowed(bytes));
    let inputs = vec![
        file("rcrt1.o", runtime.rcrt1),
        file("crti.o", runtime.crti),
        LinkInput::new("program.o", Cow::Owned(object)),
        file("libaot_runtime.a", if form.full { runtime.archive_full } else { runtime.archive }),
        file("libc.a", runtime.libc),
        file("crtn.o", runtime.crtn),
    ];
    let options = LinkOptions {
        data_first: form.begins_with_data(),
        strip: !form.debug,
        threads: threads.max(1),
        ..LinkOptions::default()
    };
    Wild.link(target.isa.machine, inputs, &options).map_err(|error| Error::defect(Stage::Link, format!("{error:#}")))
}

/// Links `object` with the runtime of `target` to a library, in which the symbols `exported` alone are visible. What
/// the runtime needs of a C library, or of Node.js, stays undefined, and is the host program's.
///
/// # Errors
/// An object of another version of aot.
pub fn link_library(
    target: &Target,
    object: Vec<u8>,
    (name, exported): (&str, &[String]),
    form: LibraryForm,
    threads: usize,
) -> Result<Vec<u8>> {
    let runtime = runtimes::of(target)?;
    let machine = target.isa.machine;
    let inputs = [
        LinkInput::new("program.o", Cow::Owned(object)),
        LinkInput::new("libaot_runtime.a", Cow::Borrowed(runtime.archive)),
    ];
    let defect = |error: anyhow::Error| Error::defect(Stage::Link, format!("{error:#}"));
    let merged = merge(&inputs, exported, &[symbols::VERSION]).map_err(defect)?;
    match form {
        LibraryForm::Static | LibraryForm::Rust => Ok(archive(&format!("{name}.o"), &merged, exported)),
        LibraryForm::Shared | LibraryForm::Node | LibraryForm::Python => {
            let object = LinkInput::new(format!("{name}.o"), Cow::Owned(merged));
            let soname = match form {
                LibraryForm::Node => format!("{name}.node"),
                _ => format!("lib{name}.so"),
            };
            Wild.link_shared(machine, object, &soname, threads.max(1)).map_err(defect)
        }
    }
}

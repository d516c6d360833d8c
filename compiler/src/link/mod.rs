//! Stage 7 of 7: link. The object and the target's runtime become a static executable, in memory.

mod runtimes;

use crate::error::{Error, Result, Stage};
use crate::target::Target;
use aot_linker::{LinkInput, LinkOptions, Linker, Wild};
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

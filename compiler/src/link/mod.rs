//! Stage 7 of 7: link. The object and the target's runtime become a static executable, in memory.

mod runtimes;

use crate::error::{Error, Result, Stage};
use crate::target::Target;
use aot_linker::{LinkInput, LinkOptions, Linker, Wild};
use std::borrow::Cow;

/// Links `object` with the runtime of `target`, with `http` the one that has it, with `debug` keeping symbols
/// and debug information; `threads` doesn't change the result.
///
/// # Errors
/// Undefined symbols: an object of another version of aot.
pub fn link(target: &Target, object: Vec<u8>, http: bool, debug: bool, threads: usize) -> Result<Vec<u8>> {
    let runtime = runtimes::of(target)?;
    let file = |name: &str, bytes: &'static [u8]| LinkInput::new(name, Cow::Borrowed(bytes));
    let inputs = vec![
        file("rcrt1.o", runtime.rcrt1),
        file("crti.o", runtime.crti),
        LinkInput::new("program.o", Cow::Owned(object)),
        file("libaot_runtime.a", if http { runtime.archive_http } else { runtime.archive }),
        file("libc.a", runtime.libc),
        file("crtn.o", runtime.crtn),
    ];
    let options = LinkOptions { strip: !debug, threads: threads.max(1), ..LinkOptions::default() };
    Wild.link(target.isa.machine, inputs, &options).map_err(|error| Error::defect(Stage::Link, format!("{error:#}")))
}

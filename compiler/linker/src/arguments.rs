//! Command line for libwild, which takes options in no other form.

use crate::{LinkOptions, Machine};

/// Path of the output among the files in memory.
pub(crate) const OUTPUT_PATH: &str = "/output/executable";

/// Returns the in-memory path of input `name`. An absolute path can't be taken for an option or a response file,
/// whatever the name.
pub(crate) fn input_path(name: &str) -> String {
    format!("{INPUT_FOLDER}{name}")
}

/// Path of the linker script among the files in memory. No input has it, because inputs have a folder of their own.
pub(crate) const LAYOUT_PATH: &str = "/layout.ld";

/// Folder of all inputs, which error messages omit.
pub(crate) const INPUT_FOLDER: &str = "/input/";

/// Flags of every link.
const COMMON: &[&str] = &[
    "--build-id=none",
    "--hash-style=gnu",
    "--no-eh-frame-hdr",
    "--no-identity-comment",
    "--discard-sframe",
    "--no-fork",
    "-z",
    "now",
    "-z",
    "noexecstack",
];

/// Flags of a link to an executable.
const EXECUTABLE: &[&str] = &[
    "--static",
    "--no-dynamic-linker",
    "--gc-sections",
    // libwild would report only the first undefined symbol as an error; as warnings it reports all, and each is an
    // error here.
    "--warn-unresolved-symbols",
    "-z",
    // RELRO would cost pages and protect nothing: in a static executable the C library doesn't apply it.
    "norelro",
];

/// Flags of a link to a shared object. Relative relocations aren't packed: dynamic linkers know that only since 2022.
const SHARED: &[&str] = &[
    "-shared",
    "--strip-all",
    "-z",
    // Signal handlers that came after ours, and keys of threads, keep addresses of its functions.
    "nodelete",
];

pub(crate) fn command_line<'p>(
    machine: Machine,
    input_paths: impl Iterator<Item = &'p str>,
    has_layout: bool,
    options: &LinkOptions,
) -> Vec<String> {
    let mut line = start(machine, EXECUTABLE);
    let mut add = |words: &[&str]| line.extend(words.iter().map(ToString::to_string));
    if options.static_pie {
        // Packs relative relocations as bitmaps; each would take 24 bytes otherwise.
        add(&["-pie", "-z", "pack-relative-relocs"]);
    } else {
        add(&["-no-pie"]);
    }
    if options.strip {
        add(&["--strip-all"]);
    }
    if has_layout {
        add(&["-T", LAYOUT_PATH]);
    }
    add(&["--entry", &options.entry]);
    add(&["-o", OUTPUT_PATH]);
    line.extend(input_paths.map(str::to_string));
    line
}

/// Returns the command line for one object that becomes a shared object.
pub(crate) fn command_line_of_shared(machine: Machine, input_path: &str, soname: &str) -> Vec<String> {
    let mut line = start(machine, SHARED);
    line.extend(["-soname", soname, "-o", OUTPUT_PATH, input_path].map(str::to_string));
    line
}

/// The name of the linker, the machine, and the flags of a form of output.
fn start(machine: Machine, flags: &[&str]) -> Vec<String> {
    let words = ["aot", "-flavor", "gnu", "-m", emulation(machine)];
    [words.as_slice(), COMMON, flags].concat().into_iter().map(str::to_string).collect()
}

fn emulation(machine: Machine) -> &'static str {
    match machine {
        Machine::X86_64 => "elf_x86_64",
        Machine::Aarch64 => "aarch64linux",
        Machine::Riscv64 => "elf64lriscv",
    }
}

/// Returns what scripts have of their own for a machine: the name of the section of data, and those of code in front of the text.
///
/// libwild 0.10 makes new sections of these, and can't write its own of the same names, which it needs if an input has an empty one of
/// the name (`.init`) or a symbol is relative to it (`__global_pointer$` to `.data`).
pub(crate) fn sections_of_scripts(machine: Machine) -> (&'static str, &'static str) {
    match machine {
        Machine::X86_64 | Machine::Aarch64 => {
            (".data", ".init : { KEEP(*(.init)) } :text\n.fini : { KEEP(*(.fini)) } :text")
        }
        Machine::Riscv64 => (".sdata", ""),
    }
}

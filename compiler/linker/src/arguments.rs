//! The command line that libwild is given: the only interface it has for options.

use crate::{LinkOptions, Machine};

/// The name under which the output is created among the files in memory.
pub(crate) const OUTPUT_PATH: &str = "/output/executable";

/// Where input `name` lies among the files in memory. An absolute path can't be taken for an
/// option or a response file, whatever the name.
pub(crate) fn input_path(name: &str) -> String {
    format!("{INPUT_FOLDER}{name}")
}

/// The folder of all inputs, cut out of messages again.
pub(crate) const INPUT_FOLDER: &str = "/input/";

/// Flags that every link has.
const COMMON: &[&str] = &[
    "--static",
    "--no-dynamic-linker",
    "--gc-sections",
    // As errors, only one of them would be reported; we take every warning for an error.
    "--warn-unresolved-symbols",
    "--build-id=none",
    "--hash-style=gnu",
    "--no-eh-frame-hdr",
    "--no-identity-comment",
    "--discard-sframe",
    "--no-fork",
    "-z",
    // The C library protects it only in what a dynamic linker loaded, so it would cost pages and give nothing.
    "norelro",
    "-z",
    "now",
    "-z",
    "noexecstack",
];

pub(crate) fn command_line(machine: Machine, input_paths: &[String], options: &LinkOptions) -> Vec<String> {
    let mut line: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| line.extend(words.iter().map(|word| word.to_string()));
    add(&["aot", "-flavor", "gnu", "-m", emulation(machine)]);
    add(COMMON);
    if options.static_pie {
        // Relative relocations as bitmaps: 24 bytes an entry otherwise.
        add(&["-pie", "-z", "pack-relative-relocs"]);
    } else {
        add(&["-no-pie"]);
    }
    if options.strip {
        add(&["--strip-all"]);
    }
    add(&["--entry", &options.entry]);
    add(&["-o", OUTPUT_PATH]);
    line.extend(input_paths.iter().cloned());
    line
}

fn emulation(machine: Machine) -> &'static str {
    match machine {
        Machine::X86_64 => "elf_x86_64",
        Machine::Aarch64 => "aarch64linux",
        Machine::Riscv64 => "elf64lriscv",
    }
}

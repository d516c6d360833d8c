//! Golden tests: each `tests/golden/NAME.wat` is planned and translated, and compared with `NAME.plan` and `NAME.clif`
//! beside it. `BLESS=1` rewrites them.
//!
//! `passes/PASS.wat` is for a pass of the optimiser: `PASS.before` and `PASS.after` have the functions that it changes. `PASS.profile`
//! is what a run of the program counted, in hexadecimal digits.
//! `machine/NAME.wat` has the machine code and the sections of a whole program, one file an ISA.

use aot_compiler::decode;
use aot_compiler::driver::{self, Emit, Options, Silent};
use aot_compiler::optimize::{PASSES, TRANSLATE};
use aot_compiler::profile::Profile;
use aot_compiler::target::{self, Target};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[test]
fn plans_and_clif_are_as_expected() {
    let mut golden = Golden::default();
    for input in inputs("") {
        for (extension, emit) in [("plan", Emit::Plan), ("clif", clif(TRANSLATE))] {
            golden.compare(&input.with_extension(extension), &text(&input, x86_64(), &emit));
        }
    }
    golden.finish();
}

#[test]
fn every_item_is_valid_after_each_pass_and_compiles_for_every_target() {
    for input in inputs("").into_iter().chain(inputs("passes")).chain(inputs("machine")) {
        for target in target::targets() {
            emit(&input, target, &Emit::Object);
        }
    }
}

#[test]
fn each_pass_changes_what_it_is_for() {
    let mut golden = Golden::default();
    let mut before = TRANSLATE;
    for pass in PASSES {
        let input = folder().join("passes").join(pass.name).with_extension("wat");
        assert!(input.exists(), "{}: the pass has no test", input.display());
        let [old, new] = [before, pass.name].map(|pass| text(&input, x86_64(), &clif(pass)));
        let (old, new) = (items(&old), items(&new));
        // Trampolines that nothing refers to any more aren't printed.
        let changed: Vec<&str> = new.keys().copied().filter(|name| new[name] != old[name]).collect();
        assert!(!changed.is_empty(), "{}: the pass changes nothing", input.display());
        for (extension, items) in [("before", &old), ("after", &new)] {
            let items: String = changed.iter().map(|name| items[name]).collect();
            golden.compare(&input.with_extension(extension), &items);
        }
        before = pass.name;
    }
    golden.finish();
}

#[test]
fn a_pass_that_is_switched_off_changes_nothing() {
    for pass in PASSES {
        let input = folder().join("passes").join(pass.name).with_extension("wat");
        let without = Options { disabled_passes: names(), ..options(x86_64()) };
        let with = Options {
            disabled_passes: names().into_iter().filter(|name| name != pass.name).collect(),
            ..options(x86_64())
        };
        let clif = |options: &Options| compile(&input, options, &Emit::Clif(None));
        assert_eq!(clif(&without), compile(&input, &without, &clif_before_all()));
        assert_ne!(clif(&without), clif(&with), "{}", pass.name);
    }
}

#[test]
fn machine_code_and_sections_are_as_expected() {
    let mut golden = Golden::default();
    for input in inputs("machine") {
        for target in target::targets() {
            let code = text(&input, target, &Emit::Asm);
            golden.compare(&input.with_extension(format!("{}.asm", target.isa.name)), &code);
            let sections = sections(&emit(&input, target, &Emit::Object));
            golden.compare(&input.with_extension(format!("{}.sections", target.isa.name)), &sections);
        }
    }
    golden.finish();
}

/// The items in a print of CLIF, by their headings.
fn items(text: &str) -> BTreeMap<&str, &str> {
    let starts: Vec<usize> = text.match_indices("; ").map(|(at, _)| at).filter(|at| is_line_start(text, *at)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let items = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]);
    items.map(|item| (item.lines().next().unwrap_or_default(), item)).collect()
}

fn is_line_start(text: &str, at: usize) -> bool {
    at == 0 || text.as_bytes()[at - 1] == b'\n'
}

/// The sections of an object, and the symbols in each: what has an address in the executable.
fn sections(bytes: &[u8]) -> String {
    let file: ElfFile64<'_> = ElfFile64::parse(bytes).unwrap();
    let mut lines = Vec::new();
    for section in file.sections().filter(|section| section.size() > 0) {
        let name = section.name().unwrap();
        // The note names the version of aot, and tables of the file itself are as long as the names in it.
        if name.starts_with(".rela") || name.starts_with(".note") || [".symtab", ".strtab", ".shstrtab"].contains(&name)
        {
            continue;
        }
        lines.push(format!("{name} aligned to {}: {} bytes", section.align(), section.size()));
        let mut symbols: Vec<(u64, u64, &str)> = file
            .symbols()
            .filter(|symbol| symbol.section_index() == Some(section.index()))
            .map(|symbol| (symbol.address(), symbol.size(), symbol.name().unwrap()))
            .filter(|(_, _, name)| !name.is_empty() && !name.starts_with(".L"))
            .collect();
        symbols.sort_unstable();
        lines.extend(symbols.into_iter().map(|(at, bytes, name)| format!("  {at:#x} {name}: {bytes} bytes")));
    }
    let undefined: BTreeSet<&str> =
        file.symbols().filter(ObjectSymbol::is_undefined).map(|symbol| symbol.name().unwrap()).collect();
    lines.extend(undefined.into_iter().filter(|name| !name.is_empty()).map(|name| format!("of the runtime: {name}")));
    lines.join("\n") + "\n"
}

fn clif(pass: &str) -> Emit {
    Emit::Clif(Some(pass.to_string()))
}

fn clif_before_all() -> Emit {
    clif(TRANSLATE)
}

fn names() -> Vec<String> {
    PASSES.iter().map(|pass| pass.name.to_string()).collect()
}

fn x86_64() -> &'static Target {
    Target::find("x86_64-linux").unwrap()
}

fn options(target: &'static Target) -> Options {
    Options { stub_unknown_imports: true, verify: true, threads: 1, ..Options::new(target) }
}

/// Returns the product of a stage for an input.
fn emit(input: &Path, target: &'static Target, emit: &Emit) -> Vec<u8> {
    compile(input, &options(target), emit)
}

fn compile(input: &Path, options: &Options, emit: &Emit) -> Vec<u8> {
    let profile = std::fs::read_to_string(input.with_extension("profile")).ok();
    let profile = profile.map(|digits| Profile::parse("the profile", bytes_of(&digits)).unwrap());
    let options = &Options { profiles: profile.into_iter().collect(), ..options.clone() };
    let text = std::fs::read(input).unwrap();
    let wasm = decode::to_binary(&text, &input.display().to_string(), false).unwrap();
    let output = driver::compile(&wasm, options, emit, &Silent);
    output.unwrap_or_else(|error| panic!("{} for {}: {error}", input.display(), options.target.name)).bytes
}

/// Returns the bytes that hexadecimal digits mean.
fn bytes_of(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().filter_map(|digit| Some(digit.to_digit(16)? as u8)).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn text(input: &Path, target: &'static Target, what: &Emit) -> String {
    String::from_utf8(emit(input, target, what)).unwrap()
}

/// Files that are compared with what they should be, or rewritten.
#[derive(Default)]
struct Golden {
    different: Vec<PathBuf>,
}

impl Golden {
    fn compare(&mut self, path: &Path, text: &str) {
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, text).unwrap();
        }
        if std::fs::read_to_string(path).unwrap_or_default() != text {
            self.different.push(path.to_path_buf());
        }
    }

    fn finish(self) {
        assert!(self.different.is_empty(), "not as expected (BLESS=1 rewrites): {:?}", self.different);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden")
}

/// The inputs in a folder of the golden tests.
fn inputs(below: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder().join(below)).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "wat")).collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    inputs
}

//! Features that a program doesn't use cost it nothing: a program without exceptions, garbage collection or threads has
//! none of their symbols, tables and code, and functions that don't use a feature have the same machine code in every
//! program.

mod support;

use aot_abi::{libcalls, symbols};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol, SymbolKind, elf};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Folder, Limits, Target};

/// A feature that only some programs have.
struct Feature {
    name: &'static str,
    /// Items of a module; the last of them is the function `$uses`.
    uses: &'static str,
    /// Symbols of the feature's tables, and of the runtime's functions that its code calls.
    symbols: &'static [&'static str],
    /// Modules of the runtime that no other program needs, as their paths begin in mangled symbols.
    modules: &'static [&'static str],
}

const FEATURES: &[Feature] = &[
    Feature {
        name: "exceptions",
        uses: "(tag $tag (param i32))
               (func $throws (throw $tag (i32.const 1)))
               (func $uses (block $caught (result i32) (try_table (catch $tag $caught) (call $throws)) (return)) (drop))",
        symbols: &[
            symbols::EXCEPTIONS,
            symbols::EXCEPTION_SITES,
            symbols::EXCEPTION_HANDLERS,
            symbols::EXCEPTION_TAGS,
            symbols::EXCEPTION_ROOTS,
            libcalls::EXCEPTION_NEW.symbol,
            libcalls::GC_EXCEPTION_NEW.symbol,
            libcalls::THROW.symbol,
        ],
        modules: &["14aot_foundation9exception"],
    },
    Feature {
        name: "objects",
        uses: "(type $node (struct (field (ref null struct))))
               (global $kept (mut (ref null $node)) (ref.null $node))
               (func $uses (global.set $kept (struct.new $node (global.get $kept))))",
        symbols: &[
            symbols::GC_HEAP,
            symbols::GC_TYPES,
            symbols::GC_FIELDS,
            symbols::GC_SITES,
            symbols::GC_SLOTS,
            symbols::GC_ROOTS,
            symbols::GC_TAGS,
            libcalls::GC_ALLOCATE.symbol,
            libcalls::GC_EXCEPTION_NEW.symbol,
        ],
        modules: &["14aot_foundation2gc"],
    },
    Feature {
        name: "threads",
        uses: "(func (export \"wasi_thread_start\") (param i32 i32))
               (func $uses
                 (drop (call $spawn (i32.const 0)))
                 (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
                 (drop (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const 0))))",
        symbols: &[
            symbols::THREAD_START,
            symbols::THREAD_SPAWN,
            libcalls::MEMORY_WAIT32.symbol,
            libcalls::MEMORY_WAIT64.symbol,
            libcalls::MEMORY_NOTIFY.symbol,
        ],
        modules: &["11aot_runtime7threads", "8aot_host7waiting", "8aot_host6access4take"],
    },

];

/// Returns a program that has the feature. `$plain` doesn't use it; `_start` calls `$uses` if `is_used` is set.
fn program(feature: &Feature, is_used: bool) -> String {
    let import = r#"(import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))"#;
    let import = if feature.uses.contains("$spawn") { import } else { "" };
    let memory = if import.is_empty() { "(memory 1 1)" } else { "(memory 1 1 shared)" };
    let call = if is_used { "(call $uses)" } else { "" };
    format!(
        r#"(module
             {import}
             {memory}
             {PLAIN}
             {}
             (func (export "_start") (drop (call $plain (i32.const 6))) {call}))"#,
        feature.uses
    )
}

/// Returns a program without any of the features.
fn plain_program() -> String {
    format!(r#"(module (memory 1 1) {PLAIN} (func (export "_start") (drop (call $plain (i32.const 6)))))"#)
}

/// Function with a loop, a memory, a global, a direct call and an indirect one, with the items that it needs.
const PLAIN: &str = r"
    (type $unary (func (param i32) (result i32)))
    (global $count (mut i32) (i32.const 0))
    (table $table 2 2 funcref)
    (elem (table $table) (i32.const 0) func $plain $twice)
    (func $twice (type $unary)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.shl (local.get 0) (i32.const 1)))
    (func $plain (type $unary) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get 0))))
        (i32.store offset=64 (local.get 0) (local.get $sum))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (if (local.get $sum)
        (then (local.set $sum (call_indirect $table (type $unary) (local.get $sum) (global.get $count)))))
      (i32.add (local.get $sum) (call $plain_of (call $twice (global.get $count)))))
    (func $plain_of (type $unary)
      (if (result i32) (i32.gt_u (local.get 0) (i32.const 9))
        (then (call $plain (local.get 0)))
        (else (i32.const 0))))";

/// Executables keep the symbols of the linked code because of `-g`.
#[test]
fn programs_carry_nothing_of_what_they_dont_use() {
    for_each("programs", |folder, target| {
        compile(folder, target, &plain_program(), &["-g"], "plain");
        for feature in FEATURES {
            compile(folder, target, &program(feature, true), &["-g"], "using");
            compile(folder, target, &program(feature, false), &["-g"], "unused");
            for kind in ["plain", "unused"] {
                let found = symbols_of(feature, &folder.join(kind));
                assert!(found.is_empty(), "{} for {}, {kind}: {found:?}", feature.name, target.name);
            }
            // A program that uses the feature must show the symbols, or the search would find nothing in any program.
            let found = symbols_of(feature, &folder.join("using"));
            for module in feature.modules {
                assert!(found.iter().any(|symbol| symbol.contains(module)), "{module} for {}: {found:?}", target.name);
            }
            assert!(found.iter().any(|symbol| symbol == feature.symbols[0]), "{} for {}", feature.name, target.name);
        }
    });
}

/// Objects, from which the linker has dropped nothing yet, have neither the tables nor references to the runtime.
#[test]
fn objects_refer_to_nothing_of_what_they_dont_use() {
    for_each("objects", |folder, target| {
        compile(folder, target, &plain_program(), &["--emit", "obj"], "plain");
        for feature in FEATURES {
            compile(folder, target, &program(feature, false), &["--emit", "obj"], "unused");
            for kind in ["plain", "unused"] {
                let found = symbols_of(feature, &folder.join(kind));
                assert!(found.is_empty(), "{} for {}, {kind}: {found:?}", feature.name, target.name);
            }
        }
    });
}

/// A program with an unused feature has the same code as one without it, and tables of the same sizes. Threads are left
/// out, because a shared memory is a memory of another kind.
#[test]
fn what_is_never_called_takes_no_byte() {
    for_each("bytes", |folder, target| {
        compile(folder, target, &plain_program(), &["--emit", "obj"], "plain");
        for feature in FEATURES.iter().filter(|feature| feature.name != "threads") {
            compile(folder, target, &program(feature, false), &["--emit", "obj"], "unused");
            let (plain, unused) = (code_and_sizes(&folder.join("plain")), code_and_sizes(&folder.join("unused")));
            assert!(!plain.0.is_empty());
            assert_eq!(plain, unused, "{} for {}", feature.name, target.name);
        }
    });
}

/// The machine code of a function that doesn't throw, allocate or start threads is the same if others do.
#[test]
fn other_functions_are_the_same_to_the_byte() {
    for_each("functions", |folder, target| {
        compile(folder, target, &plain_program(), &["--emit", "asm"], "plain");
        for feature in FEATURES {
            compile(folder, target, &program(feature, true), &["--emit", "asm"], "using");
            let (plain, using) = (functions(&folder.join("plain")), functions(&folder.join("using")));
            assert!(!plain[0].is_empty());
            assert_eq!(plain, using, "{} for {}", feature.name, target.name);
        }
    });
}

/// Calls `check` for each target, in a new folder.
fn for_each(test: &str, check: impl Fn(&Path, &Target)) {
    for target in support::targets() {
        let folder = Folder::new("costs", &format!("{test}/{}", target.name));
        check(&folder, &target);
        folder.remove();
    }
}

fn compile(folder: &Path, target: &Target, program: &str, arguments: &[&str], output: &str) {
    fs::write(folder.join("input.wat"), program).unwrap();
    let mut command = Command::new(support::aot());
    command.current_dir(folder).args(["input.wat", "-o", output, "--target", &target.name]).args(arguments);
    let outcome = support::run(&command, Limits::default());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr_text());
}

/// Returns the symbols of a file that belong to a feature.
fn symbols_of(feature: &Feature, path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let is_of = |name: &str, is_code: bool| {
        let is_in = |module: &&str| is_code && name.contains(*module);
        feature.symbols.contains(&name) || feature.modules.iter().any(is_in)
    };
    // In the runtime's modules only code counts: on riscv64 small variables of all modules share a section, a few
    // zeros.
    let names = file.symbols().map(|symbol| (symbol.name().unwrap(), symbol.kind() == SymbolKind::Text));
    let names: Vec<(&str, bool)> = names.collect();
    assert!(names.iter().any(|(name, _)| *name == symbols::TEXT_START));
    names.into_iter().filter(|(name, is_code)| is_of(name, *is_code)).map(|(name, _)| name.to_owned()).collect()
}

/// Returns the code of an object, and its symbols with their sizes.
fn code_and_sizes(path: &Path) -> (Vec<u8>, Vec<(String, u64)>) {
    let bytes = fs::read(path).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let code = file.section_by_name(".text").unwrap().data().unwrap().to_vec();
    let symbols = file.symbols().map(|symbol| (symbol.name().unwrap().to_owned(), symbol.size()));
    (code, symbols.collect())
}

/// Returns the machine code of `$twice`, `$plain` and `$plain_of`, which are the first functions of each program.
fn functions(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let code = |item: &str| item.split_once(":\n").map_or(String::new(), |(_, code)| code.trim_end().to_owned());
    text.split("\nFunc(").skip(1).take(3).map(code).collect()
}

/// Data that a program writes at start lies within the first page of its file, so that one page is copied, whatever the length of its
/// text.
#[test]
fn writable_data_lies_within_the_first_page() {
    for_each("pages", |folder, target| {
        compile(folder, target, &plain_program(), &[], "plain");
        let bytes = fs::read(folder.join("plain")).unwrap();
        let header = elf::FileHeader64::<LittleEndian>::parse(&*bytes).unwrap();
        let segments = header.program_headers(LittleEndian, &*bytes).unwrap().iter();
        let loaded = segments.filter(|segment| segment.p_type(LittleEndian) == elf::PT_LOAD);
        let writable: Vec<_> = loaded.filter(|segment| segment.p_flags(LittleEndian) & elf::PF_W != 0).collect();
        let [segment] = writable[..] else { panic!("{} writable segments for {}", writable.len(), target.name) };
        assert_eq!(segment.p_offset(LittleEndian), 0, "{}", target.name);
        assert!((1..=4096).contains(&segment.p_filesz(LittleEndian)), "{}", target.name);
    });
}

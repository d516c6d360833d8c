//! Isolation: an executable needs only a kernel, and `aot` starts no other program. The tests read both files, and run
//! them in a root folder that has nothing else.
//!
//! Changing the root needs privileges, so these tests run as root.

mod support;

use object::elf::{DF_1_PIE, DT_FLAGS_1, DT_NEEDED, DT_TEXTREL, ET_DYN, PF_W, PF_X, PT_GNU_STACK, PT_INTERP, PT_LOAD};
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader};
use object::{Architecture, Endianness, Object};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Folder, Limits, Outcome, Target};

/// Guests: a small program, one that uses files, and a large one with C++'s libraries.
const GUESTS: &[&str] = &["hello.wasm", "hello.component.wasm", "rust/files.component.wasm", "cpp/containers.wasm"];

#[test]
fn executables_are_static_and_relocatable() {
    for_each("static", GUESTS, |folder, target| {
        let bytes = fs::read(folder.join("program")).unwrap();
        let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
        let endian = file.endian();
        let header = file.elf_header();
        assert_eq!(header.e_type(endian), ET_DYN);
        assert_eq!(file.architecture(), architecture(target));
        let segments = file.elf_program_headers();
        assert!(segments.iter().all(|segment| segment.p_type(endian) != PT_INTERP), "an interpreter");
        let tags: Vec<i64> = segments
            .iter()
            .filter_map(|segment| segment.dynamic(endian, &*bytes).unwrap())
            .flat_map(|entries| entries.iter().map(|entry| entry.d_tag(endian)))
            .collect();
        assert!(!tags.contains(&DT_NEEDED), "a shared library");
        assert!(!tags.contains(&DT_TEXTREL), "relocations in text");
        assert!(is_pie(&file, &bytes), "the flag of a PIE");
    });
}

#[test]
fn nothing_is_writable_and_executable() {
    for_each("permissions", GUESTS, |folder, _| {
        let bytes = fs::read(folder.join("program")).unwrap();
        let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
        let endian = file.endian();
        for segment in file.elf_program_headers() {
            let (kind, flags) = (segment.p_type(endian), segment.p_flags(endian));
            if kind == PT_LOAD || kind == PT_GNU_STACK {
                assert!(flags & (PF_W | PF_X) != PF_W | PF_X, "a segment at {:#x}", segment.p_vaddr(endian));
            }
        }
    });
}

#[test]
fn executables_run_where_nothing_else_is() {
    for_each("nowhere", &["hello.wasm", "hello.component.wasm"], |folder, target| {
        let outcome = in_root(folder, target);
        assert_eq!((outcome.stdout_text().as_str(), outcome.code), ("hello\n", 0), "{}", outcome.stderr_text());
    });
}

/// The guests include one that uses its files, clocks and random numbers, and one that traps.
#[test]
fn programs_of_all_sorts_run_where_nothing_else_is() {
    for_each("nowhere_else", &["rust/files.component.wasm", "c/random.wasm", "traps/deep.wasm"], |folder, target| {
        let outcome = in_root(folder, target);
        let text = outcome.stderr_text();
        assert!([0, 134].contains(&outcome.code) && !text.contains("aot: "), "{}: {text}", outcome.code);
    });
}

#[test]
fn aot_runs_where_no_other_program_is() {
    let folder = Folder::new("isolation", "aot");
    let root = folder.join("root");
    fs::create_dir_all(&root).unwrap();
    fs::copy(support::aot(), root.join("aot")).unwrap();
    fs::copy(support::guest("hello.component.wasm"), root.join("hello.wasm")).unwrap();
    for library in libraries(support::aot()) {
        let to = root.join(library.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&library, to).unwrap();
    }
    for target in support::targets() {
        let mut command = Command::new("chroot");
        command.arg(&root).args(["/aot", "/hello.wasm", "-o", "/program", "--target", &target.name]);
        let outcome = support::run(&command, Limits::default());
        assert_eq!((outcome.code, outcome.stderr_text().as_str()), (0, ""), "for {}", target.name);
        fs::rename(root.join("program"), folder.join("program")).unwrap();
        let run = support::run(&target.command(&folder.join("program")), Limits::default());
        assert_eq!(run.stdout_text(), "hello\n");
    }
    folder.remove();
}

/// Compiles each guest for each target to `program` in a new folder.
fn for_each(test: &str, guests: &[&str], check: impl Fn(&Path, &Target)) {
    for guest in guests {
        for target in support::targets() {
            let folder = Folder::new("isolation", &format!("{test}/{guest}/{}", target.name));
            let mut command = Command::new(support::aot());
            command.current_dir(&folder).arg(support::guest(guest)).args(["--target", &target.name, "-o", "program"]);
            command.args(["--dir", "data::/data"]);
            let outcome = support::run(&command, Limits::default());
            assert_eq!(outcome.code, 0, "{}", outcome.stderr_text());
            check(&folder, &target);
            folder.remove();
        }
    }
}

/// Runs the program of `folder` with an empty environment. The root folder has only the program, its runner and a
/// granted folder: no `/proc`, no `/tmp`, no `/dev`.
fn in_root(folder: &Path, target: &Target) -> Outcome {
    let root = folder.join("root");
    fs::create_dir_all(root.join("data")).unwrap();
    fs::write(root.join("data/given.txt"), "given").unwrap();
    let command = support::in_root(&root, &folder.join("program"), target);
    support::run(&command, Limits { seconds: 60, memory_bytes: 0 })
}

/// Returns the shared libraries of a program of this machine and its interpreter, as `ldd` lists them.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let outcome = support::run(Command::new("ldd").arg(program), Limits::default());
    let text = outcome.stdout_text();
    let paths = text.split_whitespace().filter(|word| word.starts_with('/'));
    paths.map(PathBuf::from).collect()
}

fn architecture(target: &Target) -> Architecture {
    match target.isa.as_str() {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "riscv64" => Architecture::Riscv64,
        other => panic!("{other}"),
    }
}

fn is_pie(file: &ElfFile64<'_, Endianness>, bytes: &[u8]) -> bool {
    let endian = file.endian();
    let dynamic = file.elf_program_headers().iter().find_map(|segment| segment.dynamic(endian, bytes).unwrap());
    let mut entries = dynamic.into_iter().flatten();
    entries.any(|entry| entry.d_tag(endian) == DT_FLAGS_1 && entry.d_val(endian) & u64::from(DF_1_PIE) != 0)
}

//! Every kind of relocation in Cranelift's object files, checked by running the linked program.

mod support;

use aot_linker::{LinkInput, Linker, Machine, Wild};
use std::path::PathBuf;
use std::process::Command;
use support::exit_programs::{function_object, main_object};
use support::{MACHINES, archive, bare, run};

/// Returns the inputs of a link, by name.
fn inputs(machine: Machine) -> [(&'static str, Vec<u8>); 2] {
    let library = archive(&[("function.o/", function_object(machine))]);
    [("main.o", main_object(machine)), ("library.a", library)]
}

#[test]
fn a_program_computes_the_same_through_every_kind_of_relocation() {
    for machine in MACHINES {
        let inputs = inputs(machine).map(|(name, bytes)| LinkInput::new(name, bytes));
        let executable = Wild.link(machine, inputs.into(), &bare()).expect("it links");
        assert_eq!(run(machine, "relocations", &executable), Some(42), "{machine:?}");
    }
}

#[test]
fn the_linker_of_the_toolchain_makes_a_program_that_computes_the_same() {
    for machine in MACHINES {
        let folder = std::env::temp_dir().join(format!("aot-lld-{}-{machine:?}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let mut linker = Command::new(rust_lld());
        linker.args(["-flavor", "gnu", "--static", "--gc-sections", "-o", "program"]);
        for (name, bytes) in inputs(machine) {
            std::fs::write(folder.join(name), bytes).expect("writing an input");
            linker.arg(name);
        }
        let status = linker.current_dir(&folder).status().expect("rust-lld starts");
        assert!(status.success(), "{machine:?}");
        let executable = std::fs::read(folder.join("program")).expect("the executable");
        assert_eq!(run(machine, "lld", &executable), Some(42), "{machine:?}");
        std::fs::remove_dir_all(&folder).expect("removing the temporary folder");
    }
}

/// Returns the path of the lld that comes with every Rust toolchain.
fn rust_lld() -> PathBuf {
    let mut rustc = Command::new("rustc");
    let output = rustc.args(["--print", "target-libdir"]).output().expect("rustc starts");
    let libraries = String::from_utf8(output.stdout).expect("a folder");
    PathBuf::from(libraries.trim()).with_file_name("bin").join("rust-lld")
}

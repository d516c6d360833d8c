//! Determinism: the output depends on the input and the flags alone. It is identical with 1 and 8 threads, from two
//! folders, in any environment, and each time.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Folder, Limits, Target};

/// Guests with many functions, tables and several modules, in each form.
const GUESTS: &[&str] = &["cpp/containers.wasm", "rust/collections.component.wasm", "c/stdio.component.wasm"];

#[test]
fn threads_make_no_difference() {
    for_each("threads", |folder, target| {
        let one = compile(folder, "input.wasm", target, &["-j1"]);
        for arguments in [["-j8"], ["-j2"], ["-j0"]] {
            assert!(one == compile(folder, "input.wasm", target, &arguments), "{arguments:?} for {}", target.name);
        }
    });
}

#[test]
fn threads_make_no_difference_to_any_stage() {
    for_each("stages", |folder, target| {
        for stage in ["plan", "clif", "asm", "obj"] {
            let one = compile(folder, "input.wasm", target, &["-j1", "--emit", stage]);
            let eight = compile(folder, "input.wasm", target, &["-j8", "--emit", stage]);
            assert!(one == eight, "{stage} for {}", target.name);
        }
    });
}

#[test]
fn the_folder_makes_no_difference() {
    for_each("folders", |folder, target| {
        let other = folder.join("another/and/longer/one");
        fs::create_dir_all(&other).unwrap();
        fs::copy(folder.join("input.wasm"), other.join("input.wasm")).unwrap();
        let here = compile(folder, "input.wasm", target, &[]);
        assert!(here == compile(&other, "input.wasm", target, &[]), "by name, for {}", target.name);
        let absolute = other.join("input.wasm");
        let there = compile(folder, &absolute.to_string_lossy(), target, &[]);
        assert!(here == there, "by an absolute path, for {}", target.name);
    });
}

#[test]
fn the_environment_makes_no_difference() {
    for_each("environment", |folder, target| {
        let plain = compile(folder, "input.wasm", target, &[]);
        let mut command = command(folder, "input.wasm", target, &[]);
        command.env("TZ", "Asia/Tokyo").env("LC_ALL", "tr_TR.UTF-8").env("HOME", "/nowhere").env("TMPDIR", "/nowhere");
        command.env("SOURCE_DATE_EPOCH", "1").env("RAYON_NUM_THREADS", "5").env("TERM", "xterm");
        assert!(plain == output(&command, folder), "for {}", target.name);
    });
}

/// Calls `check` for each guest and target, in a folder that has the guest as `input.wasm`.
fn for_each(test: &str, check: impl Fn(&Path, &Target)) {
    for guest in GUESTS {
        for target in support::targets() {
            let folder = Folder::new("determinism", &format!("{test}/{guest}/{}", target.name));
            fs::copy(support::guest(guest), folder.join("input.wasm")).unwrap();
            check(&folder, &target);
            folder.remove();
        }
    }
}

fn command(folder: &Path, input: &str, target: &Target, arguments: &[&str]) -> Command {
    let mut command = Command::new(support::aot());
    command.current_dir(folder).args([input, "-o", "output", "--target", &target.name]).args(arguments);
    command
}

fn compile(folder: &Path, input: &str, target: &Target, arguments: &[&str]) -> Vec<u8> {
    output(&command(folder, input, target, arguments), folder)
}

fn output(command: &Command, folder: &Path) -> Vec<u8> {
    let outcome = support::run(command, Limits::default());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr_text());
    fs::read(folder.join("output")).unwrap()
}

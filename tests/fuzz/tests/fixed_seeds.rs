//! The first seeds of each kind, the same each time; `cargo xtask fuzz` tries others.

use std::process::Command;

/// Tries the seeds from 0 on, and fails with what is wrong.
fn try_seeds(kind: &str, cases: u32) {
    let keep = concat!(env!("CARGO_TARGET_TMPDIR"), "/fuzz");
    let words = [kind, "--cases", &cases.to_string(), "--jobs", "1", "--keep", keep];
    let output = Command::new(env!("CARGO_BIN_EXE_aot-fuzz")).args(words).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    println!("{text}");
}

#[test]
fn modules_do_what_they_do_under_wasmtime() {
    try_seeds("differential", 300);
}

#[test]
fn functions_with_many_results_do_so_at_every_level() {
    try_seeds("results", 240);
}

#[test]
fn loops_do_so_at_every_level() {
    try_seeds("loops", 240);
}

#[test]
fn interpreters_do_so_at_every_level() {
    try_seeds("dispatches", 240);
}

#[test]
fn arithmetic_of_128_bits_does_so_at_every_level() {
    try_seeds("wide", 240);
}

#[test]
fn long_expressions_do_so_at_every_level() {
    try_seeds("expressions", 240);
}

#[test]
fn components_return_the_values_that_they_are_given() {
    try_seeds("values", 150);
}

#[test]
fn the_compiler_takes_modules() {
    try_seeds("modules", 2000);
}

#[test]
fn the_compiler_takes_components() {
    try_seeds("components", 2000);
}

#[test]
fn the_compiler_takes_damaged_files() {
    try_seeds("bytes", 4000);
}

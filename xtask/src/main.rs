//! Commands for developers of aot: `cargo xtask SUBCOMMAND`. One file a subcommand; the rest are the
//! things that several of them need.

mod advisories;
mod apt;
mod archive;
mod bench;
mod charts;
mod checked;
mod count;
mod debian;
mod first_program;
mod foreign_python;
mod fuzz;
mod guest_std;
mod guest_threads;
mod guests;
mod hosts;
mod javascript;
mod libc_list;
mod libc_subset;
mod licenses;
mod lint;
mod metadata;
mod mutate;
mod places;
mod prepare;
mod process;
mod python;
mod real_programs;
mod registry;
mod runtime;
mod rust_source;
mod setup;
mod soak;
mod spdx;
mod steps;
mod targets;
mod test;
mod tidy;
mod wasi_programs;
mod wasmtime_c_api;
mod zig;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask SUBCOMMAND

  setup                       install what is missing, build aot, run a first program
  test [--corpora DIR]        run all tests (tests/README.md)
  checked [SUITE]...          run suites with a run-time library that checks sums and assertions
  tidy                        check the rules for sources and documents
  lint                        run Clippy and rustdoc over all crates
  advisories FOLDER           compare the versions of dependencies with a checkout of RustSec's advisory database
  licenses                    write the notices of produced executables
  guests                      install the tools of tests, and build the programs that they compile and run
  bench [NAME]... [OPTION]... measure aot and its executables (docs/benchmarks.md)
  charts                      draw the charts of docs/benchmarks.md from its tables
  fuzz KIND [OPTION]...       compile random modules, and compare them with wasmtime (tests/README.md)
  mutate [--list] [WORD]...   make faults in the runtime's protection, and see if tests notice (tests/README.md)
  soak [--seconds N]          keep a server under load, with clients that misbehave, for ten minutes or as long (tests/README.md)
  runtime [--target NAME]...  build the run-time library of every target, or of these
  wasi-programs FOLDER        run wasmtime's or wasi-testsuite's programs (tests/README.md)
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<ExitCode> {
    let Some((subcommand, arguments)) = words.split_first() else {
        bail!("which subcommand?\n{USAGE}");
    };
    match subcommand.as_str() {
        "setup" => setup::run(arguments),
        "test" => return test::run(arguments),
        "checked" => checked::run(arguments),
        "tidy" => tidy::run(arguments),
        "advisories" => advisories::run(arguments),
        "lint" => lint::run(arguments),
        "licenses" => licenses::run(arguments),
        "guests" => prepare::run(arguments),
        "bench" => bench::run(arguments),
        "charts" => charts::run(arguments),
        "fuzz" => fuzz::run(arguments),
        "mutate" => mutate::run(arguments),
        "runtime" => runtime::run(arguments),
        "soak" => soak::run(arguments),
        "wasi-programs" => wasi_programs::run(arguments),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no subcommand `{other}`\n{USAGE}"),
    }
    .map(|()| ExitCode::SUCCESS)
}

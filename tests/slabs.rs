//! Several slabs of one program in one process, on every target: a trap in one leaves the contents of the others alone,
//! and a reset restores the initial state.
//!
//! Each slab performs a script of `tests/slabs`, either command by command in turns, so that the others trap between
//! two commands of one slab; or all on threads, so that some trap while the others run guest code.

use aot_compiler::target::targets;
use aot_wast::corpus::Input;
use aot_wast::{Copies, Options, Runner};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for input in inputs() {
        for target in targets() {
            for (name, threads) in [("turns", false), ("threads", true)] {
                let copies = Copies { slabs: 4, rounds: 3, threads };
                let options = Options { copies, ..Options::new(target) };
                let input = Input { name: input.name.clone(), text: input.text.clone() };
                let name = format!("{}::{name}::{}", input.name, target.name);
                trials.push(Trial::test(name, move || perform(&input, options)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn inputs() -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slabs");
    let paths = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<Input> = paths
        .map(|path| Input {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&path).unwrap(),
        })
        .collect();
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!inputs.is_empty());
    inputs
}

fn perform(input: &Input, options: Options) -> Result<(), Failed> {
    let report = Runner::new(options).map_err(|error| format!("{error:#}"))?.run(input);
    if report.failures.is_empty() { Ok(()) } else { Err(report.to_string().into()) }
}

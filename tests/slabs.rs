//! Several slabs of one program in one process, on every target: a trap in one leaves the contents of the others alone,
//! and a reset restores the initial state.
//!
//! A script of `tests/slabs` is performed in each slab, either command by command in turns, so that between two commands
//! of one slab the others trap; or on a thread each, so that some trap while the others are in the guest; or with each call
//! on a stack of its own, so that some trap while the others wait in a host function. The slabs are those of instances from
//! a pool, which resets them.

use aot_compiler::target::targets;
use aot_wast::corpus::Input;
use aot_wast::{Copies, Options, Runner, Turns};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

const TURNS: [(&str, Turns); 3] = [("turns", Turns::Commands), ("threads", Turns::Threads), ("stacks", Turns::Stacks)];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for input in inputs() {
        for target in targets() {
            for (name, turns) in TURNS {
                let copies = Copies { slabs: 4, rounds: 3, turns };
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

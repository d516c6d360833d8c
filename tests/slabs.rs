//! Several slabs of one program in one process, on every target: a trap in one leaves the contents of the others alone,
//! and a reset restores the initial state.
//!
//! A script of `tests/slabs` is performed in each slab, either command by command in turns, so that between two commands
//! of one slab the others trap; or on a thread each, so that some trap while the others are in the guest; or with each call
//! on a stack of its own, so that some trap while the others wait in a host function. The slabs are those of instances from
//! a pool, which resets them; in the end each is compared with a new one, byte for byte. On this machine, resets are tried
//! with each method of undoing, as an older kernel would.

use aot_compiler::target::{Target, targets};
use aot_wast::corpus::Input;
use aot_wast::{Copies, Options, Runner, Turns, Undo};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

const TURNS: [(&str, Turns); 3] = [("turns", Turns::Commands), ("threads", Turns::Threads), ("stacks", Turns::Stacks)];

/// The rounds in which each method of undoing is tried: more than one reset gives back pages.
const MANY_ROUNDS: u16 = 40;

/// The text in place of `LONG` in a script, to make initial contents that are moved rather than copied.
const LONG: (&str, usize) = ("0123456789abcdef", 8 << 10);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for input in inputs() {
        for target in targets() {
            for (name, turns) in TURNS {
                let copies = Copies { slabs: 4, rounds: 3, turns, ..Copies::default() };
                trials.push(trial(&input, name, target, copies));
            }
        }
        for undo in Undo::ALL {
            let copies = Copies { slabs: 1, rounds: MANY_ROUNDS, undo, ..Copies::default() };
            trials.push(trial(&input, &format!("{undo:?}"), Target::host(), copies));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(input: &Input, name: &str, target: &'static Target, copies: Copies) -> Trial {
    let options = Options { copies, ..Options::new(target) };
    let name = format!("{}::{name}::{}", input.name, target.name);
    let input = Input { name: input.name.clone(), text: input.text.clone() };
    Trial::test(name, move || perform(&input, options))
}

fn inputs() -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slabs");
    let paths = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<Input> = paths
        .map(|path| Input {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&path).unwrap().replace("LONG", &LONG.0.repeat(LONG.1)),
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

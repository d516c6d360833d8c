//! A case: modules with their drivers, and the script that runs them.

use crate::canonical::export_all;
use crate::random::Random;
use crate::subject::{Subject, share_memories};
use crate::{dispatches, driver, expressions, generate, loops, results, wide};
use anyhow::Result;
use std::fmt::Write;

/// The number of cases of which one is of functions with many results, one is of loops, one is of dispatches, one is of
/// arithmetic of 128 bits, and one is of long expressions.
const SPECIAL_EVERY: u64 = 7;

/// The outcome of a line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The call returned a number.
    Returned(u64),
    /// A trap's message.
    Trapped(String),
}

/// Modules that import from each other.
pub struct Case {
    /// The seed that the modules were made from.
    pub seed: u64,
    /// The modules in the order of instantiation.
    pub modules: Vec<Member>,
    /// The calls: the module of each, and its number there.
    calls: Vec<(usize, usize)>,
}

/// A module of a case.
pub struct Member {
    /// The name under which scripts register the module.
    name: String,
    /// The module under test, in the binary format.
    pub subject: Vec<u8>,
    /// The module that calls the subject.
    driver: Vec<u8>,
}

impl Case {
    /// `None` if the seed gives no module, or one without functions.
    ///
    /// # Errors
    /// Of the parser.
    pub fn new(seed: u64) -> Result<Option<Self>> {
        match seed % SPECIAL_EVERY {
            0 => return Self::of_results(seed),
            1 => return Self::of_loops(seed),
            2 => return Self::of_dispatches(seed),
            3 => return Self::of_wide(seed),
            4 => return Self::of_expressions(seed),
            _ => {}
        }
        let mut random = Random::new(seed);
        let mut case = Self { seed, modules: Vec::new(), calls: Vec::new() };
        for number in 0..random.pick(&[1, 1, 2, 3]) {
            // What one before it imports, it exports too.
            let available = match number {
                0 => None,
                _ => {
                    let before = &case.modules[random.below(case.modules.len())];
                    Some(Subject::read(&before.subject)?.importer(&before.name))
                }
            };
            let Some(mut module) = generate::terminating(&mut random, available) else { break };
            if random.one_in(4) {
                module = share_memories(&module)?;
            }
            if Subject::read(&module)?.functions.is_empty() {
                break;
            }
            case.add(module, &mut random)?;
        }
        Ok((!case.modules.is_empty()).then(|| case.shuffled(&mut random)))
    }

    /// A module whose functions have many parameters and results.
    ///
    /// # Errors
    /// Of the parser.
    pub fn of_results(seed: u64) -> Result<Option<Self>> {
        Self::of_module(seed, results::module)
    }

    /// A module whose loops count, and access memory at sums of what they count.
    ///
    /// # Errors
    /// Of the parser.
    pub fn of_loops(seed: u64) -> Result<Option<Self>> {
        Self::of_module(seed, loops::module)
    }

    /// A module that interprets bytes of its memory.
    ///
    /// # Errors
    /// Of the parser.
    pub fn of_dispatches(seed: u64) -> Result<Option<Self>> {
        Self::of_module(seed, dispatches::module)
    }

    /// A module with arithmetic of 128 bits by halves.
    ///
    /// # Errors
    /// Of the parser.
    pub fn of_wide(seed: u64) -> Result<Option<Self>> {
        Self::of_module(seed, wide::module)
    }

    /// A module whose functions compute with many values at once.
    ///
    /// # Errors
    /// Of the parser.
    pub fn of_expressions(seed: u64) -> Result<Option<Self>> {
        Self::of_module(seed, expressions::module)
    }

    fn of_module(seed: u64, make: fn(&mut Random) -> Vec<u8>) -> Result<Option<Self>> {
        let mut random = Random::new(seed);
        let mut case = Self { seed, modules: Vec::new(), calls: Vec::new() };
        case.add(make(&mut random), &mut random)?;
        Ok(Some(case.shuffled(&mut random)))
    }

    /// Adds a module that has functions, with its driver.
    fn add(&mut self, module: Vec<u8>, random: &mut Random) -> Result<()> {
        let number = self.modules.len();
        let name = format!("s{}m{number}", self.seed);
        let (driver, calls) = driver::build(&Subject::read(&module)?, &name, random);
        self.calls.extend((0..calls).map(|call| (number, call)));
        self.modules.push(Member { name, subject: export_all(&module)?, driver });
        Ok(())
    }

    /// The case with its calls in a random order.
    fn shuffled(mut self, random: &mut Random) -> Self {
        for last in (1..self.calls.len()).rev() {
            self.calls.swap(last, random.below(last + 1));
        }
        self
    }
}

/// A script: a line for each module and each command. What isn't known yet is expected to be zero.
#[derive(Default)]
pub struct Script {
    /// The lines of the script. Those that are left out are empty, so that each has its number.
    pub lines: Vec<String>,
    /// The lines that call a function of a module.
    pub calls: Vec<usize>,
    /// The lines that read the state of a module.
    pub states: Vec<usize>,
}

impl Script {
    /// The script of cases, with what came of its lines.
    pub fn new(cases: &[Case], outcomes: &[Option<Outcome>]) -> Self {
        let mut script = Self::default();
        cases.iter().for_each(|case| script.add(case, outcomes));
        script
    }

    /// The script as the text of a file.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// Changes the assertion that wasmtime's message is about, if it is one of the choices that the specification leaves:
    /// waiting at an address that is neither aligned nor in bounds traps for one of the reasons. True if it has changed.
    pub fn take_other_order(&mut self, message: &str) -> bool {
        if !(message.contains("expected 'unaligned atomic'") && message.contains("out of bounds memory access")) {
            return false;
        }
        let number = message.split(".wast:").nth(1).and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        let line = number.and_then(|number| self.lines.get_mut(number.parse::<usize>().ok()?.checked_sub(1)?));
        let Some(line) = line else { return false };
        let changed = line.replace("\"unaligned atomic\"", "\"out of bounds memory access\"");
        let differs = changed != *line;
        *line = changed;
        differs
    }

    /// Adds a case. If a module traps at its start, the lines behind it are left out: modules that import from it ran
    /// here.
    fn add(&mut self, case: &Case, outcomes: &[Option<Outcome>]) {
        let mut trapped = false;
        for Member { name, subject, driver } in &case.modules {
            let outcome = outcomes.get(self.lines.len()).and_then(Option::as_ref);
            self.lines.extend(match outcome {
                _ if trapped => ["", "", ""].map(str::to_string),
                Some(Outcome::Trapped(message)) => {
                    trapped = true;
                    [trap(&binary("", subject), message), String::new(), String::new()]
                }
                _ => {
                    let register = format!("(register \"{name}\" ${name})");
                    [binary(&format!("${name}"), subject), register, binary(&format!("${name}d"), driver)]
                }
            });
        }
        for (module, call) in &case.calls {
            self.calls.push(self.lines.len());
            self.command(&case.modules[*module], &format!("c{call}"), trapped, outcomes);
            for module in &case.modules {
                self.states.push(self.lines.len());
                self.command(module, "state", trapped, outcomes);
            }
        }
    }

    fn command(&mut self, module: &Member, export: &str, left_out: bool, outcomes: &[Option<Outcome>]) {
        let invoke = format!("(invoke ${}d \"{export}\")", module.name);
        let outcome = outcomes.get(self.lines.len()).and_then(Option::as_ref);
        self.lines.push(match outcome {
            _ if left_out => String::new(),
            Some(Outcome::Trapped(message)) => trap(&invoke, message),
            Some(Outcome::Returned(value)) => format!("(assert_return {invoke} (i64.const {value}))"),
            None => format!("(assert_return {invoke} (i64.const 0))"),
        });
    }
}

/// The assertion that an action traps, or lets an exception pass, in wasmtime's words: it doesn't take
/// `assert_exception` of a module, and has words of its own for waiting in a memory that isn't shared.
fn trap(action: &str, message: &str) -> String {
    match message {
        _ if !message.starts_with("uncaught exception") => {
            let message = message.replace("expected shared memory", "atomic wait on non-shared memory");
            format!("(assert_trap {action} {message:?})")
        }
        _ if action.starts_with("(invoke") => format!("(assert_exception {action})"),
        _ => format!("(assert_trap {action} \"thrown Wasm exception\")"),
    }
}

fn binary(name: &str, module: &[u8]) -> String {
    let mut text = format!("(module {name} binary \"");
    for byte in module {
        // Writing to a string doesn't fail.
        let _ = write!(text, "\\{byte:02x}");
    }
    text + "\")"
}

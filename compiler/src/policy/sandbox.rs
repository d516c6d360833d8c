//! The kernel's part of the policy: which system calls the program's host functions need, as a filter in the kernel's
//! language (classic BPF).
//!
//! ```text
//!     load the architecture; another one: kill
//!     load the number
//!     binary search among the sorted numbers: at each leaf, allow, kill, or look at arguments first
//! ```
//!
//! The kernel simulates a filter for each system call there is when it is installed, so a linear chain costs a hundred
//! microseconds at start.

use super::{Policy, with_head};
use crate::isa::IsaFacts;
use aot_abi::policy as abi;
use aot_abi::sandbox::{Check, Group, HOST_FUNCTIONS, Instruction, PATHS, REQUIRED, SOCKETS, SYSTEM_CALLS, SystemCall};
use std::collections::{BTreeMap, BTreeSet};

/// Loads a word of the kernel's `seccomp_data`.
const LOAD: u16 = 0x20;
/// Jumps by an operand.
const JUMP: u16 = 0x05;
/// Jumps if equal.
const JUMP_EQUAL: u16 = 0x15;
/// Jumps if not less, unsigned.
const JUMP_NOT_LESS: u16 = 0x35;
/// Jumps if any bit is set.
const JUMP_ANY_BIT: u16 = 0x45;
/// Ends with an action.
const RETURN: u16 = 0x06;

/// Ends the process.
const KILL: u32 = 0x8000_0000;
const ALLOW: u32 = 0x7fff_0000;

/// About as many system calls as there are.
const NUMBERS: u32 = 470;

/// Offsets in `seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// What to do with the numbers from `first` to the next part's.
struct Part {
    first: u32,
    treatment: Treatment,
}

enum Treatment {
    Kill,
    Allow,
    /// Allow what any of these rows allows.
    Check(Vec<&'static SystemCall>),
}

/// How far an end may lie behind for another jump to share it: jumps reach 255, and a subtree comes between.
const NEAR: usize = 200;

/// The payload of the policy's item.
pub(super) fn encode(policy: &Policy, isa: &IsaFacts, host_functions: &BTreeSet<&str>) -> Vec<u8> {
    let groups = groups(policy, host_functions);
    let mut flags = 0;
    if policy.sandbox == super::Sandbox::Required {
        flags |= REQUIRED;
    }
    if groups.contains(&Group::Sockets) {
        flags |= SOCKETS;
    }
    if groups.iter().any(|group| matches!(group, Group::Paths | Group::Changes)) {
        flags |= PATHS;
    }
    let mut out = with_head(&abi::Sandbox { flags }, &[]);
    filter(isa, &groups).iter().for_each(|instruction| out.extend(with_head(instruction, &[])));
    out
}

/// What the host functions need, as far as something is granted.
fn groups(policy: &Policy, host_functions: &BTreeSet<&str>) -> Vec<Group> {
    let mut groups = vec![Group::Base];
    for (prefix, needed) in HOST_FUNCTIONS {
        if host_functions.iter().any(|symbol| symbol.starts_with(prefix)) {
            groups.extend_from_slice(needed);
        }
    }
    let granted = policy.runtime_grants || !policy.directories.is_empty();
    // Sockets that are handed in are files of preview1. Standard streams have no further operations, and embedded files
    // need no system calls.
    let files = granted || policy.network.inherit_sockets;
    let writable = policy.runtime_grants || policy.directories.iter().any(|directory| !directory.read_only);
    let imports_http = host_functions.iter().any(|symbol| symbol.starts_with("wasi:http/"));
    let requests = imports_http && !policy.http.grants.is_empty();
    groups.retain(|group| match group {
        Group::Files => files,
        Group::Paths => granted,
        Group::Changes => writable,
        Group::Sockets => !policy.network.is_empty() || requests,
        Group::NewSockets => !(policy.network.net.is_empty() && policy.network.listen.is_empty()) || requests,
        Group::Servers => !policy.network.listen.is_empty(),
        _ => true,
    });
    groups
}

fn filter(isa: &IsaFacts, groups: &[Group]) -> Vec<Instruction> {
    let mut code = Backwards::default();
    let search = search(&mut code, &parts(isa, groups), NUMBERS);
    code.start_at(search);
    let number = code.load(NUMBER);
    let kill = code.act(KILL);
    code.jump(JUMP_EQUAL, isa.audit_architecture, number, kill);
    code.load(ARCHITECTURE);
    code.instructions.reverse();
    code.instructions
}

/// All numbers, in parts that are treated alike.
fn parts(isa: &IsaFacts, groups: &[Group]) -> Vec<Part> {
    let mut alternatives: BTreeMap<u32, Vec<&'static SystemCall>> = BTreeMap::new();
    for call in SYSTEM_CALLS.iter().filter(|call| groups.contains(&call.group)) {
        alternatives.entry((isa.system_call_number)(call)).or_default().push(call);
    }
    let mut parts = vec![Part { first: 0, treatment: Treatment::Kill }];
    for (number, calls) in alternatives {
        let always = calls.iter().any(|call| call.checks.is_empty());
        add(&mut parts, number, if always { Treatment::Allow } else { Treatment::Check(calls) });
        add(&mut parts, number + 1, Treatment::Kill);
    }
    parts
}

/// Adds a part. One that begins where the last one does replaces it; one that is treated as the last is part of it.
fn add(parts: &mut Vec<Part>, first: u32, treatment: Treatment) {
    parts.pop_if(|last| last.first == first);
    let last = parts.last().map(|last| &last.treatment);
    let same = matches!(
        (&treatment, last),
        (Treatment::Kill, Some(Treatment::Kill)) | (Treatment::Allow, Some(Treatment::Allow))
    );
    if !same {
        parts.push(Part { first, treatment });
    }
}

/// Finds the part of the loaded number, and does what it says. The last part ends before `end`.
fn search(code: &mut Backwards, parts: &[Part], end: u32) -> Label {
    if let [part] = parts {
        return treat(code, &part.treatment);
    }
    let (left, right) = parts.split_at(middle(parts, end));
    let first = right[0].first;
    let above = search(code, right, end);
    let below = search(code, left, first);
    code.jump(JUMP_NOT_LESS, first, above, below)
}

/// Where to divide parts so that both sides have as many numbers: the kernel simulates the filter for each that it has.
fn middle(parts: &[Part], end: u32) -> usize {
    let half = parts[0].first.midpoint(end.max(parts[0].first));
    parts.partition_point(|part| part.first <= half).clamp(1, parts.len() - 1)
}

fn treat(code: &mut Backwards, treatment: &Treatment) -> Label {
    match treatment {
        Treatment::Kill => code.act(KILL),
        Treatment::Allow => code.act(ALLOW),
        Treatment::Check(calls) => {
            let kill = code.act(KILL);
            calls.iter().fold(kill, |otherwise, call| {
                let allow = code.act(ALLOW);
                call.checks.iter().rev().fold(allow, |then, check| branch(code, check, then, otherwise))
            })
        }
    }
}

/// `then` where the check holds, and `otherwise` where it doesn't.
fn branch(code: &mut Backwards, check: &Check, then: Label, otherwise: Label) -> Label {
    match *check {
        Check::NoBits(argument, bits) => {
            code.jump(JUMP_ANY_BIT, bits, otherwise, then);
            code.load(low(argument))
        }
        Check::Not(argument, value) => {
            code.jump(JUMP_EQUAL, value, otherwise, then);
            code.load(low(argument))
        }
        Check::Null(argument) => {
            code.jump(JUMP_EQUAL, 0, then, otherwise);
            let high = code.load(low(argument) + 4);
            code.jump(JUMP_EQUAL, 0, high, otherwise);
            code.load(low(argument))
        }
        Check::OneOf(argument, values) => {
            values.iter().rev().fold(otherwise, |next, value| code.jump(JUMP_EQUAL, *value, then, next));
            code.load(low(argument))
        }
    }
}

/// The offset of the low half of an argument: all our targets are little-endian.
fn low(argument: u32) -> u32 {
    ARGUMENTS + 8 * argument
}

/// A filter that is written from its end: jumps only go forward, so their targets are known.
#[derive(Default)]
struct Backwards {
    instructions: Vec<Instruction>,
}

/// How many instructions were written before this one.
type Label = usize;

impl Backwards {
    fn push(&mut self, code: u16, if_true: u8, if_false: u8, operand: u32) -> Label {
        self.instructions.push(Instruction { code, if_true, if_false, operand });
        self.instructions.len() - 1
    }

    /// Loads a word, and goes on with what was written last.
    fn load(&mut self, offset: u32) -> Label {
        self.push(LOAD, 0, 0, offset)
    }

    /// Ends with this action; filters share one end of each kind as long as jumps reach it.
    fn act(&mut self, action: u32) -> Label {
        let is_end = |instruction: &Instruction| instruction.code == RETURN && instruction.operand == action;
        match self.instructions.iter().rposition(is_end) {
            Some(label) if self.instructions.len() - label <= NEAR => label,
            _ => self.push(RETURN, 0, 0, action),
        }
    }

    /// Compares what is loaded.
    fn jump(&mut self, code: u16, operand: u32, if_true: Label, if_false: Label) -> Label {
        let (if_true, if_false) = (self.near(if_true), self.near(if_false));
        let distance = |label: Label| u8::try_from(self.instructions.len() - 1 - label).expect("it was made near");
        let (if_true, if_false) = (distance(if_true), distance(if_false));
        self.push(code, if_true, if_false, operand)
    }

    /// A label that the next instruction but one reaches, and that does the same.
    fn near(&mut self, label: Label) -> Label {
        let distance = self.instructions.len() - label;
        if distance < usize::from(u8::MAX) { label } else { self.push(JUMP, 0, 0, distance as u32 - 1) }
    }

    /// Makes what is written next go on here.
    fn start_at(&mut self, label: Label) {
        let distance = self.instructions.len() - 1 - label;
        if distance > 0 {
            self.push(JUMP, 0, 0, distance as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa;
    use aot_abi::wasi;

    const EVERY_GROUP: [Group; 12] = [
        Group::Base,
        Group::Streams,
        Group::Files,
        Group::Paths,
        Group::Changes,
        Group::Clocks,
        Group::Yielding,
        Group::Random,
        Group::Sockets,
        Group::NewSockets,
        Group::Servers,
        Group::Threads,
    ];

    /// What the kernel would do: the action of a filter for a system call.
    fn run(filter: &[Instruction], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
        let data = |offset: u32| match offset {
            NUMBER => number,
            ARCHITECTURE => architecture,
            _ => (arguments[(offset - ARGUMENTS) as usize / 8] >> (8 * ((offset - ARGUMENTS) % 8))) as u32,
        };
        let (mut at, mut loaded) = (0, 0);
        loop {
            let Instruction { code, if_true, if_false, operand } = filter[at];
            at += 1;
            let holds = match code {
                LOAD => {
                    loaded = data(operand);
                    continue;
                }
                JUMP => {
                    at += operand as usize;
                    continue;
                }
                RETURN => return operand,
                JUMP_EQUAL => loaded == operand,
                JUMP_NOT_LESS => loaded >= operand,
                JUMP_ANY_BIT => loaded & operand != 0,
                _ => panic!("an instruction {code:#x}"),
            };
            at += usize::from(if holds { if_true } else { if_false });
        }
    }

    fn allowed(isa: &IsaFacts, groups: &[Group], number: u32, arguments: [u64; 6]) -> bool {
        run(&filter(isa, groups), isa.audit_architecture, number, arguments) == ALLOW
    }

    fn holds(check: &Check, arguments: [u64; 6]) -> bool {
        let argument = |index: u32| arguments[index as usize];
        match *check {
            Check::NoBits(index, bits) => argument(index) as u32 & bits == 0,
            Check::OneOf(index, values) => values.contains(&(argument(index) as u32)),
            Check::Not(index, value) => argument(index) as u32 != value,
            Check::Null(index) => argument(index) == 0,
        }
    }

    #[test]
    fn filters_allow_what_the_table_allows() {
        let samples = [0, 1, 3, 4, 0o101, 11, 0x5412, 0x5413, 0x5421, 0x80801, 0xffff_ff9c, 1 << 32, u64::MAX];
        for isa in isa::ALL {
            for count in 1..=EVERY_GROUP.len() {
                let groups = &EVERY_GROUP[..count];
                for number in (0..600).chain([0x4000_0000, u32::MAX]) {
                    for sample in samples {
                        let arguments = [sample; 6];
                        let expected = SYSTEM_CALLS.iter().any(|call| {
                            (isa.system_call_number)(call) == number
                                && groups.contains(&call.group)
                                && call.checks.iter().all(|check| holds(check, arguments))
                        });
                        assert_eq!(
                            allowed(isa, groups, number, arguments),
                            expected,
                            "{} {number} {sample:#x}",
                            isa.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn other_architectures_are_killed() {
        for isa in isa::ALL {
            assert_eq!(run(&filter(isa, &EVERY_GROUP), 0x4000_0003, 1, [0; 6]), KILL, "{}", isa.name);
        }
    }

    #[test]
    fn filters_are_shallow() {
        for isa in isa::ALL {
            let most = most_steps(&filter(isa, &EVERY_GROUP));
            assert!(most <= 12, "{}: {most}", isa.name);
        }
    }

    /// The most instructions that decide about a number, without checks of arguments.
    fn most_steps(filter: &[Instruction]) -> u32 {
        let steps = |number| {
            let mut at = 4;
            let mut steps = 0;
            while filter[at].code != RETURN && filter[at].code != LOAD {
                let instruction = filter[at];
                let holds = instruction.code == JUMP_NOT_LESS && number >= instruction.operand;
                at += 1 + match instruction.code {
                    JUMP => instruction.operand as usize,
                    _ if holds => instruction.if_true.into(),
                    _ => instruction.if_false.into(),
                };
                steps += 1;
            }
            steps
        };
        (0..600).map(steps).max().unwrap()
    }

    #[test]
    fn every_host_function_has_a_row() {
        let interfaces = wasi::INTERFACES.iter().flat_map(|interface| interface.functions);
        let symbols =
            interfaces.map(|function| function.symbol).chain(wasi::PREVIEW1.iter().map(|function| function.symbol));
        for symbol in symbols {
            assert!(HOST_FUNCTIONS.iter().any(|(prefix, _)| symbol.starts_with(prefix)), "{symbol}");
        }
    }

    #[test]
    fn nothing_granted_needs_no_paths() {
        let functions = BTreeSet::from(["wasi_snapshot_preview1#path_open"]);
        let mut policy = Policy::default();
        policy.embedded.push(super::super::Embedded { guest: String::from("/a"), tree: Vec::new() });
        assert!(!groups(&policy, &functions).contains(&Group::Paths));
        let directory = |read_only| super::super::Directory {
            host: String::from("a"),
            guest: String::from("a"),
            read_only,
            optional: false,
        };
        policy.runtime_grants = true;
        assert!(groups(&policy, &functions).contains(&Group::Changes));
        policy.runtime_grants = false;
        policy.directories.push(directory(true));
        assert!(groups(&policy, &functions).contains(&Group::Paths));
        assert!(!groups(&policy, &functions).contains(&Group::Changes));
        policy.directories.push(directory(false));
        assert!(groups(&policy, &functions).contains(&Group::Changes));
    }
}

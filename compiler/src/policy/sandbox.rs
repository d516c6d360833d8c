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

use super::Policy;
use aot_abi::sandbox::{AUDIT_ARCHES, Check, Group, HOST_FUNCTIONS, REQUIRED, SOCKETS, SYSTEM_CALLS, SystemCall};
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

#[derive(Clone, Copy)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    operand: u32,
}

/// What to do with the numbers from `first` to the next part's.
struct Part {
    first: u32,
    code: Vec<Instruction>,
}

/// The record of the policy.
pub(super) fn encode(policy: &Policy, isa: &str, host_functions: &BTreeSet<&str>) -> Vec<u8> {
    let groups = groups(policy, host_functions);
    let mut flags = 0;
    if policy.sandbox == super::Sandbox::Required {
        flags |= REQUIRED;
    }
    if groups.contains(&Group::Sockets) {
        flags |= SOCKETS;
    }
    let mut out = u32::to_le_bytes(flags).to_vec();
    for instruction in filter(isa, &groups) {
        out.extend_from_slice(&instruction.code.to_le_bytes());
        out.extend_from_slice(&[instruction.if_true, instruction.if_false]);
        out.extend_from_slice(&instruction.operand.to_le_bytes());
    }
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
    let granted = !policy.directories.is_empty();
    let writable = policy.directories.iter().any(|directory| !directory.read_only);
    groups.retain(|group| match group {
        Group::Paths => granted,
        Group::Changes => writable,
        _ => true,
    });
    groups
}

fn filter(isa: &str, groups: &[Group]) -> Vec<Instruction> {
    let architecture = AUDIT_ARCHES.iter().find(|(name, _)| *name == isa).map_or(0, |(_, number)| *number);
    let mut filter = vec![
        load(ARCHITECTURE),
        Instruction { code: JUMP_EQUAL, if_true: 1, if_false: 0, operand: architecture },
        action(KILL),
        load(NUMBER),
    ];
    filter.extend(search(&parts(isa, groups), NUMBERS));
    filter
}

/// All numbers, in parts that are treated alike.
fn parts(isa: &str, groups: &[Group]) -> Vec<Part> {
    let mut alternatives: BTreeMap<u32, Vec<&SystemCall>> = BTreeMap::new();
    for call in SYSTEM_CALLS.iter().filter(|call| groups.contains(&call.group)) {
        let number = if isa == "x86_64" { call.x86_64 } else { call.generic };
        if let Some(number) = number {
            alternatives.entry(number).or_default().push(call);
        }
    }
    let mut parts = vec![Part { first: 0, code: vec![action(KILL)] }];
    for (number, calls) in alternatives {
        add(&mut parts, number, leaf(&calls));
        add(&mut parts, number + 1, vec![action(KILL)]);
    }
    parts
}

/// Adds a part. One that begins where the last one does replaces it; one that does the same as the last is part of it.
fn add(parts: &mut Vec<Part>, first: u32, code: Vec<Instruction>) {
    parts.pop_if(|last| last.first == first);
    let only = |code: &[Instruction]| {
        if let [only] = code { Some(only.operand) } else { None }
    };
    let same = parts.last().is_some_and(|last| only(&code).is_some() && only(&last.code) == only(&code));
    if !same {
        parts.push(Part { first, code });
    }
}

/// Allows what any of these rows allows.
fn leaf(calls: &[&SystemCall]) -> Vec<Instruction> {
    let mut code = vec![action(KILL)];
    for call in calls {
        code = call.checks.iter().rev().fold(vec![action(ALLOW)], |then, check| branch(check, then, &code));
    }
    code
}

/// `then` where the check holds, and `otherwise` where it doesn't.
fn branch(check: &Check, then: Vec<Instruction>, otherwise: &[Instruction]) -> Vec<Instruction> {
    let test = |code, operand, if_true: usize, if_false: usize| Instruction {
        code,
        if_true: u8::try_from(if_true).expect("leaves are short"),
        if_false: u8::try_from(if_false).expect("leaves are short"),
        operand,
    };
    // The tests fall through to `otherwise`, and jump over it.
    let over = otherwise.len();
    let mut code = Vec::new();
    match *check {
        Check::NoBits(argument, bits) => code.extend([load(low(argument)), test(JUMP_ANY_BIT, bits, 0, over)]),
        Check::Not(argument, value) => code.extend([load(low(argument)), test(JUMP_EQUAL, value, 0, over)]),
        Check::Null(argument) => code.extend([
            load(low(argument)),
            test(JUMP_EQUAL, 0, 0, 2),
            load(low(argument) + 4),
            test(JUMP_EQUAL, 0, over, 0),
        ]),
        Check::OneOf(argument, values) => {
            code.push(load(low(argument)));
            let tests = values.iter().enumerate();
            code.extend(tests.map(|(index, value)| test(JUMP_EQUAL, *value, values.len() - 1 - index + over, 0)));
        }
    }
    code.extend_from_slice(otherwise);
    code.extend(then);
    code
}

/// The offset of the low half of an argument: all our targets are little-endian.
fn low(argument: u32) -> u32 {
    ARGUMENTS + 8 * argument
}

/// Finds the part of the loaded number, and does what it says. The last part ends before `end`.
fn search(parts: &[Part], end: u32) -> Vec<Instruction> {
    if let [part] = parts {
        return part.code.clone();
    }
    let (left, right) = parts.split_at(middle(parts, end));
    let (below, above) = (search(left, right[0].first), search(right, end));
    let mut code = Vec::new();
    match u8::try_from(below.len()) {
        Ok(distance) => {
            code.push(Instruction { code: JUMP_NOT_LESS, if_true: distance, if_false: 0, operand: right[0].first });
        }
        Err(_) => code.extend([
            Instruction { code: JUMP_NOT_LESS, if_true: 0, if_false: 1, operand: right[0].first },
            Instruction { code: JUMP, if_true: 0, if_false: 0, operand: below.len() as u32 },
        ]),
    }
    code.extend(below);
    code.extend(above);
    code
}

/// Where to divide parts so that both sides have as many numbers: the kernel simulates the filter for each that it has.
fn middle(parts: &[Part], end: u32) -> usize {
    let half = parts[0].first.midpoint(end.max(parts[0].first));
    parts.partition_point(|part| part.first <= half).clamp(1, parts.len() - 1)
}

fn load(offset: u32) -> Instruction {
    Instruction { code: LOAD, if_true: 0, if_false: 0, operand: offset }
}

fn action(action: u32) -> Instruction {
    Instruction { code: RETURN, if_true: 0, if_false: 0, operand: action }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::wasi;

    const EVERY_GROUP: [Group; 8] = [
        Group::Base,
        Group::Streams,
        Group::Files,
        Group::Paths,
        Group::Changes,
        Group::Clocks,
        Group::Random,
        Group::Sockets,
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

    fn allowed(isa: &str, groups: &[Group], number: u32, arguments: [u64; 6]) -> bool {
        let architecture = AUDIT_ARCHES.iter().find(|(name, _)| *name == isa).unwrap().1;
        run(&filter(isa, groups), architecture, number, arguments) == ALLOW
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
        let samples = [0, 1, 3, 4, 0o101, 11, 0x5401, 0x5412, 0x5421, 0xffff_ff9c, 1 << 32, u64::MAX];
        for (isa, _) in AUDIT_ARCHES {
            for count in 1..=EVERY_GROUP.len() {
                let groups = &EVERY_GROUP[..count];
                for number in (0..600).chain([0x4000_0000, u32::MAX]) {
                    for sample in samples {
                        let arguments = [sample; 6];
                        let expected = SYSTEM_CALLS.iter().any(|call| {
                            let own = if *isa == "x86_64" { call.x86_64 } else { call.generic };
                            own == Some(number)
                                && groups.contains(&call.group)
                                && call.checks.iter().all(|check| holds(check, arguments))
                        });
                        assert_eq!(allowed(isa, groups, number, arguments), expected, "{isa} {number} {sample:#x}");
                    }
                }
            }
        }
    }

    #[test]
    fn other_architectures_are_killed() {
        assert_eq!(run(&filter("x86_64", &EVERY_GROUP), 0x4000_0003, 1, [0; 6]), KILL);
    }

    #[test]
    fn filters_are_shallow() {
        // Instructions that decide about a number without checks of arguments.
        let steps = |number| {
            let filter = filter("x86_64", &EVERY_GROUP);
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
        let most = (0..600).map(steps).max().unwrap();
        assert!(most <= 12, "{most}");
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
        assert!(!groups(&policy, &functions).contains(&Group::Paths));
        let directory = |read_only| super::super::Directory {
            host: String::from("a"),
            guest: String::from("a"),
            read_only,
            optional: false,
        };
        policy.directories.push(directory(true));
        assert!(groups(&policy, &functions).contains(&Group::Paths));
        assert!(!groups(&policy, &functions).contains(&Group::Changes));
        policy.directories.push(directory(false));
        assert!(groups(&policy, &functions).contains(&Group::Changes));
    }
}

//! The system-call filter of a program: the calls that its host functions need, as a classic BPF program for the
//! kernel.
//!
//! ```text
//!     load the architecture; another one: kill
//!     load the number
//!     binary search among the sorted numbers: at each leaf, allow, kill, or look at arguments first
//! ```
//!
//! On installation the kernel simulates the filter once for each system call, so a linear chain would cost a hundred
//! microseconds at start.

use super::{Policy, with_head};
use crate::isa::IsaFacts;
use aot_abi::policy as abi;
use aot_abi::sandbox::{
    ALLOW, Check, Group, HOST_FUNCTIONS, Instruction, JUMP_EQUAL, LOAD, NUMBER, OWN_PROCESS, PATHS, REQUIRED, RETURN,
    SERVER, SOCKETS, SYSTEM_CALLS, SystemCall, argument_low,
};
use std::collections::{BTreeMap, BTreeSet};

/// Opcode: jumps by the operand.
const JUMP: u16 = 0x05;
/// Opcode: jumps if greater or equal, unsigned.
const JUMP_NOT_LESS: u16 = 0x35;
/// Opcode: jumps if any bit is set.
const JUMP_ANY_BIT: u16 = 0x45;

/// Action: kills the process.
const KILL: u32 = 0x8000_0000;
/// Action: answers with the error ENOSYS.
const ABSENT: u32 = 0x0005_0000 | 38;

/// Approximate number of system calls.
const NUMBERS: u32 = 470;

/// Offset of the architecture in `seccomp_data`.
const ARCHITECTURE: u32 = 4;

/// A range of system-call numbers that are treated alike: from `first` up to the next range.
struct NumberRange {
    first: u32,
    treatment: Treatment,
}

enum Treatment {
    Kill,
    Allow,
    Absent,
    /// Allows a call that any of these rows allows.
    Check(Vec<&'static SystemCall>),
}

/// Maximum distance of a return instruction that another jump shares: jumps reach 255, and a subtree comes between.
const NEAR: usize = 200;

/// Returns the payload of the policy item.
pub(super) fn encode(policy: &Policy, isa: &IsaFacts, host_functions: &BTreeSet<&str>, serves: bool) -> Vec<u8> {
    let mut groups = groups(policy, host_functions);
    if serves {
        groups.extend_from_slice(SERVER);
    }
    if policy.profile.is_some() {
        // It waits for the process that writes.
        groups.push(Group::Streams);
    }
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

/// Returns the groups of system calls that the host functions need, without those for which nothing is granted.
fn groups(policy: &Policy, host_functions: &BTreeSet<&str>) -> Vec<Group> {
    let mut groups = vec![Group::Base];
    for (prefix, needed) in HOST_FUNCTIONS {
        if host_functions.iter().any(|symbol| symbol.starts_with(prefix)) {
            groups.extend_from_slice(needed);
        }
    }
    let granted = policy.runtime_grants || policy.all_directories().next().is_some();
    // Inherited sockets are files of preview1. Standard streams have no further operations, and embedded files need no
    // system calls.
    let inherits = policy.grants.network.inherit_sockets;
    let files = granted || inherits;
    let writable = policy.runtime_grants || policy.all_directories().any(|directory| !directory.read_only);
    let imports_http = host_functions.iter().any(|symbol| symbol.starts_with("wasi:http/"));
    let requests = imports_http && policy.all_grants().any(|grants| !grants.http.grants.is_empty());
    let connects = policy.all_grants().any(|grants| !grants.network.net.is_empty());
    let listens = policy.all_grants().any(|grants| !grants.network.listen.is_empty());
    let imports_stores = host_functions.iter().any(|symbol| symbol.starts_with("wasi:keyvalue/"));
    let has_store_file = imports_stores && policy.has_store_file();
    groups.retain(|group| match group {
        Group::Files => files || has_store_file,
        Group::FileChanges => writable || inherits || has_store_file,
        Group::Paths => granted,
        Group::Changes => writable,
        Group::Connections | Group::Sockets => connects || listens || inherits || requests,
        Group::NewSockets => connects || listens || requests,
        Group::Servers => listens,
        _ => true,
    });
    groups
}

fn filter(isa: &IsaFacts, groups: &[Group]) -> Vec<Instruction> {
    let mut code = Backwards::default();
    // It begins with the instruction that is written last.
    search(&mut code, &ranges(isa, groups), NUMBERS);
    let number = code.load(NUMBER);
    let kill = code.act(KILL);
    code.jump(JUMP_EQUAL, isa.audit_architecture, number, kill);
    code.load(ARCHITECTURE);
    code.instructions.reverse();
    code.instructions
}

/// Divides all numbers into ranges that are treated alike.
fn ranges(isa: &IsaFacts, groups: &[Group]) -> Vec<NumberRange> {
    let mut alternatives: BTreeMap<u32, Vec<&'static SystemCall>> = BTreeMap::new();
    for call in SYSTEM_CALLS.iter().filter(|call| groups.contains(&call.group)) {
        alternatives.entry((isa.system_call_number)(call)).or_default().push(call);
    }
    let mut ranges = vec![NumberRange { first: 0, treatment: Treatment::Kill }];
    for (number, calls) in alternatives {
        add(&mut ranges, number, treatment(calls));
        add(&mut ranges, number + 1, Treatment::Kill);
    }
    ranges
}

/// Returns the treatment of a system call that has these rows.
fn treatment(calls: Vec<&'static SystemCall>) -> Treatment {
    if calls.iter().any(|call| call.checks.is_empty()) {
        Treatment::Allow
    } else if calls.iter().any(|call| call.checks.contains(&Check::Absent)) {
        Treatment::Absent
    } else {
        Treatment::Check(calls)
    }
}

/// Adds a range. It replaces the last one if both begin at the same number, and extends it if both are treated alike.
fn add(ranges: &mut Vec<NumberRange>, first: u32, treatment: Treatment) {
    ranges.pop_if(|last| last.first == first);
    let last = ranges.last().map(|last| &last.treatment);
    let same = matches!(
        (&treatment, last),
        (Treatment::Kill, Some(Treatment::Kill)) | (Treatment::Allow, Some(Treatment::Allow))
    );
    if !same {
        ranges.push(NumberRange { first, treatment });
    }
}

/// Writes the search for the range of the loaded number, and the treatment of each. The last range ends before `end`.
fn search(code: &mut Backwards, ranges: &[NumberRange], end: u32) -> Label {
    if let [range] = ranges {
        return treat(code, &range.treatment);
    }
    let (left, right) = ranges.split_at(middle(ranges, end));
    let first = right[0].first;
    let above = search(code, right, end);
    let below = search(code, left, first);
    code.jump(JUMP_NOT_LESS, first, above, below)
}

/// Returns the index that divides the ranges so that both sides have equally many numbers: the kernel simulates each.
fn middle(ranges: &[NumberRange], end: u32) -> usize {
    let half = ranges[0].first.midpoint(end.max(ranges[0].first));
    ranges.partition_point(|range| range.first <= half).clamp(1, ranges.len() - 1)
}

fn treat(code: &mut Backwards, treatment: &Treatment) -> Label {
    match treatment {
        Treatment::Kill => code.act(KILL),
        Treatment::Allow => code.act(ALLOW),
        Treatment::Absent => code.act(ABSENT),
        Treatment::Check(calls) => {
            let kill = code.act(KILL);
            calls.iter().fold(kill, |otherwise, call| {
                let allow = code.act(ALLOW);
                call.checks.iter().rev().fold(allow, |then, check| branch(code, check, then, otherwise))
            })
        }
    }
}

/// Writes a check that goes to `then` if it holds, and to `otherwise` if not.
fn branch(code: &mut Backwards, check: &Check, then: Label, otherwise: Label) -> Label {
    match *check {
        Check::Absent => otherwise,
        Check::NoBits(argument, bits) => {
            code.jump(JUMP_ANY_BIT, bits, otherwise, then);
            code.load(argument_low(argument))
        }
        Check::Not(argument, value) => {
            code.jump(JUMP_EQUAL, value, otherwise, then);
            code.load(argument_low(argument))
        }
        Check::Null(argument) => {
            code.jump(JUMP_EQUAL, 0, then, otherwise);
            let high = code.load(argument_low(argument) + 4);
            code.jump(JUMP_EQUAL, 0, high, otherwise);
            code.load(argument_low(argument))
        }
        Check::OwnProcess(argument) => {
            code.jump(JUMP_EQUAL, OWN_PROCESS, then, otherwise);
            code.load(argument_low(argument))
        }
        Check::OneOf(argument, values) => {
            values.iter().rev().fold(otherwise, |next, value| code.jump(JUMP_EQUAL, *value, then, next));
            code.load(argument_low(argument))
        }
    }
}

/// A filter that is written from its end: jumps only go forward, so their targets are already known.
#[derive(Default)]
struct Backwards {
    instructions: Vec<Instruction>,
}

/// Position of an instruction: the number of instructions written before it.
type Label = usize;

impl Backwards {
    fn push(&mut self, code: u16, if_true: u8, if_false: u8, operand: u32) -> Label {
        self.instructions.push(Instruction { code, if_true, if_false, operand });
        self.instructions.len() - 1
    }

    /// Writes a load, which continues with the instruction written last.
    fn load(&mut self, offset: u32) -> Label {
        self.push(LOAD, 0, 0, offset)
    }

    /// Writes a return with this action, or reuses one that jumps can still reach.
    fn act(&mut self, action: u32) -> Label {
        let is_end = |instruction: &Instruction| instruction.code == RETURN && instruction.operand == action;
        match self.instructions.iter().rposition(is_end) {
            Some(label) if self.instructions.len() - label <= NEAR => label,
            _ => self.push(RETURN, 0, 0, action),
        }
    }

    /// Writes a comparison of the loaded word.
    fn jump(&mut self, code: u16, operand: u32, if_true: Label, if_false: Label) -> Label {
        let (if_true, if_false) = (self.near(if_true), self.near(if_false));
        let distance = |label: Label| u8::try_from(self.instructions.len() - 1 - label).expect("it was made near");
        let (if_true, if_false) = (distance(if_true), distance(if_false));
        self.push(code, if_true, if_false, operand)
    }

    /// Returns a label in reach of the next instruction but one; if `label` is too far, writes a jump to it.
    fn near(&mut self, label: Label) -> Label {
        let distance = self.instructions.len() - label;
        if distance < usize::from(u8::MAX) { label } else { self.push(JUMP, 0, 0, distance as u32 - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa;
    use crate::policy::state::{Place, Store};
    use crate::policy::{Component, Grants, http, network};
    use aot_abi::wasi;

    const EVERY_GROUP: [Group; 16] = [
        Group::Base,
        Group::Streams,
        Group::Files,
        Group::FileChanges,
        Group::Paths,
        Group::Changes,
        Group::Clocks,
        Group::Yielding,
        Group::Random,
        Group::Connections,
        Group::Sockets,
        Group::NewSockets,
        Group::Servers,
        Group::Threads,
        Group::Serving,
        Group::Pool,
    ];

    /// Simulates the kernel: returns the action of a filter for a system call.
    fn run(filter: &[Instruction], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
        let data = |offset: u32| match offset {
            NUMBER => number,
            ARCHITECTURE => architecture,
            _ => {
                let offset = offset - argument_low(0);
                (arguments[offset as usize / 8] >> (8 * (offset % 8))) as u32
            }
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
            Check::OwnProcess(index) => argument(index) as u32 == OWN_PROCESS,
            Check::Absent => false,
        }
    }

    #[test]
    fn filters_allow_what_the_table_allows() {
        let samples =
            [0, 1, 3, 4, 0o101, 11, 0x5412, 0x5413, 0x5421, 0xc060_6610, 0x80801, 0xffff_ff9c, 1 << 32, u64::MAX];
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
    fn servers_make_no_sockets() {
        for isa in isa::ALL {
            let groups = [&[Group::Base][..], SERVER].concat();
            let numbers =
                SYSTEM_CALLS.iter().filter(|call| ["socket", "bind", "connect", "listen"].contains(&call.name));
            for number in numbers.map(isa.system_call_number) {
                assert!(!allowed(isa, &groups, number, [0; 6]), "{}: {number}", isa.name);
            }
            let accept = SYSTEM_CALLS.iter().find(|call| call.name == "accept4").map(isa.system_call_number).unwrap();
            assert!(allowed(isa, &groups, accept, [3, 0, 0, 0x80800, 0, 0]));
            assert!(!allowed(isa, &groups, accept, [3, 0, 0, 0, 0, 0]));
        }
    }

    #[test]
    fn nothing_granted_needs_no_paths() {
        let functions = BTreeSet::from(["wasi_snapshot_preview1#path_open"]);
        let mut policy = Policy::default();
        policy.grants.embedded.push(super::super::Embedded { guest: String::from("/a"), tree: Vec::new() });
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
        policy.grants.directories.push(directory(true));
        assert!(groups(&policy, &functions).contains(&Group::Paths));
        assert!(!groups(&policy, &functions).contains(&Group::Changes));
        policy.grants.directories.push(directory(false));
        assert!(groups(&policy, &functions).contains(&Group::Changes));
    }

    /// Imports that need no grant, and one of each kind that needs some.
    const IMPORTS: [&str; 5] = [
        "wasi:io/streams#write",
        "wasi:http/outgoing-handler#handle",
        "wasi:sockets/tcp#start-connect",
        "wasi:keyvalue/store#open",
        "wasi:filesystem/types#read",
    ];

    fn has(policy: &Policy, imports: &[&str], group: Group) -> bool {
        groups(policy, &imports.iter().copied().collect()).contains(&group)
    }

    /// Gives a component of its own the grants, beside one without and the program without.
    fn of_one_component(give: impl Fn(&mut Grants)) -> Policy {
        let component = |name: &str| Component { name: name.to_string(), grants: Grants::default() };
        let mut policy = Policy { components: vec![component("a"), component("b")], ..Policy::default() };
        give(&mut policy.components[1].grants);
        policy
    }

    fn network_grant() -> network::Grant {
        network::Grant { protocol: None, hosts: network::Hosts::Any, ports: (1, 9) }
    }

    #[test]
    fn connections_need_a_grant_of_the_network() {
        let connects = of_one_component(|grants| grants.network.net.push(network_grant()));
        let listens = of_one_component(|grants| grants.network.listen.push(network_grant()));
        for group in [Group::Connections, Group::Sockets, Group::NewSockets] {
            assert!(has(&connects, &IMPORTS, group) && has(&listens, &IMPORTS, group), "{group:?}");
            assert!(!has(&Policy::default(), &IMPORTS, group), "{group:?}");
        }
        assert!(has(&listens, &IMPORTS, Group::Servers) && !has(&connects, &IMPORTS, Group::Servers));
        let mut inherits = Policy::default();
        inherits.grants.network.inherit_sockets = true;
        assert!(has(&inherits, &IMPORTS, Group::Sockets) && has(&inherits, &IMPORTS, Group::Files));
        assert!(!has(&inherits, &IMPORTS, Group::NewSockets) && !has(&inherits, &IMPORTS, Group::Paths));
    }

    #[test]
    fn requests_need_both_the_import_and_a_grant() {
        let grant = || http::Grant {
            methods: Vec::new(),
            is_secure: false,
            host: http::Host::Any,
            ports: (80, 80),
            path: String::from("/"),
        };
        let requests = of_one_component(|grants| grants.http.grants.push(grant()));
        let without_http: Vec<&str> =
            IMPORTS.iter().copied().filter(|symbol| !symbol.starts_with("wasi:http/")).collect();
        assert!(has(&requests, &IMPORTS, Group::NewSockets) && has(&requests, &IMPORTS, Group::Sockets));
        assert!(!has(&requests, &without_http, Group::NewSockets));
        assert!(!has(&requests, &IMPORTS, Group::Servers));
    }

    #[test]
    fn files_of_stores_need_both_the_import_and_a_store() {
        let place = Place::File(String::from("a"));
        let stores = of_one_component(|grants| {
            grants.stores.push(Store { name: String::from("default"), place: place.clone() });
        });
        for group in [Group::Files, Group::FileChanges] {
            assert!(has(&stores, &IMPORTS, group), "{group:?}");
            assert!(!has(&stores, &["wasi:io/streams#write", "wasi:filesystem/types#read"], group), "{group:?}");
            assert!(!has(&Policy::default(), &IMPORTS, group), "{group:?}");
        }
    }

    #[test]
    fn servers_alone_serve() {
        let imports = BTreeSet::from(["wasi:io/streams#write"]);
        let sandbox = |serves| encode(&Policy::default(), isa::ALL[0], &imports, serves);
        assert!(sandbox(true).len() > sandbox(false).len());
    }

    #[test]
    fn the_widest_of_several_rows_holds() {
        let row = |checks: &'static [Check]| {
            let SystemCall { name, x86_64, generic, group, .. } = SYSTEM_CALLS[0];
            &*Box::leak(Box::new(SystemCall { name, x86_64, generic, group, checks }))
        };
        let (checked, absent, free) = (row(&[Check::Null(0)]), row(&[Check::Absent]), row(&[]));
        assert!(matches!(treatment(vec![checked, free]), Treatment::Allow));
        assert!(matches!(treatment(vec![free, absent]), Treatment::Allow));
        assert!(matches!(treatment(vec![checked, absent]), Treatment::Absent));
        assert!(matches!(treatment(vec![checked, checked]), Treatment::Check(calls) if calls.len() == 2));
    }

    #[test]
    fn ranges_have_numbers() {
        for isa in isa::ALL {
            let ranges = ranges(isa, &EVERY_GROUP);
            assert!(ranges.is_sorted_by(|one, next| one.first < next.first));
        }
    }
}

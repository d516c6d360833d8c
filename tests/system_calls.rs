//! Numbers of system calls: those of the table from which filters are made are the ones of Linux's own headers, for each
//! target. A wrong number would allow another system call, and would end a program at the one that it needs.

mod support;

use aot_abi::sandbox::SYSTEM_CALLS;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// System calls that only the architectures with the older table have.
const OLD_ONLY: &[&str] = &["renameat"];

#[test]
fn numbers_are_those_of_the_kernels_headers() {
    for (architecture, is_old) in [("x86_64", true), ("aarch64", false), ("riscv64", false)] {
        let numbers = numbers(architecture);
        for call in SYSTEM_CALLS {
            let ours = if is_old { call.x86_64 } else { call.generic };
            match numbers.get(call.name) {
                Some(number) => assert_eq!(ours, *number, "{} on {architecture}", call.name),
                None => assert!(OLD_ONLY.contains(&call.name), "{} isn't there on {architecture}", call.name),
            }
        }
    }
}

/// Returns the numbers of all system calls of an architecture, as zig's copy of the headers has them.
fn numbers(architecture: &str) -> BTreeMap<String, u32> {
    let mut command = Command::new(support::tool("zig"));
    command.args(["cc", "-E", "-dM", "-x", "c", "-", "-target", &format!("{architecture}-linux-musl")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"#include <asm/unistd.h>\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let number = |line: &str| {
        let (name, number) = line.strip_prefix("#define __NR_")?.split_once(' ')?;
        Some((name.to_string(), number.parse().ok()?))
    };
    let numbers: BTreeMap<_, _> = text.lines().filter_map(number).collect();
    assert!(numbers.len() > 250, "{architecture}: {} numbers", numbers.len());
    numbers
}

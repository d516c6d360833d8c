//! The command `aot targets`.

use crate::console;
use anyhow::Result;
use aot_compiler::{isa, target};
use std::fmt::Write as _;

pub fn run() -> Result<()> {
    let mut out = String::new();
    let host = target::Target::host();
    for target in target::targets() {
        let mark = if target.name == host.name { " (this machine)" } else { "" };
        writeln!(out, "{}{mark}", target.name)?;
        writeln!(out, "  also: {}", target.aliases.join(", "))?;
        writeln!(out, "  baseline: {}", target.cpu_baseline.join(" "))?;
        let names = isa::cpu_names(target)?;
        writeln!(out, "  --cpu: native, {}", names.join(", "))?;
    }
    console::print(&out)
}

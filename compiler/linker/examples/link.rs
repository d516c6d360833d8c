//! Links the files named on the command line, to look at what the linker makes of them:
//! `cargo run --release -p aot-linker --example link -- x86_64 OUTPUT INPUT...`

use anyhow::{Context, Result, bail};
use aot_linker::{LinkInput, LinkOptions, Linker, Machine, Wild};
use std::os::unix::fs::PermissionsExt;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let machine = match words.next().as_deref() {
        Some("x86_64") => Machine::X86_64,
        Some("aarch64") => Machine::Aarch64,
        Some("riscv64") => Machine::Riscv64,
        _ => bail!("usage: link x86_64|aarch64|riscv64 OUTPUT INPUT..."),
    };
    let output = words.next().context("which file is the output?")?;
    let inputs = words
        .map(|path| {
            let bytes = std::fs::read(&path).with_context(|| format!("reading {path}"))?;
            Ok(LinkInput::new(path, bytes))
        })
        .collect::<Result<Vec<_>>>()?;
    let executable = Wild.link(machine, inputs, &LinkOptions::default())?;
    std::fs::write(&output, executable).with_context(|| format!("writing {output}"))?;
    std::fs::set_permissions(&output, PermissionsExt::from_mode(0o755))
        .with_context(|| format!("making {output} executable"))
}

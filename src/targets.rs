//! `aot targets`.

use anyhow::Result;
use aot_compiler::{emit, target};

pub fn run() -> Result<()> {
    let host = target::Target::host();
    for target in target::targets() {
        let mark = if target.name == host.name { " (this machine)" } else { "" };
        println!("{}{mark}", target.name);
        println!("  also: {}", target.aliases.join(", "));
        println!("  baseline: {}", target.cpu_baseline.join(" "));
        let names = emit::cpu_names(target).map_err(|error| anyhow::anyhow!("{error}"))?;
        println!("  --cpu: native, {}", names.join(", "));
    }
    Ok(())
}

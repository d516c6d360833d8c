//! `aot licenses`.

use anyhow::Result;

pub fn run() -> Result<()> {
    print!("{}", include_str!("../runtime-lib/NOTICES.md"));
    Ok(())
}

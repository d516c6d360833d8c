//! The command `aot licenses`.

use crate::console;
use anyhow::Result;

pub fn run() -> Result<()> {
    console::print(include_str!("../runtime-lib/NOTICES.md"))
}

//! zig, the C compiler for guests, with its cache below `target/setup`.

use crate::places;
use std::process::Command;

/// A subcommand of zig.
pub fn zig(subcommand: &str) -> Command {
    let mut command = Command::new(places::tool("zig"));
    command
        .arg(subcommand)
        .env("ZIG_GLOBAL_CACHE_DIR", places::setup().join("zig-cache"))
        .env("ZIG_LOCAL_CACHE_DIR", places::setup().join("zig-cache"));
    command
}

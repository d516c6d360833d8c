#!/bin/bash
# rustix 1.1.6, on Linux: what `OFlags::DSYNC` is depends on the backend. With the default one (system calls made directly) it has the
# bits of O_SYNC, with the feature `use-libc` (glibc) those of O_DSYNC. `OFlags::RSYNC` is O_SYNC with both.
#
# With the default backend a file that is opened with `OFlags::DSYNC` is opened with O_SYNC: each write waits until all of the file's
# metadata is stored, not only what reading the data back needs. And the flags of a file that was opened with O_DSYNC, as F_GETFL tells
# them, contain neither `DSYNC` nor `SYNC`. Linux has had an O_DSYNC of its own since 2.6.33; `OFlags::from_bits_retain` takes it.
#
# Seen on x86_64: the two texts below. This script fails if they change.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/src/main.rs" <<'RUST'
use rustix::fs::{fcntl_getfl, open, Mode, OFlags};

fn main() {
    let sync = OFlags::SYNC.bits();
    println!("DSYNC {:#x}, RSYNC {:#x}, SYNC {sync:#x}", OFlags::DSYNC.bits(), OFlags::RSYNC.bits());
    println!("O_DSYNC {:#x}, O_SYNC {:#x}", libc::O_DSYNC, libc::O_SYNC);
    let path = std::env::args().nth(1).unwrap();
    let open_with = |flags| fcntl_getfl(open(&*path, OFlags::WRONLY | OFlags::CREATE | flags, Mode::RWXU).unwrap()).unwrap();
    println!("opened with DSYNC: {:#x}", open_with(OFlags::DSYNC).bits() & sync);
    let truly = open_with(OFlags::from_bits_retain(libc::O_DSYNC as u32));
    println!("opened with O_DSYNC: {:#x}, contains DSYNC: {}", truly.bits() & sync, truly.contains(OFlags::DSYNC));
}
RUST
default="DSYNC 0x101000, RSYNC 0x101000, SYNC 0x101000
O_DSYNC 0x1000, O_SYNC 0x101000
opened with DSYNC: 0x101000
opened with O_DSYNC: 0x1000, contains DSYNC: false"
with_libc="DSYNC 0x1000, RSYNC 0x101000, SYNC 0x101000
O_DSYNC 0x1000, O_SYNC 0x101000
opened with DSYNC: 0x1000
opened with O_DSYNC: 0x1000, contains DSYNC: true"

# Compares what is printed with these features of rustix with what was seen.
check() {
    cat > "$folder/Cargo.toml" <<TOML
[package]
name = "finding"
edition = "2021"
[dependencies]
rustix = { version = "=1.1.6", default-features = false, features = [$1] }
libc = "0.2"
TOML
    seen=$(cargo run --quiet --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target" -- "$folder/file")
    echo "$seen"
    [ "$seen" = "$2" ]
}

check '"fs", "std"' "$default"
check '"fs", "std", "use-libc"' "$with_libc"

//! Very many static files: the time to build, the executable, and the memory of both sides follow their number with small factors.

use super::process::{HANDLER, Server, command, compiler};
use super::support::{self, Folder, Limits, Target};
use super::wire::{Connection, bytes};
use libtest_mimic::Failed;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// The number of files if `STATIC_FILES` doesn't say.
const FILES: u64 = 5_000;
const MIB: u64 = 1 << 20;

pub fn many(target: &Target) -> Result<(), Failed> {
    let count = std::env::var("STATIC_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(FILES);
    let folder = Folder::new("serve", &format!("static_files/{}", target.name));
    fs::write(folder.join("handler.wat"), HANDLER)?;
    make_files(&folder.join("site"), count)?;
    let mut aot = compiler(target, &folder);
    aot.args(["handler.wat", "--static", "/=site"]);
    let outcome = support::run(&aot, Limits { seconds: 20 + count / 10_000, memory_bytes: 300 * MIB + 1_000 * count });
    if outcome.code != 0 {
        return Err(format!("built in {:?} with {}: {}", outcome.time, outcome.code, outcome.stderr_text()).into());
    }
    let executable = folder.join("server");
    let bytes = fs::metadata(&executable)?.len();
    at_most("bytes of the executable", bytes, MIB + 110 * count)?;
    let start = Instant::now();
    let server = Server::start(command(target, &executable, None))?;
    let started = start.elapsed();
    let asked = ask_for_some(&server, count)?;
    let resident = server.resident_bytes();
    at_most("resident bytes of the server", resident, 6 * MIB + 200 * count)?;
    println!(
        "{count} files: built in {:?}, {bytes} bytes; served {started:?} after exec, {asked} µs a request, {} KB resident",
        outcome.time,
        resident >> 10
    );
    if server.stop()? != Some(0) {
        return Err("the server ends with an error".into());
    }
    folder.remove();
    Ok(())
}

/// Makes files in folders of a thousand.
fn make_files(site: &Path, count: u64) -> Result<(), Failed> {
    for number in 0..count {
        let folder = site.join((number / 1000).to_string());
        if number % 1000 == 0 {
            fs::create_dir_all(&folder)?;
        }
        fs::write(folder.join(format!("{number}.txt")), format!("file {number}"))?;
    }
    Ok(())
}

/// Asks for files all over the folder, and for one that isn't there. Returns the microseconds that a request takes.
fn ask_for_some(server: &Server, count: u64) -> Result<u128, Failed> {
    let mut connection = Connection::new(server.address())?;
    let numbers: Vec<u64> = (0..100).map(|index| index * (count - 1) / 99).chain([count]).collect();
    let start = Instant::now();
    for &number in &numbers {
        connection.send(&bytes(&format!("GET /{}/{number}.txt HTTP/1.1\nHost: h\n\n", number / 1000)))?;
        let response = connection.response(false)?.ok_or("no response")?;
        let (status, text) = if number < count { (200, format!("file {number}")) } else { (404, String::new()) };
        if response.status != status || response.text() != text {
            return Err(format!("{number}: {}", response.line()).into());
        }
    }
    Ok(start.elapsed().as_micros() / numbers.len() as u128)
}

fn at_most(what: &str, actual: u64, most: u64) -> Result<(), Failed> {
    if actual <= most { Ok(()) } else { Err(format!("{actual} {what}, more than {most}").into()) }
}

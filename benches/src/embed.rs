//! Calls of a library from a host program in C, and instances of it, against wasmtime's interface for C, with code compiled before
//! and its pool of instances, and against plain C.

use crate::arguments::Arguments;
use crate::build::{self, aot_command};
use crate::places;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROUNDS: usize = 11;

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let folder = places::products().join("embed");
    fs::create_dir_all(&folder)?;
    let component = components(&folder)?;
    let process_data = arguments.corpora.as_ref().map(|corpora| corpora.join("plugins/process-data.wasm"));
    let host = host(&folder, &component, process_data.as_deref())?;
    let mut command = Command::new(&host);
    command.arg(rounds.to_string()).arg(&component).args(&process_data);
    let output = build::run(&mut command)?;
    println!("{rounds} rounds in turns, medians of processor time:\n");
    table(&output)?.print();
    Ok(())
}

/// The component of the benches, in the form that wasmtime's library reads.
fn components(folder: &Path) -> Result<PathBuf> {
    let component = folder.join("embed.wasm");
    let source = places::source("programs/embed.wat");
    build::run(Command::new(places::tool("wasm-tools")).arg("parse").arg(source).arg("-o").arg(&component))?;
    Ok(component)
}

/// Compiles the components to libraries, and the host program with them and with wasmtime's.
fn host(folder: &Path, component: &Path, process_data: Option<&Path>) -> Result<PathBuf> {
    let mut compile = Command::new("cc");
    let (host, peer) = (folder.join("host"), places::repository().join("target/setup/wasmtime-c-api"));
    compile.args(["-O2", "-o"]).arg(&host).arg(places::source("programs/embed.c"));
    for path in [folder.to_path_buf(), peer.join("include")] {
        compile.arg("-I").arg(path);
    }
    for input in [Some(component), process_data].into_iter().flatten() {
        build::run(aot_command(input, folder).args(["--emit", "shared"]))?;
        let name = input.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_");
        compile.arg(folder.join(format!("lib{name}.so")));
    }
    compile.args(process_data.map(|_| "-DPROCESS_DATA"));
    compile.arg(peer.join("libwasmtime.so"));
    for path in [folder, &peer] {
        compile.arg(format!("-Wl,-rpath,{}", path.display()));
    }
    build::run(&mut compile).context("the host program needs this machine's C compiler, `cc`")?;
    Ok(host)
}

/// The medians of the lines of a host program: a name, and the nanoseconds of aot, of wasmtime and of plain C.
fn table(output: &str) -> Result<Table> {
    let mut works: Vec<(&str, [Vec<f64>; 3])> = Vec::new();
    for line in output.lines() {
        let mut words = line.split('\t');
        let name = words.next().unwrap_or_default();
        let place = works.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            works.push((name, Default::default()));
            works.len() - 1
        });
        for times in &mut works[place].1 {
            times.push(words.next().with_context(|| format!("three numbers in `{line}`"))?.parse()?);
        }
    }
    let mut table =
        Table::new(&["work", "aot, ns", "wasmtime, ns", "C, ns", "aot / wasmtime", "wasmtime / aot", "aot / C"]);
    for (name, [aot, wasmtime, c]) in &works {
        let of = |times: &[f64]| median(times.iter().copied());
        let has_c = of(c) > 0.0;
        table.row([
            (*name).to_owned(),
            format!("{:.0}", of(aot)),
            format!("{:.0}", of(wasmtime)),
            if has_c { format!("{:.1}", of(c)) } else { String::new() },
            format!("{:.3}", median_ratio(aot, wasmtime)),
            format!("{:.1}", median_ratio(wasmtime, aot)),
            if has_c { format!("{:.1}", median_ratio(aot, c)) } else { String::new() },
        ]);
    }
    Ok(table)
}

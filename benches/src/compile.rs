//! Cost of compilation: time, memory, and size of the code, for a module of 1 MB and one of 25 MB.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::measure::{Program, Run};
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use crate::{modules, places, size};
use anyhow::{Context, Result};
use object::{Object, ObjectSection};
use std::path::{Path, PathBuf};

const MODULES: &[&str] = &["avr-ld.wasm", "cc1.wasm"];

/// Work of one compiler on one module.
struct Compiler {
    name: &'static str,
    program: Program,
    output: PathBuf,
    code_bytes: fn(&Path) -> Result<u64>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let modules = MODULES.iter().map(|name| modules::real(name)).collect::<Result<Vec<PathBuf>>>()?;
    compare(&modules, arguments.rounds.unwrap_or(3))
}

/// Compiles modules with both compilers, and prints the costs.
pub fn compare(modules: &[PathBuf], rounds: usize) -> Result<()> {
    let head = ["module", "MB", "compiler", "s", "processor s", "ratio", "peak MB", "ratio", "code MB", "file MB"];
    let mut table = Table::new(&head);
    for module in modules {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let compilers = compilers(module)?;
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (compiler, runs) in compilers.iter().zip(&mut runs) {
                runs.push(compiler.program.run()?);
            }
        }
        let peers = &runs[1];
        for (compiler, runs) in compilers.iter().zip(&runs) {
            table.row([
                name.clone().into_owned(),
                megabytes(bytes(module)? as f64),
                compiler.name.to_owned(),
                format!("{:.2}", median(runs.iter().map(|run| run.wall.as_secs_f64()))),
                format!("{:.2}", median(seconds(runs))),
                format!("{:.2}", median_ratio(&seconds(runs), &seconds(peers))),
                format!("{:.0}", median(megabytes_at_peak(runs))),
                format!("{:.2}", median_ratio(&megabytes_at_peak(runs), &megabytes_at_peak(peers))),
                megabytes((compiler.code_bytes)(&compiler.output)? as f64),
                megabytes(bytes(&compiler.output)? as f64),
            ]);
        }
    }
    println!("{rounds} alternated runs, on all processors; ratios are to wasmtime:\n");
    table.print();
    Ok(())
}

fn compilers(module: &Path) -> Result<[Compiler; 2]> {
    let name = module.file_stem().unwrap_or_default().to_string_lossy();
    let output = |extension: &str| places::products().join(format!("{name}.{extension}"));
    let (aot, wasmtime) = (output("aot"), output("cwasm"));
    let mut compile = Program::new(&places::tool("wasmtime"))?.with("compile")?.with("-W")?.with(build::PROPOSALS)?;
    for flag in build::wasmtime_flags(Cpu::Baseline) {
        compile = compile.with(flag)?;
    }
    Ok([
        Compiler {
            name: "aot",
            program: Program::new(&places::aot())?
                .with(module)?
                .with("--stub-unknown-imports")?
                .with("-o")?
                .with(&aot)?,
            output: aot,
            code_bytes: |output| size::bytes_of(output, "guest code"),
        },
        Compiler {
            name: "wasmtime",
            program: compile.with(module)?.with("-o")?.with(&wasmtime)?,
            output: wasmtime,
            code_bytes: text_bytes,
        },
    ])
}

fn seconds(runs: &[Run]) -> Vec<f64> {
    runs.iter().map(|run| run.cpu.as_secs_f64()).collect()
}

fn megabytes_at_peak(runs: &[Run]) -> Vec<f64> {
    runs.iter().map(|run| run.peak_bytes as f64 / 1e6).collect()
}

/// Returns the size of `.text` of an ELF file, in bytes.
fn text_bytes(file: &Path) -> Result<u64> {
    let bytes = std::fs::read(file)?;
    let file = object::File::parse(&*bytes)?;
    Ok(file.section_by_name(".text").context("no section `.text`")?.size())
}

fn bytes(file: &Path) -> Result<u64> {
    Ok(std::fs::metadata(file).with_context(|| format!("reading {}", file.display()))?.len())
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1}", bytes / 1e6)
}

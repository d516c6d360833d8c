//! `cargo xtask charts`: the charts of docs/benchmarks.md, drawn from its tables, so that a number has one place. `cargo xtask tidy`
//! says when a chart isn't what its table has.

mod svg;
mod table;

use crate::places;
use anyhow::{Context, Result, ensure};
use std::fs;
use svg::{Bar, Picture};
use table::Table;

/// The document with the tables, from the repository's top folder.
const DOCUMENT: &str = "docs/benchmarks.md";

/// A chart of a table.
struct Chart {
    /// The file's name, without its extension.
    name: &'static str,
    title: &'static str,
    /// The heading above the table, and which table below it this is.
    section: &'static str,
    table: usize,
    /// The columns that name a bar.
    labels: &'static [&'static str],
    /// The columns of the parts of a bar.
    values: &'static [&'static str],
    /// A number that all values are divided by, and the unit of the result.
    unit: (f64, &'static str),
    /// A line to compare bars with.
    line: Option<f64>,
    /// The command that measures.
    command: &'static str,
}

const CHARTS: &[Chart] = &[
    Chart {
        name: "start-up",
        title: "Start-up of a hello, from the spawn to its end",
        section: "### Start-up",
        table: 0,
        labels: &["hello"],
        values: &["µs"],
        unit: (1.0, " µs"),
        line: None,
        command: "cargo xtask bench startup",
    },
    Chart {
        name: "code",
        title: "Time of generated code, where wasmtime takes 1",
        section: "### Code",
        table: 0,
        labels: &["kernel"],
        values: &["aot / wasmtime"],
        unit: (1.0, ""),
        line: Some(1.0),
        command: "cargo xtask bench code",
    },
    Chart {
        name: "compilation",
        title: "Processor time of compilation",
        section: "### Compilation",
        table: 0,
        labels: &["module", "compiler"],
        values: &["processor s"],
        unit: (1.0, " s"),
        line: None,
        command: "cargo xtask bench compile",
    },
    Chart {
        name: "size",
        title: "Parts of an executable",
        section: "### Size",
        table: 0,
        labels: &["program", "target"],
        values: &["guest code", "data", "names", "tables", "runtime, rest"],
        unit: (1000.0, " KB"),
        line: None,
        command: "cargo xtask bench size",
    },
];

/// A file, by its path from the repository's top folder.
pub struct File {
    /// The path.
    pub path: String,
    /// The contents.
    pub svg: String,
}

/// Runs `cargo xtask charts`.
pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask charts");
    for File { path, svg } in files()? {
        fs::write(places::repository().join(&path), svg).with_context(|| format!("writing {path}"))?;
    }
    Ok(())
}

/// Draws all charts.
pub fn files() -> Result<Vec<File>> {
    let document =
        fs::read_to_string(places::repository().join(DOCUMENT)).with_context(|| format!("reading {DOCUMENT}"))?;
    let file = |chart: &Chart| {
        let svg = chart.svg(&document).with_context(|| format!("the chart {} of {DOCUMENT}", chart.name))?;
        Ok(File { path: format!("docs/charts/{}.svg", chart.name), svg })
    };
    CHARTS.iter().map(file).collect()
}

impl Chart {
    fn svg(&self, document: &str) -> Result<String> {
        let table = Table::find(document, self.section, self.table)?;
        let mut bars = Vec::new();
        for row in table.rows() {
            let labels = self.labels.iter().map(|column| table.cell(row, column)).collect::<Result<Vec<_>>>()?;
            let parts = self.values.iter().map(|column| self.value(table.cell(row, column)?));
            bars.push(Bar { label: labels.join(", "), parts: parts.collect::<Result<_>>()? });
        }
        ensure!(!bars.is_empty(), "its table has no rows");
        let parts = if self.values.len() > 1 { self.values } else { &[] };
        let picture =
            Picture { title: self.title, command: self.command, bars, parts, unit: self.unit.1, line: self.line };
        Ok(picture.svg())
    }

    fn value(&self, cell: &str) -> Result<f64> {
        let number: f64 = cell.parse().with_context(|| format!("{cell:?} is no number"))?;
        Ok(number / self.unit.0)
    }
}

//! Charts are what the tables of docs/benchmarks.md have.

use super::Finding;
use super::files::Files;
use crate::{charts, places};
use anyhow::Result;
use std::fs;

pub fn check(_: &Files) -> Result<Vec<Finding>> {
    let is_old = |chart: &charts::File| {
        let drawn = fs::read_to_string(places::repository().join(&chart.path));
        !drawn.is_ok_and(|svg| svg == chart.svg)
    };
    let finding = |chart: charts::File| Finding {
        path: chart.path,
        line: 1,
        rule: "chart",
        advice: "it isn't what its table has: run `cargo xtask charts`".to_string(),
    };
    Ok(charts::files()?.into_iter().filter(is_old).map(finding).collect())
}

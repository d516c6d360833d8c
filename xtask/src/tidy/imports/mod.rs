//! Files of a crate don't import each other in circles that are larger than `bounds.toml` allows.

mod circles;
mod modules;
mod paths;
mod tokens;

use super::Finding;
use super::bounds::Bounds;
use super::files::Files;
use anyhow::Result;
use modules::{Module, Modules};

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let bounds = Bounds::read()?;
    let folders = files.all.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
    let mut findings = Vec::new();
    for folder in folders.map(|folder| format!("{folder}/src")).chain([String::from("src")]) {
        let modules = Modules::read(&folder, files.with_extension("rs"));
        let allowed = bounds.circles.of(&folder);
        let circles = circles::circles(&modules.imports());
        let large = circles.iter().filter(|circle| circle.len() as f64 > allowed);
        findings.extend(large.map(|circle| finding(&folder, circle, allowed)));
    }
    Ok(findings)
}

fn finding(folder: &str, circle: &[Module], allowed: f64) -> Finding {
    let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
    Finding {
        path: folder.to_owned(),
        line: 1,
        rule: "import-circle",
        advice: format!(
            "{} files import each other, and {allowed} may: move what both sides need below them: {}",
            names.len(),
            names.join(", ")
        ),
    }
}

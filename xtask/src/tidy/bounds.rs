//! Bounds of rules that not every folder keeps yet: data in `bounds.toml`.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

const TEXT: &str = include_str!("bounds.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The most files that one circle of imports may hold.
    pub circles: Bound,
}

/// A number for each folder.
#[derive(Debug, Deserialize)]
pub struct Bound {
    folders: BTreeMap<String, f64>,
    /// The number of all others.
    otherwise: f64,
}

impl Bounds {
    /// Reads the bounds.
    pub fn read() -> Result<Self> {
        toml::from_str(TEXT).context("reading bounds.toml")
    }
}

impl Bound {
    /// The number of a folder or file: of the innermost folder around it that has one.
    pub fn of(&self, path: &str) -> f64 {
        self.folder(path).map_or(self.otherwise, |folder| self.folders[folder])
    }

    /// The innermost folder around `path`, or itself, that has a number.
    fn folder(&self, path: &str) -> Option<&str> {
        let is_inside = |folder: &&String| {
            path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.folders.keys().filter(is_inside).max_by_key(|folder| folder.len()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_has_the_number() {
        let text = "otherwise = 1\n[folders]\na = 2\n\"a/b\" = 3";
        let bound: Bound = toml::from_str(text).expect("a bound");
        assert_eq!(["a/b/c.rs", "a/bc.rs", "ab.rs"].map(|path| bound.of(path)), [3.0, 2.0, 1.0]);
    }

    #[test]
    fn the_file_is_read() {
        Bounds::read().expect("bounds.toml");
    }
}

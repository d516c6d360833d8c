//! The command line of the benches.

use crate::BENCHES;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

const USAGE: &str = "\
usage: cargo xtask bench [startup|code|compile|growth|size|real|pipeline|calls|load|embed|reset|serve]... [OPTION]...

  --rounds N       alternated runs of everything that is compared
  --only NAME      of `code`, `growth` and `real`: what has this in its name; may be repeated
  --cpu native     of `code`: for this machine's CPU in place of the portable baseline
  --corpora DIR    of `serve`: the folder whose handlers are served, in place of the tests' own; of `embed`: whose plugin
                   `process-data` is measured too";

/// Selection of measurements.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Names of benches; empty for all.
    pub benches: Vec<String>,
    /// Number of alternated runs, if it differs from the bench's own.
    pub rounds: Option<usize>,
    /// Substrings of names of kernels and shapes; empty for all.
    pub only: Vec<String>,
    /// True to compile for this machine's CPU.
    pub native: bool,
    /// Folder of the corpora.
    pub corpora: Option<PathBuf>,
}

impl Arguments {
    /// Returns true if the kernel or shape with this name is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }

    pub fn parse(words: &[String]) -> Result<Self> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "--rounds" => arguments.rounds = Some(value()?.parse().context("--rounds takes a number")?),
                "--only" => arguments.only.push(value()?.clone()),
                "--corpora" => arguments.corpora = Some(PathBuf::from(value()?)),
                "--cpu" if value()? == "native" => arguments.native = true,
                name if BENCHES.iter().any(|(known, _)| known == &name) => arguments.benches.push(name.to_owned()),
                _ => bail!("`{word}`?\n{USAGE}"),
            }
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn benches_and_options_come_in_any_order() {
        let arguments = parse("code --rounds 3 --only sieve startup --cpu native").expect("a valid line");
        assert_eq!(arguments.benches, ["code", "startup"]);
        assert_eq!((arguments.rounds, arguments.native), (Some(3), true));
        assert_eq!(arguments.only, ["sieve"]);
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for line in ["speed", "--rounds", "--rounds x", "--cpu zen"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

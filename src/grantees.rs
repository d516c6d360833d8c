//! The flag `--for NAME`: the grants behind it are those of one component.

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, Error};
use std::collections::HashMap;

/// Identifiers of the flags that grant something, in [`crate::args::ProgramArgs`].
pub const GRANTS: [&str; 9] =
    ["directories", "embedded", "net", "listen", "http", "environment", "inherited", "config", "stores"];

/// Identifiers and names of flags that are about the whole program although they look like grants.
const OF_THE_PROGRAM: [(&str, &str); 2] = [("arguments", "--arg"), ("http_ca", "--http-ca")];

/// The components that flags on the command line are for.
#[derive(Default)]
pub struct Grantees {
    /// The components with a `--for`, each once.
    pub names: Vec<String>,
    /// For each flag, the component that each of its values is for: an index in `names` and 1, or 0 for the rest.
    owners: HashMap<&'static str, Vec<usize>>,
}

impl Grantees {
    /// Finds out which component the values on a command line are for. An empty name ends the grants of a component.
    ///
    /// # Errors
    /// A flag of the whole program stands among the grants of a component.
    pub fn of(command: &mut Command, matches: &ArgMatches) -> Result<Self, Error> {
        let mut grantees = Self::default();
        let mut starts = Vec::new();
        let names = matches.get_many::<String>("grantees").into_iter().flatten();
        for (name, at) in names.zip(indices(matches, "grantees")) {
            starts.push((at, grantees.number(name)));
        }
        let owner = |at: usize| starts.iter().rev().find(|(start, _)| *start < at).map_or(0, |(_, owner)| *owner);
        for (flag, name) in OF_THE_PROGRAM {
            if indices(matches, flag).any(|at| owner(at) != 0) {
                let message = format!("{name} is for the whole program: put it in front of the first --for");
                return Err(command.error(ErrorKind::ArgumentConflict, message));
            }
        }
        grantees.owners = GRANTS.map(|flag| (flag, indices(matches, flag).map(owner).collect())).into();
        Ok(grantees)
    }

    fn number(&mut self, name: &str) -> usize {
        if name.is_empty() {
            return 0;
        }
        let known = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len() - 1
        });
        known + 1
    }

    /// Returns those of a flag's values that are for a component: one of `names` and 1, or 0 for the rest.
    pub fn select<'v, T>(&self, flag: &str, values: &'v [T], owner: usize) -> impl Iterator<Item = &'v T> {
        let owners = self.owners.get(flag).map_or(&[][..], Vec::as_slice);
        let owners = owners.iter().copied().chain(std::iter::repeat(0));
        values.iter().zip(owners).filter_map(move |(value, of)| (of == owner).then_some(value))
    }
}

/// Returns the places of a flag's values on the command line.
fn indices<'m>(matches: &'m ArgMatches, flag: &str) -> impl Iterator<Item = usize> + use<'m> {
    matches.indices_of(flag).into_iter().flatten()
}

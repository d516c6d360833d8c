//! Components with grants of their own, found by the names that `aot inspect` shows.

use crate::decode::{self, Component, InstanceOrigin, Program};
use crate::describe::{self, Binary, BinaryKind, SourceFile};
use crate::display::shown;
use crate::error::{Error, Result, Stage};
use crate::nearest::did_you_mean;
use crate::policy::Policy;
use std::collections::{BTreeSet, HashMap};

/// Maximum number of names in an error.
const NAMES_MAX: usize = 20;

/// Returns the number of each component instance among the components of the policy, from 1; 0 for those that belong to none.
/// A component includes what lies inside it, up to a component with grants of its own.
///
/// # Errors
/// A name is no component's, or several components'.
pub(super) fn of_instances(
    policy: &Policy,
    input: Option<&[u8]>,
    program: &Program<'_>,
    files: &[SourceFile],
) -> Result<Vec<u16>> {
    if policy.components.is_empty() {
        return Ok(Vec::new());
    }
    let (Some(input), Some(component)) = (input, &program.component) else {
        return Err(Error::input(
            Stage::Plan,
            "a core module has no components that could have grants of their own",
            "give its grants without --for",
        ));
    };
    let binaries = describe::binaries(input, files)?;
    let names = Names::of(&binaries);
    let mut grantees = vec![None; binaries.len()];
    for (number, component) in (1..).zip(&policy.components) {
        if number > u16::MAX.into() {
            return Err(Error::input(Stage::Plan, "too many components have grants of their own", "name fewer"));
        }
        let place = names.find(&component.name)?;
        if grantees[place].replace(number as u16).is_some() {
            let message = format!("--for {} names a component that has grants already", shown(&component.name));
            return Err(Error::input(Stage::Plan, message, "put all grants of a component behind one of its names"));
        }
    }
    // Each binary comes after the one in which it lies.
    for (place, binary) in binaries.iter().enumerate() {
        grantees[place] = grantees[place].or_else(|| grantees[binary.parent?]);
    }
    let origins = origins(input, component)?;
    Ok(origins.into_iter().map(|origin| grantees[origin.place].unwrap_or_default()).collect())
}

/// Returns the origins of all component instances of a program.
///
/// # Errors
/// Those of [`decode::component_instances`].
pub(super) fn origins(input: &[u8], component: &Component) -> Result<Vec<InstanceOrigin>> {
    let origins = decode::component_instances(input)?;
    match origins.len() == component.component_instances as usize {
        true => Ok(origins),
        false => Err(Error::defect(Stage::Plan, "component instances are counted in two ways")),
    }
}

/// The components of a file by their names: those that `aot inspect` shows, and their places.
struct Names<'b> {
    binaries: &'b [Binary],
    places: HashMap<String, Vec<usize>>,
}

impl<'b> Names<'b> {
    fn of(binaries: &'b [Binary]) -> Self {
        let mut names = Self { binaries, places: HashMap::new() };
        for (place, title) in names.titles() {
            for name in BTreeSet::from([title, format!("#{place}")]) {
                names.places.entry(name).or_default().push(place);
            }
        }
        names
    }

    fn titles(&self) -> impl Iterator<Item = (usize, String)> + use<'b> {
        let components = self.binaries.iter().enumerate().filter(|(_, binary)| binary.kind == BinaryKind::Component);
        components.map(|(place, binary)| (place, binary.title(place)))
    }

    /// Returns the place of the component with a name.
    fn find(&self, name: &str) -> Result<usize> {
        match self.places.get(name).map_or(&[][..], Vec::as_slice) {
            [place] => return Ok(*place),
            [first, second, ..] => {
                let message = format!("--for {}: several components have this name", shown(name));
                let help = format!("use their places in the list of aot inspect, such as #{first} and #{second}");
                return Err(Error::input(Stage::Plan, message, help));
            }
            [] => {}
        }
        let titles: Vec<String> = self.titles().map(|(_, title)| title).collect();
        let meant = did_you_mean(name, titles.iter().map(String::as_str));
        let mut names: Vec<String> = titles.iter().take(NAMES_MAX).map(shown).collect();
        if titles.len() > NAMES_MAX {
            names.push(format!("{} more", titles.len() - NAMES_MAX));
        }
        Err(Error::input(
            Stage::Plan,
            format!("--for {}: no component has this name{}", shown(name), shown(&meant)),
            format!("the components are {}; aot inspect shows them", names.join(", ")),
        ))
    }
}

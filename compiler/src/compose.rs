//! Before the stages: several components become one.
//!
//! The work is done by the crate `aot-composer`; here its inputs are checked to be components and its errors become ours.

use crate::decode::{self, Arena};
use crate::error::{Error, Result, Stage};

pub use aot_composer::{Composition, Input, Pattern, Route};

/// Puts the handlers of routes behind a router, and wires what they import to `links`. Returns the composition, and the routes in
/// the order in which the router tries them.
///
/// # Errors
/// Inputs that aren't valid components or no handlers, routes that match the same paths, and what can't be wired.
pub fn route(routes: Vec<Route>, handlers: Vec<Input>, links: Vec<Input>) -> Result<(Composition, Vec<Route>)> {
    for input in handlers.iter().chain(&links) {
        check(input)?;
    }
    aot_composer::route(routes, handlers, links).map_err(failed)
}

/// Wires `app` to `links` by the names of interfaces and semver.
///
/// # Errors
/// Inputs that aren't valid components, and what can't be wired, by the names of both sides.
pub fn link(app: Input, links: Vec<Input>) -> Result<Composition> {
    for input in std::iter::once(&app).chain(&links) {
        check(input)?;
    }
    aot_composer::link(app, links).map_err(failed)
}

/// Composes as the WAC document `source` says, from packages by their names in it.
///
/// # Errors
/// As [`link`], and faults of the document.
pub fn document(source: &str, packages: Vec<Input>) -> Result<Composition> {
    packages.iter().try_for_each(check)?;
    aot_composer::document(source, packages).map_err(failed)
}

fn check(input: &Input) -> Result<()> {
    if !wasmparser::Parser::is_component(&input.bytes) {
        return Err(Error::input(
            Stage::Decode,
            format!("{} isn't a component", input.name),
            "only components can be linked; make one of a core module with `wasm-tools component new`",
        ));
    }
    let arena = Arena::default();
    match decode::decode(&input.bytes, &arena) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.of_file(&input.name)),
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::input(
        Stage::Decode,
        format!("the components can't be linked: {error:#}"),
        "`aot inspect FILE` shows what a component imports and exports; --wac FILE says what the names don't",
    )
}

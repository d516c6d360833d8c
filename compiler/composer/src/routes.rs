//! Composes handlers of HTTP requests into one, by the paths that each handles.
//!
//! The handler that all requests reach is a component of our own, the router: it compares a request's path with the patterns,
//! and passes the request on or answers with status 404.

use super::wiring::{Component, Wire};
use super::{Composition, Input, component, compose, register};
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write;
use wac_graph::CompositionGraph;

/// A pattern of paths, and the handler of the requests that match it.
#[derive(Clone, Debug)]
pub struct Route {
    /// The pattern, such as `/users/:id` or `/files/...`.
    pub pattern: Pattern,
    /// Index of the handler.
    pub handler: usize,
}

/// A pattern of paths, of segments between slashes. A slash at the end of a path or a pattern makes no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The pattern as it was written.
    pub text: String,
    segments: Vec<Segment>,
}

/// A part of a pattern. The order is that of precedence: the first that matches wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// A segment of this text.
    Exact(String),
    /// Any segment, but not an empty one.
    Any,
    /// The end of the path.
    End,
    /// The end, or any segments.
    Rest,
}

/// Name of the router in messages.
const ROUTER: &str = "the router";
/// Interface of handlers, without its version.
const HANDLER: &str = "wasi:http/incoming-handler";
/// Address of the texts of patterns in the router's memory.
const TEXTS_START: usize = 1024;
/// Address from which on the router gets the paths of requests.
const PATHS_START: usize = 1 << 20;

impl Pattern {
    /// Parses a pattern: `:NAME` stands for one segment, `...` at the end for any number of them.
    ///
    /// # Errors
    /// The text isn't a pattern.
    pub fn parse(text: &str) -> Result<Self> {
        let path = text.strip_prefix('/').context("a pattern begins with a slash, as in /users/:id or /files/...")?;
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        let mut segments = Vec::new();
        for part in path.split('/').filter(|_| !path.is_empty()) {
            ensure!(segments.last() != Some(&Segment::Rest), "{text}: `...` stands only at the end");
            segments.push(segment(part).with_context(|| text.to_string())?);
        }
        if segments.last() != Some(&Segment::Rest) {
            segments.push(Segment::End);
        }
        Ok(Self { text: text.to_string(), segments })
    }
}

fn segment(part: &str) -> Result<Segment> {
    let is_plain = part.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"\\".contains(&byte));
    Ok(match part {
        "..." => Segment::Rest,
        "" => bail!("a segment is empty"),
        "." | ".." => bail!("paths are compared without resolving `.` and `..`"),
        _ if part.starts_with(':') => Segment::Any,
        _ if is_plain => Segment::Exact(part.to_string()),
        _ => bail!("write segments as they stand in the target of a request"),
    })
}

/// Returns the text of the router for routes, and the routes in the order in which it tries them: the most specific first. Of
/// two patterns, that one is more specific whose first segment that differs is: exact before any, any before `...`.
///
/// # Errors
/// Two patterns match the same paths.
fn router(mut routes: Vec<Route>, version: &str) -> Result<(String, Vec<Route>)> {
    routes.sort_by(|one, other| one.pattern.segments.cmp(&other.pattern.segments));
    if let Some(two) = routes.windows(2).find(|two| two[0].pattern.segments == two[1].pattern.segments) {
        bail!("the routes {} and {} match the same paths", two[0].pattern.text, two[1].pattern.text);
    }
    let mut parts = Parts { next: TEXTS_START, ..Parts::default() };
    for (index, route) in routes.iter().enumerate() {
        parts.declare(index)?;
        parts.compare(index, &route.pattern)?;
    }
    ensure!(parts.next < PATHS_START, "the patterns have too many bytes together");
    let text = include_str!("router.wat")
        .replace("VERSION", version)
        .replace("  ;; IMPORTS\n", &parts.imports)
        .replace("    ;; CORE IMPORTS\n", &parts.core_imports)
        .replace("    ;; HANDLERS\n", &parts.handlers)
        .replace("    ;; TEXTS\n", &parts.texts)
        .replace("        ;; COMPARISONS\n", &parts.comparisons);
    Ok((text, routes))
}

/// The parts of the router's text that depend on the routes.
#[derive(Default)]
struct Parts {
    imports: String,
    core_imports: String,
    handlers: String,
    texts: String,
    comparisons: String,
    /// Address of the next text.
    next: usize,
}

impl Parts {
    /// Declares the handler of a route: as an instance, and as a core function.
    fn declare(&mut self, index: usize) -> Result<()> {
        writeln!(
            self.imports,
            "  (import \"route{index}\" (instance $route{index} (export \"handle\" (func\n    (param \"request\" (own \
             $request)) (param \"response-out\" (own $outparam))))))\n  (core func $route{index} (canon lower (func \
             $route{index} \"handle\")))"
        )?;
        writeln!(self.core_imports, "    (import \"handlers\" \"{index}\" (func $route{index} (param i32 i32)))")?;
        writeln!(self.handlers, "    (export \"{index}\" (func $route{index}))")?;
        Ok(())
    }

    /// Writes the comparison with a pattern, behind which its handler is called.
    fn compare(&mut self, index: usize, pattern: &Pattern) -> Result<()> {
        let out = &mut self.comparisons;
        writeln!(out, "        (block $other")?;
        writeln!(out, "          (local.set $at (local.get $path))")?;
        for segment in &pattern.segments {
            let step = match segment {
                Segment::Exact(text) => {
                    let (address, bytes) = (self.next, text.len() + 1);
                    writeln!(self.texts, "    (data (i32.const {address}) \"/{text}\")")?;
                    self.next += bytes;
                    format!("$exact (local.get $at) (local.get $end) (i32.const {address}) (i32.const {bytes})")
                }
                Segment::Any => String::from("$any (local.get $at) (local.get $end)"),
                Segment::End => {
                    writeln!(out, "          (br_if $other (i32.ne (local.get $at) (local.get $end)))")?;
                    continue;
                }
                Segment::Rest => continue,
            };
            let call = format!("(local.tee $at (call {step}))");
            writeln!(out, "          (br_if $other (i32.lt_s {call} (i32.const 0)))")?;
        }
        writeln!(out, "          (call $route{index} (local.get $request) (local.get $response))")?;
        writeln!(out, "          (return))")?;
        Ok(())
    }
}

/// Composes handlers behind a router, and with what they import from `links`. Returns the routes too, in the order in which
/// the router tries them.
///
/// # Errors
/// Those of [`super::link`], a component that exports no handler, and two patterns that match the same paths.
pub fn route(routes: Vec<Route>, handlers: Vec<Input>, links: Vec<Input>) -> Result<(Composition, Vec<Route>)> {
    let first = handlers.first().context("there are no routes")?;
    let mut graph = CompositionGraph::new();
    let package = register(&mut graph, 0, first.clone())?;
    let (text, routes) = router(routes, handler_version(&component(&graph, package, &first.name))?)?;
    let router = Input { name: ROUTER.to_string(), bytes: wat::parse_str(text)? };
    let inputs = std::iter::once(router).chain(handlers).chain(links).collect();
    let mut composition = compose(inputs, |components| {
        let wire = |(index, route): (usize, &Route)| {
            let exporter = 1 + route.handler;
            let export = format!("{HANDLER}@{}", handler_version(&components[exporter])?);
            Ok(Wire { exporter, export, importer: 0, import: format!("route{index}") })
        };
        routes.iter().enumerate().map(wire).collect()
    })?;
    composition.wiring.retain(|wire| !wire.starts_with(ROUTER));
    Ok((composition, routes))
}

/// Returns the version of the handler's interface that a component exports.
fn handler_version(component: &Component) -> Result<&str> {
    let mut versions = component.exports.iter().filter_map(|export| export.strip_prefix(HANDLER)?.strip_prefix('@'));
    versions.next().with_context(|| format!("{} exports no {HANDLER}", component.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(patterns: &[&str]) -> Vec<Route> {
        patterns.iter().map(|text| Route { pattern: Pattern::parse(text).unwrap(), handler: 0 }).collect()
    }

    #[test]
    fn the_most_specific_comes_first() {
        let patterns = ["/...", "/:any", "/a/...", "/a", "/a/:b/c", "/a/b/...", "/a/b", "/"];
        let (text, sorted) = router(routes(&patterns), "0.2.0").unwrap();
        let sorted: Vec<&str> = sorted.iter().map(|route| route.pattern.text.as_str()).collect();
        assert_eq!(sorted, ["/a/b", "/a/b/...", "/a/:b/c", "/a", "/a/...", "/:any", "/", "/..."]);
        assert!(wat::parse_str(text).is_ok());
    }

    #[test]
    fn patterns_have_a_form() {
        for wrong in ["", "a", "/a//b", "/.../a", "/a/../b", "/a?b", "/a\"b", "/ä", "//"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Pattern::parse("/a/:b/").unwrap().segments, Pattern::parse("/a/:c").unwrap().segments);
    }

    #[test]
    fn the_same_paths_are_a_conflict() {
        let error = router(routes(&["/a/:b", "/a/:c/"]), "0.2.0").unwrap_err().to_string();
        assert!(error.contains("/a/:b and /a/:c/"), "{error}");
    }
}

//! Declarations of TypeScript, each in one line and by the place where it is: an interface's last word, or nothing for the world.

use std::collections::{BTreeMap, BTreeSet};

/// The declarations of each place.
pub type Declarations = BTreeMap<String, BTreeSet<String>>;

/// The declarations of jco's files, each of which is an interface or the world.
pub fn of_jco(text: &str) -> Declarations {
    let mut declarations = Declarations::new();
    let mut place = String::new();
    for declaration in joined(text) {
        if let Some(file) = declaration.strip_prefix("// file ") {
            place = String::new();
            if let Some(interface) = file.strip_prefix("interfaces/") {
                place = interface.trim_end_matches(".d.ts").rsplit('-').next().unwrap_or_default().to_string();
            }
        } else if !is_of_every_file(&declaration) {
            declarations.entry(place.clone()).or_default().insert(declaration);
        }
    }
    declarations
}

/// The declarations of an addon's file, in which interfaces are namespaces. What an addon with imports exports itself are the
/// methods of its instances.
pub fn of_aot(text: &str) -> Declarations {
    let mut declarations = Declarations::new();
    for (namespace, contents) in namespaces(text) {
        let place = namespace.trim_end_matches(|character: char| character.is_ascii_digit()).to_string();
        let has_imports = contents.contains("interface ImportObject");
        for declaration in joined(&contents) {
            let methods = declaration.strip_prefix("export interface Instance { ").filter(|_| has_imports);
            let methods = methods.map(|methods| methods.trim_end_matches(" }").split("; "));
            let methods = methods.into_iter().flatten().filter(|method| !method.contains("typeof "));
            let methods = methods.map(|method| format!("export function {method}"));
            let own = [declaration.clone()].into_iter().filter(|own| !is_of_addons(own) && !is_of_every_file(own));
            declarations.entry(place.clone()).or_default().extend(methods.chain(own));
        }
    }
    declarations
}

/// The namespaces of a file with their contents, and with an empty name what is in none.
fn namespaces(text: &str) -> Vec<(String, String)> {
    let (mut world, mut namespaces): (String, Vec<(String, String)>) = Default::default();
    let mut is_within = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("declare namespace ") {
            namespaces.push((name.trim_end_matches(" {").to_string(), String::new()));
            is_within = true;
        } else if is_within && line == "}" {
            is_within = false;
        } else {
            let contents = namespaces.last_mut().filter(|_| is_within).map_or(&mut world, |(_, contents)| contents);
            *contents += &format!("{line}\n");
        }
    }
    namespaces.push((String::new(), world));
    namespaces
}

/// Returns true for options, results, and what stands for the files of interfaces.
fn is_of_every_file(declaration: &str) -> bool {
    let beginnings = ["export type Option<T>", "export type Result<T, E>", "export type * as", "export * as", "// "];
    beginnings.iter().any(|beginning| declaration.starts_with(beginning))
}

/// Returns true for what an addon has besides, or under another name too.
fn is_of_addons(declaration: &str) -> bool {
    let beginnings = [
        "export interface Options ",
        "export interface Instance ",
        "export interface ImportObject ",
        "export function instantiate(",
        "export function interrupt(",
        "export function pool(",
        "export {",
        "export type {",
    ];
    beginnings.iter().any(|beginning| declaration.starts_with(beginning))
}

/// Declarations in one line each, without comments: members are behind each other with semicolons between them, and types have
/// no names of files and namespaces.
fn joined(text: &str) -> Vec<String> {
    let (mut joined, mut members, mut is_comment): (Vec<String>, Vec<String>, bool) = Default::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        is_comment |= line.starts_with("/*");
        if is_comment {
            is_comment = !line.ends_with("*/");
        } else if let Some(head) = line.strip_suffix('{') {
            members = vec![head.trim().to_string()];
        } else if line == "}" && !members.is_empty() {
            let head = members.remove(0);
            joined.push(format!("{head} {{ {} }}", members.join("; ")));
            members.clear();
        } else if members.is_empty() {
            joined.push(own_names(line.trim_end_matches(';')));
        } else {
            members.push(member(line));
        }
    }
    joined
}

/// A member without what ends it, and without quotes around its name.
fn member(line: &str) -> String {
    let line = own_names(line.trim_end_matches([',', ';']));
    match line.strip_prefix('\'').and_then(|line| line.split_once('\'')) {
        Some((name, rest)) => format!("{name}{rest}"),
        None => line,
    }
}

/// A line in which types have their own names alone: `import('./file.js').Name` and `namespace.Name` are `Name`.
fn own_names(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("import('") {
        plain += before;
        rest = behind.split_once("').").map_or(behind, |(_, name)| name);
    }
    plain += rest;
    let mut names = String::new();
    let mut parts = plain.split('.').peekable();
    while let Some(part) = parts.next() {
        let is_qualified = parts.peek().is_some_and(|next| next.starts_with(|first: char| first.is_ascii_uppercase()));
        let is_place = |character: char| character.is_ascii_alphanumeric() || character == '_';
        match (parts.peek(), is_qualified) {
            (Some(_), true) => names += part.trim_end_matches(is_place),
            (Some(_), false) => names += &format!("{part}."),
            (None, _) => names += part,
        }
    }
    names
}

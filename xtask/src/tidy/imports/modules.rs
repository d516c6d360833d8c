//! The modules of a crate, and which of them a path leads to.

use super::paths::{self, Contents, Named};
use super::tokens::tokens;
use crate::tidy::files::TextFile;
use std::collections::{BTreeMap, BTreeSet};

/// Re-exports are followed this often: a path that goes on may go in a circle.
const REEXPORTS_MAX: usize = 6;

/// The names from the crate's root to a module; the root has none.
pub type Module = Vec<String>;

/// The modules of a crate that are files.
#[derive(Default)]
pub struct Modules {
    contents: BTreeMap<Module, Contents>,
    /// The place that a name of a module is re-exported from.
    reexports: BTreeMap<(Module, String), Vec<String>>,
    /// The modules from which a module re-exports everything.
    globs: BTreeMap<Module, Vec<Module>>,
}

impl Modules {
    /// Reads the files below `folder`, a crate's folder of sources.
    pub fn read<'a>(folder: &str, files: impl Iterator<Item = &'a TextFile>) -> Self {
        let mut modules = Self::default();
        for file in files {
            if let Some(module) = file.path.strip_prefix(folder).and_then(|path| path.strip_prefix('/')).map(module_of)
            {
                let contents = modules.contents.entry(module).or_default();
                let read = paths::contents(&tokens(&file.text));
                contents.paths.extend(read.paths);
                contents.definitions.extend(read.definitions);
            }
        }
        modules.find_reexports();
        modules
    }

    fn find_reexports(&mut self) {
        for (module, contents) in &self.contents {
            for named in contents.paths.iter().filter(|named| named.is_reexport) {
                let Some(mut path) = self.absolute(module, named) else { continue };
                match path.pop() {
                    Some(name) if name == "*" => self.globs.entry(module.clone()).or_default().push(path),
                    Some(name) => {
                        path.push(name.clone());
                        self.reexports.entry((module.clone(), name)).or_insert(path);
                    }
                    None => {}
                }
            }
        }
    }

    /// Each module with those that it imports from. The root isn't among them, nor is what a face re-exports: a module
    /// with modules below it is the name by which others know them.
    pub fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let imports = |(module, contents): (&Module, &Contents)| {
            let is_face = !module.is_empty() && self.contents.keys().any(|other| is_child(other, module));
            let counted = contents.paths.iter().filter(|named| !(named.is_reexport && is_face));
            let found = counted.filter_map(|named| self.leads_to(&self.absolute(module, named)?, 0));
            (module.clone(), found.filter(|other| other != module && !other.is_empty()).collect())
        };
        self.contents.iter().map(imports).collect()
    }

    /// A path of a module from the crate's root; none for a path into another crate.
    fn absolute(&self, module: &Module, named: &Named) -> Option<Vec<String>> {
        let mut from = [module.as_slice(), &named.inside].concat();
        let mut path = named.path.as_slice();
        match path.first().map(String::as_str) {
            Some("crate") => {
                from.clear();
                path = &path[1..];
            }
            Some("self") => path = &path[1..],
            Some("super") => {
                while path.first().is_some_and(|name| name == "super") {
                    from.pop();
                    path = &path[1..];
                }
            }
            Some(name) if self.contents.contains_key(&[module.as_slice(), &[name.to_owned()]].concat()) => {
                from.clone_from(module);
            }
            _ => return None,
        }
        from.extend_from_slice(path);
        Some(from)
    }

    /// The module that defines what a path from the root names.
    fn leads_to(&self, path: &[String], followed: usize) -> Option<Module> {
        if followed > REEXPORTS_MAX {
            return None;
        }
        let length = (0..=path.len()).rev().find(|length| self.contents.contains_key(&path[..*length]))?;
        let (module, names) = path.split_at(length);
        if let Some((name, after)) = names.split_first() {
            let reexport = self.reexports.get(&(module.to_vec(), name.clone()));
            if let Some(place) = reexport.filter(|place| place.as_slice() != &path[..=length]) {
                return self.leads_to(&[place.as_slice(), after].concat(), followed + 1);
            }
            if let Some(definer) = self.glob_definer(module, name) {
                return Some(definer);
            }
        }
        Some(module.to_vec())
    }

    /// The module that defines `name`, of which `module` has it by `pub use …::*`.
    fn glob_definer(&self, module: &[String], name: &str) -> Option<Module> {
        let defines =
            |module: &[String]| self.contents.get(module).is_some_and(|it| it.definitions.iter().any(|it| it == name));
        if defines(module) {
            return None;
        }
        self.globs.get(module)?.iter().find(|glob| defines(glob)).cloned()
    }
}

/// The module of a file, by its path from the folder of sources.
fn module_of(path: &str) -> Module {
    let mut module: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    module
}

fn is_child(module: &Module, of: &Module) -> bool {
    module.len() == of.len() + 1 && module.starts_with(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The imports of a crate in `src`, as `a::b -> c::d`.
    fn imports(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| TextFile { path: format!("src/{path}"), text: (*text).to_owned() };
        let files: Vec<TextFile> = files.iter().map(file).collect();
        let imports = Modules::read("src", files.iter()).imports();
        let line = |from: &Module, to: &Module| format!("{} -> {}", from.join("::"), to.join("::"));
        imports.iter().flat_map(|(from, found)| found.iter().map(move |to| line(from, to))).collect()
    }

    #[test]
    fn paths_lead_to_the_file_that_has_what_they_name() {
        let b = "use super::a::Type;\nuse std::fs;\nuse crate::c::d::{self, function};";
        let found = imports(&[("lib.rs", ""), ("a.rs", ""), ("b.rs", b), ("c/mod.rs", ""), ("c/d.rs", "")]);
        assert_eq!(found, ["b -> a", "b -> c::d"]);
    }

    #[test]
    fn reexports_are_followed_and_are_no_imports_of_a_face() {
        let face = "mod d; mod e; pub use d::One; pub use e::*;";
        let user = "use crate::c::{One, Two, Three};";
        let files = [("b.rs", user), ("c/mod.rs", face), ("c/d.rs", ""), ("c/e.rs", "pub struct Two;")];
        assert_eq!(imports(&files), ["b -> c", "b -> c::d", "b -> c::e"]);
    }

    #[test]
    fn super_inside_a_module_of_the_file_is_the_file() {
        assert_eq!(
            imports(&[("a.rs", "mod inner { use super::Type; use super::super::b::Type; }"), ("b.rs", "")]),
            ["a -> b"]
        );
    }

    #[test]
    fn a_module_below_is_imported_by_its_name_alone() {
        let found = imports(&[("a/mod.rs", "use b::Type; use serde::Type;"), ("a/b.rs", "")]);
        assert_eq!(found, ["a -> a::b"]);
    }
}

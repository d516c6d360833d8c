//! The contents of an executable: how many bytes each function has, whose code is inside of others, and what the rest is.

use super::binary::{Binary, BinaryKind};
use super::executable::Executable;
use aot_abi::program::{Function, MODULE_TRAMPOLINE, Module};
use aot_abi::record::Record;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A part of an executable, and what it consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Name of the part.
    pub name: String,
    /// Bytes in the file.
    pub bytes: u64,
    /// Parts of the part, the largest first; together they have as many bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A function whose code isn't only where the program has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Name of the function, with its module.
    pub name: String,
    /// Number of functions that have its code inside of theirs.
    pub inlined_into: u64,
    /// The function that has its code, if they are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// The contents of an executable.
#[derive(Clone, Debug, Serialize)]
pub struct Contents {
    /// The whole file.
    pub whole: Part,
    /// Functions that inlining or merging changed, by their names.
    pub changed: Vec<Changed>,
}

impl Contents {
    /// The name of the part that is the program's code.
    pub const CODE: &str = "guest code";

    /// The contents of the executable with these bytes. If its tables are damaged, its code is one part.
    pub fn of(executable: &Executable, file: &[u8]) -> Self {
        let note = &executable.note;
        let tables = Tables::read(executable, file).unwrap_or_default();
        let mut code = tables.code(note.text_bytes, &note.binaries);
        code.name = Self::CODE.to_string();
        let policy = executable.policy_bytes.len() as u64;
        let known = [
            code,
            part("data", note.image_bytes),
            part("names", note.name_bytes),
            // The policy is one of the tables.
            part("tables", note.table_bytes.saturating_sub(policy)),
            part("policy and embedded files", policy.min(note.table_bytes)),
        ];
        let rest = known.iter().fold(file.len() as u64, |rest, part| rest.saturating_sub(part.bytes));
        let mut parts: Vec<Part> = known.into_iter().chain([part("runtime, rest", rest)]).collect();
        parts.retain(|part| part.bytes > 0);
        Self { whole: whole(note.target.clone(), parts), changed: tables.changed() }
    }
}

fn part(name: &str, bytes: u64) -> Part {
    Part { name: name.to_string(), bytes, parts: Vec::new() }
}

/// Returns the component that a module lies in, one below the outermost; none if it lies in that.
fn component(binaries: &[Binary], place: usize) -> Option<String> {
    let above = std::iter::successors(Some(place), |place| binaries[*place].parent);
    let outer = above.take_while(|place| binaries[*place].parent.is_some()).last()?;
    (outer != place).then(|| binaries[outer].title(outer))
}

/// Functions by their packages.
type Packages = BTreeMap<Option<String>, Vec<Part>>;

/// Returns the parts of a module: its packages, and functions that are in none.
fn packages_of(packages: Packages) -> Vec<Part> {
    let mut parts = Vec::new();
    for (package, functions) in packages {
        match package {
            Some(package) => parts.push(whole(package, functions)),
            None => parts.extend(functions),
        }
    }
    parts
}

/// Returns the part that consists of these, the largest first.
fn whole(name: String, mut parts: Vec<Part>) -> Part {
    parts.sort_by(|one, other| (other.bytes, &one.name).cmp(&(one.bytes, &other.name)));
    Part { name, bytes: parts.iter().fold(0, |sum, part| part.bytes.saturating_add(sum)), parts }
}

/// The tables of an executable, as backtraces read them.
#[derive(Default)]
struct Tables<'f> {
    functions: Vec<Function>,
    modules: Vec<Module>,
    names: &'f [u8],
    addresses: &'f [u8],
}

impl<'f> Tables<'f> {
    /// Reads the tables; `None` if they aren't where the note says.
    fn read(executable: &Executable, file: &'f [u8]) -> Option<Self> {
        let place = executable.note.name_tables;
        let start = executable.policy_bytes.start.checked_add(usize::try_from(place.distance).ok()?)?;
        let (functions, rest) = records(file.get(start..)?, place.functions)?;
        let (modules, rest) = records(rest, place.modules)?;
        let (names, rest) = rest.split_at_checked(usize::try_from(place.names).ok()?)?;
        let addresses = rest.get(..usize::try_from(place.addresses).ok()?)?;
        let tables = Self { functions, modules, names, addresses };
        let is_sorted = tables.functions.is_sorted_by_key(|function: &Function| function.text_offset);
        is_sorted.then_some(tables)
    }

    /// Returns the code by components, modules, packages and functions.
    fn code(&self, text_bytes: u64, binaries: &[Binary]) -> Part {
        let places = self.places(binaries);
        let mut modules: BTreeMap<u32, Packages> = BTreeMap::new();
        let ends = self.functions.iter().skip(1).map(|next| u64::from(next.text_offset)).chain([text_bytes]);
        for (function, end) in self.functions.iter().zip(ends) {
            let bytes = end.saturating_sub(function.text_offset.into());
            if bytes > 0 {
                let name = self.own_name(function);
                let packages = modules.entry(function.module).or_default();
                packages.entry(package(&name).map(str::to_string)).or_default().push(part(&name, bytes));
            }
        }
        let (mut parts, mut inside) = (Vec::new(), BTreeMap::<String, Vec<Part>>::new());
        for (module, packages) in modules {
            let place = places.get(module as usize).copied();
            // A component can have a name for a module that has none.
            let named = place.filter(|_| self.own_module_name(module).is_empty());
            let name = named.map_or_else(|| self.module_name(module), |place| binaries[place].title(place));
            let part = whole(name, packages_of(packages));
            match place.and_then(|place| component(binaries, place)) {
                Some(component) => inside.entry(component).or_default().push(part),
                None => parts.push(part),
            }
        }
        parts.extend(inside.into_iter().map(|(component, modules)| whole(component, modules)));
        let code = whole(String::new(), parts);
        // A program without functions, or with damaged tables.
        if code.bytes == text_bytes { code } else { part("", text_bytes) }
    }

    /// Returns the place of each module among the binaries; nothing if the lists don't fit each other. The modules of adapters
    /// between components come last, and aren't among them.
    fn places(&self, binaries: &[Binary]) -> Vec<usize> {
        let is_module = |place: &usize| binaries[*place].kind == BinaryKind::Module;
        let places: Vec<usize> = (0..binaries.len()).filter(is_module).collect();
        let fits = |(module, place): (u32, &usize)| {
            let name = self.own_module_name(module);
            name.is_empty() || binaries[*place].name.as_deref() == Some(name)
        };
        if (0..).zip(&places).all(fits) { places } else { Vec::new() }
    }

    /// Returns the functions whose code is inside of others or the same as another's.
    fn changed(&self) -> Vec<Changed> {
        let mut inlined: BTreeMap<usize, u64> = BTreeMap::new();
        for function in &self.functions {
            let inside = Map::of(self.addresses, function.addresses).and_then(Map::inlined).unwrap_or_default();
            inside.into_iter().for_each(|index| *inlined.entry(index).or_default() += 1);
        }
        let mut changed = Vec::new();
        for (index, function) in self.functions.iter().enumerate() {
            // A function that has the code of another stands in front of it.
            let same = self.functions[index + 1..].iter().take_while(|other| other.text_offset == function.text_offset);
            let merged_into = same.last().map(|other| self.full_name(other));
            let inlined_into = inlined.get(&index).copied().unwrap_or_default();
            if function.module != MODULE_TRAMPOLINE && (merged_into.is_some() || inlined_into > 0) {
                changed.push(Changed { name: self.full_name(function), inlined_into, merged_into });
            }
        }
        changed.sort_by(|one, other| (other.inlined_into, &one.name).cmp(&(one.inlined_into, &other.name)));
        changed
    }

    fn full_name(&self, function: &Function) -> String {
        format!("{} in {}", self.own_name(function), self.module_name(function.module))
    }

    fn own_name(&self, function: &Function) -> String {
        match self.name(function.name) {
            "" if function.module == MODULE_TRAMPOLINE => String::from("trampoline"),
            "" => format!("<wasm function {}>", function.func_index),
            name => name.to_string(),
        }
    }

    fn module_name(&self, module: u32) -> String {
        if module == MODULE_TRAMPOLINE {
            return String::from("trampolines and start-up");
        }
        match self.own_module_name(module) {
            "" => format!("<module {module}>"),
            name => name.to_string(),
        }
    }

    fn own_module_name(&self, module: u32) -> &'f str {
        self.modules.get(module as usize).map(|module| self.name(module.name)).unwrap_or_default()
    }

    /// Returns the name at an offset; the empty one if there is none.
    fn name(&self, offset: u32) -> &'f str {
        let read = || {
            let mut bytes = self.names.get(offset as usize..)?;
            let length = unsigned(&mut bytes)?;
            std::str::from_utf8(bytes.get(..usize::try_from(length).ok()?)?).ok()
        };
        read().unwrap_or_default()
    }
}

/// The address map of a function.
struct Map<'f>(&'f [u8]);

impl<'f> Map<'f> {
    fn of(addresses: &'f [u8], offset: u32) -> Option<Self> {
        Some(Self(addresses.get(offset as usize..)?))
    }

    /// Returns the numbers of the functions whose code is inside; `None` if the map is damaged.
    fn inlined(mut self) -> Option<BTreeSet<usize>> {
        let mut found = BTreeSet::new();
        for _ in 0..unsigned(&mut self.0)? {
            let has_frames = unsigned(&mut self.0)? & 1 == 1;
            // The distance in the module is signed, with as many bytes.
            unsigned(&mut self.0)?;
            let frames = if has_frames { unsigned(&mut self.0)? } else { 0 };
            for _ in 0..frames {
                found.insert(usize::try_from(unsigned(&mut self.0)?).ok()?);
                unsigned(&mut self.0)?;
            }
        }
        Some(found)
    }
}

/// Takes records from the front.
fn records<R: Record>(mut bytes: &[u8], count: u64) -> Option<(Vec<R>, &[u8])> {
    let mut records = Vec::new();
    for _ in 0..count {
        let (record, rest) = R::split_from(bytes)?;
        records.push(record);
        bytes = rest;
    }
    Some((records, bytes))
}

/// Takes a number in LEB128 from the front.
fn unsigned(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Returns the package that a function's name begins with: the crate or the outermost namespace.
fn package(name: &str) -> Option<&str> {
    let start = name.find(|character: char| !"<&*( ".contains(character))?;
    let name = name[start..].trim_start_matches("mut ").trim_start_matches("dyn ");
    let (package, _) = name.split_once("::")?;
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    is_name(package).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_what_names_begin_with() {
        assert_eq!(package("core::fmt::write"), Some("core"));
        assert_eq!(package("<alloc::string::String as core::fmt::Write>::write_str"), Some("alloc"));
        assert_eq!(package("<&mut dyn std::io::Write as core::fmt::Write>::write_str"), Some("std"));
        assert_eq!((package("malloc"), package("<[T] as a::B>::c"), package("")), (None, None, None));
    }

    #[test]
    fn damaged_maps_are_none() {
        assert_eq!(Map(&[1, 3, 0, 1, 5, 0]).inlined(), Some(BTreeSet::from([5])));
        assert_eq!(Map(&[2, 2, 0]).inlined(), None);
        assert_eq!(Map(&[0xff; 12]).inlined(), None);
    }
}

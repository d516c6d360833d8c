//! Keys of functions: the structure of a function, and its name where several have the same structure.

use std::collections::HashMap;

/// A hash that is the same on all machines (FNV-1a).
pub(super) struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub fn finish(&self) -> u64 {
        self.0
    }
}

/// Digits of the hash at the end of a mangled name of Rust, which changes with the crate.
const RUST_HASH_DIGITS: usize = 16;

/// Returns the hash of a function's name, without the part of it that differs from build to build; 0 for no name.
pub(super) fn name_hash(name: Option<&str>) -> u32 {
    let Some(name) = name else { return 0 };
    let stable = name.trim_end_matches('E');
    let (rest, last) = stable.rsplit_once("17h").unwrap_or((name, ""));
    let is_hash = last.len() == RUST_HASH_DIGITS && last.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut hash = Hash::default();
    hash.add(if is_hash { rest } else { name }.as_bytes());
    let hash = hash.finish();
    ((hash ^ hash >> 32) as u32).max(1)
}

/// The key of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub structure: u64,
    pub name: u32,
}

/// Finds for each key of a profile the function of the program that it is, by their numbers. A function is another's with the same
/// structure and name. What is left of a structure then are functions of other names, or of none: they are matched in their
/// order if both have as many.
pub(super) fn matches(profile: &[Key], program: &[Key]) -> Vec<Option<usize>> {
    let mut found = vec![None; profile.len()];
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    for (index, key) in program.iter().enumerate().rev() {
        by_key.entry(*key).or_default().push(index);
    }
    for (found, key) in found.iter_mut().zip(profile) {
        *found = by_key.get_mut(key).and_then(Vec::pop);
    }
    let mut left: HashMap<u64, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (index, key) in profile.iter().enumerate().filter(|(index, _)| found[*index].is_none()) {
        left.entry(key.structure).or_default().0.push(index);
    }
    for (key, indices) in by_key {
        if let Some((_, functions)) = left.get_mut(&key.structure) {
            functions.extend(indices);
        }
    }
    for (entries, mut functions) in left.into_values().filter(|(entries, functions)| entries.len() == functions.len()) {
        functions.sort_unstable();
        entries.into_iter().zip(functions).for_each(|(entry, function)| found[entry] = Some(function));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(structure: u64, name: u32) -> Key {
        Key { structure, name }
    }

    #[test]
    fn functions_are_found_by_structure_and_name() {
        let profile = [key(1, 7), key(1, 8), key(2, 0), key(2, 0), key(3, 5)];
        let program = [key(2, 0), key(1, 8), key(1, 7), key(2, 0)];
        assert_eq!(matches(&profile, &program), [Some(2), Some(1), Some(0), Some(3), None]);
    }

    #[test]
    fn functions_of_other_names_are_matched_only_if_they_are_as_many() {
        assert_eq!(matches(&[key(1, 7)], &[key(1, 0)]), [Some(0)]);
        assert_eq!(matches(&[key(1, 7), key(1, 8)], &[key(1, 0), key(1, 9)]), [Some(0), Some(1)]);
        assert_eq!(matches(&[key(1, 7), key(1, 8)], &[key(1, 0)]), [None, None]);
        assert_eq!(matches(&[key(1, 7), key(1, 8)], &[key(1, 8), key(1, 9)]), [Some(1), Some(0)]);
    }

    #[test]
    fn names_of_rust_count_without_their_hashes() {
        let hash = |name| name_hash(Some(name));
        assert_eq!(hash("_ZN4core3fmt17h0123456789abcdefE"), hash("_ZN4core3fmt17hfedcba9876543210E"));
        assert_ne!(hash("_ZN4core3fmt17h0123456789abcdefE"), hash("_ZN4core3num17h0123456789abcdefE"));
        assert_ne!(hash("main"), hash("mainE"));
        assert_eq!(name_hash(None), 0);
    }
}

//! The part of musl's `libc.a` that the run-time library can reach. `aot` carries three of them,
//! and reads one at each link: whole, they are 13 MB and most of the time of a link.

use crate::archive::{self, Member};
use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};
use std::collections::{BTreeMap, BTreeSet};

/// `libc`, an archive, without the members that a link of the start-up objects and any of the
/// archives `runtimes` never takes. Guest code refers to the run-time library alone, never to libc.
pub fn subset(libc: &[u8], runtimes: &[Vec<u8>], start_objects: &[Vec<u8>]) -> Result<Vec<u8>> {
    let members = archive::read(libc)?;
    let definers = definers(&members)?;
    let mut wanted: Vec<String> = Vec::new();
    for object in start_objects {
        wanted.extend(Symbols::of(object)?.undefined);
    }
    for runtime in runtimes {
        for member in archive::read(runtime)? {
            wanted.extend(Symbols::of(member.bytes)?.undefined);
        }
    }
    let mut kept = BTreeSet::new();
    while let Some(symbol) = wanted.pop() {
        if let Some(&index) = definers.get(&symbol)
            && kept.insert(index)
        {
            wanted.extend(Symbols::of(members[index].bytes)?.undefined);
        }
    }
    let kept: Vec<Member> = kept.into_iter().map(|index| members[index]).collect();
    Ok(archive::write(&kept))
}

/// Each global symbol, and the first member that defines it: the one that a linker takes.
fn definers(members: &[Member]) -> Result<BTreeMap<String, usize>> {
    let mut definers = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        let symbols = Symbols::of(member.bytes).with_context(|| member.name.to_owned())?;
        for symbol in symbols.defined {
            definers.entry(symbol).or_insert(index);
        }
    }
    Ok(definers)
}

/// The global symbols of one object.
#[derive(Default)]
pub struct Symbols {
    /// The symbols that the object defines.
    pub defined: Vec<String>,
    /// The symbols that the object refers to, without weak references, which make no linker take a member.
    pub undefined: Vec<String>,
}

impl Symbols {
    /// Reads an object.
    pub fn of(object: &[u8]) -> Result<Self> {
        let file = object::File::parse(object).context("reading an object")?;
        let mut symbols = Self::default();
        for symbol in file.symbols().filter(ObjectSymbol::is_global) {
            let name = symbol.name()?.to_owned();
            if !symbol.is_undefined() {
                symbols.defined.push(name);
            } else if !symbol.is_weak() {
                symbols.undefined.push(name);
            }
        }
        Ok(symbols)
    }
}

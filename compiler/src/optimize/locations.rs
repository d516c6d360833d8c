//! Source locations of CLIF instructions, with the frames of inlined functions.
//!
//! A `SourceLoc` is an offset in the module of the function being compiled. An inlined instruction comes from another
//! function, perhaps of another module, through a call at some location: its `SourceLoc` has the highest bit set and is
//! an index into the function's [`Locations`], so that a backtrace shows every frame of the source.

use crate::plan::FuncId;
use cranelift_codegen::ir::SourceLoc;
use std::collections::HashMap;

/// Bit that marks an index into [`Locations`]. Offsets never have it: no module is that large.
const INLINED: u32 = 1 << 31;

/// Locations in one function that come from inlined functions.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    inlined: Vec<Inlined>,
}

/// A location in an inlined function.
#[derive(Clone, Copy, Debug)]
struct Inlined {
    /// The function that was inlined.
    func: FuncId,
    /// Offset in the inlined function's module, in bytes.
    offset: u32,
    /// Location of the call that the body replaced.
    call: SourceLoc,
}

impl Locations {
    /// Returns the frames at a location, innermost first: the function and module offset for each inlined function, and
    /// the offset in the function being compiled.
    pub fn frames(&self, location: SourceLoc) -> (Vec<(FuncId, u32)>, u32) {
        let (mut frames, mut location) = (Vec::new(), location);
        while let Some(&Inlined { func, offset, call }) = self.inlined(location) {
            frames.push((func, offset));
            location = call;
        }
        (frames, location.bits())
    }

    fn inlined(&self, location: SourceLoc) -> Option<&Inlined> {
        let index = location.bits() & !INLINED;
        if location.is_default() || location.bits() & INLINED == 0 { None } else { self.inlined.get(index as usize) }
    }

    fn add(&mut self, inlined: Inlined) -> SourceLoc {
        self.inlined.push(inlined);
        SourceLoc::new(INLINED | (self.inlined.len() - 1) as u32)
    }
}

/// Import of the locations of a body that replaces one call.
pub(super) struct Import<'a> {
    /// The function that was inlined.
    pub func: FuncId,
    /// Locations in the inlined function that come from others.
    pub from: &'a Locations,
    /// Location of the call in the caller.
    pub call: SourceLoc,
    /// Locations that have been imported, by their location in the inlined function.
    pub known: HashMap<SourceLoc, SourceLoc>,
}

impl Import<'_> {
    /// Returns the location in `to` for `location` in the inlined function, and adds it if it is new.
    pub fn location(&mut self, to: &mut Locations, location: SourceLoc) -> SourceLoc {
        if location.is_default() {
            return self.call;
        }
        if let Some(&known) = self.known.get(&location) {
            return known;
        }
        let inlined = match self.from.inlined(location) {
            // Calls in bodies are a few levels deep (`inline`), and so is this recursion.
            Some(&Inlined { func, offset, call }) => Inlined { func, offset, call: self.location(to, call) },
            None => Inlined { func: self.func, offset: location.bits(), call: self.call },
        };
        let imported = to.add(inlined);
        self.known.insert(location, imported);
        imported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import<'a>(func: u32, from: &'a Locations, call: u32) -> Import<'a> {
        Import { func: FuncId::from_u32(func), from, call: SourceLoc::new(call), known: HashMap::new() }
    }

    #[test]
    fn frames_of_nested_bodies_are_listed_from_the_innermost() {
        // fn1 calls fn2 at 10, and fn2's instruction is at 20; fn0 calls fn1 at 5.
        let none = Locations::default();
        let mut in_fn1 = Locations::default();
        let inner = import(2, &none, 10).location(&mut in_fn1, SourceLoc::new(20));
        let mut in_fn0 = Locations::default();
        let mut call = import(1, &in_fn1, 5);
        let outer = call.location(&mut in_fn0, inner);
        let frames = vec![(FuncId::from_u32(2), 20), (FuncId::from_u32(1), 10)];
        assert_eq!(in_fn0.frames(outer), (frames, 5));
        assert_eq!(call.location(&mut in_fn0, inner), outer);
        assert_eq!(in_fn0.frames(SourceLoc::new(7)), (Vec::new(), 7));
    }
}

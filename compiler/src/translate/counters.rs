//! The counters of a function in translation.

use crate::decode::{FuncIndex, ModuleIndex};
use crate::profile::{Instruments, Site};
use std::vec;

/// The counters of a function.
pub(super) struct Counting {
    /// The program's counters before its own.
    pub first: u32,
    /// The sites of the operators to come.
    pub sites: vec::IntoIter<Site>,
    /// The counters of the operator at hand.
    pub site: Option<Site>,
}

impl Counting {
    /// The counters of a function, if it has some.
    pub fn new(instruments: &Instruments, module: ModuleIndex, func: FuncIndex) -> Option<Self> {
        let (first, shape) = instruments.shape(module, func)?;
        Some(Self { first, sites: shape.sites.clone().into_iter(), site: None })
    }
}

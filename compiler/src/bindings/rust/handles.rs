//! The types whose values have handles.

use crate::bindings::{Interface, Kind, TypeId};
use cranelift_entity::SecondaryMap;

/// For each type, says if a value can have a handle that owns, and one that is lent.
pub fn handles(interface: &Interface) -> SecondaryMap<TypeId, (bool, bool)> {
    let mut handles = SecondaryMap::new();
    for (id, ty) in &interface.types {
        let either = |a: (bool, bool), b: (bool, bool)| (a.0 | b.0, a.1 | b.1);
        handles[id] = match ty.kind {
            Kind::Handle { is_own, .. } => (is_own, !is_own),
            // Types come after those that they refer to.
            ref kind => kind.inner().into_iter().map(|ty| handles[ty]).fold((false, false), either),
        };
    }
    handles
}

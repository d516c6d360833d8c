//! Attributes of a type of references.

use crate::subject::Subject;
use wasm_encoder::{AbstractHeapType, CompositeInnerType, HeapType};

/// The references that can be cast to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hierarchy {
    /// Objects and `i31`.
    Any,
    /// The hierarchy of functions.
    Func,
    /// The hierarchy of the host's values.
    Extern,
    /// The hierarchy of exceptions.
    Exn,
}

/// The hierarchy of a heap type.
pub fn hierarchy(subject: &Subject<'_>, ty: HeapType) -> Hierarchy {
    use AbstractHeapType::{Exn, Extern, Func, NoExn, NoExtern, NoFunc};
    match ty {
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            match subject.types[index as usize].composite_type.inner {
                CompositeInnerType::Func(_) => Hierarchy::Func,
                _ => Hierarchy::Any,
            }
        }
        HeapType::Abstract { ty: Func | NoFunc, .. } => Hierarchy::Func,
        HeapType::Abstract { ty: Extern | NoExtern, .. } => Hierarchy::Extern,
        HeapType::Abstract { ty: Exn | NoExn, .. } => Hierarchy::Exn,
        HeapType::Abstract { .. } => Hierarchy::Any,
    }
}

/// Returns true if an `i31` is of the type.
pub fn takes_i31(heap: HeapType) -> bool {
    use AbstractHeapType::{Any, Eq, I31};
    matches!(heap, HeapType::Abstract { ty: Any | Eq | I31, .. })
}

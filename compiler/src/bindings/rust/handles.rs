//! The types whose values have handles.

use crate::bindings::{Interface, Kind, TypeId};
use cranelift_entity::SecondaryMap;
use std::ops::BitOr;

/// The kinds of handles that a value can have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Handles {
    /// Handles that own.
    pub own: bool,
    /// Handles that are lent.
    pub lent: bool,
    /// Handles of the program's resources that are lent.
    pub lent_of_program: bool,
}

impl BitOr for Handles {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            own: self.own | other.own,
            lent: self.lent | other.lent,
            lent_of_program: self.lent_of_program | other.lent_of_program,
        }
    }
}

/// The handles that values of each type can have.
pub fn handles(interface: &Interface) -> SecondaryMap<TypeId, Handles> {
    let mut handles = SecondaryMap::new();
    for (id, ty) in &interface.types {
        handles[id] = match ty.kind {
            Kind::Handle { is_own, resource } => {
                let lent_of_program = !is_own && !interface.resources[resource].is_imported;
                Handles { own: is_own, lent: !is_own, lent_of_program }
            }
            // Types come after those that they refer to.
            ref kind => kind.inner().into_iter().fold(Handles::default(), |all, ty| all | handles[ty]),
        };
    }
    handles
}

//! Numbers of the items that the front end writes out for the instances of a component, and how many there may be.

use crate::error::{Error, Result, Stage};

/// The most instances, of components and core modules together. Real compositions have dozens.
const INSTANCES_MAX: u64 = 100_000;
/// The most functions that components lift, lower or take from the component model, whatever the input's size: each can become an
/// adapter of ten kilobytes.
const FUNCTIONS_MAX: u64 = 30_000;
/// Bytes of the input for each further such function.
const BYTES_PER_FUNCTION: u64 = 32;
/// The most imports, exports, aliases, types and arguments of all instances, whatever the input's size: each costs hundreds of
/// bytes. One more is for each byte of the input.
const PARTS_MAX: u64 = 1_000_000;

/// Numbers of items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Items {
    instances: u64,
    functions: u64,
    parts: u64,
}

impl Items {
    /// An instance by itself.
    pub const INSTANCE: Self = Self { instances: 1, functions: 0, parts: 0 };

    /// Functions that a component lifts, lowers or takes from the component model.
    pub fn functions(count: u32) -> Self {
        Self { functions: count.into(), ..Self::default() }
    }

    /// Imports, exports, aliases, types or arguments.
    pub fn parts(count: u32) -> Self {
        Self { parts: count.into(), ..Self::default() }
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        *self = self.zip(other, u64::saturating_add);
    }

    /// The greater number of each kind.
    pub fn max(self, other: Self) -> Self {
        self.zip(other, u64::max)
    }

    /// These items, each instance of them with the others besides.
    pub fn with_each(self, others: Self) -> Self {
        let times = |number: u64| number.saturating_mul(self.instances);
        let multiplied =
            Self { instances: times(others.instances), functions: times(others.functions), parts: times(others.parts) };
        self.zip(multiplied, u64::saturating_add)
    }

    fn zip(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            instances: with(self.instances, other.instances),
            functions: with(self.functions, other.functions),
            parts: with(self.parts, other.parts),
        }
    }

    /// Refuses the items of a component if they are too many for the size of the input in bytes.
    ///
    /// # Errors
    /// There are too many of a kind, which the message names with the limit.
    pub fn check(self, input: u64) -> Result<()> {
        let functions_max = FUNCTIONS_MAX.saturating_add(input / BYTES_PER_FUNCTION);
        let parts_max = PARTS_MAX.saturating_add(input);
        let exceeded = if self.instances > INSTANCES_MAX {
            format!("makes more than {INSTANCES_MAX} instances")
        } else if self.functions > functions_max {
            format!("lifts and lowers more than {functions_max} functions, those of all instances together")
        } else if self.parts > parts_max {
            format!(
                "has more than {parts_max} imports, exports, aliases and arguments, those of all instances together"
            )
        } else {
            return Ok(());
        };
        Err(Error::input(
            Stage::Decode,
            format!("the component {exceeded}"),
            "components that instantiate others several times multiply: share instances instead",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instance_can_make_what_it_is_passed() {
        let mut component = Items::INSTANCE;
        component.add(Items::INSTANCE);
        component.add(Items::parts(5));
        let mut passed = Items::INSTANCE;
        passed.add(Items::functions(3));
        assert_eq!(component.with_each(passed), Items { instances: 4, functions: 6, parts: 5 });
        assert!(Items::parts(u32::MAX).check(0).is_err() && component.check(0).is_ok());
    }
}

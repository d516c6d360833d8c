//! Components with grants of their own.

use aot_abi::policy::TAG_COMPONENT;
use aot_foundation::program;

use crate::policy::items::for_each_item;

/// A component with grants of its own, by its number, from 1; or 0: all components without such grants together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grantee(pub u16);

impl Grantee {
    /// Takes note of an item of a policy: with [`TAG_COMPONENT`], the grants of the next component begin.
    pub fn note(&mut self, tag: u32) {
        // There are no more in a policy.
        self.0 = self.0.saturating_add(u16::from(tag == TAG_COMPONENT));
    }

    /// The name of the component in the policy; none for the components without grants of their own.
    pub fn name(self) -> Option<&'static [u8]> {
        let (mut of, mut name) = (Grantee::default(), None);
        // It was whole when the program started.
        let _ = for_each_item(program::policy()?, |tag, payload| {
            of.note(tag);
            if tag == TAG_COMPONENT && of == self {
                name = Some(payload);
            }
            Some(())
        });
        name
    }
}

//! The items of a policy, one after another.

use aot_abi::policy::Head;
use aot_abi::record::Record;

/// Hands out the tag and payload of each item of a section; `None` if the section is damaged or an item is refused.
pub(crate) fn for_each_item(
    section: &'static [u8],
    mut add: impl FnMut(u32, &'static [u8]) -> Option<()>,
) -> Option<()> {
    let mut rest = section;
    while !rest.is_empty() {
        let (head, payload) = Head::split_from(rest)?;
        let (payload, after) = payload.split_at_checked(head.bytes as usize)?;
        add(head.tag, payload)?;
        rest = after;
    }
    Some(())
}

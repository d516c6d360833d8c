//! Texts of the policy section.

/// Returns bytes that should be UTF-8 as text.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! The stages of `aot`.

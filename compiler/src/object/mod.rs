//! Stage 6 of 7: object writing. The text and the plan's tables and images become an object file.

mod exceptions;
mod exports;
mod gc;
mod names;
mod records;
mod tables;
mod writer;

pub use writer::{Extras, Object, Sizes, write};

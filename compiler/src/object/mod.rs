//! Stage 6 of 7: object writing. The text and the plan's tables and images become an object file.

mod errors;
mod exceptions;
mod exports;
mod functions;
mod gc;
mod imports;
mod library;
mod main;
mod names;
mod records;
mod sections;
mod tables;
mod values;
mod writer;

pub use library::LibraryFunctions;
pub use main::MainFunction;
pub use tables::moves_images;
pub use values::ValueLimits;
pub use writer::{EntryPoints, Extras, Object, Sizes, write};

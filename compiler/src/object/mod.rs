//! Stage 6 of 7: object writing. The text and the plan's tables and images become an object file.

mod errors;
mod exceptions;
mod exports;
mod functions;
mod gc;
mod imports;
mod javascript;
mod library;
mod main;
mod names;
mod node;
mod records;
mod scalars;
mod sections;
mod tables;
mod values;
mod writer;

pub use library::LibraryFunctions;
pub use main::MainFunction;
pub use node::NODE_SYMBOLS;
pub use tables::moves_images;
pub use values::ValueLimits;
pub use writer::{EntryPoints, Extras, NameTables, Object, Sizes, write};

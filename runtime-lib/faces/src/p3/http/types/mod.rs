//! `wasi:http/types`.

mod fields;
mod requests;
mod responses;

pub use fields::*;
pub use requests::*;
pub use responses::*;

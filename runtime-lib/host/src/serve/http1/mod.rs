//! Bytes of a client over HTTP/1, before the library sees it.
//!
//! The library takes some things that another server would read as something else, refuses some that are right, and tells
//! neither from the other. So [`reader`] reads each head, [`head`] takes it apart strictly, and the library gets a head of
//! our own that only says how the body is framed. Of a body only the end is looked for ([`framing`]).

pub mod framing;
pub mod head;
pub mod reader;
pub mod writer;

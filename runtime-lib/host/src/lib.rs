//! Services of the system for a program, whatever a face calls them.
//!
//! `canonical` passes values between guest and host, by types that a face describes; `component` those of types that are
//! known only when a program runs, and what components need of each other. Files, streams, sockets, HTTP, clocks and
//! polling have errors of their own, which faces map. [`instance::Instance`] is one running program; `access` lets one
//! host function at a time have its state, and `poll` is the only place that waits.
//!
//! A function that a program doesn't import is not in its executable, so there are no tables of functions here, and
//! streams are boxed where they are made.

pub mod access;
pub mod blocking;
pub mod c_strings;
pub mod canonical;
pub mod clocks;
pub mod component;
pub mod concurrency;
pub mod denied;
pub mod environment;
pub mod files;
pub mod grantee;
pub mod host;
#[cfg(feature = "http")]
pub mod http;
pub mod instance;
pub mod kept;
pub mod keyvalue;
pub mod limits;
pub mod network;
pub mod policy;
pub mod poll;
pub mod quiet;
pub mod random;
pub mod reader;
#[cfg(feature = "http")]
pub mod serve;
#[cfg(feature = "http")]
pub mod serve_error;
pub mod sharing;
pub mod start_error;
pub mod stdio;
pub mod streams;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod waiting;
pub mod yielding;

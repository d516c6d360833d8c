//! Serving: many instances of the program at a time, each for one request, on a few threads.
//!
//! A [`worker::Worker`] is everything that one thread at a time drives: connections, instances and what they wait for.
//! Nothing of one worker is another's; the [`fleet`] has the threads. A worker's [`executor`] polls tasks, and its [`reactor`] tells them of descriptors and moments.
//! A guest runs on a stack of its own; when it waits, its task is pending until the reactor wakes it ([`guest`]).

pub mod access_log;
pub mod admin;
pub mod allowance;
pub mod baton;
mod client_io;
pub mod connection;
pub mod executor;
pub mod fleet;
pub mod guest;
mod http1;
pub mod lines;
pub mod metrics;
pub mod places;
pub mod progress;
pub mod reactor;
pub mod response;
pub mod runner;
pub mod service;
pub mod service_run;
pub mod serving;
pub mod socket;
pub mod static_files;
pub mod tls;
pub mod worker;

//! Serving: many instances of the program at a time, each for one request, on a few threads.
//!
//! A [`worker::Worker`] is a thread with everything that it serves: its connections, its instances and what they wait for.
//! Nothing of one worker is another's. Its [`executor`] polls tasks, its [`reactor`] tells them of descriptors and moments.
//! A guest runs on a stack of its own; when it waits, its task is pending until the reactor wakes it ([`guest`]).

mod client_io;
pub mod connection;
pub mod executor;
pub mod guest;
mod http1;
pub mod lines;
pub mod progress;
pub mod reactor;
pub mod response;
pub mod socket;
pub mod worker;

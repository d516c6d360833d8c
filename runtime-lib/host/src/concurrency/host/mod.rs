//! The host's side of asynchronous components: functions that wait, and ends of streams and futures that the host has.
//!
//! What goes on beside the guest is a **job**: it does what it can do at once, and says what it waits for: an event of the system, or the
//! guest at the other end of its stream. It has no stack. [`Engine::drive`](super::Engine) lets jobs go on between tasks, and waits for their
//! events if no task can go on. A guest that reads or writes at an end whose other side is a job's lets the job go on, so that bytes go from
//! the system straight to the guest's memory, and back.

mod call;
mod ends;
mod futures;
mod jobs;
mod parts;
mod streams;

pub use call::{Answer, FLAT_ASYNC_PARAMS_MAX, Later, Operation, Progress, async_words};
pub use ends::{Reader, Side, Supplied, Wanted, new_stream, serve_by, take_readable_by_host};
pub use futures::{Awaited, Promise, resolved};
pub use jobs::{Errands, Job, Next, add_job};
pub use parts::{Cases, Element, JobId, Passed};
pub use streams::{Ending, NameError, Step, Supply, ended, failed, incoming, outgoing, refused, supplied, unending};

pub(super) use jobs::Jobs;
pub(super) use parts::{HostEnd, UNNAMED, Value};

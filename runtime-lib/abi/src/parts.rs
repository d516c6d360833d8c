//! The parts of the runtime that only some programs need.
//!
//! An object names its parts: its `main` passes the runtime's main function an array of [`COUNT`] addresses, each that
//! of a part's symbol, or null if the program doesn't need one. So the linker takes a part from the archive only if an
//! object names it. The runtime documents each symbol's type at its definition.

/// Number of kinds of parts.
pub const COUNT: usize = 13;

/// Index of the part that runs the program, if that isn't its start-up and its command.
pub const RUN: usize = 0;
/// Part of kind [`RUN`] that calls exported functions, as the arguments say.
pub const CALLS: &str = "aot_part_calls";
/// Part of kind [`RUN`] that calls exported functions, as the arguments say; without arguments, only start-up runs.
pub const REACTOR: &str = "aot_part_reactor";
/// Part of kind [`RUN`] that serves HTTP requests.
pub const SERVE: &str = "aot_part_serve";
/// Part of kind [`RUN`] that serves HTTP requests with a handler of 0.3.
pub const SERVICE: &str = "aot_part_service";

/// Index of the part that runs before the sandbox is entered.
pub const PREPARE: usize = 1;
/// Part of kind [`PREPARE`] that reads network grants, for programs that import sockets.
pub const NETWORK: &str = "aot_part_network";
/// Part of kind [`PREPARE`] that reads network and HTTP grants, for programs that import `wasi:http`.
pub const HTTP: &str = "aot_part_http";
/// Part of kind [`PREPARE`] that listens, and reads what [`HTTP`] does, for programs that handle requests.
pub const SERVER: &str = "aot_part_server";
/// Part of kind [`PREPARE`] that does what [`SERVER`] does, for servers that speak TLS.
pub const SERVER_TLS: &str = "aot_part_server_tls";

/// Index of the part that opens files inside the executable.
pub const OPEN_EMBEDDED: usize = 2;
/// Part of kind [`OPEN_EMBEDDED`], for programs with embedded files.
pub const EMBEDDED: &str = "aot_part_embedded";

/// Index of the part that makes the memories that threads share.
pub const SHARE: usize = 3;
/// Part of kind [`SHARE`], for programs with shared memories.
pub const SHARING: &str = "aot_part_sharing";

/// Index of the part that finds what a program may have been meant to open, for a hint if it fails.
pub const HINT: usize = 4;
/// Part of kind [`HINT`], for programs that import what opens a path.
pub const FORGOTTEN: &str = "aot_part_forgotten";

/// Index of the part that counts the descriptors that a program keeps behind the standard ones.
pub const KEEP: usize = 5;
/// Part of kind [`KEEP`], for programs that get the sockets of a service manager.
pub const HANDED_IN: &str = "aot_part_handed_in";

/// Index of the part that opens granted directories.
pub const OPEN_GRANTED: usize = 6;
/// Part of kind [`OPEN_GRANTED`], for programs with granted directories and those that can be granted some at start.
pub const DIRECTORIES: &str = "aot_part_directories";

/// Index of the part that opens stores of `wasi:keyvalue`.
pub const OPEN_STORES: usize = 7;
/// Part of kind [`OPEN_STORES`], for programs that import what opens a store.
pub const STORES: &str = "aot_part_stores";

/// Index of the part that opens a store in a file.
pub const OPEN_STORE_FILE: usize = 8;
/// Part of kind [`OPEN_STORE_FILE`], for programs with such a store.
pub const STORE_FILE: &str = "aot_part_store_file";

/// Index of the part that opens a store of a Redis server.
pub const OPEN_STORE_REDIS: usize = 9;
/// Part of kind [`OPEN_STORE_REDIS`], for programs with such a store.
pub const STORE_REDIS: &str = "aot_part_store_redis";

/// Index of the part that answers requests of a server instead of the guest.
pub const ANSWER: usize = 10;
/// Part of kind [`ANSWER`], for servers with static files.
pub const STATIC: &str = "aot_part_static";

/// Index of the part that runs tasks.
pub const TASKS: usize = 11;
/// Part of kind [`TASKS`], for programs with asynchronous components.
pub const CONCURRENCY: &str = "aot_part_concurrency";

/// Index of the part that writes a profile when the program ends.
pub const PROFILE: usize = 12;
/// Part of kind [`PROFILE`], for programs that count what they execute.
pub const PROFILING: &str = "aot_part_profiling";

//! The parts of the runtime that a program needs.

use super::is_library;
use super::row::Entry;
use crate::describe::{has_store_file, host_functions, opens_paths, opens_stores, uses_http, uses_sockets};
use crate::plan::ProgramPlan;
use crate::policy::Policy;
use aot_abi::parts::{
    ANSWER, CONCURRENCY, COUNT, DIRECTORIES, EMBEDDED, FORGOTTEN, HANDED_IN, HINT, HTTP, KEEP, NETWORK, OPEN_EMBEDDED,
    OPEN_GRANTED, OPEN_STORE_FILE, OPEN_STORE_REDIS, OPEN_STORES, PREPARE, PROFILE, PROFILING, RUN, SERVER, SERVER_TLS,
    SHARE, SHARING, STATIC, STORE_FILE, STORE_REDIS, STORES, TASKS,
};
use aot_abi::program::MAIN_HANDLE;
use std::collections::BTreeSet;

/// A part that programs need for what they have and import.
struct Part {
    index: usize,
    symbol: &'static str,
    is_needed: fn(&Needs<'_>) -> bool,
}

/// The facts that decide about parts.
struct Needs<'n> {
    plan: &'n ProgramPlan,
    policy: &'n Policy,
    is_library: bool,
    host_functions: BTreeSet<&'n str>,
}

/// The first part of an index that is needed is the one.
const PARTS: &[Part] = &[
    Part {
        index: PREPARE,
        symbol: SERVER_TLS,
        is_needed: |needs| is_server(needs.plan) && needs.policy.serve.tls.is_some(),
    },
    Part { index: PREPARE, symbol: SERVER, is_needed: |needs| is_server(needs.plan) },
    Part { index: PREPARE, symbol: HTTP, is_needed: |needs| uses_http(needs.plan) },
    Part {
        index: PREPARE,
        symbol: NETWORK,
        is_needed: |needs| uses_sockets(&needs.host_functions) || has_redis(needs),
    },
    Part { index: OPEN_EMBEDDED, symbol: EMBEDDED, is_needed: |needs| has_embedded(needs.policy) },
    Part { index: OPEN_GRANTED, symbol: DIRECTORIES, is_needed: |needs| has_directories(needs.policy) },
    Part { index: SHARE, symbol: SHARING, is_needed: |needs| needs.plan.memories.values().any(|memory| memory.shared) },
    Part {
        index: KEEP,
        symbol: HANDED_IN,
        is_needed: |needs| is_server(needs.plan) || needs.policy.grants.network.inherit_sockets,
    },
    Part { index: OPEN_STORES, symbol: STORES, is_needed: |needs| opens_stores(&needs.host_functions) },
    Part {
        index: OPEN_STORE_FILE,
        symbol: STORE_FILE,
        is_needed: |needs| has_store_file(&needs.host_functions, needs.policy),
    },
    Part { index: OPEN_STORE_REDIS, symbol: STORE_REDIS, is_needed: has_redis },
    Part {
        index: ANSWER,
        symbol: STATIC,
        is_needed: |needs| is_server(needs.plan) && !needs.policy.serve.static_folders.is_empty(),
    },
    Part { index: PROFILE, symbol: PROFILING, is_needed: |needs| needs.policy.profile.is_some() },
    Part { index: TASKS, symbol: CONCURRENCY, is_needed: |needs| needs.plan.concurrency.is_some() },
    Part { index: HINT, symbol: FORGOTTEN, is_needed: |needs| !needs.is_library && opens_paths(&needs.host_functions) },
];

/// Returns true if a program can have directories of the host.
fn has_directories(policy: &Policy) -> bool {
    policy.all_directories().next().is_some() || policy.runtime_grants
}

/// Returns true if the program has directories inside the executable.
fn has_embedded(policy: &Policy) -> bool {
    policy.all_grants().any(|grants| !grants.embedded.is_empty())
}

/// Returns true if the program opens stores and has one of a Redis server.
fn has_redis(needs: &Needs<'_>) -> bool {
    opens_stores(&needs.host_functions) && needs.policy.has_redis()
}

/// Returns true if the program handles requests.
fn is_server(plan: &ProgramPlan) -> bool {
    plan.main.is_some_and(|main| main.export.main_kind == MAIN_HANDLE)
}

/// The symbols of the parts that a program needs, by their indices in `aot_abi::parts`.
pub fn parts(entry: &Entry, plan: &ProgramPlan, policy: &Policy) -> [Option<&'static str>; COUNT] {
    let needs = Needs { plan, policy, is_library: is_library(entry.name), host_functions: host_functions(plan) };
    let mut symbols = [None; COUNT];
    symbols[RUN] = entry.run;
    for part in PARTS.iter().filter(|part| (part.is_needed)(&needs)) {
        symbols[part.index].get_or_insert(part.symbol);
    }
    symbols
}

//! The part of the runtime for stores of Redis servers.

use aot_abi::parts;

use aot_host::keyvalue::{OpenStore, Redis, Store};
use aot_host::policy::state::{StoreGrant, StoreLimits};

const _: () = assert!(aot_foundation::same_name("aot_part_store_redis", parts::STORE_REDIS));
const _: OpenStore = aot_part_store_redis;

/// Makes the store of a server, without talking to it.
#[unsafe(no_mangle)]
fn aot_part_store_redis(grant: &StoreGrant, limits: &StoreLimits) -> Result<Box<dyn Store>, &'static str> {
    Redis::open(grant, limits)
}

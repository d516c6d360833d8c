//! The part of the runtime for stores in files.

use aot_abi::parts;
use std::boxed::Box;

use aot_host::keyvalue::{File, OpenStore, Store};
use aot_host::policy::state::{StoreGrant, StoreLimits};

const _: () = assert!(aot_foundation::same_name("aot_part_store_file", parts::STORE_FILE));
const _: OpenStore = aot_part_store_file;

/// Opens the store in a file.
#[unsafe(no_mangle)]
fn aot_part_store_file(grant: &StoreGrant, limits: &StoreLimits) -> Result<Box<dyn Store>, &'static str> {
    File::open(grant, limits)
}

//! The start of a program that opens stores: they are there before the sandbox is entered.

use aot_abi::parts;
use std::boxed::Box;

use super::{OpenStores, STATUS_NOT_STARTED};
use crate::settings::Settings;
use aot_foundation::exit::exit;
use aot_foundation::message::Message;
use aot_foundation::program;
use aot_host::keyvalue::{Openers, Stores};
use aot_host::policy::Policy;
use aot_host::policy::state::{StoreGrant, StorePlace, StorePolicy};
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_stores", parts::STORES));
const _: OpenStores = aot_part_stores;

/// Opens the stores of the policy. One that can't be opened is told, and ends the process.
#[unsafe(no_mangle)]
fn aot_part_stores(policy: &Policy, settings: &Settings, openers: &Openers) -> Result<&'static Stores, StartError> {
    let section = program::policy().ok_or(StartError::DamagedPolicy)?;
    let StorePolicy { stores, limits } = StorePolicy::read(section, settings.environment, policy.runtime_grants)?;
    match Stores::open(&stores, limits, openers) {
        Ok(stores) => Ok(Box::leak(Box::new(stores))),
        Err((grant, why)) => not_opened(&grant, why),
    }
}

fn not_opened(grant: &StoreGrant, why: &str) -> ! {
    let mut message = Message::to_stderr();
    message.text("aot: cannot open the store `").name(grant.name).text("`");
    if let StorePlace::File(path) = grant.place {
        message.text(" in `").name(path).text("`");
    }
    message.text(": ").text(why).text("\n");
    drop(message);
    exit(STATUS_NOT_STARTED)
}

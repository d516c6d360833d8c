//! Substitutes for a program in tests.

use aot_abi::host::CallOptions;

use crate::c_strings::CStrings;
use crate::denied::Denials;
use crate::host::Host;
use crate::policy::Policy;

/// The state of a program without grants, which may take 1,000 bytes a call.
pub fn host() -> Host {
    let strings = CStrings::none();
    let Ok(mut policy) = Policy::parse(&[]) else { panic!("the empty policy") };
    policy.limits.set(aot_abi::limits::Limit::HostBytes, 1000);
    let Ok(mut host) = Host::new(&policy, strings, strings, None, None, Denials::default()) else {
        panic!("a host without grants")
    };
    host.begin_call();
    host
}

/// The options of a call that passes strings in this encoding.
pub fn options(string_encoding: u16) -> CallOptions {
    CallOptions {
        memory: 0,
        realloc_vmctx: 0,
        memory_bytes: 0,
        realloc_entry: 0,
        component_instance: 0,
        string_encoding,
        grantee: 0,
    }
}

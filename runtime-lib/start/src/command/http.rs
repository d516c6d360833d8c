//! The start of a command that sends HTTP requests: its grants, and what it needs to look names up.

use core::ffi::{c_uint, c_void};

use aot_abi::parts;

use super::{Prepare, network};
use crate::settings::Settings;
use aot_foundation::program;
use aot_host::c_strings::CStrings;
use aot_host::host::Host;
use aot_host::http::settings::Settings as HttpSettings;
use aot_host::http::state::Http;
use aot_host::network::names::Resolver;
use aot_host::policy::Policy;
use aot_host::policy::http::Grants;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_http", parts::HTTP));
const _: Prepare = aot_part_http;

unsafe extern "C" {
    fn getrandom(buffer: *mut c_void, bytes: usize, flags: c_uint) -> isize;
}

/// Gives the program its network, and what it may ask for.
#[unsafe(no_mangle)]
fn aot_part_http(
    host: &mut Host,
    policy: &Policy,
    settings: &Settings,
    environment: CStrings,
) -> Result<(), StartError> {
    // std refers to it weakly, for its hash tables, which alone takes nothing out of the C library; and the linker makes the
    // address of what isn't there one that isn't null.
    core::hint::black_box(getrandom as *const () as usize);
    let grants = Grants::read(program::policy().ok_or(StartError::DamagedPolicy)?, settings.environment)?;
    let ports: Vec<(u16, u16)> = grants.ports().collect();
    let resolver = if ports.is_empty() { Resolver::empty() } else { Resolver::read() };
    let http = HttpSettings::new(grants, resolver, host.open_files.clone(), &policy.limits);
    host.http = Some(Http::register(http, &mut host.sources));
    network::give(host, policy, settings, environment, &ports)
}

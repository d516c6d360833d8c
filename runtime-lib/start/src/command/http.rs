//! The start of a command that sends HTTP requests: its grants, and what it needs to look names up.

use core::ffi::{c_uint, c_void};
use std::rc::Rc;

use aot_abi::parts;

use super::{Prepare, Start, network};
use aot_foundation::program;
use aot_host::host::Host;
use aot_host::http::settings::Settings as HttpSettings;
use aot_host::http::state::Http;
use aot_host::network::names::Resolver;
use aot_host::policy::http::Grants;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_http", parts::HTTP));
const _: Prepare = aot_part_http;

unsafe extern "C" {
    fn getrandom(buffer: *mut c_void, bytes: usize, flags: c_uint) -> isize;
}

/// Gives the program its network, and what it may ask for.
#[unsafe(no_mangle)]
pub fn aot_part_http(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    // std refers to it weakly, for its hash tables, which alone takes nothing out of the C library; and the linker makes the
    // address of what isn't there one that isn't null.
    core::hint::black_box(getrandom as *const () as usize);
    let ports: Vec<(u16, u16)> = grants(start)?.ports().collect();
    network::restrict(start, &network::grants(start)?, &ports)?;
    give(host, start)
}

/// Gives a program, or one more worker of a server, its network and what it may ask for.
pub fn give(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    let grants = grants(start)?;
    let resolver = if grants.ports().next().is_none() { Resolver::empty() } else { Resolver::read() };
    let http = HttpSettings::new(grants, resolver, host.open_files.clone(), &start.policy.limits);
    host.http = Some(Http::register(Rc::new(http), &mut host.sources, None));
    network::give(host, start.environment, network::grants(start)?)
}

fn grants(start: &Start<'_>) -> Result<Grants, StartError> {
    Grants::read(program::policy().ok_or(StartError::DamagedPolicy)?, start.settings.environment)
}

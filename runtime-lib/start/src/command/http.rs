//! The start of a command that sends HTTP requests: its grants, and what it needs to look names up.

use core::ffi::{c_uint, c_void};
use std::rc::Rc;
use std::sync::Arc;

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
fn aot_part_http(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    prepare(start)?.give(host, start)
}

/// The grants of a program that sends requests, and the names that it looks up: for all workers of a server.
pub struct Granted {
    http: Arc<Grants>,
    resolver: Arc<Resolver>,
    network: network::Granted,
}

/// Reads what the program is granted, and lets the kernel refuse the ports of everything else.
pub fn prepare(start: &Start<'_>) -> Result<Granted, StartError> {
    // std refers to it weakly, for its hash tables, which alone takes nothing out of the C library; and the linker makes the
    // address of what isn't there one that isn't null.
    core::hint::black_box(getrandom as *const () as usize);
    let section = program::policy().ok_or(StartError::DamagedPolicy)?;
    let grants = Grants::read(section, start.settings.environment)?;
    let ports: Vec<(u16, u16)> = grants.ports().collect();
    let network = network::prepare(start, &ports)?;
    let resolver = if ports.is_empty() { Resolver::empty() } else { Resolver::read() };
    Ok(Granted { http: Arc::new(grants), resolver: Arc::new(resolver), network })
}

impl Granted {
    /// Returns true if some requests are granted.
    pub fn has_requests(&self) -> bool {
        self.http.ports().next().is_some()
    }

    /// Gives a program, or one more worker of a server, its network and what it may ask for.
    pub fn give(&self, host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
        let (grants, resolver) = (self.http.clone(), self.resolver.clone());
        let settings = HttpSettings::new(grants, resolver, host.open_files.clone(), &start.policy.limits);
        host.http = Some(Http::register(Rc::new(settings), &mut host.sources, None));
        self.network.give(host, start.environment)
    }
}

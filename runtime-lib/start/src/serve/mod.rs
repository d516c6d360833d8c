//! A server: it listens before the sandbox is entered, and then lets an instance of the program handle each request.

mod signals;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use aot_abi::limits::Limit;
use aot_abi::parts;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::command::http::{self, aot_part_http};
use crate::command::{self, Ended, Prepare, Run, Start};
use crate::report::{self, Phase};
use aot_faces::handlers;
use aot_foundation::exit::exit;
use aot_foundation::interrupt;
use aot_foundation::message::SystemError;
use aot_foundation::records::state;
use aot_host::access::{SharedHost, host_of_slab};
use aot_host::c_strings::CStrings;
use aot_host::host::Host;
use aot_host::instance::Instance;
use aot_host::serve::fleet::Fleet;
use aot_host::serve::worker::{Functions, Listening, Settings, Worker};
use rustix::io::Errno;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_server", parts::SERVER));
const _: Prepare = aot_part_server;
const _: () = assert!(aot_foundation::same_name("aot_part_serve", parts::SERVE));
const _: Run = aot_part_serve;

/// What a server has ready before the sandbox is entered.
struct Server {
    settings: Settings,
    sockets: Vec<(Arc<OwnedFd>, String)>,
    /// The states from which further workers make those of their instances; the first has the program's own.
    templates: Vec<Host>,
    /// The descriptor by which signals come.
    signals: OwnedFd,
}

/// Listens, and makes a state for each worker.
#[unsafe(no_mangle)]
fn aot_part_server(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    aot_part_http(host, start)?;
    interrupt::install()?;
    let signals = signals::open()?;
    let workers = 2;
    let mut templates = Vec::new();
    for _ in 1..workers {
        let mut template = (start.new_host)()?;
        http::give(&mut template, start)?;
        templates.push(template);
    }
    let flags = rustix::net::SocketFlags::NONBLOCK | rustix::net::SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, flags, None).unwrap();
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true).unwrap();
    rustix::net::bind(&socket, &core::net::SocketAddr::from(([127,0,0,1],8080))).unwrap();
    rustix::net::listen(&socket, 1024).unwrap();
    let sockets = vec![(Arc::new(socket), String::from("127.0.0.1:8080"))];
    let limits = &start.policy.limits;
    let settings = Settings {
        fields_max: 100,
        fields_bytes_max: limits.get(Limit::HttpFields) as usize,
        body_bytes_max: 64 << 20,
        head_time: 10_000_000_000,
        idle_time: 60_000_000_000,
        stall_time: 60_000_000_000,
        request_time: limits.get(Limit::Time).saturating_mul(1000),
        requests_max: 5000,
        queue_max: 1000,
        connections_max: 10000,
        access_log: None,
        grace: 10_000_000_000,
    };
    host.server = Some(Box::new(Server { settings, sockets, templates, signals }));
    Ok(())
}

/// Serves until a signal asks for the end: the exit status.
///
/// # Safety
///
/// The instance is attached to this thread.
#[unsafe(no_mangle)]
unsafe fn aot_part_serve(instance: &Instance, _: CStrings) -> Result<i32, Ended> {
    // SAFETY: the caller's promise; no guest runs.
    let (host, thread) = unsafe { (host_of_slab(instance.slab()), (*state(instance.slab())).thread) };
    let name = instance.shared().name;
    let server = host.server.take().and_then(|server| server.downcast::<Server>().ok());
    let Some(server) = server else { command::not_started(&StartError::DamagedPolicy) };
    let templates = core::iter::once(host.again(0)).chain(server.templates);
    let fleet = match begin(server.settings, server.sockets, server.signals, templates.collect(), name) {
        Ok(fleet) => fleet,
        Err(error) => command::not_started(&SystemError::of("begin to serve")(error).into()),
    };
    // SAFETY: the caller's promise.
    unsafe { fleet.run(thread) };
    Ok(0)
}

/// A fleet with a worker for each template.
fn begin(
    settings: Settings,
    sockets: Vec<(Arc<OwnedFd>, String)>,
    signals: OwnedFd,
    templates: Vec<Host>,
    name: &'static [u8],
) -> Result<&'static Fleet, Errno> {
    let fleet = Fleet::new(templates.len());
    let functions = Functions { parameters: handlers::of_p2, report };
    let mut signals = Some(signals);
    for (template, post) in templates.into_iter().zip(fleet.posts()) {
        let worker = Worker::new(settings.clone(), functions, template, name, (fleet, post))?;
        let listening = |(socket, address): &(Arc<OwnedFd>, String)| Listening {
            socket: socket.clone(),
            address: address.clone(),
            certificates: None,
        };
        worker.listen(sockets.iter().map(listening).collect())?;
        if let Some(signals) = signals.take() {
            worker.read_all(signals, move |read| signals::numbers(read).for_each(|signal| obey(fleet, signal)))?;
        }
        fleet.add(worker);
    }
    Ok(fleet)
}

/// Does what a signal asks for.
fn obey(fleet: &Fleet, signal: u32) {
    if signal != signals::SIGHUP && fleet.stop() > 0 {
        exit(0);
    }
}

/// Tells of the trap that ended the guest of a request.
///
/// # Safety
///
/// The trap was the last on this thread, in this slab.
unsafe fn report(number: u64, shared: &SharedHost, trap: Trap, slab: *mut SlabHeader) {
    if trap == Trap::Exit {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { report::trap(shared.name, Phase::Request(number), trap, slab, (*state(slab)).thread) };
}

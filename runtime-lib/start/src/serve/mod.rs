//! A server: it listens before the sandbox is entered, and then lets an instance of the program handle each request.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::Builder;

use aot_abi::limits::Limit;
use aot_abi::parts;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::command::http::{self, aot_part_http};
use crate::command::{self, Ended, Prepare, Run, Start};
use crate::report::{self, Phase};
use aot_faces::handlers;
use aot_foundation::records::{ThreadRecord, state};
use aot_foundation::thread::SignalStack;
use aot_host::access::{SharedHost, host_of_slab};
use aot_host::c_strings::CStrings;
use aot_host::host::Host;
use aot_host::instance::Instance;
use aot_host::serve::worker::{Common, Functions, Listening, Settings, Worker};
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_server", parts::SERVER));
const _: Prepare = aot_part_server;
const _: () = assert!(aot_foundation::same_name("aot_part_serve", parts::SERVE));
const _: Run = aot_part_serve;

/// The stack of a worker's own part; guests and host functions run on those of the instances.
const OWN_STACK_BYTES: usize = 512 << 10;

/// What a server has ready before the sandbox is entered.
struct Server {
    settings: Settings,
    sockets: Vec<(Arc<OwnedFd>, String)>,
    /// The states from which further workers make those of their instances; the first has the program's own.
    templates: Vec<Template>,
}

/// The state of a worker to come.
struct Template(Host);
// SAFETY: nothing of the state is shared with another, and it goes to one thread before anything uses it.
unsafe impl Send for Template {}

/// Listens, and makes a state for each worker.
#[unsafe(no_mangle)]
fn aot_part_server(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    aot_part_http(host, start)?;
    let workers = 2;
    let mut templates = Vec::new();
    for _ in 1..workers {
        let mut template = (start.new_host)()?;
        http::give(&mut template, start)?;
        templates.push(Template(template));
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
        grace: 10_000_000_000,
    };
    host.server = Some(Box::new(Server { settings, sockets, templates }));
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
    let Server { settings, sockets, templates } = *server;
    let common = Arc::new(Common::default());
    let mut threads = Vec::new();
    for template in templates {
        let (settings, common, sockets) = (settings.clone(), common.clone(), sockets.clone());
        let run = move || {
            // The whole value moves to this thread, not the state in it.
            let template = template;
            let Ok(stack) = SignalStack::create() else { command::not_started(&StartError::NoSignalStack) };
            work(settings, common, sockets, template.0, name, stack.record());
        };
        threads.extend(Builder::new().stack_size(OWN_STACK_BYTES).spawn(run));
    }
    work(settings, common, sockets, host.again(0), name, thread);
    threads.into_iter().for_each(|thread| _ = thread.join());
    Ok(0)
}

fn work(
    settings: Settings,
    common: Arc<Common>,
    sockets: Vec<(Arc<OwnedFd>, String)>,
    template: Host,
    name: &'static [u8],
    thread: *mut ThreadRecord,
) {
    let functions = Functions { parameters: handlers::of_p2, report };
    let listening = sockets.into_iter().map(|(socket, address)| Listening { socket, address }).collect();
    let worker = Worker::new(settings, functions, common, template, name, thread);
    if worker.and_then(|worker| worker.run(listening)).is_err() {
        command::not_started(&StartError::NoSignalStack);
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

//! A server: it listens before the sandbox is entered, and then lets an instance of the program handle each request.

mod announce;
mod certificates;
mod listen;
mod notify;
mod signals;
mod tls_files;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use aot_abi::limits::{Limit, ServerLimit};
use aot_abi::parts;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use rustix::io::Errno;

use self::certificates::Reload;
use self::listen::{Listener, Listeners};
use self::notify::Notifier;
use crate::command::http::{self, aot_part_http};
use crate::command::{self, Ended, Prepare, Run, Start};
use crate::report::{self, Phase};
use aot_faces::handlers;
use aot_foundation::exit::exit;
use aot_foundation::message::SystemError;
use aot_foundation::records::state;
use aot_foundation::{interrupt, program};
use aot_host::access::{SharedHost, host_of_slab};
use aot_host::c_strings::CStrings;
use aot_host::host::Host;
use aot_host::instance::Instance;
use aot_host::limits::Limits;
use aot_host::policy::serve::{AccessLog, ServePolicy};
use aot_host::serve::access_log::Form;
use aot_host::serve::connection::Greet;
use aot_host::serve::fleet::Fleet;
use aot_host::serve::worker::{Functions, Listening, Settings, Worker};
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_server", parts::SERVER));
const _: Prepare = aot_part_server;
const _: () = assert!(aot_foundation::same_name("aot_part_serve", parts::SERVE));
const _: Run = aot_part_serve;

/// What a server has ready before the sandbox is entered.
struct Server {
    policy: ServePolicy,
    settings: Settings,
    listeners: Listeners,
    /// The certificates for connections, and what reads them again.
    tls: Option<(Arc<dyn Greet>, Reload)>,
    /// The states from which further workers make those of their instances; the first has the program's own.
    templates: Vec<Host>,
    /// The descriptor by which signals come.
    signals: OwnedFd,
    notifier: Notifier,
}

/// Listens for connections in clear text, and makes a state for each worker.
#[unsafe(no_mangle)]
fn aot_part_server(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    prepare(host, start, |_| Ok(None))
}

/// What a server has of TLS.
type Tls = Option<(Arc<dyn Greet>, Reload)>;

fn prepare(
    host: &mut Host,
    start: &Start<'_>,
    tls: impl FnOnce(&ServePolicy) -> Result<Tls, StartError>,
) -> Result<(), StartError> {
    aot_part_http(host, start)?;
    let section = program::policy().ok_or(StartError::DamagedPolicy)?;
    let policy = ServePolicy::read(section, start.settings.environment, start.policy.runtime_grants)?;
    let tls = tls(&policy)?;
    interrupt::install()?;
    let signals = signals::open()?;
    let mut templates = Vec::new();
    for _ in 1..policy.workers() {
        let mut template = (start.new_host)()?;
        http::give(&mut template, start)?;
        templates.push(template);
    }
    let listeners = listen::listen(&policy, start.environment)?;
    let notifier = Notifier::connect(start.environment);
    let settings = settings(&policy, &start.policy.limits);
    host.server = Some(Box::new(Server { policy, settings, listeners, tls, templates, signals, notifier }));
    Ok(())
}

/// The limits of each worker: the server's own are divided among them.
fn settings(policy: &ServePolicy, limits: &Limits) -> Settings {
    let nanoseconds = |microseconds: u64| microseconds.saturating_mul(1000);
    let time = |limit| nanoseconds(policy.limits.get(limit));
    let workers = policy.workers() as u64;
    let share = |limit| policy.limits.get(limit).div_ceil(workers).min(u64::from(u32::MAX)) as usize;
    Settings {
        fields_max: policy.limits.get(ServerLimit::RequestFields).min(u64::from(u16::MAX)) as usize,
        fields_bytes_max: limits.get(Limit::HttpFields).min(u64::from(u32::MAX)) as usize,
        body_bytes_max: policy.limits.get(ServerLimit::RequestBody),
        head_time: time(ServerLimit::HeadTime),
        idle_time: time(ServerLimit::IdleTime),
        stall_time: time(ServerLimit::StallTime),
        request_time: nanoseconds(limits.get(Limit::Time)),
        requests_max: share(ServerLimit::Requests),
        queue_max: share(ServerLimit::Queue),
        connections_max: share(ServerLimit::Connections),
        access_log: match policy.access_log {
            AccessLog::Off => None,
            AccessLog::Common => Some(Form::Common),
            AccessLog::Json => Some(Form::Json),
        },
        grace: time(ServerLimit::Grace),
    }
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
    let server = host.server.take().and_then(|server| server.downcast::<Server>().ok());
    let Some(mut server) = server else { command::not_started(&StartError::DamagedPolicy) };
    server.templates.push(host.again(0));
    announce::announce(&server.policy, &server.listeners);
    let fleet = match begin(*server, instance.shared().name) {
        Ok(fleet) => fleet,
        Err(error) => command::not_started(&SystemError::of("begin to serve")(error).into()),
    };
    // SAFETY: the caller's promise.
    unsafe { fleet.run(thread) };
    Ok(0)
}

/// A fleet with a worker for each template.
fn begin(server: Server, name: &'static [u8]) -> Result<&'static Fleet, Errno> {
    let Server { settings, listeners, tls, templates, signals, notifier, .. } = server;
    let fleet = Fleet::new(templates.len());
    let functions = Functions { parameters: handlers::of_p2, report };
    let (greet, reload) = tls.unzip();
    let sockets: Vec<_> = listeners.requests.into_iter().map(shared).collect();
    let mut workers = Vec::new();
    for (template, post) in templates.into_iter().zip(fleet.posts()) {
        let worker = Worker::new(settings.clone(), functions, template, name, (fleet, post))?;
        let listening = |(socket, address): &(Arc<OwnedFd>, String)| Listening {
            socket: socket.clone(),
            address: address.clone(),
            certificates: greet.clone(),
        };
        worker.listen(sockets.iter().map(listening).collect())?;
        fleet.add(worker.clone());
        workers.push(worker);
    }
    if let Some(first) = workers.first() {
        notifier.ready();
        let orders = Orders { fleet, notifier, reload };
        first.read_all(signals, move |read| signals::numbers(read).for_each(|signal| orders.obey(signal)))?;
        if let Some(admin) = listeners.admin {
            first.listen_for_admin(admin.socket)?;
        }
    }
    Ok(fleet)
}

fn shared(listener: Listener) -> (Arc<OwnedFd>, String) {
    // A client of a Unix socket names no host of its own accord.
    let address = if listener.is_unix { b"localhost".to_vec() } else { listener.address };
    (Arc::new(listener.socket), String::from_utf8_lossy(&address).into_owned())
}

/// What signals order.
struct Orders {
    fleet: &'static Fleet,
    notifier: Notifier,
    reload: Option<Reload>,
}

impl Orders {
    fn obey(&self, signal: u32) {
        if signal == signals::SIGHUP {
            self.notifier.reloading();
            if let Some(reload) = &self.reload {
                reload.run();
            }
            self.notifier.ready();
        } else if self.fleet.stop() == 0 {
            self.notifier.stopping();
        } else {
            exit(0);
        }
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

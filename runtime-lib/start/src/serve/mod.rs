//! A server: it listens before the sandbox is entered, and then lets an instance of the program handle each request.

mod announce;
mod certificates;
mod listen;
mod notify;
mod prepare;
mod signals;
mod tls_files;

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;

use aot_abi::limits::ServerLimit;
use aot_abi::parts;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use rustix::io::Errno;

use self::listen::Listener;
use self::notify::Notifier;
use self::prepare::{Server, count};
use crate::command::{self, Ended, Run};
use crate::report::{self, Phase};
use aot_faces::handlers;
use aot_foundation::exit::exit;
use aot_foundation::message::SystemError;
use aot_foundation::records::state;
use aot_host::access::{SharedHost, host_of_slab};
use aot_host::c_strings::CStrings;
use aot_host::instance::Instance;
use aot_host::serve::fleet::Fleet;
use aot_host::serve::worker::{Functions, Listening, Worker};
use aot_host::serve::{service_run, serving};
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_serve", parts::SERVE));
const _: Run = aot_part_serve;
const _: () = assert!(aot_foundation::same_name("aot_part_service", parts::SERVICE));
const _: Run = aot_part_service;

/// Serves with a handler of 0.2 until a signal asks for the end: the exit status.
///
/// # Safety
///
/// The instance is attached to this thread.
#[unsafe(no_mangle)]
unsafe fn aot_part_serve(instance: &Instance, _: CStrings) -> Result<i32, Ended> {
    let functions = Functions { begin: serving::begin, parameters: Some(handlers::of_p2), service: None, report };
    // SAFETY: the caller's promise.
    unsafe { serve(instance, functions) }
}

/// Serves with a handler of 0.3, as [`aot_part_serve`] does.
///
/// # Safety
///
/// The instance is attached to this thread.
#[unsafe(no_mangle)]
unsafe fn aot_part_service(instance: &Instance, _: CStrings) -> Result<i32, Ended> {
    let functions = Functions { begin: service_run::begin, parameters: None, service: Some(handlers::OF_P3), report };
    // SAFETY: the caller's promise.
    unsafe { serve(instance, functions) }
}

/// Serves until a signal asks for the end: the exit status.
///
/// # Safety
///
/// The instance is attached to this thread.
unsafe fn serve(instance: &Instance, functions: Functions) -> Result<i32, Ended> {
    // SAFETY: the caller's promise; no guest runs.
    let (host, thread) = unsafe { (host_of_slab(instance.slab()), (*state(instance.slab())).thread) };
    let server = host.server.take().and_then(|server| server.downcast::<Server>().ok());
    let Some(mut server) = server else { command::not_started(&StartError::DamagedPolicy) };
    server.templates.push(host.again(Rc::default()));
    announce::announce(&server.policy, &server.listeners, server.bound);
    let fleet = match begin(*server, functions, instance.shared().name) {
        Ok(fleet) => fleet,
        Err(error) => command::not_started(&SystemError::of("begin to serve")(error).into()),
    };
    // SAFETY: the caller's promise.
    unsafe { fleet.run(thread) };
    Ok(0)
}

/// A fleet with a worker for each template.
fn begin(server: Server, functions: Functions, name: &'static [u8]) -> Result<&'static Fleet, Errno> {
    let Server { policy, settings, bound, listeners, tls, templates, signals, notifier } = server;
    let connections_max = count(policy.limits.get(ServerLimit::Connections));
    let fleet = Fleet::new(templates.len(), count(bound.instances).max(1), connections_max);
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

/// The receiver of signals.
struct Orders {
    fleet: &'static Fleet,
    notifier: Notifier,
    reload: Option<Box<dyn Fn()>>,
}

impl Orders {
    fn obey(&self, signal: u32) {
        if signal == signals::SIGHUP {
            self.notifier.reloading();
            if let Some(reload) = &self.reload {
                reload();
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

//! The part of a server's start that comes before the sandbox is entered.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use aot_abi::limits::{Limit, ServerLimit, UNLIMITED};
use aot_abi::parts;

use super::listen::{self, Listeners};
use super::notify::Notifier;
use super::signals;
use crate::command::http;
use crate::command::{Prepare, Start};
use aot_foundation::undo::{Method, Undo};
use aot_foundation::{interrupt, program};
use aot_host::host::Host;
use aot_host::instance::bound::{Bound, bound};
use aot_host::instance::pool;
use aot_host::limits::Limits;
use aot_host::policy::serve::{AccessLog, ServePolicy};
use aot_host::serve::access_log::Form;
use aot_host::serve::connection::Greet;
use aot_host::serve::worker::Settings;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_server", parts::SERVER));
const _: Prepare = aot_part_server;

/// A server that is ready to serve.
pub struct Server {
    /// The settings of the server.
    pub policy: ServePolicy,
    /// The limits of the server.
    pub settings: Settings,
    /// The most instances at a time.
    pub bound: Bound,
    /// The sockets that listen.
    pub listeners: Listeners,
    /// The way to speak TLS, if the server does.
    pub tls: Tls,
    /// The states from which further workers make those of their instances; the first has the program's own.
    pub templates: Vec<Host>,
    /// The descriptor by which signals come.
    pub signals: OwnedFd,
    /// The service manager, if there is one.
    pub notifier: Notifier,
}

/// Listens for connections in clear text, and makes a state for each worker.
#[unsafe(no_mangle)]
fn aot_part_server(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    prepare(host, start, |_| Ok(None))
}

/// The certificates of a server that speaks TLS, and the function that reads them again.
pub type Tls = Option<Greeting>;
/// The greeting of connections, and the function that reads the certificates again.
pub type Greeting = (Arc<dyn Greet>, Box<dyn Fn()>);

/// Listens, with what `tls` makes of the settings, and makes a state for each worker.
pub fn prepare(
    host: &mut Host,
    start: &Start<'_>,
    tls: impl FnOnce(&ServePolicy) -> Result<Tls, StartError>,
) -> Result<(), StartError> {
    let section = program::policy().ok_or(StartError::DamagedPolicy)?;
    let policy = ServePolicy::read(section, start.settings.environment, start.policy.runtime_grants)?;
    // First, while there is nothing that the process for the files would inherit.
    let tls = tls(&policy)?;
    // Before the kernel takes away the ports that aren't granted to the program.
    let listeners = listen::listen(&policy, start.environment)?;
    let granted = http::prepare(start)?;
    granted.give(host, start)?;
    interrupt::install()?;
    let signals = signals::open()?;
    let mut templates = Vec::new();
    for _ in 1..policy.workers() {
        let mut template = (start.new_host)()?;
        granted.give(&mut template, start)?;
        templates.push(template);
    }
    let notifier = Notifier::connect(start.environment);
    let undo = pool::undo(Method::Scan);
    // A request has a connection, and may have another one for a request of its own.
    let descriptors = if granted.has_requests() { 2 } else { 1 };
    let bound = bound(policy.limits.get(ServerLimit::Requests), &start.policy.limits, descriptors);
    let mut settings = settings(&policy, &start.policy.limits, (bound, undo));
    settings.answerer = start.read_answerer.map(|read| read(section)).transpose()?;
    host.server = Some(Box::new(Server { policy, settings, bound, listeners, tls, templates, signals, notifier }));
    Ok(())
}

/// The limits of the server, with an equal share for each worker of the instances that are kept.
fn settings(policy: &ServePolicy, limits: &Limits, (bound, undo): (Bound, Undo)) -> Settings {
    let nanoseconds = |microseconds: u64| microseconds.saturating_mul(1000);
    let time = |limit| nanoseconds(policy.limits.get(limit));
    Settings {
        fields_max: policy.limits.get(ServerLimit::RequestFields).min(u64::from(u16::MAX)) as usize,
        fields_bytes_max: limits.get(Limit::HttpFields).min(u64::from(u32::MAX)) as usize,
        body_bytes_max: policy.limits.get(ServerLimit::RequestBody),
        head_time: time(ServerLimit::HeadTime),
        idle_time: time(ServerLimit::IdleTime),
        stall_time: time(ServerLimit::StallTime),
        request_time: nanoseconds(limits.get(Limit::Time)),
        processor_time: Some(limits.get(Limit::CpuTime)).filter(|time| *time != UNLIMITED).map(nanoseconds),
        outgoing_max: policy.limits.get(ServerLimit::OutgoingRequests),
        reuse: policy.reuse(),
        concurrent: count(policy.concurrent()),
        host_memory_max: limits.get(Limit::HostMemory),
        kept_max: count(bound.instances.min(bound.kept / policy.workers() as u64)).max(1),
        undo: Arc::new(undo),
        queue_max: count(policy.limits.get(ServerLimit::Queue)),
        access_log: match policy.access_log {
            AccessLog::Off => None,
            AccessLog::Common => Some(Form::Common),
            AccessLog::Json => Some(Form::Json),
        },
        grace: time(ServerLimit::Grace),
        answerer: None,
    }
}

/// A limit as a number of things in memory.
pub fn count(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

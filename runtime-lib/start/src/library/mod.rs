//! The host's state of an instance of a library: what its program was granted, as far as the host program's settings don't take
//! it away. The process is the host program's, so nothing of it is changed here.

mod quiet_writes;
mod strings;

use core::ffi::{c_char, c_void};

use aot_abi::library::STATE;
use aot_abi::limits::Limit;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::program;
use aot_host::access::{SharedHost, host_of_slab};
use aot_host::c_strings::CStrings;
use aot_host::canonical::handles::Dropped;
use aot_host::host::Host;
use aot_host::policy::Policy;
use aot_host::poll::end_waits_by;
use aot_host::start_error::StartError;
use aot_host::stdio::Standard;
use aot_library::error::Text;
use aot_library::options::{Limits, nanoseconds};
use aot_library::state::{Given, HostState, MakeState};

use crate::command::{Parts, Start};
use crate::settings::Settings;
use strings::Strings;

const _: () = assert!(aot_foundation::same_name("aot_part_state", STATE));
const _: MakeState = aot_part_state;

/// The state of one instance, with the strings that it refers to.
struct State {
    host: Box<SharedHost>,
    // Dropped after the state.
    _environment: Strings,
    _settings: Strings,
}

impl HostState for State {
    fn address(&self) -> u64 {
        (&raw const *self.host).expose_provenance() as u64
    }

    unsafe fn begin_call(&self, slab: *mut SlabHeader) -> Result<(), Trap> {
        // SAFETY: the caller's promise.
        let host = unsafe { host_of_slab(slab) };
        host.begin_call();
        host.calls.enter()
    }

    unsafe fn end_call(&self, slab: *mut SlabHeader) -> Result<(), Trap> {
        // SAFETY: the caller's promise.
        unsafe { host_of_slab(slab) }.end_call()
    }

    unsafe fn take(&self, slab: *mut SlabHeader, instance: u32, number: u32, handle: u32) -> Result<u32, Trap> {
        // SAFETY: the caller's promise.
        unsafe { host_of_slab(slab) }.handles(instance)?.take(number, handle)
    }

    unsafe fn give(&self, slab: *mut SlabHeader, instance: u32, resource: Given) -> Result<u32, Trap> {
        let Given { number, representation, is_own } = resource;
        // SAFETY: the caller's promise.
        let host = unsafe { host_of_slab(slab) };
        let handle = if is_own {
            host.handles(instance)?.add(number, representation)
        } else {
            let call = host.calls.borrowed();
            host.handles(instance)?.add_borrow(number, representation, call)
        };
        handle.ok_or_else(|| {
            let trap = host.limit_exceeded("handles of a component instance");
            // SAFETY: as above: the header is open memory.
            host.explain(trap, unsafe { &mut *slab });
            trap
        })
    }

    unsafe fn get(&self, slab: *mut SlabHeader, instance: u32, number: u32, handle: u32) -> Result<u32, Trap> {
        // SAFETY: the caller's promise.
        unsafe { host_of_slab(slab) }.handles(instance)?.get(number, handle)
    }

    unsafe fn drop(&self, slab: *mut SlabHeader, instance: u32, number: u32, handle: u32) -> Result<Option<u32>, Trap> {
        // SAFETY: the caller's promise.
        let host = unsafe { host_of_slab(slab) };
        Ok(match host.handles(instance)?.drop(number, handle)? {
            Dropped::Owner(representation) => Some(representation),
            Dropped::Borrow { call } => {
                host.calls.returned(call);
                None
            }
        })
    }
}

/// # Safety
///
/// As for [`MakeState`].
#[unsafe(no_mangle)]
unsafe fn aot_part_state(
    parts: *const c_void,
    settings: *const *const c_char,
    limits: &mut Limits,
) -> Result<Box<dyn HostState>, Text> {
    quiet_writes::begin();
    end_waits_by(aot_library::has_to_end);
    check_standard_files()?;
    // SAFETY: the caller's promise.
    let (parts, settings) = unsafe { (&*parts.cast::<Parts>(), Strings::copy(settings)) };
    // An error names the setting that it is about.
    match create(parts, &settings, limits) {
        Ok((host, environment)) => Ok(Box::new(State { host, _environment: environment, _settings: settings })),
        Err(error) => Err(Text::new(|message| error.tell(message))),
    }
}

fn create(parts: &Parts, settings: &Strings, limits: &mut Limits) -> Result<(Box<SharedHost>, Strings), StartError> {
    let mut policy = Policy::parse(program::policy().ok_or(StartError::DamagedPolicy)?)?;
    // SAFETY: the strings are kept as long as the state.
    let read = Settings::of(unsafe { settings.list() }, &mut policy)?;
    lower(limits, &policy);
    // There is no command line, and a name comes before arguments that are built in.
    policy.arguments.insert(0, policy.program_name);
    let environment = Strings::inherited(policy.section);
    // SAFETY: as above.
    let outside = unsafe { environment.list() };
    let (granted, embedded) = (parts.open_granted, parts.open_embedded);
    let mut host = Host::new(&policy, CStrings::none(), outside, granted, embedded, read.denials)?;
    if let Some(prepare) = parts.prepare {
        prepare(&mut host, &Start::of_library(&policy, &read))?;
    }
    Ok((Box::new(SharedHost::new(host, policy.program_name)), environment))
}

/// Lowers an instance's limits to those of the policy.
fn lower(limits: &mut Limits, policy: &Policy) {
    let built_in = policy.limits.of_guest();
    let guest = &mut limits.guest;
    guest.memory_bytes = guest.memory_bytes.min(built_in.memory_bytes);
    guest.table_elements = guest.table_elements.min(built_in.table_elements);
    guest.heap_bytes = guest.heap_bytes.min(built_in.heap_bytes);
    guest.host_bytes = guest.host_bytes.min(built_in.host_bytes);
    limits.stack_bytes = limits.stack_bytes.min(policy.limits.get(Limit::Stack));
    limits.time.time = limits.time.time.min(nanoseconds(policy.limits.get(Limit::Time)));
    limits.time.cpu_time = limits.time.cpu_time.min(nanoseconds(policy.limits.get(Limit::CpuTime)));
}

/// Refuses a process without standard files: what is opened next would take their numbers, and be the guest's.
fn check_standard_files() -> Result<(), Text> {
    let is_closed = |file: &Standard| rustix::io::fcntl_getfd(file.file()).is_err();
    match [Standard::Input, Standard::Output, Standard::Errors].iter().position(is_closed) {
        None => Ok(()),
        Some(file) => Err(Text::new(|message| {
            message.text("descriptor ").decimal(file as u64);
            message.text(" of the process is closed, which the guest has as a standard stream");
        })),
    }
}

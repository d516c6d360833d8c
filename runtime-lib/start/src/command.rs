//! The order of events of a program: what it inherits is given up; policy, host state, slab, stack, signal handlers, the kernel's sandbox; then the guest's start-up and
//! its main export; then the exit status.
//!
//! The status is the guest's own, 134 after a trap, and 125 where the program could not be started.

mod concurrency;
pub mod handed_in;
pub mod hint;
#[cfg(feature = "http")]
pub mod http;
pub mod network;
pub mod profile_file;
pub mod profiling;
#[cfg(feature = "store-file")]
pub mod store_file;
pub mod store_redis;
pub mod stores;

use core::convert::Infallible;
use core::ffi::c_char;
use core::mem::{ManuallyDrop, offset_of};
use core::sync::atomic::Ordering;

use aot_abi::limits::Limit;
use aot_abi::parts;
use aot_abi::program::{MAIN_HANDLE, MAIN_NONE, MAIN_RUN};
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use rustix::thread::futex;

use crate::report::{self, Phase};
use crate::settings::Settings;
use crate::{deadline, inheritance, memory_limit, sandbox};
use aot_foundation::exit::exit;
use aot_foundation::message::{Message, SystemError};
use aot_foundation::records::state;
use aot_foundation::{entry, program, thread, trap_handler};
use aot_host::access::{SharedHost, host_of_slab};
use aot_host::c_strings::CStrings;
use aot_host::concurrency::functions::Functions;
use aot_host::denied::Denials;
use aot_host::files::OpenGranted;
use aot_host::files::inside::OpenEmbedded;
use aot_host::grantee::Grantee;
use aot_host::host::Host;
use aot_host::instance::Instance;
use aot_host::keyvalue::{Openers, Stores};
use aot_host::policy::Policy;
#[cfg(feature = "http")]
use aot_host::serve::static_files::ReadAnswerer;
use aot_host::sharing::Share;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_main_program", symbols::MAIN_PROGRAM));

/// The exit status of a program that could not be started.
const STATUS_NOT_STARTED: i32 = 125;
/// The exit status after a trap: what a shell tells of a process that died by SIGABRT.
const STATUS_TRAP: i32 = 134;

/// The functions that only some programs have: the array of [`aot_abi::parts`], whose addresses are those of functions.
#[repr(C)]
pub struct Parts {
    /// Runs what the program is for; [`run_guest`] otherwise.
    run: Option<Run>,
    /// Prepares what a program needs before the sandbox is entered.
    pub prepare: Option<Prepare>,
    /// Opens files inside the executable.
    pub open_embedded: Option<OpenEmbedded>,
    /// Makes the memories that threads share.
    pub share: Option<Share>,
    /// Finds what the program may have been meant to open.
    find_hint: Option<FindHint>,
    /// Counts the descriptors behind the standard ones that stay open.
    keep: Option<Keep>,
    /// Opens granted directories.
    pub open_granted: Option<OpenGranted>,
    /// Opens the stores of the policy.
    open_stores: Option<OpenStores>,
    /// Opens a store in a file, and one of a Redis server.
    openers: Openers,
    /// Reads what a server answers by itself.
    #[cfg(feature = "http")]
    read_answerer: Option<ReadAnswerer>,
    /// Only servers have the part.
    #[cfg(not(feature = "http"))]
    #[allow(dead_code, reason = "it has its place in the array")]
    read_answerer: usize,
    /// The functions of programs with asynchronous components.
    pub concurrency: Option<FindFunctions>,
    /// Starts to profile.
    begin_profile: Option<BeginProfile>,
}

const _: () = {
    assert!(size_of::<Parts>() == parts::COUNT * size_of::<usize>());
    assert!(offset_of!(Parts, run) == parts::RUN * size_of::<usize>());
    assert!(offset_of!(Parts, prepare) == parts::PREPARE * size_of::<usize>());
    assert!(offset_of!(Parts, open_embedded) == parts::OPEN_EMBEDDED * size_of::<usize>());
    assert!(offset_of!(Parts, share) == parts::SHARE * size_of::<usize>());
    assert!(offset_of!(Parts, find_hint) == parts::HINT * size_of::<usize>());
    assert!(offset_of!(Parts, open_granted) == parts::OPEN_GRANTED * size_of::<usize>());
    assert!(offset_of!(Parts, keep) == parts::KEEP * size_of::<usize>());
    assert!(offset_of!(Parts, open_stores) == parts::OPEN_STORES * size_of::<usize>());
    let openers = offset_of!(Parts, openers);
    assert!(openers + offset_of!(Openers, file) == parts::OPEN_STORE_FILE * size_of::<usize>());
    assert!(openers + offset_of!(Openers, redis) == parts::OPEN_STORE_REDIS * size_of::<usize>());
    assert!(offset_of!(Parts, read_answerer) == parts::ANSWER * size_of::<usize>());
    assert!(offset_of!(Parts, concurrency) == parts::TASKS * size_of::<usize>());
    assert!(offset_of!(Parts, begin_profile) == parts::PROFILE * size_of::<usize>());
};

/// The exit status, or what was going on at the trap, of an instance that is attached to this thread.
pub type Run = unsafe fn(&Instance, CStrings) -> Result<i32, Ended>;

/// The phase in which a trap ended the program, and the trap.
pub type Ended = (Phase, Trap);

/// A function that prepares what a program needs before the sandbox is entered.
pub type Prepare = fn(&mut Host, &Start<'_>) -> Result<(), StartError>;

/// The circumstances of a start.
pub struct Start<'s> {
    /// The grants and limits, as far as settings didn't narrow them.
    pub policy: &'s Policy,
    /// The settings of this run.
    pub settings: &'s Settings,
    /// The environment of the process.
    pub environment: CStrings,
    /// Makes the state of a further instance, which shares nothing with others.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only servers have several"))]
    pub new_host: &'s dyn Fn() -> Result<Host, StartError>,
    /// Reads what a server answers by itself.
    #[cfg(feature = "http")]
    pub read_answerer: Option<ReadAnswerer>,
}

impl<'s> Start<'s> {
    /// The start of an instance of a library, which has the settings alone.
    pub fn of_library(policy: &'s Policy, settings: &'s Settings) -> Start<'s> {
        Start {
            policy,
            settings,
            environment: CStrings::none(),
            new_host: &|| Err(StartError::DamagedPolicy),
            #[cfg(feature = "http")]
            read_answerer: None,
        }
    }
}

/// Something to tell after the program has failed, if there is anything to tell and somebody to read it.
pub type FindHint = fn(&Host, &Policy, Denials) -> Option<Hint>;

/// A function that tells a hint to whoever gives grants to a component. It is never dropped, which would need code at every error
/// of the start.
pub type Hint = &'static dyn Fn(Grantee);

/// The functions of programs with asynchronous components.
pub type FindFunctions = fn() -> &'static Functions<Host>;

/// A function that starts to profile, before there is anything else in the process.
pub type BeginProfile = fn() -> Result<EndProfile, SystemError>;

/// Something that writes the profile, and is never dropped.
pub type EndProfile = &'static dyn Fn();

/// A function that opens the stores of the policy, which nobody closes before the process ends.
pub type OpenStores = fn(&Policy, &Settings, &Openers) -> Result<&'static Stores, StartError>;

/// The number of descriptors behind the standard ones that stay open.
pub type Keep = fn(CStrings) -> u32;

/// The main function of a program.
///
/// # Safety
///
/// The C library's arguments of `main`, and the program's parts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_main_program(
    _argc: i32,
    argv: *const *const c_char,
    envp: *const *const c_char,
    _version: *const u32,
    parts: *const Parts,
) -> i32 {
    // Without this, rustix would find the kernel's clocks when a guest first asks for one, which takes a system call
    // that the sandbox has taken away.
    // SAFETY: the caller's promise; rustix only reads.
    unsafe { rustix::param::init(envp.cast_mut().cast()) };
    // SAFETY: the caller's promise.
    let (arguments, environment, parts) = unsafe { (CStrings::new(argv), CStrings::new(envp), &*parts) };
    let Err(error) = run_program(arguments, environment, parts);
    not_started(&error)
}

/// Runs the program and ends the process, without the trouble of giving anything back before.
fn run_program(arguments: CStrings, environment: CStrings, parts: &Parts) -> Result<Infallible, StartError> {
    inheritance::unblock_signals();
    inheritance::keep_standard_files()?;
    trap_handler::ignore_signals_of_writes()?;
    // What follows is never dropped: the process ends before.
    let mut policy = ManuallyDrop::new(Policy::parse(program::policy().ok_or(StartError::DamagedPolicy)?)?);
    let settings = Settings::read(environment, &mut policy)?;
    inheritance::close_others(parts.keep.map_or(0, |keep| keep(environment)));
    if !policy.dumpable {
        inheritance::hide_memory();
    }
    let profile = parts.begin_profile.map(|begin| begin()).transpose()?;
    // Before what asks the system for more, so that the limits hold for that too.
    let is_server = program::program().main_kind == MAIN_HANDLE;
    if !is_server {
        deadline::limit_time(policy.limits.get(Limit::Time))?;
        deadline::limit_cpu_time(policy.limits.get(Limit::CpuTime))?;
    }
    let stores = parts.open_stores.map(|open| open(&policy, &settings, &parts.openers)).transpose()?;
    let new_host = || -> Result<Host, StartError> {
        let (granted, embedded) = (parts.open_granted, parts.open_embedded);
        let mut host = Host::new(&policy, arguments, environment, granted, embedded, settings.denials)?;
        host.stores = stores;
        host.concurrency_functions = parts.concurrency.map(|functions| functions());
        Ok(host)
    };
    let host = ManuallyDrop::new(new_host()?);
    let hint = parts.find_hint.and_then(|find| find(&host, &policy, settings.denials));
    policy.limits.check_start()?;
    let name = program_name(&policy, arguments).unwrap_or(b"<unknown>");
    let slab = Instance::new_slab(&policy.limits, parts.share)?;
    let instance = Instance::new(slab, SharedHost::new(ManuallyDrop::into_inner(host), name));
    let instance = ManuallyDrop::new(instance);
    attach(&instance)?;
    // The limits of a server are those of one request of many, which it counts by itself.
    if !is_server {
        memory_limit::limit_data(&policy.limits);
    }
    // SAFETY: the program hasn't started.
    let host = unsafe { host_of_slab(instance.slab()) };
    if let Some(prepare) = parts.prepare {
        let start = Start {
            policy: &policy,
            settings: &settings,
            environment,
            new_host: &new_host,
            #[cfg(feature = "http")]
            read_answerer: parts.read_answerer,
        };
        prepare(host, &start)?;
    }
    if let Some(sandbox) = &policy.sandbox {
        sandbox::enter(sandbox, &host.preopens, settings.log_sandbox)?;
    }
    // SAFETY: the instance is attached to this thread.
    let outcome = unsafe { parts.run.unwrap_or(run_guest)(&instance, arguments) };
    let status = |(phase, trap)| {
        // SAFETY: the trap was the last of this thread.
        unsafe { status_of_trap(phase, trap, instance.slab()) }
    };
    end(instance.shared(), || {
        let status = outcome.unwrap_or_else(status);
        if let Some(stores) = stores {
            (stores.close)(stores);
        }
        if let Some(write) = profile {
            write();
        }
        if status != 0
            && let Some(tell) = hint
        {
            // SAFETY: the guest has ended.
            tell(unsafe { host_of_slab(instance.slab()) }.grantee);
        }
        status
    })
}

/// Lets an instance run on this thread, which gets its signal stack and the signal handlers.
fn attach(instance: &Instance) -> Result<(), SystemError> {
    instance.tell_debuggers();
    // SAFETY: the instance lives as long as the process.
    let thread = unsafe { thread::create(instance.signal_stack()) }?;
    trap_handler::install()?;
    // SAFETY: both are new, and stay together.
    unsafe { instance.attach(thread) };
    Ok(())
}

/// Start-up and main export; the exit status, or what was going on at the trap.
///
/// # Safety
///
/// The instance is attached to this thread.
unsafe fn run_guest(instance: &Instance, _: CStrings) -> Result<i32, Ended> {
    let program = program::program();
    let slab = instance.slab();
    let mut values = [[0; 2]];
    // SAFETY: the caller's promise; the entry and its vmctx are the program's own. The main
    // export returns one value at most.
    unsafe {
        start_up(instance)?;
        if program.main_kind == MAIN_NONE {
            return Ok(0);
        }
        let phase = if program.main_kind == MAIN_RUN { Phase::Run } else { Phase::Command };
        match host_of_slab(slab).concurrency_functions {
            Some(functions) => (functions.call_main)(slab).map(|result| values[0][0] = result),
            None => entry::call_guest(slab, program.main_entry, program.main_vmctx, &mut values),
        }
        .map_err(|trap| (phase, trap))?;
    }
    let failed = program.main_kind == MAIN_RUN && values[0][0] as u32 != 0;
    Ok(i32::from(failed))
}

/// Start-up alone.
///
/// # Safety
///
/// The instance is attached to this thread.
pub unsafe fn start_up(instance: &Instance) -> Result<(), Ended> {
    let program = program::program();
    let is_component = program.main_kind == MAIN_RUN;
    let phase = if is_component { Phase::InstantiateComponent } else { Phase::Instantiate };
    // SAFETY: the caller's promise; the entry and its vmctx are the program's own. Start-up
    // takes no values.
    unsafe { entry::call_guest(instance.slab(), program.start_entry, program.start_vmctx, &mut [[0; 2]]) }
        .map_err(|trap| (phase, trap))
}

/// The exit status after the trap that ended a program, which is told of.
///
/// # Safety
///
/// The trap was the last of the thread to which the slab is attached.
pub unsafe fn status_of_trap(phase: Phase, trap: Trap, slab: *mut SlabHeader) -> i32 {
    // SAFETY: the guest has returned; the header is open.
    unsafe {
        if trap == Trap::Exit {
            return (*slab).exit_status as i32;
        }
        report::trap(SharedHost::of_slab(slab).name, phase, trap, slab, (*state(slab)).thread);
    }
    STATUS_TRAP
}

fn program_name(policy: &Policy, arguments: CStrings) -> Option<&'static [u8]> {
    match policy.program_name {
        b"" => arguments.iter().next(),
        name => Some(name),
    }
}

/// Tells why, and ends the process.
pub fn not_started(error: &StartError) -> ! {
    let mut message = Message::to_stderr();
    message.text("aot: ");
    error.tell(&mut message);
    message.text("\n");
    drop(message);
    exit(STATUS_NOT_STARTED)
}

/// Ends the process with a status; of several threads of a program that want to, the first does.
pub fn end(shared: &SharedHost, status: impl FnOnce() -> i32) -> ! {
    let ending = &shared.threads.ending;
    if ending.swap(1, Ordering::SeqCst) != 0 {
        loop {
            // Nobody wakes it up.
            let _ = futex::wait(ending, futex::Flags::PRIVATE, 1, None);
        }
    }
    exit(status())
}

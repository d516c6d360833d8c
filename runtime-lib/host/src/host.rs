//! The state of the host for one program: what its guest has open and may use.

use core::any::Any;
#[cfg(feature = "http")]
use std::cell::Cell;
use std::rc::Rc;

use aot_abi::limits::Limit;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::message::Message;

use crate::c_strings::CStrings;
use crate::canonical::calls::{Calls, Scope};
use crate::canonical::handles::{HandleTable, Lent, Resources};
use crate::clocks::ProgramClock;
use crate::concurrency::functions::Functions;
#[cfg(feature = "http")]
use crate::concurrency::functions::Post;
use crate::denied::Denials;
use crate::environment::{Arguments, Environment};
use crate::files::descriptors::Descriptors;
use crate::files::inside::OpenEmbedded;
use crate::files::open_files::OpenFiles;
use crate::files::{Directory, OpenGranted, Preopen};
use crate::grantee::Grantee;
#[cfg(feature = "http")]
use crate::http::state::{Http, Task};
use crate::kept::Kept;
use crate::keyvalue::Stores;
use crate::limits::Limits;
use crate::network::grants::Network;
use crate::policy::Policy;
use crate::poll::Sources;
#[cfg(feature = "http")]
use crate::serve::lines::{Lines, NoInput};
use crate::start_error::StartError;
use crate::stdio::{Patient, Standard};
use crate::streams::{InputStream, OutputStream};
use aot_foundation::allocator;

/// The host's state, behind [`SlabHeader::host`].
pub struct Host {
    /// The component whose call goes on.
    pub grantee: Grantee,
    /// The component instance whose call goes on; 0 for core modules.
    pub component_instance: u32,
    /// The guest's arguments.
    pub arguments: Arguments,
    /// The guest's environment variables.
    pub environment: Environment,
    /// The granted directories, open.
    pub preopens: Vec<Preopen>,
    /// The count of open files.
    pub open_files: OpenFiles,
    /// The network, of a program with sockets.
    pub network: Option<Kept<Network>>,
    /// The stores of a program that opens some.
    pub stores: Option<&'static Stores>,
    /// The work that goes on while the program waits.
    pub sources: Sources,
    /// The requests of HTTP, of a program that sends some.
    #[cfg(feature = "http")]
    pub http: Option<Rc<Http>>,
    /// The number of the request that the program serves, if it is one of a server's instances.
    #[cfg(feature = "http")]
    pub request: Option<Rc<Cell<u64>>>,
    /// The functions by which tasks have the worker, of an instance that serves several requests.
    #[cfg(feature = "http")]
    pub post: Option<Post>,
    /// The server of a program that is one, until it runs.
    #[cfg(feature = "http")]
    pub server: Option<Box<dyn Any>>,
    /// True if other threads can change the guest's memory while a host function looks at it. Then the function has to
    /// copy what it checks and uses later.
    pub has_threads: bool,
    /// The objects that handles refer to.
    pub resources: Resources,
    /// The guest's monotonic clock.
    pub clock: ProgramClock,
    /// The seed for hash tables, once it was asked for.
    pub insecure_seed: Option<(u64, u64)>,
    /// The status of a program that ended itself.
    pub exit_status: u32,
    /// The descriptors of preview1 of each component instance that uses some.
    descriptors: Vec<(u32, Descriptors)>,
    handles: Vec<HandleTable>,
    /// Returns true if the host's memory is within a limit, and gives back what isn't used before it says no. Programs without
    /// handles make few kinds of objects, and do without that.
    has_room: fn(u64) -> bool,
    /// The calls between components that go on.
    pub calls: Calls,
    /// The tasks of a program with asynchronous components, once there is one.
    pub concurrency: Option<Box<dyn Any>>,
    /// The functions of programs with asynchronous components, in those.
    pub concurrency_functions: Option<&'static Functions<Host>>,
    /// A buffer that results were in before.
    scratch: Vec<u8>,
    /// The limits of what the program may use up.
    pub limits: Limits,
    /// The bytes that the host may still allocate for the current call.
    call_bytes: u64,
    /// More about the last trap.
    trap_message: &'static str,
}

/// The largest buffer that is kept for a later result.
const SCRATCH_BYTES_MAX: usize = 1 << 20;

impl Host {
    /// The state of a program that is about to start. A granted directory that is missing is an error, unless it is
    /// optional.
    pub fn new(
        policy: &Policy,
        arguments: CStrings,
        environment: CStrings,
        open_granted: Option<OpenGranted>,
        open_embedded: Option<OpenEmbedded>,
        denials: Denials,
    ) -> Result<Host, StartError> {
        let open_files = OpenFiles::new(policy.limits.get(Limit::OpenFiles), denials);
        let mut preopens = match open_granted {
            Some(open) => open(&policy.directories, &open_files)?,
            None if policy.directories.is_empty() => Vec::new(),
            None => return Err(StartError::DamagedPolicy),
        };
        for (number, embedded) in policy.embedded.iter().enumerate() {
            let top = open_embedded.and_then(|open| open(embedded.tree, number)).ok_or(StartError::DamagedPolicy)?;
            let directory = Rc::new(Directory::embedded(top, embedded.guest, open_files.clone()));
            preopens.push(Preopen { directory, guest: embedded.guest, grantee: embedded.grantee });
        }
        let arguments = Arguments::new(arguments, &policy.arguments);
        let environment = Environment::new(environment, policy);
        Ok(Host::with(arguments, environment, preopens, open_files, policy.limits))
    }

    /// The state of another instance of the program, with the same grants and nothing else of this one's.
    #[cfg(feature = "http")]
    pub fn again(&self, request: Rc<Cell<u64>>) -> Host {
        let open_files = OpenFiles::new(self.limits.get(Limit::OpenFiles), self.open_files.denials());
        let mut sources = Sources::default();
        let http =
            self.http.as_ref().map(|http| Http::register(http.settings.clone(), &mut sources, Some(Task::default())));
        let network = self.network.as_ref().map(|network| Kept::new(network.again(open_files.clone())));
        let (arguments, environment) = (self.arguments.of_instances(), self.environment.clone());
        let host = Host::with(arguments, environment, self.preopens.clone(), open_files, self.limits);
        let concurrency_functions = self.concurrency_functions;
        Host { network, stores: self.stores, sources, http, request: Some(request), concurrency_functions, ..host }
    }

    /// The state of a program that has used none of this yet.
    fn with(
        arguments: Arguments,
        environment: Environment,
        preopens: Vec<Preopen>,
        open_files: OpenFiles,
        limits: Limits,
    ) -> Host {
        Host {
            grantee: Grantee::default(),
            component_instance: 0,
            arguments,
            environment,
            preopens,
            open_files,
            network: None,
            stores: None,
            sources: Sources::default(),
            #[cfg(feature = "http")]
            http: None,
            #[cfg(feature = "http")]
            request: None,
            #[cfg(feature = "http")]
            post: None,
            #[cfg(feature = "http")]
            server: None,
            has_threads: false,
            resources: Resources::new(),
            clock: ProgramClock::default(),
            insecure_seed: None,
            exit_status: 0,
            descriptors: Vec::new(),
            handles: Vec::new(),
            has_room: allocator::is_within,
            calls: Calls::new(),
            concurrency: None,
            concurrency_functions: None,
            scratch: Vec::new(),
            limits,
            call_bytes: 0,
            trap_message: "",
        }
    }

    /// The number of the request that the program serves; 0 if it serves none.
    pub fn request_number(&self) -> u64 {
        #[cfg(feature = "http")]
        if let Some(request) = &self.request {
            return request.get();
        }
        0
    }

    /// Replaces the number of the request that the program serves: what it was.
    pub fn replace_request_number(&self, _number: u64) -> u64 {
        #[cfg(feature = "http")]
        if let Some(request) = &self.request {
            return request.replace(_number);
        }
        0
    }

    /// Ends everything that the guest has: nothing of it is needed any more.
    #[cfg(feature = "http")]
    pub fn end(&mut self) {
        self.resources = Resources::new();
        self.handles.clear();
        self.calls = Calls::new();
        self.concurrency = None;
        self.descriptors.clear();
        self.sources = Sources::default();
        self.http = None;
    }

    /// Begins to count what the host allocates for a call.
    pub fn begin_call(&mut self) {
        self.call_bytes = self.limits.get(Limit::HostBytes);
        self.trap_message = "";
    }

    /// Counts bytes that the host is about to allocate for the current call.
    pub fn charge(&mut self, bytes: u64) -> Result<(), Trap> {
        match self.call_bytes.checked_sub(bytes) {
            Some(rest) => {
                self.call_bytes = rest;
                Ok(())
            }
            None => Err(self.limit_exceeded("host bytes of one call")),
        }
    }

    /// Refuses to go on if all that the host keeps for the program takes more memory than its limit allows. Each call by the
    /// guest ends with it.
    pub fn check_memory(&mut self) -> Result<(), Trap> {
        if self.is_within(self.limits.get(Limit::HostMemory)) {
            return Ok(());
        }
        Err(self.limit_exceeded("memory of the host (--max-host-memory, AOT_MAX_HOST_MEMORY)"))
    }

    /// Returns true if the host's memory is within this limit. Of a server only objects in use count: it goes on after much was
    /// used, and has to have it again.
    fn is_within(&self, limit: u64) -> bool {
        #[cfg(feature = "http")]
        if self.request.is_some() {
            return allocator::used_bytes() <= limit;
        }
        (self.has_room)(limit)
    }

    /// Refuses more random bytes of one call than its limit allows.
    pub fn check_random_bytes(&mut self, bytes: u64) -> Result<(), Trap> {
        if bytes <= self.limits.get(Limit::RandomBytes) {
            return Ok(());
        }
        Err(self.limit_exceeded("random bytes of one call"))
    }

    /// The trap of a limit, which it names.
    pub fn limit_exceeded(&mut self, limit: &'static str) -> Trap {
        self.trap_message = limit;
        Trap::LimitExceeded
    }

    /// The trap for a value that the type allows but the function doesn't.
    pub fn invalid(&mut self, value: &'static str) -> Trap {
        self.trap_message = value;
        Trap::InvalidValue
    }

    /// The trap of a use of a task, stream or future that the component model forbids, with these words.
    pub fn misuse(&mut self, words: &'static str) -> Trap {
        self.trap_message = words;
        Trap::Concurrency
    }

    /// The trap of a program that ends itself.
    pub fn exit(&mut self, status: u32) -> Trap {
        self.exit_status = status;
        Trap::Exit
    }

    /// Returns the trap of a program that ends itself with a status above 255, which is told and becomes 1.
    #[cold]
    pub fn exit_beyond(&mut self, status: u32) -> Trap {
        let mut message = Message::to_stderr();
        message.text("aot: exit status ").decimal(status.into()).text(" is above 255, and becomes 1\n");
        self.exit(1)
    }

    /// Tells the header more about a trap that a host function returns.
    pub fn explain(&mut self, trap: Trap, header: &mut SlabHeader) {
        if trap == Trap::Exit {
            header.exit_status = self.exit_status;
        }
        let message = self.trap_message;
        header.trap_message = if message.is_empty() { 0 } else { message.as_ptr().expose_provenance() as u64 };
        header.trap_message_bytes = message.len() as u32;
    }

    /// The network and the resources, of a program with sockets.
    pub fn network_and_resources(&mut self) -> Result<(&mut Network, &mut Resources), Trap> {
        Ok((self.network.as_deref_mut().ok_or(Trap::Other)?, &mut self.resources))
    }

    /// The requests of HTTP.
    #[cfg(feature = "http")]
    pub fn http(&self) -> Result<Rc<Http>, Trap> {
        self.http.clone().ok_or(Trap::Other)
    }

    /// The handles of a component instance.
    pub fn handles(&mut self, instance: u32) -> Result<&mut HandleTable, Trap> {
        let index = instance as usize;
        while self.handles.len() <= index {
            self.has_room = allocator::has_room;
            self.handles.push(HandleTable::new(self.limits.get(Limit::Handles)));
        }
        self.handles.get_mut(index).ok_or(Trap::Other)
    }

    /// Ends the innermost call between components.
    pub fn end_call(&mut self) -> Result<(), Trap> {
        self.calls.exit(&mut self.handles)
    }

    /// Notes what an instance lends to a call that isn't the innermost one.
    pub fn lend_to(&mut self, scope: Scope, instance: u32, lent: Lent) -> Result<(), Trap> {
        if let Some(handle) = self.handles(instance)?.lend_on(lent)? {
            self.calls.lent_to(scope, instance, handle);
        }
        Ok(())
    }

    /// Gives back what a call lent, which isn't the innermost one.
    pub fn take_back(&mut self, scope: Scope) {
        self.calls.take_back(scope, &mut self.handles);
    }

    /// Ends a call that isn't the innermost one.
    pub fn close_call(&mut self, scope: Scope) {
        self.calls.close(scope, &mut self.handles);
    }

    /// The descriptors of preview1 that the caller has.
    pub fn descriptors(&mut self) -> &mut Descriptors {
        let instance = self.component_instance;
        let index = self.descriptors.iter().position(|(of, _)| *of == instance).unwrap_or_else(|| {
            let granted = self.preopens.iter().filter(|preopen| preopen.grantee == self.grantee);
            self.descriptors.push((instance, Descriptors::new(granted, self.limits.get(Limit::Handles))));
            self.descriptors.len() - 1
        });
        &mut self.descriptors[index].1
    }

    /// A stream to a standard stream of the process. A server's instances print lines that say which request they serve.
    pub fn standard_output(&self, standard: Standard) -> Box<dyn OutputStream> {
        #[cfg(feature = "http")]
        if let Some(request) = &self.request {
            return Box::new(Lines::new(standard, request.clone()));
        }
        Box::new(standard)
    }

    /// The standard output or error output, without waiting in the middle of a write: that would hold up everything else.
    pub fn patient_output(&self, standard: Standard) -> Box<dyn OutputStream> {
        #[cfg(feature = "http")]
        if self.request.is_some() {
            return self.standard_output(standard);
        }
        Box::new(Patient(standard))
    }

    /// The standard input, which is empty for a server's instances.
    pub fn standard_input(&self) -> Box<dyn InputStream> {
        #[cfg(feature = "http")]
        if self.request.is_some() {
            return Box::new(NoInput);
        }
        Box::new(Standard::Input)
    }

    /// Returns true if the guest has a standard stream that is a terminal.
    pub fn has_terminal(&self, standard: Standard) -> bool {
        #[cfg(feature = "http")]
        if self.request.is_some() {
            return false;
        }
        standard.is_terminal()
    }

    /// An empty buffer with room for `bytes`, which are counted.
    pub fn buffer(&mut self, bytes: usize) -> Result<Vec<u8>, Trap> {
        self.charge(bytes as u64)?;
        let mut buffer = core::mem::take(&mut self.scratch);
        buffer.clear();
        buffer.reserve(bytes);
        Ok(buffer)
    }

    /// Keeps a buffer for a later result.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > self.scratch.capacity() && buffer.capacity() <= SCRATCH_BYTES_MAX {
            self.scratch = buffer;
        }
    }
}

//! Performs the commands of a specification script (`aot_abi::script`) and tells which assertions fail.
//!
//! Traps, stack overflow among them, end a command and nothing else: the slab, its stack and its instances are there
//! for the next command. With several slabs or rounds the same commands show that slabs don't see each other's
//! traps, and that a reset slab is like a new one.

mod argument;
mod measure;
mod pattern;
mod same;
mod spectest;
mod stacks;

use core::ffi::c_char;
use std::sync::Arc;

use aot_abi::limits::{Limit, UNLIMITED};
use aot_abi::script as abi;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;

use crate::command::{self, FindFunctions, Parts};
use aot_foundation::exit::exit;
use aot_foundation::message::Message;
use aot_foundation::report::detail;
use aot_foundation::thread::SignalStack;
use aot_foundation::undo::{Method, Undo};
use aot_foundation::{entry, program, trap_handler};
use aot_host::access::SharedHost;
use aot_host::c_strings::CStrings;
use aot_host::component::{self, Exports};
use aot_host::denied::Denials;
use aot_host::host::Host;
use aot_host::instance::Instance;
use aot_host::instance::pool::{self, Pool};
use aot_host::policy::Policy;
use aot_host::reader::Reader;
use aot_host::sharing::Share;
use aot_host::start_error::StartError;

use pattern::Value;

const _: () = assert!(aot_foundation::same_name("aot_main_script", symbols::MAIN_SCRIPT));
const _: () = assert!(aot_foundation::same_name("aot_main_component_script", symbols::MAIN_COMPONENT_SCRIPT));

/// The exit status if an assertion failed.
const STATUS_FAILED: i32 = 1;

/// The main function of a script.
///
/// # Safety
///
/// The C library's arguments of `main`, and the program's parts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_main_script(
    _argc: i32,
    _argv: *const *const c_char,
    envp: *const *const c_char,
    _version: *const u32,
    parts: *const Parts,
) -> i32 {
    // rustix has the size of a page from there.
    // SAFETY: the caller's promise; rustix only reads.
    unsafe { rustix::param::init(envp.cast_mut().cast()) };
    // SAFETY: the caller's promise.
    end(perform_script(unsafe { &*parts }, None))
}

/// The main function of a component's script.
///
/// # Safety
///
/// The C library's arguments of `main`, and the program's parts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_main_component_script(
    _argc: i32,
    argv: *const *const c_char,
    envp: *const *const c_char,
    _version: *const u32,
    parts: *const Parts,
) -> i32 {
    // SAFETY: as in `aot_main_script`.
    unsafe { rustix::param::init(envp.cast_mut().cast()) };
    // SAFETY: the caller's promise.
    let (arguments, environment, parts) = unsafe { (CStrings::new(argv), CStrings::new(envp), &*parts) };
    end(perform_script(parts, Some(&ComponentScript { exports: Exports::read(), arguments, environment })))
}

fn end(result: Result<Tally, StartError>) -> i32 {
    match result {
        Ok(tally) => exit(tell(&tally)),
        Err(error) => command::not_started(&error),
    }
}

/// The part of a script that only one of a component has: what it calls, and with which arguments and environment.
struct ComponentScript {
    exports: Exports,
    arguments: CStrings,
    environment: CStrings,
}

/// A copy of the program.
struct Copy {
    instance: Instance,
    /// The component instances in which a call trapped, by the names of their exports: they are entered no more.
    trapped: Vec<&'static str>,
}

/// Counts of assertions that held and of those that didn't.
#[derive(Clone, Copy, Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// The head of a script, and where its commands begin.
#[derive(Clone)]
struct Script<'s> {
    file: &'static [u8],
    slabs: u16,
    rounds: u16,
    turns: u8,
    undo: Arc<Undo>,
    commands: Reader,
    share: Option<Share>,
    concurrency: Option<FindFunctions>,
    component: Option<&'s ComponentScript>,
}

fn tell(tally: &Tally) -> i32 {
    let mut message = Message::to_stdout();
    message.text("passed ").decimal(tally.passed).text(" failed ").decimal(tally.failed).text("\n");
    if tally.failed == 0 { 0 } else { STATUS_FAILED }
}

fn perform_script(parts: &Parts, component: Option<&ComponentScript>) -> Result<Tally, StartError> {
    trap_handler::install()?;
    let script = Script { concurrency: parts.concurrency, ..Script::read(parts.share, component) };
    if script.turns == abi::TURNS_THREADS {
        return perform_on_threads(&script);
    }
    perform_on_this_thread(&script, script.slabs)
}

/// Each slab on a thread of its own, all at the same time.
fn perform_on_threads(script: &Script) -> Result<Tally, StartError> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..script.slabs).map(|_| scope.spawn(|| perform_on_this_thread(script, 1))).collect();
        let mut sum = Tally::default();
        for thread in threads {
            let Ok(tally) = thread.join() else { continue };
            sum.add(tally?);
        }
        Ok(sum)
    })
}

/// Performs the script in this many instances on this thread, in turn; each round takes them from a pool.
fn perform_on_this_thread(script: &Script, slabs: u16) -> Result<Tally, StartError> {
    let thread = SignalStack::create()?;
    let mut pool = Pool::new(slabs.into(), script.share, script.undo.clone());
    if script.turns == abi::TURNS_MEASURED {
        return measure::perform(script, &mut pool, &thread);
    }
    let mut tally = Tally::default();
    for _ in 0..script.rounds {
        let copies: Result<Vec<Copy>, StartError> = (0..slabs).map(|_| new_copy(&mut pool, script, &thread)).collect();
        let mut copies = copies?;
        tally.add(perform_round(script, &mut copies));
        copies.into_iter().for_each(|copy| pool.give_back(copy.instance));
    }
    if script.rounds > 1 {
        for _ in 0..slabs {
            compare(script, &mut pool, &thread, &mut tally)?;
        }
    }
    Ok(tally)
}

/// Compares an instance that was reset with a new one.
fn compare(script: &Script, pool: &mut Pool, thread: &SignalStack, tally: &mut Tally) -> Result<(), StartError> {
    let reset = new_copy(pool, script, thread)?.instance;
    let new = new_copy(&mut Pool::new(0, script.share, script.undo.clone()), script, thread)?.instance;
    // SAFETY: no guest has run in either.
    if let Some((offset, difference)) = unsafe { same::difference(reset.slab(), new.slab()) } {
        let mut message = Message::to_stdout();
        message.text(script.file).text(":0: a reset slab has ").text(difference).text(" at ").hex(offset).text("\n");
        tally.failed += 1;
    }
    Ok(())
}

/// A new instance, attached to this thread.
fn new_copy(pool: &mut Pool, script: &Script, thread: &SignalStack) -> Result<Copy, StartError> {
    let section = if script.component.is_some() { program::policy().ok_or(StartError::DamagedPolicy)? } else { &[] };
    let policy = Policy::parse(section)?;
    let (arguments, environment) = match script.component {
        Some(component) => (component.arguments, component.environment),
        None => (CStrings::none(), CStrings::none()),
    };
    let mut host = Host::new(&policy, arguments, environment, None, None, Denials::default())?;
    host.concurrency_functions = script.concurrency.map(|functions| functions());
    // A script is the test's own: nothing of it is limited.
    for limit in [Limit::Memory, Limit::TableElements, Limit::Heap, Limit::Stack] {
        host.limits.set(limit, UNLIMITED);
    }
    let instance = pool.take(SharedHost::new(host, script.file))?;
    // SAFETY: no guest runs in the instance; the record is the thread's, which runs it.
    unsafe { instance.attach(thread.record()) };
    Ok(Copy { instance, trapped: Vec::new() })
}

/// All commands, each in every slab before the next.
fn perform_round(script: &Script, copies: &mut [Copy]) -> Tally {
    let mut tally = Tally::default();
    let mut reader = script.commands;
    while reader.clone().u8() != abi::COMMAND_END {
        let command = reader;
        if script.turns == abi::TURNS_STACKS && reader.clone().u8() == abi::COMMAND_INVOKE {
            stacks::perform(script, &mut reader, copies, &mut tally);
            continue;
        }
        for copy in &mut *copies {
            reader = command;
            perform_command(script, &mut reader, copy, &mut tally);
        }
    }
    tally
}

fn perform_command(script: &Script, reader: &mut Reader, copy: &mut Copy, tally: &mut Tally) {
    let slab = copy.instance.slab();
    let kind = reader.u8();
    let line = reader.u32();
    let mut complaint = Complaint { script, line, slab, message: None };
    if kind == abi::COMMAND_CALL {
        return if let Some(component) = script.component {
            let verdict = call(reader, copy, &component.exports, &mut complaint);
            tally.count(verdict);
        };
    }
    let outcome = match kind {
        abi::COMMAND_INVOKE => invoke(reader, slab),
        abi::COMMAND_INSTANTIATE => instantiate(reader, slab).map(|()| Vec::new()),
        _ => Ok(read_global(reader, slab)),
    };
    tally.count(check(reader, &outcome, &header_of(slab), &mut complaint));
}

/// Gives the first 32 bits of an object, by its slab offset.
fn header_of(slab: *mut SlabHeader) -> impl Fn(u64) -> u32 {
    // SAFETY: only references to objects are looked up, whose headers are open.
    move |offset| unsafe { *slab.byte_add(offset as usize).cast::<u32>() }
}

/// Calls an exported function of a component, and compares its outcome.
fn call(reader: &mut Reader, copy: &mut Copy, exports: &Exports, complaint: &mut Complaint) -> Verdict {
    let function = &exports.functions[reader.u32() as usize];
    let params = function.params.iter().map(|(_, ty)| argument::read(reader, &exports.types, *ty));
    let params: Vec<component::Value> = params.collect();
    let outcome = enter(copy, exports, function, &params);
    match (reader.u8(), outcome) {
        (abi::EXPECT_RETURN, Ok(_)) => Verdict::Uncounted,
        (abi::EXPECT_TRAP, outcome) => check_trap(reader.text(), outcome.err(), complaint),
        (abi::EXPECT_VALUE, Ok(result)) => {
            let expected = function.result.map(|ty| argument::read(reader, &exports.types, ty));
            if argument::same(expected.as_ref(), result.as_ref()) {
                return Verdict::Passed;
            }
            let expected = argument::short(expected.as_ref());
            complaint.tell(expected, [function.name, " that returns ", &argument::short(result.as_ref())].concat());
            Verdict::Failed
        }
        (expected, Err(trap)) => {
            if let (abi::EXPECT_VALUE, Some(ty)) = (expected, function.result) {
                argument::read(reader, &exports.types, ty);
            }
            complaint.tell("a return", words_of(trap, complaint.slab));
            Verdict::Failed
        }
        // No other expectation is of a call.
        (_, Ok(_)) => Verdict::Failed,
    }
}

/// Calls, and ends the resources of the result, which scripts don't keep. An instance in which a call has trapped is
/// entered no more (canonical ABI, "Component Instances"). Every instance of a script is one of its own, whose exports
/// have its name.
fn enter(
    copy: &mut Copy,
    exports: &Exports,
    function: &component::Function,
    params: &[component::Value],
) -> Result<Option<component::Value>, Trap> {
    if copy.trapped.contains(&function.interface) {
        return Err(Trap::CannotEnterComponent);
    }
    let slab = copy.instance.slab();
    // SAFETY: the slab is attached to this thread, and its host state is set; commands come after start-up.
    let outcome = unsafe {
        exports.call(slab, function, params).and_then(|result| {
            if let (Some(ty), Some(value)) = (function.result, &result) {
                exports.discard(slab, ty, value)?;
            }
            Ok(result)
        })
    };
    if outcome.is_err() {
        copy.trapped.push(function.interface);
    }
    outcome
}

/// Starts the core instances of a component instance.
fn instantiate(reader: &mut Reader, slab: *mut SlabHeader) -> Result<(), Trap> {
    let mut result = Ok(());
    for _ in 0..reader.u16() {
        let start = reader.u32();
        if result.is_ok() {
            let vmctx = program::program().start_vmctx;
            // SAFETY: the slab is attached to this thread; start-up takes no values.
            result = unsafe { entry::call_guest(slab, start, vmctx, &mut [[0; 2]]) };
        }
    }
    result
}

/// Reads a call: the text offset of its entry, its `vmctx`, and the slots of its parameters and results.
fn read_call(reader: &mut Reader) -> (u32, u64, Vec<[u64; 2]>) {
    let (entry, vmctx, slots) = (reader.u32(), reader.u64(), reader.u16());
    let mut values = vec![[0; 2]; slots as usize];
    for index in 0..reader.u16() as usize {
        let value = Value::read(reader);
        if let Some(slot) = values.get_mut(index) {
            *slot = value.slot();
        }
    }
    (entry, vmctx, values)
}

/// The slots after the call, or its trap.
fn invoke(reader: &mut Reader, slab: *mut SlabHeader) -> Result<Vec<[u64; 2]>, Trap> {
    let (entry, vmctx, mut values) = read_call(reader);
    // SAFETY: the slab is attached to this thread; the compiler wrote what belongs together.
    unsafe { entry::call_guest(slab, entry, vmctx, &mut values) }?;
    Ok(values)
}

fn read_global(reader: &mut Reader, slab: *mut SlabHeader) -> Vec<[u64; 2]> {
    let offset = reader.u64();
    let bytes = pattern::bytes_of(reader.u8());
    let mut slot = [0u64; 2];
    // SAFETY: the compiler wrote where the slab has a global of this type.
    unsafe {
        let global = slab.cast::<u8>().add(offset as usize);
        core::ptr::copy_nonoverlapping(global, slot.as_mut_ptr().cast(), bytes);
    }
    vec![slot]
}

/// The verdict on a command: its outcome, compared with the expected one.
enum Verdict {
    Passed,
    Failed,
    Uncounted,
}

fn check(
    reader: &mut Reader,
    outcome: &Result<Vec<[u64; 2]>, Trap>,
    header: &dyn Fn(u64) -> u32,
    complaint: &mut Complaint,
) -> Verdict {
    match (reader.u8(), outcome) {
        (abi::EXPECT_RETURN, Ok(_)) => Verdict::Uncounted,
        (abi::EXPECT_RETURN, Err(trap)) => {
            complaint.tell("a return", trap.message());
            Verdict::Failed
        }
        (abi::EXPECT_TRAP, outcome) => check_trap(reader.text(), outcome.as_ref().err().copied(), complaint),
        (_, outcome) => check_results(reader, outcome, header, complaint),
    }
}

fn check_trap(expected: &[u8], trap: Option<Trap>, complaint: &mut Complaint) -> Verdict {
    let slab = complaint.slab;
    match trap {
        Some(trap) if is_message_of(trap, words_of(trap, slab), expected) => return Verdict::Passed,
        Some(trap) => complaint.tell(expected, words_of(trap, slab)),
        None => complaint.tell(expected, "a return"),
    }
    Verdict::Failed
}

/// Words of the component model's tests for traps that have other names here.
const OTHER_WORDS: [(Trap, &[u8]); 10] = [
    (Trap::PointerUnaligned, b"unaligned pointer"),
    (Trap::PointerUnaligned, b"string pointer not aligned to 2"),
    (Trap::InvalidDiscriminant, b"discriminant 2 out of range [0..2)"),
    (Trap::PointerUnaligned, b"realloc return: result not aligned"),
    (Trap::ReallocFailed, b"realloc return: beyond end of memory"),
    (Trap::ReallocFailed, b"list content out-of-bounds"),
    (Trap::StringOutOfBounds, b"string pointer/length out of bounds of memory"),
    (Trap::InvalidString, b"invalid utf-8"),
    (Trap::InvalidString, b"incomplete utf-8 byte sequence"),
    (
        Trap::HandleOfOtherType,
        b"handle index 1 used with the wrong type, expected guest-defined resource but found a different guest-defined \
          resource",
    ),
];

/// The words for a trap, which was the last of this slab.
fn words_of(trap: Trap, slab: *mut SlabHeader) -> &'static [u8] {
    match trap {
        // SAFETY: the slab is open.
        Trap::Concurrency => unsafe { detail(slab) },
        _ => trap.message().as_bytes(),
    }
}

/// True if a trap is the one that a test expects: tests shorten messages, and lengthen them by an index or the kind of
/// a reference.
fn is_message_of(trap: Trap, message: &[u8], expected: &[u8]) -> bool {
    let expected = expected.strip_prefix(b"wasm trap: ").unwrap_or(expected);
    let contains = expected.is_empty() || message.windows(expected.len()).any(|part| part == expected);
    let null = trap == Trap::NullReference && expected.starts_with(b"null ");
    contains || expected.starts_with(message) || null || OTHER_WORDS.contains(&(trap, expected))
}

fn check_results(
    reader: &mut Reader,
    outcome: &Result<Vec<[u64; 2]>, Trap>,
    header: &dyn Fn(u64) -> u32,
    complaint: &mut Complaint,
) -> Verdict {
    let mut failed = false;
    for index in 0..reader.u16() as usize {
        let expected = *reader;
        let slot = outcome.as_ref().ok().and_then(|slots| slots.get(index)).copied();
        if pattern::matches(reader, slot.unwrap_or_default(), header) && slot.is_some() {
            continue;
        }
        if let (Some(slot), false) = (slot, failed) {
            complaint.tell_value(expected, slot);
        }
        failed = true;
    }
    if let Err(trap) = outcome {
        complaint.tell("results", trap.message());
        failed = true;
    }
    if failed { Verdict::Failed } else { Verdict::Passed }
}

/// The line about a failure.
struct Complaint<'a> {
    script: &'a Script<'a>,
    line: u32,
    slab: *mut SlabHeader,
    message: Option<Message>,
}

impl Complaint<'_> {
    fn tell(&mut self, expected: impl AsRef<[u8]>, got: impl AsRef<[u8]>) {
        self.begin().text(expected).text(", got ").text(got).text("\n");
    }

    fn tell_value(&mut self, mut expected: Reader, got: [u64; 2]) {
        let message = self.begin();
        pattern::write(message, &mut expected);
        message.text(", got ").hex(got[0]);
        if got[1] != 0 {
            message.text(" ").hex(got[1]);
        }
        message.text("\n");
    }

    fn begin(&mut self) -> &mut Message {
        let message = self.message.insert(Message::to_stdout());
        message.text(self.script.file).text(":").decimal(u64::from(self.line)).text(": expected ")
    }
}

impl<'s> Script<'s> {
    fn read(share: Option<Share>, component: Option<&'s ComponentScript>) -> Script<'s> {
        let mut reader = Reader::new(program::script());
        let file = reader.text();
        let (slabs, rounds, turns) = (reader.u16(), reader.u16(), reader.u8());
        let best = Method::ALL.get(usize::from(reader.u8())).copied().unwrap_or(Method::MapAnew);
        // Nothing is undone after a single round.
        let undo = Arc::new(pool::undo(if rounds > 1 { best } else { Method::MapAnew }));
        Script { file, slabs, rounds, turns, undo, commands: reader, share, concurrency: None, component }
    }
}

impl Tally {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Uncounted => {}
        }
    }

    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

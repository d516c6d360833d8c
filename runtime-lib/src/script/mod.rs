//! Performs the commands of a specification script (`aot_abi::script`) and tells which assertions fail.
//!
//! Traps, stack overflow among them, end a command and nothing else: the slab, its stack and its instances are there
//! for the next command. With several slabs or rounds the same commands show that slabs don't see each other's
//! traps, and that a reset slab is like a new one.

mod pattern;
mod reader;
mod spectest;

use core::ffi::c_char;

use aot_abi::limits::UNLIMITED;
use aot_abi::script as abi;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;

use crate::message::{Message, SystemError};
use crate::slab::Slab;
use crate::start;
use crate::thread::{self, ThreadRecord};
use crate::{entry, program, trap_handler};

use pattern::Value;
use reader::Reader;

const _: () = assert!(crate::same_name("aot_main_script", symbols::MAIN_SCRIPT));

/// The exit status where an assertion failed.
const STATUS_FAILED: i32 = 1;

/// The main function of a script.
///
/// # Safety
///
/// The C library's arguments of `main`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_main_script(_argc: i32, _argv: *const *const c_char, _envp: *const *const c_char) -> i32 {
    match perform_script() {
        Ok(tally) => start::exit(tell(&tally)),
        Err(error) => start::not_started(&error.into()),
    }
}

/// How many assertions held and how many didn't.
#[derive(Clone, Copy, Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// The head of a script, and where its commands begin.
#[derive(Clone, Copy)]
struct Script {
    file: &'static [u8],
    slabs: u16,
    rounds: u16,
    threads: bool,
    commands: Reader,
}

fn tell(tally: &Tally) -> i32 {
    let mut message = Message::to_stdout();
    message.text("passed ").decimal(tally.passed).text(" failed ").decimal(tally.failed).text("\n");
    if tally.failed == 0 { 0 } else { STATUS_FAILED }
}

fn perform_script() -> Result<Tally, SystemError> {
    trap_handler::install()?;
    let script = Script::read();
    if script.threads {
        return perform_on_threads(&script);
    }
    perform_on_this_thread(&script, script.slabs)
}

/// Each slab on a thread of its own, all at the same time.
fn perform_on_threads(script: &Script) -> Result<Tally, SystemError> {
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

/// This many slabs on this thread, in turn.
fn perform_on_this_thread(script: &Script, slabs: u16) -> Result<Tally, SystemError> {
    let mut in_turn = Vec::new();
    for _ in 0..slabs {
        in_turn.push(Slab::create(UNLIMITED)?);
    }
    let Some(first) = in_turn.first() else { return Ok(Tally::default()) };
    // SAFETY: nothing runs on the thread's signal stack any more when the slabs are dropped.
    let thread = unsafe { thread::create(first.signal_stack()) }?;
    let mut tally = Tally::default();
    for round in 0..script.rounds {
        for slab in &mut in_turn {
            prepare(slab, round, thread)?;
        }
        tally.add(perform_round(script, &in_turn));
    }
    Ok(tally)
}

/// Makes the slab new, and attaches it.
fn prepare(slab: &mut Slab, round: u16, thread: *mut ThreadRecord) -> Result<(), SystemError> {
    if round != 0 {
        slab.reset()?;
    }
    // SAFETY: no guest runs in the slab; its stack stays with it, and the record with the thread.
    unsafe { entry::attach(slab, thread) };
    Ok(())
}

/// All commands, each in every slab before the next.
fn perform_round(script: &Script, slabs: &[Slab]) -> Tally {
    let mut tally = Tally::default();
    let mut reader = script.commands;
    while reader.clone().u8() != abi::COMMAND_END {
        let command = reader;
        for slab in slabs {
            reader = command;
            perform_command(script, &mut reader, slab.header(), &mut tally);
        }
    }
    tally
}

fn perform_command(script: &Script, reader: &mut Reader, slab: *mut SlabHeader, tally: &mut Tally) {
    let kind = reader.u8();
    let line = reader.u32();
    let outcome = match kind {
        abi::COMMAND_INVOKE => invoke(reader, slab),
        _ => Ok(read_global(reader, slab)),
    };
    let mut complaint = Complaint { script, line, message: None };
    // SAFETY: only references to objects are looked up, whose headers are open.
    let header = |offset: u64| unsafe { *slab.byte_add(offset as usize).cast::<u32>() };
    match check(reader, &outcome, &header, &mut complaint) {
        Verdict::Passed => tally.passed += 1,
        Verdict::Failed => tally.failed += 1,
        Verdict::Uncounted => {}
    }
}

/// The slots after the call, or its trap.
fn invoke(reader: &mut Reader, slab: *mut SlabHeader) -> Result<Vec<[u64; 2]>, Trap> {
    let (entry, vmctx, slots) = (reader.u32(), reader.u64(), reader.u16());
    let mut values = vec![[0; 2]; slots as usize];
    for index in 0..reader.u16() as usize {
        let value = Value::read(reader);
        if let Some(slot) = values.get_mut(index) {
            *slot = value.slot();
        }
    }
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

/// What a command's outcome was against its expectation.
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
        (abi::EXPECT_TRAP, outcome) => check_trap(reader.text(), outcome, complaint),
        (_, outcome) => check_results(reader, outcome, header, complaint),
    }
}

fn check_trap(expected: &[u8], outcome: &Result<Vec<[u64; 2]>, Trap>, complaint: &mut Complaint) -> Verdict {
    match outcome {
        Err(trap) if is_message_of(*trap, expected) => return Verdict::Passed,
        Err(trap) => complaint.tell(expected, trap.message()),
        Ok(_) => complaint.tell(expected, "a return"),
    }
    Verdict::Failed
}

/// Whether a trap is the one that a test expects: tests shorten messages, and lengthen them by an index or the kind of
/// a reference.
fn is_message_of(trap: Trap, expected: &[u8]) -> bool {
    let message = trap.message().as_bytes();
    let contains = expected.is_empty() || message.windows(expected.len()).any(|part| part == expected);
    let null = trap == Trap::NullReference && expected.starts_with(b"null ");
    contains || expected.starts_with(message) || null
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
    script: &'a Script,
    line: u32,
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

impl Script {
    fn read() -> Script {
        let mut reader = Reader::new(program::script());
        let file = reader.text();
        let (slabs, rounds, threads) = (reader.u16(), reader.u16(), reader.u8() != 0);
        Script { file, slabs, rounds, threads, commands: reader }
    }
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

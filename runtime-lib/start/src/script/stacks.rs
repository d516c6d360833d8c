//! Calls of a script on stacks of their own: where one calls a function of `spectest`, it waits until the calls of all
//! other copies have gone on. A call that waits is made once more in its copy, on a further stack.

use aot_abi::trap::Trap;
use aot_foundation::coroutine::Coroutine;
use aot_host::reader::Reader;

use super::{Complaint, Copy, Script, Tally, Verdict, check, header_of, read_call};

/// A call of one copy.
struct Call {
    copy: usize,
    coroutine: Option<Coroutine>,
    /// The call was made once more, because another one of the same copy waited.
    is_second: bool,
    has_waited: bool,
    outcome: Result<Vec<[u64; 2]>, Trap>,
}

/// Performs a call in every copy, and compares each outcome.
pub fn perform(script: &Script, reader: &mut Reader, copies: &mut [Copy], tally: &mut Tally) {
    reader.u8();
    let line = reader.u32();
    let begin = *reader;
    let mut calls: Vec<Call> = copies.iter_mut().enumerate().map(|(at, copy)| call(begin, at, copy, false)).collect();
    while calls.iter().any(|call| call.coroutine.is_some()) {
        for index in 0..calls.len() {
            let Some(again) = go_on(&mut calls[index], copies) else { continue };
            calls.push(call(begin, again, &mut copies[again], true));
        }
    }
    read_call(reader);
    let expectation = *reader;
    for call in &calls {
        *reader = expectation;
        let slab = copies[call.copy].instance.slab();
        let mut complaint = Complaint { script, line, slab, message: None };
        let header = header_of(slab);
        match check(reader, &call.outcome, &header, &mut complaint) {
            // One assertion is counted once.
            Verdict::Passed if call.is_second => {}
            verdict => tally.count(verdict),
        }
    }
}

/// A call that hasn't begun; one for which there is no stack ends as if that had overflowed.
fn call(mut reader: Reader, at: usize, copy: &mut Copy, is_second: bool) -> Call {
    let (entry, vmctx, values) = read_call(&mut reader);
    // SAFETY: the copy's instance is attached to this thread; the compiler wrote what belongs together. Calls end before
    // their copies.
    let coroutine = unsafe { copy.instance.call_on_stack(entry, vmctx, values) }.ok();
    Call { copy: at, coroutine, is_second, has_waited: false, outcome: Err(Trap::StackOverflow) }
}

/// Lets a call go on: the copy in which it is to be made once more, if it waits for the first time.
fn go_on(call: &mut Call, copies: &mut [Copy]) -> Option<usize> {
    let mut coroutine = call.coroutine.take()?;
    // SAFETY: as in `call`.
    unsafe { coroutine.resume() };
    match coroutine.end() {
        Ok(ended) => {
            call.outcome = ended.outcome;
            copies[call.copy].instance.keep_stack(ended.stack);
            None
        }
        Err(coroutine) => {
            call.coroutine = Some(coroutine);
            let is_first_time = !core::mem::replace(&mut call.has_waited, true);
            (is_first_time && !call.is_second).then_some(call.copy)
        }
    }
}

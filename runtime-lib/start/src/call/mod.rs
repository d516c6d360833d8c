//! The main function of a program that is no command: it calls an exported function, which its arguments name with the
//! values that it takes, in WAVE, and prints what it gives. Without arguments it lists what it exports.
//!
//! ```text
//! ./hello 'greet("World")'              a function, as WAVE writes a call
//! ./hello greet '"World"'               the same, a value an argument
//! ./shop 'acme:shop/prices.total([1])'  one of an exported interface; a name that is the only one needs no interface
//! ```

mod arguments;
mod text;

use aot_abi::parts;
use aot_abi::trap::Trap;

use crate::command::{Ended, Run, start_up};
use crate::report::Phase;
use aot_foundation::message::Message;
use aot_host::c_strings::CStrings;
use aot_host::component::{Exports, TypeIndex, Value};
use aot_host::instance::Instance;
use aot_host::text::shown;

const _: () = assert!(aot_foundation::same_name("aot_part_calls", parts::CALLS));
const _: () = assert!(aot_foundation::same_name("aot_part_reactor", parts::REACTOR));
const _: [Run; 2] = [aot_part_calls, aot_part_reactor];

/// The exit status if the result of a function is an error.
const STATUS_ERROR: i32 = 1;
/// The exit status if the arguments are no call of a function.
const STATUS_USAGE: i32 = 2;

/// Starts up, calls and prints, or lists what can be called; the exit status.
///
/// # Safety
///
/// The instance is attached to this thread.
#[unsafe(no_mangle)]
unsafe fn aot_part_calls(instance: &Instance, arguments: CStrings) -> Result<i32, Ended> {
    let (exports, words) = (Exports::read(), words(arguments));
    if words.is_empty() {
        list(&exports);
        return Ok(0);
    }
    // SAFETY: the caller's promise.
    unsafe { call(instance, &exports, &words) }
}

/// Starts up, and calls and prints if there are arguments; the exit status.
///
/// # Safety
///
/// The instance is attached to this thread.
#[unsafe(no_mangle)]
unsafe fn aot_part_reactor(instance: &Instance, arguments: CStrings) -> Result<i32, Ended> {
    let words = words(arguments);
    // SAFETY: the caller's promise.
    unsafe {
        if words.is_empty() {
            return start_up(instance).map(|()| 0);
        }
        call(instance, &Exports::read(), &words)
    }
}

fn words(arguments: CStrings) -> Vec<&'static [u8]> {
    arguments.iter().skip(1).collect()
}

/// Starts up, calls the function that the words name, and prints its result; the exit status.
///
/// # Safety
///
/// The instance is attached to this thread.
unsafe fn call(instance: &Instance, exports: &Exports, words: &[&[u8]]) -> Result<i32, Ended> {
    let (function, values) = match arguments::parse(exports, words) {
        Ok(call) => call,
        Err(problem) => {
            problem.tell(exports);
            return Ok(STATUS_USAGE);
        }
    };
    let trapped = |trap: Trap| (Phase::Export(shown(function.name.as_bytes()).leak()), trap);
    // SAFETY: the caller's promise; nothing else uses the host's state.
    let result = unsafe {
        start_up(instance)?;
        exports.call(instance.slab(), function, &values).map_err(trapped)?
    };
    let (Some(ty), Some(value)) = (function.result, result) else { return Ok(0) };
    print(exports, ty, &value);
    // SAFETY: as above; what the result owns is the caller's, who is at the end.
    unsafe { exports.discard(instance.slab(), ty, &value).map_err(trapped)? };
    Ok(if text::is_error(&exports.types, ty, &value) { STATUS_ERROR } else { 0 })
}

fn print(exports: &Exports, ty: TypeIndex, value: &Value) {
    let mut text = String::new();
    text::value(&mut text, &exports.types, ty, value);
    Message::to_stdout().text(&text).text("\n");
}

fn list(exports: &Exports) {
    let mut text = String::new();
    for function in &exports.functions {
        let mut signature = String::new();
        text::signature(&mut signature, &exports.types, function);
        text.push_str(&shown(signature.as_bytes()));
        text.push('\n');
    }
    for export in &exports.uncallable {
        text.extend([export.name, ": can't be called: ", export.reason, "\n"]);
    }
    Message::to_stdout().text(&text);
}

//! Times of commands and resets, for `cargo xtask bench reset`.

use std::time::{Duration, Instant};

use aot_abi::script as abi;
use aot_foundation::message::Message;
use aot_foundation::thread::SignalStack;
use aot_host::instance::pool::Pool;
use aot_host::start_error::StartError;

use super::{Script, Tally, new_copy, perform_command};

/// The slowest of the times are left out, one in so many: then something else ran.
const LEFT_OUT: usize = 50;

/// Performs the script in one instance at a time from the pool, and tells the mean time of each command and of the reset.
pub fn perform(script: &Script, pool: &mut Pool, thread: &SignalStack) -> Result<Tally, StartError> {
    let mut tally = Tally::default();
    let mut commands: Vec<Vec<Duration>> = Vec::new();
    let mut resets = Vec::new();
    for _ in 0..script.rounds {
        let mut copy = new_copy(pool, script, thread)?;
        let mut reader = script.commands;
        let mut index = 0;
        while reader.clone().u8() != abi::COMMAND_END {
            let start = Instant::now();
            perform_command(script, &mut reader, &mut copy, &mut tally);
            let time = start.elapsed();
            match commands.get_mut(index) {
                Some(times) => times.push(time),
                None => commands.push(vec![time]),
            }
            index += 1;
        }
        let start = Instant::now();
        pool.give_back(copy.instance);
        resets.push(start.elapsed());
    }
    commands.into_iter().for_each(|times| tell("command", times));
    tell("reset", resets);
    Ok(tally)
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    times.truncate(times.len() - times.len() / LEFT_OUT);
    let sum: Duration = times.iter().sum();
    let mean = sum.as_nanos() as u64 / (times.len() as u64).max(1);
    Message::to_stdout().text(what).text(" ").decimal(mean).text("\n");
}

//! Damaged requests, the same for the same seed. `SERVE_FUZZ_SEED` and `SERVE_FUZZ_CASES` choose others than the first few.

use super::bad_input::goes_on;
use super::http2;
use super::process::Server;
use super::wire::{Connection, bytes};
use libtest_mimic::Failed;

/// The cases of a test.
const CASES: u64 = 400;
/// The memory that all of them may cost.
const MEMORY_BYTES_MAX: u64 = 64 << 20;

/// Numbers of a seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        // The generator SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number below another one.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_of<'l, T: ?Sized>(&mut self, list: &[&'l T]) -> &'l T {
        list[self.below(list.len())]
    }
}

/// Requests from which others are made.
const REQUESTS: &[&str] = &[
    "GET / HTTP/1.1\nHost: h\n\n",
    "GET http://h/ HTTP/1.1\nHost: h\nConnection: x, close\nX: y\n\n",
    "OPTIONS * HTTP/1.0\nHost: h\nConnection: keep-alive\n\n",
    "POST / HTTP/1.1\nHost: h\nContent-Length: 5\n\nabcde",
    "POST / HTTP/1.1\nHost: h\nExpect: 100-continue\nContent-Length: 5\n\nabcde",
    "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nTE: trailers\n\n3;x=y\nabc\n2\nde\n0\nx-t: 1\n\n",
    "GET / HTTP/1.1\nHost: h\nX-Do: field=content-length:3 set write=ab write=cd\n\n",
    "GET / HTTP/1.1\nHost: h\nX-Do: set write=abc trap\n\n",
];

const PIECES: &[&str] = &[
    "\n",
    "␊",
    "␍",
    "\n\n",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "0",
    "-1",
    "ffffffffffffffff",
    "chunked",
    "Content-Length: 5\n",
    "Transfer-Encoding: chunked\n",
    "Host: x\n",
    "HTTP/1.1",
    "HTTP/9.9",
    "¤",
    "\0",
    "\u{7f}",
    "…",
    "GET ",
    "http://",
    "*",
    "#",
    "Connection: close\n",
    "TE: trailers\n",
];

/// Removes, repeats, changes or inserts a few bytes.
fn damage(input: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(4) {
        let at = random.below(input.len());
        let end = (at + 1 + random.below(8)).min(input.len());
        match random.below(4) {
            0 => drop(input.drain(at..end)),
            1 => {
                let repeated = input[at..end].to_vec();
                input.splice(at..at, repeated);
            }
            2 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.next() as u8),
            _ => drop(input.splice(at..at, bytes(random.one_of(PIECES)))),
        }
    }
}

fn parameter(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Sends each case's bytes in pieces, and looks at what comes.
fn all(
    server: &Server,
    case: impl Fn(&mut Random) -> Vec<u8>,
    look: fn(&mut Connection) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let first = parameter("SERVE_FUZZ_SEED").unwrap_or(0);
    let before = server.resident_bytes();
    for seed in first..first + parameter("SERVE_FUZZ_CASES").unwrap_or(CASES) {
        let mut random = Random(seed);
        let input = case(&mut random);
        let fail = |error: Failed| Failed::from(format!("seed {seed}: {error:?}: {}", input.escape_ascii()));
        let mut connection = Connection::new(server.address())?;
        for piece in input.chunks(1 + random.below(input.len())) {
            if connection.send(piece).is_err() {
                break;
            }
        }
        // One that is closed by now has no further end.
        let _ = connection.half_close();
        look(&mut connection).map_err(fail)?;
    }
    let grown = server.resident_bytes().saturating_sub(before);
    if grown > MEMORY_BYTES_MAX {
        return Err(format!("they cost {grown} bytes").into());
    }
    goes_on(server)
}

/// Damaged requests of HTTP/1, several by one connection. What comes back is whole responses, but for those that the guest
/// breaks off.
pub fn http_1(server: &Server) -> Result<(), Failed> {
    all(server, damaged_requests, |connection| {
        while connection.response(false)?.is_some() {}
        Ok(())
    })
}

/// A few requests of HTTP/1, of which some are damaged.
pub fn damaged_requests(random: &mut Random) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..1 + random.below(3) {
        input.extend(bytes(random.one_of(REQUESTS)));
    }
    damage(&mut input, random);
    input
}

/// A connection of HTTP/2 with a few frames, of which some are damaged.
pub fn damaged_frames(random: &mut Random) -> Vec<u8> {
    let mut input = http2::frames(|end| random.below(end));
    let preface = http2::PREFACE.len().min(input.len());
    let mut frames = input.split_off(preface);
    damage(&mut frames, random);
    input.extend(frames);
    input
}

/// Damaged frames of HTTP/2.
pub fn http_2(server: &Server) -> Result<(), Failed> {
    all(server, damaged_frames, |connection| match connection.rest() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string().into()),
    })
}

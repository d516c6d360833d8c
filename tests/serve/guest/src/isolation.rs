//! A look for what other requests left.

use std::sync::atomic::{AtomicU32, Ordering};
use wasip2::http::types::Fields;

/// Requests that this instance has seen.
static SEEN: AtomicU32 = AtomicU32::new(0);
/// The pattern that each request leaves where it can.
const SECRET: [u8; 16] = *b"\x5a secret of one ";

/// Says what is new about the instance and what isn't, and leaves something in all of it.
pub fn look() -> String {
    let seen = SEEN.fetch_add(1, Ordering::Relaxed);
    let pages = core::arch::wasm32::memory_size(0);
    let found = secrets();
    // The numbers of handles go on where those of an earlier request ended.
    let handle = Fields::new().handle_number();
    let left: Vec<Vec<u8>> = (0..64).map(|i| spoil(i)).collect();
    core::mem::forget(left);
    core::mem::forget((0..100).map(|_| Fields::new()).collect::<Vec<_>>());
    let grown = core::arch::wasm32::memory_grow(0, 16);
    fill(grown * 65536, 16 * 65536);
    format!("seen {seen}, pages {pages}, secrets {found}, handle {handle}\n")
}

trait Numbered {
    fn handle_number(&self) -> u32;
}

impl Numbered for Fields {
    fn handle_number(&self) -> u32 {
        self.handle()
    }
}

/// Makes a secret on the stack and on the heap.
#[inline(never)]
fn spoil(number: u8) -> Vec<u8> {
    let mut secret = SECRET;
    secret[0] = 0xA5;
    let mut bytes = vec![number; 4096];
    for place in bytes.chunks_exact_mut(16) {
        place.copy_from_slice(&std::hint::black_box(secret));
    }
    bytes
}

fn fill(from: usize, length: usize) {
    // SAFETY: the pages have just been added, and nothing else uses them.
    let bytes = unsafe { core::slice::from_raw_parts_mut(from as *mut u8, length) };
    for place in bytes.chunks_exact_mut(16) {
        place.copy_from_slice(&SECRET);
        place[0] = 0xA5;
    }
}

/// Counts the secrets in the memory. Those that this request made begin otherwise than the constant.
fn secrets() -> usize {
    let bytes = core::arch::wasm32::memory_size(0) * 65536;
    // The address 0 isn't one that Rust reads from.
    (16..bytes as u32 / 16).filter(|&place| is_secret(place * 16)).count()
}

#[inline(never)]
fn is_secret(address: u32) -> bool {
    // SAFETY: the address is within the memory.
    let bytes = unsafe { core::slice::from_raw_parts(address as usize as *const u8, 16) };
    bytes[0] == 0xA5 && bytes[1..] == SECRET[1..]
}

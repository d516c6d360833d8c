//! Every operation of 0.2 that takes a path, by its core signature, for tests/cli/attacks_preview2.test and errors.test;
//! `paths.wit` has their types. The arguments are a verb and paths; `%` and two hexadecimal digits in a path are a byte, and `*COUNT` at
//! its end repeats the last byte before it.
//! forms: component
//! args: errors
//! dir: data
//! file: data/file text

use std::fmt::Write;

macro_rules! imports {
    ($($module:literal { $($name:literal => fn $function:ident($($param:ident: $type:ty),*) $(-> $result:ty)?;)* })*) => {
        $(
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                $(#[link_name = $name] safe fn $function($($param: $type),*) $(-> $result)?;)*
            }
        )*
    };
}

imports! {
    "wasi:io/error@0.2.6" {
        "[method]error.to-debug-string" => fn to_debug_string(error: u32, result: &mut Place);
        "[resource-drop]error" => fn drop_error(error: u32);
    }
    "wasi:io/streams@0.2.6" {
        "[method]output-stream.blocking-write-and-flush" =>
            fn blocking_write(stream: u32, bytes: *const u8, length: usize, result: &mut Place);
        "[resource-drop]output-stream" => fn drop_output(stream: u32);
    }
    "wasi:filesystem/preopens@0.2.6" { "get-directories" => fn get_directories(result: &mut Place); }
    "wasi:filesystem/types@0.2.6" {
        "[method]descriptor.open-at" => fn open_at(
            directory: u32, lookup: u32, path: *const u8, length: usize, open: u32, flags: u32, result: &mut Place);
        "[method]descriptor.get-flags" => fn get_flags(file: u32, result: &mut Place);
        "[method]descriptor.read" => fn read_at(file: u32, length: u64, offset: u64, result: &mut Place);
        "[method]descriptor.write" =>
            fn write_at(file: u32, bytes: *const u8, length: usize, offset: u64, result: &mut Place);
        "[method]descriptor.set-size" => fn set_size(file: u32, size: u64, result: &mut Place);
        "[method]descriptor.read-directory" => fn read_directory(file: u32, result: &mut Place);
        "[method]descriptor.write-via-stream" => fn write_via_stream(file: u32, offset: u64, result: &mut Place);
        "[method]descriptor.sync-data" => fn sync_data(file: u32, result: &mut Place);
        "[method]descriptor.set-times-at" => fn set_times_at(
            directory: u32, lookup: u32, path: *const u8, length: usize, access: u32, access_seconds: u64,
            access_nanoseconds: u32, modification: u32, seconds: u64, nanoseconds: u32, result: &mut Place);
        "[method]descriptor.stat-at" =>
            fn stat_at(directory: u32, lookup: u32, path: *const u8, length: usize, result: &mut Place);
        "[method]descriptor.metadata-hash-at" =>
            fn metadata_hash_at(directory: u32, lookup: u32, path: *const u8, length: usize, result: &mut Place);
        "[method]descriptor.create-directory-at" =>
            fn create_directory_at(directory: u32, path: *const u8, length: usize, result: &mut Place);
        "[method]descriptor.remove-directory-at" =>
            fn remove_directory_at(directory: u32, path: *const u8, length: usize, result: &mut Place);
        "[method]descriptor.unlink-file-at" =>
            fn unlink_file_at(directory: u32, path: *const u8, length: usize, result: &mut Place);
        "[method]descriptor.symlink-at" => fn symlink_at(
            directory: u32, old: *const u8, old_length: usize, new: *const u8, new_length: usize, result: &mut Place);
        "[method]descriptor.readlink-at" =>
            fn readlink_at(directory: u32, path: *const u8, length: usize, result: &mut Place);
        "[method]descriptor.link-at" => fn link_at(
            directory: u32, lookup: u32, old: *const u8, old_length: usize, to: u32, new: *const u8, new_length: usize,
            result: &mut Place);
        "[method]descriptor.rename-at" => fn rename_at(
            directory: u32, old: *const u8, old_length: usize, to: u32, new: *const u8, new_length: usize,
            result: &mut Place);
        "filesystem-error-code" => fn error_code(error: u32, result: &mut Place);
        "[resource-drop]descriptor" => fn drop_descriptor(file: u32);
    }
}

const FOLLOW: u32 = 1;
const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;
const READ: u32 = 1;
const WRITE: u32 = 2;
const MUTATE: u32 = 32;
/// All bits that the types don't have.
const UNKNOWN: u32 = !0x3f;

/// The names of `error-code`, in its order.
const ERRORS: [&str; 37] = [
    "access", "would-block", "already", "bad-descriptor", "busy", "deadlock", "quota", "exist", "file-too-large",
    "illegal-byte-sequence", "in-progress", "interrupted", "invalid", "io", "is-directory", "loop", "too-many-links",
    "message-size", "name-too-long", "no-device", "no-entry", "no-lock", "insufficient-memory", "insufficient-space",
    "not-directory", "not-empty", "not-recoverable", "unsupported", "no-tty", "no-such-device", "overflow",
    "not-permitted", "pipe", "read-only", "invalid-seek", "text-file-busy", "cross-device",
];

/// The area in which a result is returned, aligned for all types.
#[repr(C, align(8))]
struct Place([u8; 160]);

impl Place {
    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }
}

/// `result<_, error-code>`, or with a payload that is aligned to `alignment`.
fn outcome_at(alignment: usize, call: impl FnOnce(&mut Place)) -> Result<Place, u8> {
    let mut place = Place([0xff; 160]);
    call(&mut place);
    if place.0[0] == 0 { Ok(place) } else { Err(place.0[alignment]) }
}

fn outcome(call: impl FnOnce(&mut Place)) -> Result<(), u8> {
    outcome_at(1, call).map(drop)
}

/// A granted directory, and a path in it.
#[derive(Clone, Copy)]
struct At<'a>(u32, &'a [u8]);

impl At<'_> {
    fn open(self, lookup: u32, open: u32, flags: u32) -> Result<u32, u8> {
        let At(directory, path) = self;
        let place = outcome_at(4, |place| open_at(directory, lookup, path.as_ptr(), path.len(), open, flags, place))?;
        Ok(place.word(4))
    }

    fn opens(self, lookup: u32, open: u32, flags: u32) -> Result<(), u8> {
        self.open(lookup, open, flags).map(|file| drop_descriptor(file))
    }

    fn stat(self, lookup: u32) -> Result<(), u8> {
        let At(directory, path) = self;
        outcome_at(8, |place| stat_at(directory, lookup, path.as_ptr(), path.len(), place)).map(drop)
    }

    fn hash(self, lookup: u32) -> Result<(), u8> {
        let At(directory, path) = self;
        outcome_at(8, |place| metadata_hash_at(directory, lookup, path.as_ptr(), path.len(), place)).map(drop)
    }

    fn readlink(self) -> Result<(), u8> {
        let At(directory, path) = self;
        outcome_at(4, |place| readlink_at(directory, path.as_ptr(), path.len(), place)).map(drop)
    }

    fn times(self, lookup: u32) -> Result<(), u8> {
        let At(directory, path) = self;
        outcome(|place| set_times_at(directory, lookup, path.as_ptr(), path.len(), 2, 7, 0, 2, 7, 0, place))
    }

    fn mkdir(self) -> Result<(), u8> {
        outcome(|place| create_directory_at(self.0, self.1.as_ptr(), self.1.len(), place))
    }

    fn rmdir(self) -> Result<(), u8> {
        outcome(|place| remove_directory_at(self.0, self.1.as_ptr(), self.1.len(), place))
    }

    fn unlink(self) -> Result<(), u8> {
        outcome(|place| unlink_file_at(self.0, self.1.as_ptr(), self.1.len(), place))
    }

    fn symlink(self, text: &[u8]) -> Result<(), u8> {
        outcome(|place| symlink_at(self.0, text.as_ptr(), text.len(), self.1.as_ptr(), self.1.len(), place))
    }

    fn link(self, lookup: u32, to: At) -> Result<(), u8> {
        let (At(directory, old), At(other, new)) = (self, to);
        outcome(|place| link_at(directory, lookup, old.as_ptr(), old.len(), other, new.as_ptr(), new.len(), place))
    }

    fn rename(self, to: At) -> Result<(), u8> {
        let (At(directory, old), At(other, new)) = (self, to);
        outcome(|place| rename_at(directory, old.as_ptr(), old.len(), other, new.as_ptr(), new.len(), place))
    }
}

/// The results of one path.
#[derive(Default)]
struct Line {
    results: Vec<(&'static str, &'static str)>,
    /// True if every error is as good as the expected one.
    any_error: bool,
}

impl Line {
    fn tell(&mut self, operation: &'static str, result: Result<(), u8>) {
        let word = match result {
            Ok(()) => "ok",
            Err(_) if self.any_error => "refused",
            Err(code) => ERRORS[code as usize],
        };
        self.results.push((operation, word));
    }

    /// The most frequent result, and what has others.
    fn finish(self, path: &str) {
        let count = |word| self.results.iter().filter(|(_, other)| *other == word).count();
        let most = self.results.iter().rev().map(|(_, word)| *word).max_by_key(|word| count(*word)).unwrap_or_default();
        let mut text = format!("{path}: {most}");
        let mut last = most;
        for (operation, word) in self.results.iter().filter(|(_, word)| *word != most) {
            if *word == last {
                write!(text, "/{operation}").unwrap();
            } else {
                write!(text, ", {word} {operation}").unwrap();
            }
            last = word;
        }
        println!("{text}");
    }
}

fn reads(line: &mut Line, at: At) {
    line.tell("open", at.opens(FOLLOW, 0, READ));
    line.tell("nofollow", at.opens(0, 0, READ));
    line.tell("directory", at.opens(FOLLOW, DIRECTORY, READ));
    line.tell("unknown-flags", at.opens(FOLLOW | !1, !0xf, READ | UNKNOWN));
    line.tell("stat", at.stat(FOLLOW));
    line.tell("lstat", at.stat(0));
    line.tell("hash", at.hash(FOLLOW));
    line.tell("lhash", at.hash(0));
    line.tell("readlink", at.readlink());
}

fn changes(line: &mut Line, at: At, inside: u32) {
    line.tell("write", at.opens(FOLLOW, 0, READ | WRITE));
    line.tell("mutate", at.opens(FOLLOW, DIRECTORY, READ | MUTATE));
    line.tell("truncate", at.opens(FOLLOW, TRUNCATE, WRITE));
    line.tell("create", at.opens(FOLLOW, CREATE, WRITE));
    line.tell("ncreate", at.opens(0, CREATE, WRITE));
    line.tell("exclusive", at.opens(FOLLOW, CREATE | EXCLUSIVE, WRITE));
    line.tell("create-read", at.opens(FOLLOW, CREATE, READ));
    line.tell("times", at.times(FOLLOW));
    line.tell("ltimes", at.times(0));
    line.tell("mkdir", at.mkdir());
    line.tell("symlink", at.symlink(b"x"));
    line.tell("link-to", At(inside, b"file").link(0, at));
    line.tell("rename-to", At(inside, b"spare").rename(at));
    line.tell("link-from", at.link(0, At(inside, b"linked")));
    line.tell("flink-from", at.link(FOLLOW, At(inside, b"followed")));
    line.tell("rename-from", at.rename(At(inside, b"moved")));
    line.tell("unlink", at.unlink());
    line.tell("rmdir", at.rmdir());
}

fn decode(text: &str) -> Vec<u8> {
    let mut path = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                path.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
                rest = &rest[2..];
            }
            b'*' => {
                let count: usize = std::str::from_utf8(rest).unwrap().parse().unwrap();
                path.resize(path.len() + count, *path.last().unwrap());
                rest = &[];
            }
            byte => path.push(byte),
        }
    }
    path
}

/// Everything that changes something, behind a name that another program swaps for a link that leads out.
fn race(inside: u32, rounds: u32) {
    let behind = |name: &'static str| At(inside, name.as_bytes());
    let mut done = 0;
    for _ in 0..rounds {
        let results = [
            behind("place/new").opens(FOLLOW, CREATE, WRITE),
            behind("place/new").opens(FOLLOW, TRUNCATE, WRITE),
            behind("place/secret").opens(FOLLOW, TRUNCATE, WRITE),
            behind("place/secret").times(FOLLOW),
            behind("place/secret").times(0),
            behind("place/made").mkdir(),
            behind("place/made").rmdir(),
            behind("place/link").symlink(b"x"),
            behind("file").link(0, behind("place/linked")),
            behind("place/secret").link(0, behind("taken")),
            behind("place/linked").rename(behind("place/renamed")),
            behind("place/new").unlink(),
            behind("place/link").unlink(),
            behind("place/linked").unlink(),
            behind("place/renamed").unlink(),
            behind("taken").unlink(),
        ];
        done += results.iter().filter(|result| result.is_ok()).count();
    }
    println!("{}", if done > 0 { "some succeeded" } else { "none succeeded" });
}

fn swap(inside: u32, rounds: u32) {
    for _ in 0..rounds {
        for (from, to) in [("place", "kept"), ("out", "place"), ("place", "out"), ("kept", "place")] {
            let _ = At(inside, from.as_bytes()).rename(At(inside, to.as_bytes()));
        }
    }
}

/// Prints what an error tells of itself, and synchronises data.
fn errors(inside: u32) {
    let file = At(inside, b"file").open(FOLLOW, 0, READ).unwrap();
    println!("sync-data {:?}", outcome(|place| sync_data(file, place)).map_err(|code| ERRORS[code as usize]));
    let stream = outcome_at(4, |place| write_via_stream(file, 0, place)).map(|place| place.word(4)).unwrap();
    let mut place = Place([0xff; 160]);
    blocking_write(stream, b"x".as_ptr(), 1, &mut place);
    println!("write {} {}", place.0[0], place.0[4]);
    let error = place.word(8);
    error_code(error, &mut place);
    println!("code {} {}", place.0[0], ERRORS[place.0[1] as usize]);
    to_debug_string(error, &mut place);
    println!("tells {}", place.word(4) > 0);
    drop_error(error);
    drop_output(stream);
    let bytes = outcome_at(4, |place| read_at(file, 100, 0, place)).map(|place| place.word(8));
    println!("it has {bytes:?} bytes");
    drop_descriptor(file);
}

/// The flags that a descriptor tells, for those with which it was opened.
fn flags(inside: u32, fixed: u32) {
    let tell = |what: &str, opened: Result<u32, u8>| {
        let told = opened.and_then(|opened| {
            let told = outcome_at(1, |place| get_flags(opened, place)).map(|place| place.0[1]);
            drop_descriptor(opened);
            told
        });
        match told {
            Ok(flags) => println!("{what}: {flags:#b}"),
            Err(code) => println!("{what}: {}", ERRORS[code as usize]),
        }
    };
    for (name, granted) in [("granted", inside), ("granted for reading", fixed)] {
        println!("{name}: {:#b}", outcome_at(1, |place| get_flags(granted, place)).unwrap().0[1]);
        let named = |name: &'static str| At(granted, name.as_bytes());
        for flags in [0, READ, READ | MUTATE, MUTATE] {
            tell(&format!("  directory {flags:#b}"), named("sub").open(FOLLOW, 0, flags));
            tell(&format!("  required directory {flags:#b}"), named("sub").open(FOLLOW, DIRECTORY, flags));
        }
        for flags in [0, READ, WRITE, READ | WRITE, READ | WRITE | MUTATE] {
            tell(&format!("  file {flags:#b}"), named("file").open(FOLLOW, 0, flags));
        }
        for (what, open) in [("created", CREATE), ("emptied", TRUNCATE)] {
            tell(&format!("  file {what} for reading"), named("file").open(FOLLOW, open, READ));
        }
    }
    for sync in 0..8 {
        let flags = READ | WRITE | sync << 2;
        tell(&format!("file {flags:#b}"), At(inside, b"file").open(FOLLOW, 0, flags));
    }
    let below = At(inside, b"sub").open(FOLLOW, DIRECTORY, READ).unwrap();
    let result = |result: Result<(), u8>| result.map_or_else(|code| ERRORS[code as usize], |()| "ok");
    println!("create a file below: {}", result(At(below, b"new").opens(FOLLOW, CREATE, READ | WRITE)));
    println!("make a directory below: {}", result(At(below, b"made").mkdir()));
    println!("remove both: {} {}", result(At(below, b"new").unlink()), result(At(below, b"made").rmdir()));
    drop_descriptor(below);
}

/// Errors that the system decides on; `other` is on another file system.
fn system(inside: u32, other: u32) {
    let tell = |what: &str, result: Result<(), u8>| {
        println!("{what}: {}", result.map_or_else(|code| ERRORS[code as usize], |()| "ok"));
    };
    let named = |name: &'static str| At(inside, name.as_bytes());
    tell("read what only others may", named("locked").opens(FOLLOW, 0, READ));
    tell("remove a directory that isn't empty", named("full").rmdir());
    tell("move to another file system", named("file").rename(At(other, b"file")));
    tell("link to another file system", named("file").link(0, At(other, b"file")));
    tell("read a link that isn't UTF-8", named("odd").readlink());
    let Ok(file) = named("file").open(FOLLOW, 0, WRITE) else { return };
    tell("read what is open for writing", outcome_at(4, |place| read_at(file, 1, 0, place)).map(drop));
    tell("list a file", outcome_at(4, |place| read_directory(file, place)).map(drop));
    for size in [1 << 20, u64::MAX] {
        tell(&format!("set the size to {size}"), outcome(|place| set_size(file, size, place)));
        let result = outcome_at(8, |place| write_at(file, b"x".as_ptr(), 1, size, place)).map(drop);
        tell(&format!("write at {size}"), result);
    }
    drop_descriptor(file);
}

fn main() {
    let mut place = Place([0xff; 160]);
    get_directories(&mut place);
    // SAFETY: a list of three words an element, by the canonical ABI.
    let granted = unsafe { std::slice::from_raw_parts(place.word(0) as *const [u32; 3], place.word(4) as usize) };
    let [inside, fixed] = [0, 1].map(|index| granted.get(index).map_or(0, |[handle, ..]| *handle));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, paths)) = arguments.split_first() else { return };
    match verb.as_str() {
        "race" => return race(inside, paths[0].parse().unwrap()),
        "swap" => return swap(inside, paths[0].parse().unwrap()),
        "errors" => return errors(inside),
        "flags" => return flags(inside, fixed),
        "system" => return system(inside, fixed),
        "write" => {
            let result = At(inside, paths[0].as_bytes()).opens(FOLLOW, 0, WRITE);
            return println!("{}", result.map_or_else(|code| ERRORS[code as usize], |()| "ok"));
        }
        _ => {}
    }
    for text in paths {
        let path = decode(text);
        let at = At(if verb == "fixed" { fixed } else { inside }, &path);
        let mut line = Line { any_error: verb == "refused", ..Line::default() };
        reads(&mut line, at);
        if !["read", "refused"].contains(&verb.as_str()) {
            changes(&mut line, at, inside);
        }
        line.finish(text);
    }
}

/// Allocates the host's lists.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc(_: *mut u8, _: usize, alignment: usize, length: usize) -> *mut u8 {
    // SAFETY: the host asks for alignments that are powers of two, and for a byte at least.
    unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align_unchecked(length.max(1), alignment)) }
}

//! Functions of 0.2's io, clocks, random and filesystem that std doesn't use, by their core signatures;
//! `preview2.wit` has their types.
//! forms: component
//! dir: data::/data
//! dir: other::/other
//! file: data/text one two three four
//! stdin: standard input

macro_rules! imports {
    ($($module:literal { $($name:literal => fn $function:ident($($param:ident: $type:ty),*) $(-> $result:ty)?;)* })*) => {
        $(
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                $(#[link_name = $name] fn $function($($param: $type),*) $(-> $result)?;)*
            }
        )*
    };
}

imports! {
    "wasi:io/poll@0.2.6" {
        "[method]pollable.ready" => fn ready(pollable: u32) -> u32;
        "[method]pollable.block" => fn block(pollable: u32);
        "poll" => fn poll(list: *const u32, length: usize, result: *mut usize);
        "[resource-drop]pollable" => fn drop_pollable(pollable: u32);
    }
    "wasi:io/error@0.2.6" {
        "[resource-drop]error" => fn drop_error(error: u32);
    }
    "wasi:io/streams@0.2.6" {
        "[method]input-stream.read" => fn read(stream: u32, length: u64, result: *mut usize);
        "[method]input-stream.blocking-read" => fn blocking_read(stream: u32, length: u64, result: *mut usize);
        "[method]input-stream.skip" => fn skip(stream: u32, length: u64, result: *mut u64);
        "[method]input-stream.blocking-skip" => fn blocking_skip(stream: u32, length: u64, result: *mut u64);
        "[method]input-stream.subscribe" => fn subscribe_input(stream: u32) -> u32;
        "[method]output-stream.check-write" => fn check_write(stream: u32, result: *mut u64);
        "[method]output-stream.write" => fn write(stream: u32, bytes: *const u8, length: usize, result: *mut u32);
        "[method]output-stream.flush" => fn flush(stream: u32, result: *mut u32);
        "[method]output-stream.blocking-flush" => fn blocking_flush(stream: u32, result: *mut u32);
        "[method]output-stream.write-zeroes" => fn write_zeroes(stream: u32, length: u64, result: *mut u32);
        "[method]output-stream.blocking-write-zeroes-and-flush" =>
            fn blocking_write_zeroes(stream: u32, length: u64, result: *mut u32);
        "[method]output-stream.blocking-write-and-flush" =>
            fn blocking_write(stream: u32, bytes: *const u8, length: usize, result: *mut u32);
        "[method]output-stream.splice" => fn splice(stream: u32, from: u32, length: u64, result: *mut u64);
        "[method]output-stream.blocking-splice" => fn blocking_splice(stream: u32, from: u32, length: u64, result: *mut u64);
        "[method]output-stream.subscribe" => fn subscribe_output(stream: u32) -> u32;
        "[resource-drop]input-stream" => fn drop_input(stream: u32);
        "[resource-drop]output-stream" => fn drop_output(stream: u32);
    }
    "wasi:cli/stdin@0.2.6" { "get-stdin" => fn get_stdin() -> u32; }
    "wasi:clocks/monotonic-clock@0.2.6" {
        "now" => fn now() -> u64;
        "resolution" => fn resolution() -> u64;
        "subscribe-instant" => fn subscribe_instant(when: u64) -> u32;
        "subscribe-duration" => fn subscribe_duration(length: u64) -> u32;
    }
    "wasi:random/random@0.2.6" {
        "get-random-bytes" => fn random_bytes(length: u64, result: *mut usize);
        "get-random-u64" => fn random_u64() -> u64;
    }
    "wasi:random/insecure-seed@0.2.6" { "insecure-seed" => fn insecure_seed(result: *mut u64); }
    "wasi:filesystem/preopens@0.2.6" { "get-directories" => fn get_directories(result: *mut usize); }
    "wasi:filesystem/types@0.2.6" {
        "[method]descriptor.open-at" =>
            fn open_at(directory: u32, lookup: u32, path: *const u8, length: usize, open: u32, flags: u32, result: *mut u32);
        "[method]descriptor.read-via-stream" => fn read_via_stream(file: u32, offset: u64, result: *mut u32);
        "[method]descriptor.write-via-stream" => fn write_via_stream(file: u32, offset: u64, result: *mut u32);
        "[method]descriptor.append-via-stream" => fn append_via_stream(file: u32, result: *mut u32);
        "[method]descriptor.read" => fn read_at(file: u32, length: u64, offset: u64, result: *mut usize);
        "[method]descriptor.write" => fn write_at(file: u32, bytes: *const u8, length: usize, offset: u64, result: *mut u64);
        "[method]descriptor.advise" => fn advise(file: u32, offset: u64, length: u64, advice: u32, result: *mut u8);
        "[method]descriptor.get-flags" => fn get_flags(file: u32, result: *mut u8);
        "[method]descriptor.get-type" => fn get_type(file: u32, result: *mut u8);
        "[method]descriptor.set-size" => fn set_size(file: u32, size: u64, result: *mut u8);
        "[method]descriptor.set-times" => fn set_times(
            file: u32, access: u32, access_seconds: u64, access_nanoseconds: u32,
            modification: u32, seconds: u64, nanoseconds: u32, result: *mut u8);
        "[method]descriptor.set-times-at" => fn set_times_at(
            directory: u32, lookup: u32, path: *const u8, length: usize, access: u32, access_seconds: u64,
            access_nanoseconds: u32, modification: u32, seconds: u64, nanoseconds: u32, result: *mut u8);
        "[method]descriptor.stat" => fn stat(file: u32, result: *mut u64);
        "[method]descriptor.read-directory" => fn read_directory(directory: u32, result: *mut u32);
        "[method]descriptor.sync" => fn sync(file: u32, result: *mut u8);
        "[method]descriptor.is-same-object" => fn is_same_object(file: u32, other: u32) -> u32;
        "[method]descriptor.metadata-hash" => fn metadata_hash(file: u32, result: *mut u64);
        "[method]descriptor.metadata-hash-at" =>
            fn metadata_hash_at(directory: u32, lookup: u32, path: *const u8, length: usize, result: *mut u64);
        "[method]descriptor.symlink-at" =>
            fn symlink_at(directory: u32, old: *const u8, old_length: usize, new: *const u8, new_length: usize, result: *mut u8);
        "[method]descriptor.readlink-at" => fn readlink_at(directory: u32, path: *const u8, length: usize, result: *mut usize);
        "[method]descriptor.link-at" => fn link_at(
            directory: u32, lookup: u32, old: *const u8, old_length: usize, to: u32, new: *const u8, new_length: usize,
            result: *mut u8);
        "[method]directory-entry-stream.read-directory-entry" => fn read_entry(stream: u32, result: *mut usize);
        "filesystem-error-code" => fn error_code(error: u32, result: *mut u8);
        "[resource-drop]descriptor" => fn drop_descriptor(file: u32);
        "[resource-drop]directory-entry-stream" => fn drop_entries(stream: u32);
    }
}

/// An area for results, aligned for all types.
fn place() -> [u64; 20] {
    [u64::MAX; 20]
}

fn words(place: &[u64; 20]) -> &[usize] {
    // SAFETY: the same bytes.
    unsafe { std::slice::from_raw_parts(place.as_ptr().cast(), 40) }
}

fn bytes(place: &[u64; 20]) -> &[u8] {
    // SAFETY: the same bytes.
    unsafe { std::slice::from_raw_parts(place.as_ptr().cast(), 160) }
}

/// A list that the host allocated, as text.
fn text(address: usize, length: usize) -> String {
    if length == 0 {
        return String::new();
    }
    // SAFETY: the canonical ABI.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(address as *const u8, length) }).into_owned()
}

fn failed(what: &str, error: u32) {
    let mut place = place();
    // SAFETY: the error is owned here.
    unsafe {
        error_code(error, place.as_mut_ptr().cast());
        drop_error(error);
    }
    println!("{what}: failed with {:?}", &bytes(&place)[..2]);
}

/// `result<list<u8>, stream-error>`.
fn show_read(what: &str, place: &[u64; 20]) {
    let words = words(place);
    match (bytes(place)[0], words[1] as u8) {
        (0, _) => println!("{what}: {:?}", text(words[1], words[2])),
        (1, 0) => failed(what, words[2] as u32),
        _ => println!("{what}: closed"),
    }
}

/// `result<u64, stream-error>`.
fn show_count(what: &str, place: &[u64; 20]) {
    let words = words(place);
    match (bytes(place)[0], words[2] as u8) {
        (0, _) => println!("{what}: {}", place[1]),
        (1, 0) => failed(what, words[3] as u32),
        _ => println!("{what}: closed"),
    }
}

/// `result<_, stream-error>`.
fn show_done(what: &str, place: &[u64; 20]) {
    let words = words(place);
    match (bytes(place)[0], words[1] as u8) {
        (0, _) => println!("{what}: done"),
        (1, 0) => failed(what, words[2] as u32),
        _ => println!("{what}: closed"),
    }
}

/// `result<_, error-code>` and others of one byte each.
fn show_bytes(what: &str, place: &[u64; 20]) {
    let bytes = bytes(place);
    println!("{what}: {}", if bytes[0] == 0 { String::from("done") } else { format!("error {}", bytes[1]) });
}

/// `result<own<…>, error-code>`.
fn handle(what: &str, place: &[u64; 20]) -> u32 {
    if bytes(place)[0] == 0 {
        return words(place)[1] as u32;
    }
    println!("{what}: error {}", bytes(place)[4]);
    0
}

const READ: u32 = 1;
const WRITE: u32 = 2;
const CREATE: u32 = 1;

unsafe fn open(directory: u32, path: &str, open_flags: u32, flags: u32) -> u32 {
    let mut place = place();
    unsafe { open_at(directory, 1, path.as_ptr(), path.len(), open_flags, flags, place.as_mut_ptr().cast()) };
    handle(path, &place)
}

fn main() {
    // SAFETY: the signatures are those of the canonical ABI, and results have room.
    unsafe {
        let (data, other) = preopens();
        input_streams(data);
        output_streams(data);
        pollables();
        clocks_and_random();
        files(data, other);
        directories(data);
    }
}

unsafe fn preopens() -> (u32, u32) {
    unsafe {
        let mut place = place();
        get_directories(place.as_mut_ptr().cast());
        let (list, length) = (words(&place)[0] as *const usize, words(&place)[1]);
        for index in 0..length {
            println!("granted: {}", text(*list.add(3 * index + 1), *list.add(3 * index + 2)));
        }
        (*list as u32, *list.add(3) as u32)
    }
}

unsafe fn input_streams(data: u32) {
    unsafe {
        let mut p = place();
        let file = open(data, "text", 0, READ);
        read_via_stream(file, 4, p.as_mut_ptr().cast());
        let stream = handle("read-via-stream", &p);
        blocking_read(stream, 3, p.as_mut_ptr().cast());
        show_read("blocking-read", &p);
        blocking_skip(stream, 1, p.as_mut_ptr());
        show_count("blocking-skip", &p);
        blocking_read(stream, u64::MAX, p.as_mut_ptr().cast());
        show_read("blocking-read of all", &p);
        blocking_read(stream, 1, p.as_mut_ptr().cast());
        show_read("blocking-read at the end", &p);
        drop_input(stream);
        read_via_stream(file, u64::MAX, p.as_mut_ptr().cast());
        let stream = handle("read-via-stream", &p);
        blocking_read(stream, 1, p.as_mut_ptr().cast());
        show_read("blocking-read from the last offset", &p);
        drop_input(stream);
        drop_descriptor(file);
        let write_only = open(data, "text", 0, WRITE);
        read_via_stream(write_only, 0, p.as_mut_ptr().cast());
        let stream = handle("read-via-stream", &p);
        blocking_read(stream, 1, p.as_mut_ptr().cast());
        show_read("blocking-read of what can't be read", &p);
        drop_input(stream);
        drop_descriptor(write_only);
        read_via_stream(data, 0, p.as_mut_ptr().cast());
        println!("a directory as a stream: {}", bytes(&p)[0]);

        let stdin = get_stdin();
        let pollable = subscribe_input(stdin);
        block(pollable);
        println!("ready: {}", ready(pollable));
        blocking_read(stdin, 8, p.as_mut_ptr().cast());
        show_read("stdin", &p);
        blocking_skip(stdin, 1, p.as_mut_ptr());
        show_count("stdin skipped", &p);
        blocking_read(stdin, 100, p.as_mut_ptr().cast());
        show_read("stdin", &p);
        blocking_read(stdin, 100, p.as_mut_ptr().cast());
        show_read("stdin", &p);
        drop_pollable(pollable);
        drop_input(stdin);
    }
}

unsafe fn output_streams(data: u32) {
    unsafe {
        let mut p = place();
        let file = open(data, "new", CREATE, READ | WRITE);
        write_via_stream(file, 2, p.as_mut_ptr().cast());
        let stream = handle("write-via-stream", &p);
        check_write(stream, p.as_mut_ptr());
        println!("check-write: {} {}", bytes(&p)[0], p[1] > 0);
        write(stream, b"abc".as_ptr(), 3, p.as_mut_ptr().cast());
        show_done("write", &p);
        blocking_flush(stream, p.as_mut_ptr().cast());
        show_done("blocking-flush", &p);
        blocking_write(stream, b"def".as_ptr(), 3, p.as_mut_ptr().cast());
        show_done("blocking-write-and-flush", &p);
        blocking_write_zeroes(stream, 3, p.as_mut_ptr().cast());
        show_done("blocking-write-zeroes-and-flush", &p);
        write_zeroes(stream, 2, p.as_mut_ptr().cast());
        show_done("write-zeroes", &p);
        flush(stream, p.as_mut_ptr().cast());
        show_done("flush", &p);
        let pollable = subscribe_output(stream);
        block(pollable);
        drop_pollable(pollable);
        let source = open(data, "text", 0, READ);
        read_via_stream(source, 0, p.as_mut_ptr().cast());
        let input = handle("read-via-stream", &p);
        blocking_splice(stream, input, 7, p.as_mut_ptr());
        show_count("blocking-splice", &p);
        blocking_splice(stream, input, 1000, p.as_mut_ptr());
        show_count("blocking-splice", &p);
        blocking_splice(stream, input, 1000, p.as_mut_ptr());
        show_count("blocking-splice at the end", &p);
        drop_input(input);
        drop_output(stream);
        append_via_stream(file, p.as_mut_ptr().cast());
        let stream = handle("append-via-stream", &p);
        blocking_write(stream, b"<end>".as_ptr(), 5, p.as_mut_ptr().cast());
        show_done("append", &p);
        drop_output(stream);
        read_at(file, 1000, 0, p.as_mut_ptr().cast());
        println!("read: {:?} at end {}", text(words(&p)[1], words(&p)[2]), bytes(&p)[12]);
        write_via_stream(source, 0, p.as_mut_ptr().cast());
        let stream = handle("write-via-stream", &p);
        blocking_write(stream, b"x".as_ptr(), 1, p.as_mut_ptr().cast());
        show_done("write of what can't be written", &p);
        check_write(stream, p.as_mut_ptr());
        show_count("check-write after a failure", &p);
        drop_output(stream);
        drop_descriptor(source);
        drop_descriptor(file);
    }
}

unsafe fn pollables() {
    unsafe {
        let mut p = place();
        let begin = now();
        let soon = subscribe_duration(20_000_000);
        let late = subscribe_instant(u64::MAX);
        let past = subscribe_instant(0);
        println!("ready: {} {}", ready(soon), ready(late));
        block(past);
        poll([late, past, late, past].as_ptr(), 4, p.as_mut_ptr().cast());
        println!("poll: {:?}", std::slice::from_raw_parts(words(&p)[0] as *const u32, words(&p)[1]));
        poll([late, soon].as_ptr(), 2, p.as_mut_ptr().cast());
        println!("poll: {:?}", std::slice::from_raw_parts(words(&p)[0] as *const u32, words(&p)[1]));
        println!("waited: {}", now() - begin >= 20_000_000);
        let many: Vec<u32> = (0..1000).map(|index| if index % 2 == 0 { late } else { soon }).collect();
        poll(many.as_ptr(), many.len(), p.as_mut_ptr().cast());
        println!("poll of many: {}", words(&p)[1]);
        for pollable in [soon, late, past] {
            drop_pollable(pollable);
        }
    }
}

unsafe fn clocks_and_random() {
    unsafe {
        let mut p = place();
        println!("clock: {} {}", now() <= now(), resolution() > 0);
        println!("random: {}", random_u64() != random_u64());
        random_bytes(100, p.as_mut_ptr().cast());
        println!("random bytes: {}", words(&p)[1]);
        random_bytes(0, p.as_mut_ptr().cast());
        println!("random bytes: {}", words(&p)[1]);
        let mut q = place();
        insecure_seed(p.as_mut_ptr());
        insecure_seed(q.as_mut_ptr());
        println!("seed: {}", p[..2] == q[..2]);
    }
}

unsafe fn files(data: u32, other: u32) {
    unsafe {
        let mut p = place();
        let b = |p: &[u64; 20]| bytes(p)[..2].to_vec();
        let file = open(data, "file", CREATE, READ | WRITE);
        write_at(file, b"0123456789".as_ptr(), 10, 5, p.as_mut_ptr());
        println!("write: {} {}", bytes(&p)[0], p[1]);
        write_at(file, b"x".as_ptr(), 1, u64::MAX, p.as_mut_ptr());
        println!("write at the end of all offsets: {} {}", bytes(&p)[0], bytes(&p)[8]);
        read_at(file, 3, 5, p.as_mut_ptr().cast());
        println!("read: {:?} at end {}", text(words(&p)[1], words(&p)[2]), bytes(&p)[12]);
        read_at(file, 3, 100, p.as_mut_ptr().cast());
        println!("read: {:?} at end {}", text(words(&p)[1], words(&p)[2]), bytes(&p)[12]);
        for advice in 0..6 {
            advise(file, 0, 10, advice, p.as_mut_ptr().cast());
            show_bytes("advise", &p);
        }
        advise(data, 0, 10, 0, p.as_mut_ptr().cast());
        show_bytes("advise on a directory", &p);
        get_flags(file, p.as_mut_ptr().cast());
        println!("flags: {:?}", b(&p));
        get_type(file, p.as_mut_ptr().cast());
        println!("type: {:?}", b(&p));
        get_type(data, p.as_mut_ptr().cast());
        println!("type: {:?}", b(&p));
        set_size(file, 7, p.as_mut_ptr().cast());
        show_bytes("set-size", &p);
        set_size(file, u64::MAX, p.as_mut_ptr().cast());
        show_bytes("set-size", &p);
        set_size(data, 0, p.as_mut_ptr().cast());
        show_bytes("set-size of a directory", &p);
        set_times(file, 2, 1000, 5, 2, 2000, 6, p.as_mut_ptr().cast());
        show_bytes("set-times", &p);
        stat(file, p.as_mut_ptr());
        println!("stat: type {} links {} size {}", bytes(&p)[8], p[2], p[3]);
        println!("times: {} {}, {} {}", p[5], p[6] as u32, p[8], p[9] as u32);
        set_times_at(data, 1, b"file".as_ptr(), 4, 0, 0, 0, 2, 3000, 7, p.as_mut_ptr().cast());
        show_bytes("set-times-at", &p);
        set_times(file, 2, u64::MAX, 0, 0, 0, 0, p.as_mut_ptr().cast());
        show_bytes("set-times at the end of time", &p);
        set_times(file, 2, u64::MAX, u32::MAX, 0, 0, 0, p.as_mut_ptr().cast());
        show_bytes("set-times at the end of time", &p);
        stat(file, p.as_mut_ptr());
        println!("times: {} {}, {} {}", p[5], p[6] as u32, p[8], p[9] as u32);
        sync(file, p.as_mut_ptr().cast());
        show_bytes("sync", &p);
        let again = open(data, "file", 0, READ);
        println!("same: {} {} {}", is_same_object(file, again), is_same_object(file, data), is_same_object(data, other));
        let mut q = place();
        metadata_hash(file, p.as_mut_ptr());
        metadata_hash_at(data, 0, b"file".as_ptr(), 4, q.as_mut_ptr());
        println!("hash: {} {}", bytes(&p)[0] == 0, p[1..3] == q[1..3]);
        metadata_hash(data, q.as_mut_ptr());
        println!("hash: {}", p[1..3] == q[1..3]);
        symlink_at(data, b"file".as_ptr(), 4, b"link".as_ptr(), 4, p.as_mut_ptr().cast());
        show_bytes("symlink-at", &p);
        symlink_at(data, b"/etc".as_ptr(), 4, b"bad".as_ptr(), 3, p.as_mut_ptr().cast());
        show_bytes("symlink-at", &p);
        readlink_at(data, b"link".as_ptr(), 4, p.as_mut_ptr().cast());
        println!("readlink-at: {:?}", text(words(&p)[1], words(&p)[2]));
        link_at(data, 0, b"file".as_ptr(), 4, other, b"moved".as_ptr(), 5, p.as_mut_ptr().cast());
        show_bytes("link-at", &p);
        link_at(data, 1, b"link".as_ptr(), 4, other, b"two".as_ptr(), 3, p.as_mut_ptr().cast());
        show_bytes("link-at", &p);
        open(data, "..", 0, READ);
        open(data, "/", 0, READ);
        open(data, "none", 0, READ);
        drop_descriptor(again);
        drop_descriptor(file);
    }
}

unsafe fn directories(data: u32) {
    unsafe {
        let mut p = place();
        for index in 0..300 {
            let name = format!("entry-with-a-long-name-{index}");
            drop_descriptor(open(data, &name, CREATE, WRITE));
        }
        read_directory(data, p.as_mut_ptr().cast());
        let stream = handle("read-directory", &p);
        let mut names = Vec::new();
        loop {
            read_entry(stream, p.as_mut_ptr().cast());
            assert_eq!(bytes(&p)[0], 0);
            if words(&p)[1] as u8 == 0 {
                break;
            }
            names.push((text(words(&p)[3], words(&p)[4]), words(&p)[2] as u8));
        }
        read_entry(stream, p.as_mut_ptr().cast());
        println!("after the end: {}", words(&p)[1] as u8);
        drop_entries(stream);
        names.sort();
        println!("{} names, {:?}", names.len(), names.iter().filter(|(name, _)| name.len() < 6).collect::<Vec<_>>());
        let file = open(data, "text", 0, READ);
        read_directory(file, p.as_mut_ptr().cast());
        handle("read-directory", &p);
        drop_descriptor(file);
    }
}


/// Allocates the host's lists, and never frees them.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc(_: *mut u8, _: usize, alignment: usize, length: usize) -> *mut u8 {
    // SAFETY: the host asks for alignments that are powers of two, and for a byte at least.
    unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align_unchecked(length.max(1), alignment)) }
}

//! Functions of 0.2's cli, clocks and random that std doesn't use, by their core signatures; `command.wit` has their
//! types. tests/cli/terminals.test runs it in terminals.
//! forms: component
//! env: ONE=1
//! env: EMPTY=
//! env: TWO=a=b ü
//! args: surroundings "two words" "" ü
//! args: terminals
//! args: exit 0
//! args: exit 1
//! args: exit-with-code 0
//! args: exit-with-code 1
//! args: exit-with-code 42
//! args: exit-with-code 255

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
    "wasi:io/streams@0.2.6" {
        "[method]output-stream.blocking-write-and-flush" =>
            fn blocking_write(stream: u32, bytes: *const u8, length: usize, result: &mut Place);
        "[resource-drop]output-stream" => fn drop_output(stream: u32);
    }
    "wasi:cli/environment@0.2.6" {
        "get-environment" => fn get_environment(result: &mut Place);
        "get-arguments" => fn get_arguments(result: &mut Place);
        "initial-cwd" => fn initial_cwd(result: &mut Place);
    }
    "wasi:cli/exit@0.2.6" {
        "exit" => fn exit(status: u32);
        "exit-with-code" => fn exit_with_code(code: u32);
    }
    "wasi:cli/stdout@0.2.6" { "get-stdout" => fn get_stdout() -> u32; }
    "wasi:cli/stderr@0.2.6" { "get-stderr" => fn get_stderr() -> u32; }
    "wasi:cli/terminal-input@0.2.6" { "[resource-drop]terminal-input" => fn drop_terminal_input(terminal: u32); }
    "wasi:cli/terminal-output@0.2.6" { "[resource-drop]terminal-output" => fn drop_terminal_output(terminal: u32); }
    "wasi:cli/terminal-stdin@0.2.6" { "get-terminal-stdin" => fn terminal_stdin(result: &mut Place); }
    "wasi:cli/terminal-stdout@0.2.6" { "get-terminal-stdout" => fn terminal_stdout(result: &mut Place); }
    "wasi:cli/terminal-stderr@0.2.6" { "get-terminal-stderr" => fn terminal_stderr(result: &mut Place); }
    "wasi:clocks/wall-clock@0.2.6" {
        "now" => fn now(result: &mut Datetime);
        "resolution" => fn resolution(result: &mut Datetime);
    }
    "wasi:random/insecure@0.2.6" {
        "get-insecure-random-bytes" => fn insecure_bytes(length: u64, result: &mut Place);
        "get-insecure-random-u64" => fn insecure_u64() -> u64;
    }
}

/// The area in which a result is returned.
type Place = [u32; 8];

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Reads a list of strings, or of pairs of them, as the host allocated it.
fn strings(place: &Place, strings_each: u32) -> Vec<String> {
    let [address, length, ..] = *place;
    let string = |index| {
        // SAFETY: the canonical ABI: each string is an address and a length.
        unsafe {
            let [text, bytes] = *(address as *const [usize; 2]).add(index as usize);
            String::from_utf8(std::slice::from_raw_parts(text as *const u8, bytes).to_vec()).unwrap()
        }
    };
    (0..length * strings_each).map(string).collect()
}

fn surroundings() {
    let mut place = Place::default();
    get_environment(&mut place);
    println!("{:?}", strings(&place, 2));
    get_arguments(&mut place);
    println!("{:?}", &strings(&place, 1)[1..]);
    initial_cwd(&mut place);
    println!("a working directory {}", place[0] as u8);
    for (stream, text) in [(get_stdout(), "to standard output\n"), (get_stderr(), "to standard error\n")] {
        blocking_write(stream, text.as_ptr(), text.len(), &mut place);
        println!("written {}", place[0] as u8);
        drop_output(stream);
    }
    let (mut time, mut later, mut unit) = Default::default();
    now(&mut time);
    now(&mut later);
    resolution(&mut unit);
    println!("{} {}", time.seconds > 1_700_000_000, (time.seconds, time.nanoseconds) <= (later.seconds, later.nanoseconds));
    println!("{} {}", later.nanoseconds < 1_000_000_000, unit.seconds == 0 && unit.nanoseconds > 0);
    insecure_bytes(1000, &mut place);
    println!("{} random bytes, {}", place[1], insecure_u64() != insecure_u64());
}

fn terminals() {
    let kinds: [(&str, fn(&mut Place), fn(u32)); 3] = [
        ("standard input", |place| terminal_stdin(place), |terminal| drop_terminal_input(terminal)),
        ("standard output", |place| terminal_stdout(place), |terminal| drop_terminal_output(terminal)),
        ("standard error", |place| terminal_stderr(place), |terminal| drop_terminal_output(terminal)),
    ];
    for (name, get, drop) in kinds {
        let mut place = Place::default();
        get(&mut place);
        let is_terminal = place[0] as u8 == 1;
        println!("{name}: {}", if is_terminal { "a terminal" } else { "none" });
        if is_terminal {
            drop(place[1]);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let code = || arguments[1].parse().unwrap();
    match arguments[0].as_str() {
        "surroundings" => surroundings(),
        "terminals" => terminals(),
        "exit" => exit(code()),
        _ => exit_with_code(code()),
    }
}

/// Allocates the host's lists.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc(_: *mut u8, _: usize, alignment: usize, length: usize) -> *mut u8 {
    // SAFETY: the host asks for alignments that are powers of two, and for a byte at least.
    unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align_unchecked(length.max(1), alignment)) }
}

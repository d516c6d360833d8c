//! Debug information: gdb stops in the guest's source, steps through it and shows its variables; the tables of the
//! other targets agree. The programs are those in `tests/programs/debug`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Folder, Limits, Target};

#[test]
fn gdb_shows_functions_lines_and_variables_of_c() {
    let folder = Folder::new("debug", "c");
    let program = compile(&folder, "debug/points.wasm", &support::host(), &["-O", "0"]);
    let line = line_of("points.c", "total++;");
    let said = gdb(
        &program,
        &[&format!("break points.c:{line}"), "run", "bt 2", "info locals", "print *first", "print first[2].y"],
    );
    contains(&said, &format!("points.c:{line}"));
    contains(&said, "sum (first=0x");
    contains(&said, "count=3)");
    contains(&said, "main");
    contains(&said, "sum = 1");
    contains(&said, "{x = 1, y = 0, name = ");
    contains(&said, "$2 = 20");
    folder.remove();
}

#[test]
fn gdb_steps_through_c() {
    let folder = Folder::new("debug", "steps");
    let program = compile(&folder, "debug/points.wasm", &support::host(), &["-O", "0"]);
    let commands =
        ["break sum", "run", "next", "next", "step", "info args", "next", "info locals", "finish", "print total"];
    let said = gdb(&program, &commands);
    contains(&said, "square (value=1)");
    contains(&said, "value = 1");
    contains(&said, "result = 1");
    contains(&said, "Value returned is $1 = 1");
    contains(&said, "$2 = 5");
    folder.remove();
}

#[test]
fn gdb_shows_rust_in_a_module_and_in_a_component() {
    let line = line_of("norm.rs", "    total\n");
    for form in ["debug/norm.wasm", "debug/norm.component.wasm"] {
        let folder = Folder::new("debug", form);
        let program = compile(&folder, form, &support::host(), &["-O", "0"]);
        let said = gdb(&program, &[&format!("break norm.rs:{line}"), "run", "bt 2", "info locals", "print scale"]);
        contains(&said, "norm::norm (points=");
        contains(&said, "norm::main () at ");
        contains(&said, "total = 32");
        contains(&said, "$1 = 2");
        folder.remove();
    }
}

#[test]
fn optimised_code_has_lines_and_frames() {
    let folder = Folder::new("debug", "optimised");
    let program = compile(&folder, "debug/points.wasm", &support::host(), &[]);
    let said = gdb(&program, &["break square", "run", "bt 3"]);
    contains(&said, "square (value=1)");
    contains(&said, "points.c:");
    contains(&said, "#1 ");
    contains(&said, "sum (");
    folder.remove();
}

#[test]
fn variables_in_a_frame_of_the_guest_are_there_in_optimised_code() {
    let folder = Folder::new("debug", "frame");
    for (guest, line, commands, expected) in [
        (
            "debug/points.wasm",
            format!("points.c:{}", line_of("points.c", "total++;")),
            ["info locals", "print count", "up", "print points[1]"],
            ["sum = 1", "i = 0", "$1 = 3", "$2 = {x = 2, y = 10,"],
        ),
        (
            "debug/norm.wasm",
            format!("norm.rs:{}", line_of("norm.rs", "    total\n")),
            ["info locals", "print scale", "up", "info locals"],
            ["total = 32", "$1 = 2", "norm::main () at ", "points = "],
        ),
    ] {
        let program = compile(&folder, guest, &support::host(), &[]);
        let said = gdb(&program, &[&[&format!("break {line}"), "run"], commands.as_slice()].concat());
        expected.iter().for_each(|part| contains(&said, part));
    }
    folder.remove();
}

#[test]
fn the_script_for_gdb_follows_pointers_in_memory() {
    let folder = Folder::new("debug", "script");
    let trust = format!("add-auto-load-safe-path {}", folder.display());
    let line = line_of("points.c", "total++;");
    let program = compile(&folder, "debug/points.wasm", &support::host(), &[]);
    let commands = [
        &format!("break points.c:{line}"),
        "run",
        "print first[1]",
        "print $guest(first->name)[2]",
        "print first",
        "print first[2].next",
        "print $guest($guest(first->next)->next)->y",
    ];
    let said = gdb_with(&program, &["-iex", &trust], &commands);
    contains(&said, "$1 = {x = 2, y = 10, name = \"point\", next = (struct point *) 0x");
    contains(&said, "$2 = 105 'i'");
    contains(&said, "$3 = (struct point *) 0x");
    contains(&said, "$4 = (struct point *) 0x0");
    contains(&said, "$5 = 20");
    // If gdb doesn't trust the script, it shows numbers and has no faults.
    let said = gdb(&program, &["break sum", "run", "print first[1].y"]);
    contains(&said, "declined by your `auto-load safe-path'");
    contains(&said, "$1 = 10");

    let program = compile(&folder, "debug/norm.wasm", &support::host(), &[]);
    let line = line_of("norm.rs", "    total\n");
    let commands = [&format!("break norm.rs:{line}"), "run", "print points", "up", "print points", "print name"];
    let said = gdb_with(&program, &["-iex", &trust], &commands);
    let points = "size=2 = {norm::Point {x: 1, y: 2}, norm::Point {x: 3, y: 4}}";
    contains(&said, &format!("$1 = {points}"));
    contains(&said, &format!("$2 = {points}"));
    contains(&said, "$3 = \"norm\"");
    folder.remove();
}

#[test]
fn functions_that_were_inlined_before_are_frames() {
    let folder = Folder::new("debug", "inlined");
    let program = compile(&folder, "debug/optimised/inlined.wasm", &support::host(), &["-O", "0"]);
    let (part, total) =
        (line_of("optimised/inlined.c", "seen = value"), line_of("optimised/inlined.c", "part(value) +"));
    let said = gdb(&program, &[&format!("break inlined.c:{part}"), "run", "bt 2", "print value"]);
    contains(&said, "#0  part (value=1) at ");
    contains(&said, &format!("inlined.c:{part}\n"));
    contains(&said, "#1  total (value=1) at ");
    contains(&said, &format!("inlined.c:{total}\n"));
    contains(&said, "$1 = 1");
    folder.remove();
}

#[test]
fn functions_that_aot_inlines_are_frames() {
    let folder = Folder::new("debug", "dissolved");
    let program = compile(&folder, "debug/optimised/inlined.wasm", &support::host(), &[]);
    let line = |text| line_of("optimised/inlined.c", text);
    let said = gdb(&program, &[&format!("break inlined.c:{}", line("part(value) +")), "run", "bt 4"]);
    let frames: Vec<&str> = said.lines().filter(|line| line.starts_with('#')).collect();
    // `main` belongs to another unit than the C library's function into which it was inlined.
    for (frame, function, text) in
        [(0, "total ()", "part(value) +"), (1, "all (first=1)", "int sum = total"), (2, "main ()", "all(argc)")]
    {
        contains(frames[frame], function);
        assert!(frames[frame].ends_with(&format!("inlined.c:{}", line(text))), "{said}");
    }
    contains(frames[3], "__main_void ()");
    folder.remove();
}

#[test]
fn instances_and_modules_have_their_own_code() {
    let folder = Folder::new("debug", "instances");
    let program = compile_text(&folder, &support::host(), &["-g", "-O", "0"]);
    // Breakpoints by lines of the text stop in both instances of a module, and in the other module.
    let commands = [
        "break instances.wat:7",
        "break instances.wat:15",
        "run 'both(3)'",
        "bt 1",
        "continue",
        "bt 2",
        "delete",
        "continue",
    ];
    let said = gdb(&program, &commands);
    contains(&said, "(2 locations)");
    contains(&said, "#0  both (");
    contains(&said, "#0  count (");
    contains(&said, "#1  0x");
    contains(&said, "exited normally");
    folder.remove();
}

/// Component with two instances of a module, and one instance of another module that calls both.
const INSTANCES: &str = r#"(component
  (core module $counter
    (global $count (mut i32) (i32.const 0))
    (memory 1)
    (func $count (export "count") (param $by i32) (result i32)
      (memory.fill (i32.const 0) (local.get $by) (local.get $by))
      (global.set $count (i32.add (global.get $count) (local.get $by)))
      (global.get $count)))
  (core module $user
    (import "first" "count" (func $first (param i32) (result i32)))
    (import "second" "count" (func $second (param i32) (result i32)))
    (memory 1)
    (func $both (export "both") (param $x i32) (result i32)
      (memory.fill (i32.const 0) (local.get $x) (local.get $x))
      (call $first (local.get $x))
      (call $second (local.get $x))
      (i32.add)))
  (core instance $first (instantiate $counter))
  (core instance $second (instantiate $counter))
  (core instance $user (instantiate $user (with "first" (instance $first)) (with "second" (instance $second))))
  (func (export "both") (param "x" u32) (result u32) (canon lift (core func $user "both"))))
"#;

#[test]
fn backtraces_of_traps_have_lines_on_every_target() {
    for target in support::targets() {
        for level in ["0", "2"] {
            let folder = Folder::new("debug", &format!("trap/{}/{level}", target.name));
            let program = compile(&folder, "debug/points.wasm", &target, &["-O", level]);
            let mut command = target.command(&program);
            let outcome = support::run(command.arg("fail"), Limits { seconds: 60, memory_bytes: 0 });
            let said = outcome.stderr_text();
            assert_eq!(outcome.code, 134, "{said}");
            let lines: Vec<&str> = said.lines().collect();
            for (function, text) in [("fail", "__builtin_trap();"), ("main", "        fail();")] {
                let named = ["!", "!__"].map(|before| format!("{before}{function}"));
                let is_frame = |line: &&str| named.iter().any(|name| line.contains(name));
                let frame = lines.iter().position(is_frame).unwrap_or_else(|| panic!("no {function}: {said}"));
                let place = format!("points.c:{}", line_of("points.c", text));
                assert!(lines[frame + 1].trim().starts_with("at ") && lines[frame + 1].ends_with(&place), "{said}");
            }
            folder.remove();
        }
    }
}

#[test]
fn tables_of_every_target_have_functions_lines_and_frames() {
    for target in support::targets() {
        let folder = Folder::new("debug", &format!("tables/{}", target.name));
        let program = compile(&folder, "debug/points.wasm", &target, &["-O", "0"]);
        let lines = readelf(&program, "--debug-dump=decodedline");
        let line = line_of("points.c", "total++;").to_string();
        let has_line = |row: &str| {
            let words: Vec<&str> = row.split_whitespace().collect();
            words.first() == Some(&"points.c") && words.get(1) == Some(&line.as_str())
        };
        assert!(lines.lines().any(has_line), "{}: no row for line {line}", target.name);
        contains(&readelf(&program, "--debug-dump=info"), "square");
        contains(&readelf(&program, "--debug-dump=frames"), "DW_CFA_def_cfa");
        let symbols = readelf(&program, "--symbols");
        assert!(symbols.lines().any(|row| row.contains("FUNC") && row.ends_with(" square")), "{}", target.name);
        folder.remove();
    }
}

#[test]
fn addresses_have_functions_and_lines_on_every_target() {
    for target in support::targets() {
        let folder = Folder::new("debug", &format!("addresses/{}", target.name));
        let program = compile(&folder, "debug/points.wasm", &target, &[]);
        let symbols = readelf(&program, "--symbols");
        let of_sum = symbols.lines().find(|row| row.contains("FUNC") && row.ends_with(" sum")).unwrap();
        let address = of_sum.split_whitespace().nth(1).unwrap();
        let mut command = Command::new(format!("{}-linux-gnu-addr2line", target.isa));
        command.args(["--functions", "--inlines", "--exe"]).arg(&program).arg(address);
        let said = support::run(&command, Limits::default()).stdout_text();
        assert_eq!(said.lines().next(), Some("sum"), "{}", target.name);
        contains(&said, &format!("points.c:{}", line_of("points.c", "int sum(")));
        folder.remove();
    }
}

#[test]
fn code_of_optimised_programs_is_the_same_with_debug_information() {
    for target in support::targets() {
        let folder = Folder::new("debug", &format!("same/{}", target.name));
        let text = |flags: &[&str]| fs::read(compile_text(&folder, &target, flags)).unwrap();
        assert!(text(&["--emit", "asm"]) == text(&["--emit", "asm", "-g"]), "{}", target.name);
        folder.remove();
    }
}

#[test]
fn the_output_is_the_same_with_any_number_of_threads() {
    let folder = Folder::new("debug", "threads");
    let bytes = |threads: &str| {
        fs::read(compile(&folder, "debug/norm.component.wasm", &support::host(), &["-j", threads])).unwrap()
    };
    assert!(bytes("1") == bytes("8"));
    folder.remove();
}

#[test]
fn damaged_debug_information_is_left_out() {
    let folder = Folder::new("debug", "damaged");
    let good = fs::read(support::guest("debug/points.wasm")).unwrap();
    let start = find(&good, b".debug_");
    for seed in 0..60u64 {
        let mut bytes = good.clone();
        let mut random = Random(seed + 1);
        for _ in 0..1 + random.below(64) {
            let at = start + random.below((bytes.len() - start) as u64) as usize;
            bytes[at] = random.below(256) as u8;
        }
        let input = folder.join("damaged.wasm");
        fs::write(&input, bytes).unwrap();
        let mut command = Command::new(support::aot());
        command.args(["damaged.wasm", "-g", "-O", "0", "-o", "damaged"]).current_dir(&*folder);
        let outcome = support::run(&command, Limits { seconds: 20, memory_bytes: 4 << 30 });
        let message = outcome.stderr_text();
        assert!(!message.contains("panicked"), "seed {seed}: {message}");
        // The damage may also hit other sections, which is an error like any other.
        assert!(outcome.code == 0 || message.contains("error") || outcome.code == 1, "seed {seed}: {message}");
    }
    folder.remove();
}

#[test]
fn a_program_without_debug_information_gets_a_warning() {
    let folder = Folder::new("debug", "without");
    let mut command = Command::new(support::aot());
    command.arg(support::guest("hello.wasm")).args(["-g", "-o", "hello"]).current_dir(&*folder);
    let outcome = support::run(&command, Limits::default());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr_text());
    contains(&outcome.stderr_text(), "there is no debug information in the input");
    folder.remove();
}

/// A generator of pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound
    }
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("the guest has debug information")
}

/// Returns the number of the first line of a program that contains a text.
fn line_of(source: &str, text: &str) -> usize {
    let path = support::repository().join("tests/programs/debug").join(source);
    let contents = fs::read_to_string(path).unwrap();
    let at = contents.find(text).unwrap_or_else(|| panic!("{source} has no {text:?}"));
    contents[..at].lines().count().max(1) + usize::from(contents[..at].ends_with('\n'))
}

fn compile(folder: &Path, guest: &str, target: &Target, arguments: &[&str]) -> PathBuf {
    compile_with(folder, guest, target, &[&["-g"], arguments].concat())
}

fn compile_with(folder: &Path, guest: &str, target: &Target, arguments: &[&str]) -> PathBuf {
    let output = folder.join("program");
    let mut command = Command::new(support::aot());
    command.arg(support::guest(guest)).args(["--target", &target.name, "-o"]).arg(&output).args(arguments);
    let outcome = support::run(&command, Limits::default());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr_text());
    assert_eq!(outcome.stderr_text(), "");
    output
}

/// Compiles [`INSTANCES`].
fn compile_text(folder: &Path, target: &Target, arguments: &[&str]) -> PathBuf {
    let output = folder.join("program");
    fs::write(folder.join("instances.wat"), INSTANCES).unwrap();
    let mut command = Command::new(support::aot());
    command.args(["instances.wat", "--target", &target.name, "-o"]).arg(&output).args(arguments).current_dir(folder);
    let outcome = support::run(&command, Limits::default());
    assert_eq!((outcome.code, outcome.stderr_text()), (0, String::new()));
    output
}

/// Runs gdb with some commands, and returns its output.
fn gdb(program: &Path, commands: &[&str]) -> String {
    gdb_with(program, &[], commands)
}

fn gdb_with(program: &Path, flags: &[&str], commands: &[&str]) -> String {
    let mut command = Command::new("gdb");
    command.args(flags);
    command.args(["-q", "-nx", "-batch", "-ex", "set width 0", "-ex", "set debuginfod enabled off"]);
    for text in commands {
        command.args(["-ex", text]);
    }
    command.arg(program);
    let outcome = support::run(&command, Limits::default());
    outcome.stdout_text() + &outcome.stderr_text()
}

fn readelf(program: &Path, what: &str) -> String {
    let mut command = Command::new("readelf");
    command.args(["--wide", what]).arg(program);
    support::run(&command, Limits::default()).stdout_text()
}

fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} isn't in:\n{text}");
}

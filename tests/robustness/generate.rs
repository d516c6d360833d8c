//! Inputs at and beyond the limits of the format: deep, large, many, absurd.

use crate::expect::{Case, Expect};
use crate::wasm::*;

const MANY: u64 = 100_000;
const GIB: u64 = 1 << 30;

pub fn cases() -> Vec<Case> {
    let groups = [depth(), code(), counts(), memories(), tables(), locals(), names(), customs(), text(), components()];
    groups.into_iter().flatten().chain(component_limits()).collect()
}

/// Makes a case from a `Module`.
fn module(name: &str, expect: Expect, make: impl FnOnce() -> Module + Send + 'static) -> Case {
    Case::new(name, expect, move || make().bytes())
}

fn wat(name: &str, expect: Expect, make: impl FnOnce() -> String + Send + 'static) -> Case {
    Case::new(name, expect, move || make().into_bytes())
}

fn times(count: u64, bytes: &[u8]) -> Vec<u8> {
    bytes.repeat(count as usize)
}

fn nested(opening: &[u8]) -> Module {
    Module::of_start(&[times(MANY, opening), times(MANY, &[END])].concat())
}

fn depth() -> Vec<Case> {
    let operands = || [times(MANY, &[I32_CONST, 1]), times(MANY - 1, &[I32_ADD]), vec![DROP]].concat();
    vec![
        module("blocks", Expect::Runs(0), || nested(&[BLOCK, EMPTY])).everywhere(),
        module("loops", Expect::Runs(0), || nested(&[LOOP, EMPTY])),
        module("ifs", Expect::Runs(0), || nested(&[I32_CONST, 1, IF, EMPTY])),
        module("operands", Expect::Runs(0), move || Module::of_start(&operands())),
        module("recursion", Expect::Runs(134), || Module::of_start(&times(MANY, &[CALL, 0]))).everywhere(),
    ]
}

/// Code of `memory[0] = memory[0] + 7`.
const ADD_IN_MEMORY: [u8; 14] =
    [I32_CONST, 0, I32_CONST, 0, I32_LOAD, 2, 0, I32_CONST, 7, I32_ADD, I32_STORE, 2, 0, 0x01];
/// Bytes of a function a little below the limit of common implementations.
const FUNCTION_BYTES: u64 = 7_600_000;

fn code() -> Vec<Case> {
    let large = |bytes: u64| {
        let count = bytes / ADD_IN_MEMORY.len() as u64;
        Module::of_start(&times(count, &ADD_IN_MEMORY)).memory(1)
    };
    let table = |targets: u64| [vec![BR_TABLE], number(targets), times(targets + 1, &[0])].concat();
    let br_table = move |targets| [vec![BLOCK, EMPTY, I32_CONST, 0], table(targets), vec![END]].concat();
    vec![
        module("large_function", Expect::Runs(0), move || large(1_000_000)).bounds(60, GIB),
        module("largest_function_unoptimised", Expect::Runs(0), move || large(FUNCTION_BYTES)).arguments(&["-O0"]),
        module("largest_function", Expect::Runs(0), move || large(FUNCTION_BYTES)).bounds(300, 4 * GIB),
        module("too_large_function", Expect::Fails("size"), move || large(FUNCTION_BYTES + 100_000)),
        module("br_table", Expect::Runs(0), move || Module::of_start(&br_table(65_520))).everywhere(),
        module("br_table_of_a_million", Expect::Runs(0), move || Module::of_start(&br_table(1_000_000))),
        module("br_table_deep", Expect::Runs(0), || Module::of_start(&deep_br_table(2000))).everywhere(),
        module("selects", Expect::Runs(0), || {
            Module::of_start(&times(MANY, &[I32_CONST, 1, I32_CONST, 2, I32_CONST, 3, SELECT, DROP]))
        }),
    ]
}

/// Makes nested blocks, and a branch to each of them.
fn deep_br_table(depth: u64) -> Vec<u8> {
    let targets: Vec<u8> = (0..=depth).flat_map(number).collect();
    [times(depth, &[BLOCK, EMPTY]), vec![I32_CONST, 0, BR_TABLE], number(depth), targets, times(depth, &[END])].concat()
}

/// Makes functions that are all in a table, so that none is dead.
fn many_functions() -> Module {
    let entries: Vec<Vec<u8>> = (0..MANY).map(number).collect();
    let first = body(&[I32_CONST, 1, CALL_INDIRECT, 0, 0]);
    let others = (1..MANY).map(|index| body(&[I32_CONST, index as u8 % 64, DROP]));
    Module::new()
        .section(3, list(&vec![vec![0]; MANY as usize]))
        .table(MANY)
        .start(0)
        .section(9, [vec![1, 0, I32_CONST, 0, END], list(&entries)].concat())
        .section(10, list(&std::iter::once(first).chain(others).collect::<Vec<_>>()))
}

fn many_imports(called: bool) -> Module {
    let imports: Vec<Vec<u8>> = (0..MANY).map(|i| [name("env"), name(&i.to_string()), vec![0, 0]].concat()).collect();
    let calls: Vec<u8> = (0..MANY).flat_map(|i| [vec![CALL], number(i)].concat()).collect();
    Module::of_start(if called { &calls } else { &[] }).section(2, list(&imports)).start(MANY)
}

fn many_exports() -> Module {
    let others = (1..MANY).map(|index| [name(&index.to_string()), vec![0, 0]].concat());
    let exports: Vec<Vec<u8>> = std::iter::once([name("_start"), vec![0, 0]].concat()).chain(others).collect();
    Module::of_start(&[]).section(7, list(&exports))
}

fn many_globals() -> Module {
    let reads: Vec<u8> = (0..MANY).flat_map(|index| [vec![GLOBAL_GET], number(index), vec![DROP]].concat()).collect();
    Module::of_start(&reads).section(6, list(&vec![vec![I32, 1, I32_CONST, 0, END]; MANY as usize]))
}

fn many_segments() -> Module {
    let segment = vec![0, I32_CONST, 0, END, 1, b'x'];
    Module::of_start(&[]).memory(1).section(11, list(&vec![segment; MANY as usize]))
}

fn many_types() -> Module {
    // Each type differs from the others by its parameters, which are binary digits.
    let ty = |index: u64| {
        let params: Vec<Vec<u8>> = (0..17).map(|bit| vec![if index >> bit & 1 == 0 { I32 } else { I64 }]).collect();
        [vec![0x60], list(&params), vec![0]].concat()
    };
    let first = std::iter::once(vec![0x60, 0, 0]);
    Module::of_start(&[]).section(1, list(&first.chain((1..MANY).map(ty)).collect::<Vec<_>>()))
}

fn counts() -> Vec<Case> {
    let mut cases = vec![
        module("functions", Expect::Runs(0), many_functions),
        module("imports", Expect::Fails("and 99990 more"), || many_imports(true)),
        module("imports_stubs", Expect::Runs(0), || many_imports(false)).arguments(&["--stub-unknown-imports"]),
        module("imports_stubs_called", Expect::Runs(134), || many_imports(true)).arguments(&["--stub-unknown-imports"]),
        module("exports", Expect::Runs(0), many_exports),
        module("globals", Expect::Runs(0), many_globals),
        module("segments", Expect::Runs(0), many_segments),
        module("types", Expect::Runs(0), many_types),
    ];
    // A section that claims four billion items.
    cases.extend((1..=13).map(|id| {
        module(&format!("count_of_section_{id}"), Expect::Fails("offset"), move || {
            Module::of_start(&[]).section(id, [number(u32::MAX.into()), vec![0; 100]].concat())
        })
    }));
    cases
}

fn memories() -> Vec<Case> {
    let whole = || list(&vec![[vec![0], number(65_536)].concat(); 100]);
    let touch = |memory: u64| [vec![I32_CONST, 0, I32_CONST, 1, I32_STORE, 0x42], number(memory), vec![0]].concat();
    let store_at_end = [I32_CONST, 0x7f, I32_CONST, 1, 0x3a, 0, 0];
    let segment_at_end = [vec![0, I32_CONST, 0x7e, END], name("ab")].concat();
    let segment_beyond = [vec![0, I32_CONST, 0x7e, END], name("abc")].concat();
    vec![
        module("memory_4g", Expect::Runs(0), move || Module::of_start(&store_at_end).memory(65_536)).everywhere(),
        module("memory_4g_segment", Expect::Runs(0), move || {
            Module::of_start(&[]).memory(65_536).section(11, list(&[segment_at_end]))
        }),
        module("memory_4g_segment_beyond", Expect::Runs(134), move || {
            Module::of_start(&[]).memory(65_536).section(11, list(&[segment_beyond]))
        })
        .everywhere(),
        module("memory_too_large", Expect::Fails("memory size"), || Module::of_start(&[]).memory(65_537)),
        module("memories", Expect::Runs(0), move || {
            Module::of_start(&(0..100).flat_map(touch).collect::<Vec<u8>>()).section(5, whole())
        })
        .everywhere(),
        module("memories_too_many", Expect::Fails("memories"), || {
            Module::of_start(&[]).section(5, list(&vec![vec![0, 1]; 101]))
        }),
    ]
}

fn tables() -> Vec<Case> {
    let read = || Module::of_start(&[I32_CONST, 0, TABLE_GET, 0, DROP]);
    let filled = move || {
        let entries = [number(10_000_000), vec![0; 10_000_000]].concat();
        read().table(10_000_000).section(9, [vec![1, 0, I32_CONST, 0, END], entries].concat())
    };
    vec![
        module("table_10m", Expect::Runs(0), move || read().table(10_000_000)).everywhere(),
        module("table_10m_filled", Expect::Runs(0), filled).bounds(60, 2 * GIB),
        module("table_of_everything", Expect::Any, move || read().table(u32::MAX.into())),
    ]
}

fn locals() -> Vec<Case> {
    let declare = |count: u64| [vec![1], number(count), vec![I64]].concat();
    let pass_on = |local: u64| [vec![LOCAL_GET], number(local), vec![LOCAL_SET], number(local + 1)].concat();
    let used = move || (0..49_999).flat_map(pass_on).collect::<Vec<u8>>();
    let start = |locals: Vec<u8>, code: &[u8]| Module::of_start_body(body_with_locals(&locals, code));
    vec![
        module("locals", Expect::Runs(0), move || start(declare(50_000), &used())).everywhere(),
        module("locals_too_many", Expect::Fails("locals"), move || start(declare(50_001), &[])),
        module("locals_far_too_many", Expect::Fails("locals"), move || start(declare(u32::MAX.into()), &[])),
        module("locals_alive", Expect::Runs(134), || locals_alive(40_000)).bounds(120, 2 * GIB).everywhere(),
        module("locals_entangled", Expect::Runs(0), || locals_entangled(3000, 100)).everywhere(),
        module("params_and_results", Expect::Runs(0), params_and_results).everywhere(),
    ]
}

/// Makes many values that live across a call that never returns: endless frames of hundreds of kilobytes.
fn locals_alive(count: u64) -> Module {
    let load = |local: u64| [vec![I32_CONST, 0, 0x29, 3, 0, LOCAL_SET], number(local)].concat();
    let store = |local: u64| [vec![I32_CONST, 0, LOCAL_GET], number(local), vec![0x37, 3, 0]].concat();
    let call = vec![CALL, 0];
    let code = [(0..count).flat_map(load).collect(), call, (0..count).flat_map(store).collect::<Vec<u8>>()].concat();
    Module::of_start_body(body_with_locals(&[vec![1], number(count), vec![I64]].concat(), &code)).memory(1)
}

/// Makes a sequence of loops, each of which changes all of many values, so that they meet at the end of each loop.
fn locals_entangled(values: u64, loops: u64) -> Module {
    let load = |local: u64| [vec![I32_CONST, 0, I32_LOAD, 2, 0, LOCAL_SET], number(local)].concat();
    let add =
        |local: u64| [vec![LOCAL_GET], number(local), vec![I32_CONST, 1, I32_ADD, LOCAL_SET], number(local)].concat();
    let all = |each: &dyn Fn(u64) -> Vec<u8>| (0..values).flat_map(each).collect::<Vec<u8>>();
    let body = [vec![LOOP, EMPTY], all(&add), vec![I32_CONST, 0, I32_LOAD, 2, 0, BR_IF, 0, END]].concat();
    let sum = |local: u64| [vec![LOCAL_GET], number(local), vec![I32_ADD]].concat();
    // Each loop has counted each value up once.
    let check = [number_signed(values * loops), vec![I32_NE, IF, EMPTY, UNREACHABLE, END]].concat();
    let code =
        [all(&load), (0..loops).flat_map(|_| body.clone()).collect(), vec![I32_CONST, 0], all(&sum), check].concat();
    Module::of_start_body(body_with_locals(&[vec![1], number(values), vec![I32]].concat(), &code)).memory(1)
}

/// Encodes `i32.const` of a number below 2^31.
fn number_signed(value: u64) -> Vec<u8> {
    let mut bytes = number(value);
    if bytes[bytes.len() - 1] & 0x40 != 0 {
        let last = bytes.len() - 1;
        bytes[last] |= 0x80;
        bytes.push(0);
    }
    [vec![I32_CONST], bytes].concat()
}

/// Makes a function of 1,000 parameters and as many results, which returns them.
fn params_and_results() -> Module {
    let many = number(1000);
    let ty = [vec![0x60], many.clone(), times(1000, &[I64]), many, times(1000, &[I64])].concat();
    let values: Vec<u8> = (0..1000).flat_map(|local| [vec![LOCAL_GET], number(local)].concat()).collect();
    let caller = [times(1000, &[0x42, 1]), vec![CALL, 1], times(1000, &[DROP])].concat();
    Module::new()
        .section(1, list(&[vec![0x60, 0, 0], ty]))
        .section(3, vec![2, 0, 1])
        .start(0)
        .section(10, list(&[body(&caller), body(&values)]))
}

fn names() -> Vec<Case> {
    let bad = || sized(b"\xff\xfe\x80");
    let import = move || list(&[[bad(), name("f"), vec![0, 0]].concat()]);
    let export = move || list(&[[name("_start"), vec![0, 0]].concat(), [bad(), vec![0, 0]].concat()]);
    vec![
        module("import_not_utf8", Expect::Fails("UTF-8"), move || Module::of_start(&[]).section(2, import())),
        module("export_not_utf8", Expect::Fails("UTF-8"), move || Module::of_start(&[]).section(7, export())),
        module("function_name_not_utf8", Expect::Runs(134), || trap_with_names(&function_names(b"\xff\xfe\x80"))),
        module("function_name_long", Expect::Runs(134), || trap_with_names(&function_names(&[b'x'; 1_000_000]))),
        module("function_name_with_controls", Expect::Runs(134), || {
            trap_with_names(&function_names(b"a\0b\x1b[31m\n"))
        }),
        module("import_name_long", Expect::Fails("import"), || {
            let long = "x".repeat(90_000);
            Module::of_start(&[]).section(2, list(&[[name(&long), name(&long), vec![0, 0]].concat()])).start(1)
        }),
        module("names_absurd", Expect::Runs(134), || trap_with_names(&[1, 5, 0xff, 0xff, 0xff, 0xff, 0x7f])),
        module("names_of_nothing", Expect::Runs(134), || {
            trap_with_names(&[1, 9, 2, 0xff, 0xff, 0xff, 0xff, 0xf, 1, b'a', 0, 1])
        }),
    ]
}

/// Makes a module that runs `unreachable`, with this name section.
fn trap_with_names(names: &[u8]) -> Module {
    Module::of_start(&[0]).custom("name", names)
}

/// Makes a name section with a name of function 0.
fn function_names(name: &[u8]) -> Vec<u8> {
    section(1, &[vec![1, 0], sized(name)].concat())
}

/// Makes a module with a branch, and these bytes as its branch hints, which precede the code.
fn branch_hints(hints: &[u8]) -> Vec<u8> {
    let code = [BLOCK, EMPTY, I32_CONST, 0, BR_IF, 0, END];
    let mut bytes = Module::of_start(&code).bytes();
    let hints = section(0, &[name("metadata.code.branch_hint"), hints.to_vec()].concat());
    bytes.splice(8..8, hints);
    bytes
}

/// Malformed hints: of nothing, of functions and places that don't exist, out of order, twice, of other values and
/// sizes, and shorter than the section says.
const MALFORMED_HINTS: [&[u8]; 10] = [
    &[],
    &[0],
    &[1],
    &[0xff; 30],
    &[1, 0, 1, 5, 1, 1],
    &[1, 0xff, 0xff, 0xff, 0xff, 0xf, 1, 5, 1, 1],
    &[1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xf, 1, 1],
    &[1, 0, 3, 7, 1, 1, 5, 1, 0, 5, 1, 1],
    &[1, 0, 1, 5, 1, 77],
    &[2, 0, 1, 5, 2, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xf],
];

fn customs() -> Vec<Case> {
    let hints = MALFORMED_HINTS
        .iter()
        .enumerate()
        .map(|(index, hints)| Case::new(format!("branch_hints_{index}"), Expect::Runs(0), move || branch_hints(hints)));
    let mut cases = customs_at_the_end();
    cases.extend(hints);
    cases
}

fn customs_at_the_end() -> Vec<Case> {
    vec![
        module("customs", Expect::Runs(0), || {
            (0..MANY).fold(Module::of_start(&[]), |module, _| module.custom("x", b""))
        }),
        module("custom_large", Expect::Runs(0), || Module::of_start(&[]).custom("x", &vec![0; 50_000_000])),
        module("custom_name_not_utf8", Expect::Fails("UTF-8"), || Module::of_start(&[]).section(0, sized(b"\xff\xff"))),
        module("custom_without_name", Expect::Fails("offset"), || Module::of_start(&[]).section(0, vec![])),
        module("custom_garbage", Expect::Runs(0), || {
            let known = ["producers", "linking", "reloc.CODE", "dylink.0", ".debug_info", "target_features"];
            known.iter().fold(Module::of_start(&[]), |module, title| module.custom(title, &[0xff; 30]))
        }),
        module("component_type_garbage", Expect::Runs(0), || {
            Module::of_start(&[]).custom("component-type:x", &[1; 99])
        }),
    ]
}

fn text() -> Vec<Case> {
    let start = |inside: String| format!("(module (func (export \"_start\") {inside}))");
    let nest = |opening: &str| opening.repeat(MANY as usize) + &")".repeat(MANY as usize);
    vec![
        wat("text_blocks", Expect::Runs(0), move || start(nest("(block "))),
        wat("text_operands", Expect::Runs(0), move || {
            start(format!("(drop {}(i32.const 0){})", "(i32.eqz ".repeat(100_000), ")".repeat(100_000)))
        }),
        wat("text_parentheses", Expect::Fails("text format"), || "(".repeat(1_000_000)),
        wat("text_comments", Expect::Fails("text format"), || "(;".repeat(1_000_000)),
        wat("text_components", Expect::Fails("too deep"), move || nest("(component ")),
        wat("text_long_line", Expect::Fails("text format"), move || start("nop ".repeat(1_000_000) + "i32.const")),
        wat("text_number", Expect::Fails("text format"), move || {
            start(format!("(drop (i32.const {}))", "9".repeat(1_000_000)))
        }),
        wat("text_nothing", Expect::Fails("empty"), String::new),
        wat("text_blanks", Expect::Fails("neither"), || " \n".repeat(1_000_000)),
        Case::new("zeros", Expect::Fails("neither"), || vec![0; 1_000_000]),
    ]
}

/// Makes a command that does nothing, with other items before it.
fn command(items: &str) -> String {
    format!(
        r#"(component {items}
  (core module $command (func (export "run") (result i32) (i32.const 0)))
  (core instance $instance (instantiate $command))
  (func $run (result (result)) (canon lift (core func $instance "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))"#
    )
}

/// Makes components that each instantiate the one before twice.
fn doubling(levels: usize) -> String {
    let first = "(component $c0 (core module $m (memory 1)) (core instance (instantiate $m)))".to_string();
    let others = (1..levels).map(|level| {
        let inner = level - 1;
        format!("(component $c{level} (alias outer 1 $c{inner} (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))")
    });
    let all: Vec<String> = std::iter::once(first).chain(others).collect();
    command(&format!("{} (instance (instantiate $c{}))", all.join("\n"), levels - 1))
}

fn instances(count: usize, module: &str) -> String {
    command(&format!("(core module $z {module}) {}", "(core instance (instantiate $z))".repeat(count)))
}

const MILLION: u64 = 1_000_000;

/// Makes a component in the binary format, with these sections.
fn binary_component(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".to_vec(), sections.concat()].concat()
}

/// Makes components, each inside the next.
fn nested_components(levels: u64) -> Vec<u8> {
    // The text is written from the inside out and backwards, so that no byte is moved twice.
    let mut reversed: Vec<u8> = Vec::new();
    for _ in 0..levels {
        reversed.extend(b"\0asm\x0d\0\x01\0".iter().rev());
        let bytes = reversed.len() as u64;
        reversed.extend(number(bytes).iter().rev());
        reversed.push(4);
    }
    reversed.reverse();
    binary_component(&[reversed])
}

/// Makes types, each of which is a list of the one before.
fn nested_lists(levels: u64) -> Vec<u8> {
    let first = [0x70, 0x7d].to_vec();
    let others = (0..levels - 1).map(|inner| [vec![0x70], signed(inner)].concat());
    binary_component(&[section(7, &list(&std::iter::once(first).chain(others).collect::<Vec<_>>()))])
}

/// Encodes a number in signed LEB128.
fn signed(value: u64) -> Vec<u8> {
    number_signed(value)[1..].to_vec()
}

/// Makes an exported function whose parameter is a list of lists of … this deep.
fn deep_parameter(levels: usize) -> String {
    let types = (1..levels).map(|level| format!("(type $t{level} (list $t{}))", level - 1)).collect::<String>();
    format!(
        r#"(component (type $t0 (list u8)) {types}
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "f") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "x" $t{})
    (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#,
        levels - 1
    )
}

/// Makes an exported function whose parameter's type doubles with each level.
fn doubled_parameter(levels: usize) -> String {
    let types = (1..levels).map(|level| format!("(type $t{level} (tuple (list $t{0}) (list $t{0})))", level - 1));
    format!(
        r#"(component (type $t0 (list u8)) {}
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "f") (param i32 i32 i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "x" $t{})
    (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#,
        types.collect::<String>(),
        levels - 1
    )
}

fn many_times(count: u64, each: impl Fn(u64) -> String) -> String {
    (0..count).map(each).collect()
}

fn component_limits() -> Vec<Case> {
    // Named types keep the text short: the text format repeats other types before each use.
    let instance = "(type $i (instance (export \"f\" (func))))";
    let import = |index| format!("(import \"test:a/b{index}\" (instance (type $i)))");
    let function = "(type $f (func))";
    let lowered = |index| {
        format!("(import \"f{index}\" (func $f{index} (type $f))) (core func $g{index} (canon lower (func $f{index})))")
    };
    let used = |index| format!("(export \"{index}\" (func $g{index}))");
    let all_used = move || {
        let imports = (0..MANY).map(|index| format!("(import \"\" \"{index}\" (func))")).collect::<String>();
        let start = format!("(func $all {}) (start $all)", many_times(MANY, |index| format!("call {index} ")));
        let user = format!("(core module $user {imports} {start})");
        let arguments = format!("(instance {})", many_times(MANY, used));
        format!(
            "{function} {} {user} (core instance (instantiate $user (with \"\" {arguments})))",
            many_times(MANY, lowered)
        )
    };
    let core = "(core module $e (func (export \"f\"))) (core instance $e (instantiate $e))";
    vec![
        Case::new("component_nested_a_million_deep", Expect::Fails("nest"), || nested_components(MILLION)),
        Case::new("component_types_a_million_deep", Expect::Fails("offset"), || nested_lists(MILLION)),
        wat("component_parameter_deep", Expect::Any, || deep_parameter(50_000)),
        wat("component_parameter_as_deep_as_can_be", Expect::Runs(0), || deep_parameter(50)),
        wat("component_parameter_doubled", Expect::Runs(0), || doubled_parameter(12)),
        wat("component_parameter_doubled_without_end", Expect::Fails("size"), || doubled_parameter(64)),
        wat("component_imports", Expect::Any, move || command(&[instance, &many_times(MANY, import)].concat())),
        wat("component_imports_lowered", Expect::Fails("nothing satisfies"), move || command(&all_used())),
        wat("component_many_instances", Expect::Fails("instances"), || instances(MANY as usize, "")),
        wat("component_many_component_instances", Expect::Any, || {
            command(&format!("(component $c) {}", "(instance (instantiate $c))".repeat(MANY as usize)))
        }),
        wat("component_alias_of_no_export", Expect::Fails("nothing"), || {
            command("(component $c) (instance $i (instantiate $c)) (alias export $i \"nothing\" (func $f))")
        }),
        wat("component_alias_of_no_core_export", Expect::Fails("nothing"), move || {
            command(&format!("{core} (alias core export $e \"nothing\" (core func $f))"))
        }),
        wat("component_alias_of_another_kind", Expect::Fails("offset"), move || {
            command(&format!("{core} (alias core export $e \"f\" (core memory $f))"))
        }),
        wat("component_alias_of_no_outer", Expect::Fails("outer"), || command("(alias outer 99 0 (type $t))")),
        wat("component_alias_of_no_item", Expect::Fails("offset"), || command("(alias outer 0 99 (component $c))")),
        wat("component_module_without_adapter", Expect::Fails("wasi_snapshot_preview1"), || {
            let import = "(import \"wasi_snapshot_preview1\" \"fd_write\" (func (param i32 i32 i32 i32) (result i32)))";
            command(&format!("(core module $m {import}) (core instance (instantiate $m))"))
        }),
    ]
}

fn components() -> Vec<Case> {
    let type_of_types = |levels: usize| {
        let first = "(type $t0 (tuple u8 u8))".to_string();
        let others = (1..levels).map(|level| format!("(type $t{level} (tuple $t{0} $t{0}))", level - 1));
        command(&std::iter::once(first).chain(others).collect::<Vec<_>>().join("\n"))
    };
    vec![
        wat("component", Expect::Runs(0), || command("")),
        wat("component_doubling", Expect::Runs(0), || doubling(10)),
        wat("component_doubling_without_end", Expect::Fails("instances"), || doubling(60)),
        wat("component_instances", Expect::Runs(0), || instances(900, "(memory 1) (data (i32.const 0) \"x\")")),
        wat("component_too_many_instances", Expect::Fails("instances"), || instances(1001, "")),
        wat("component_types", Expect::Any, move || type_of_types(10)),
        wat("component_types_without_end", Expect::Fails("size"), move || type_of_types(60)),
        wat("component_many_types", Expect::Any, || command(&"(type (func (param \"x\" string)))".repeat(50_000))),
    ]
}

//! Products of a count and a size: a few bytes of the format that stand for much, many times. Each is refused with the limit's
//! words, or costs no more than its bytes do.

use crate::expect::{Case, Expect};
use crate::wasm::*;

const MIB: u64 = 1 << 20;

pub fn cases() -> Vec<Case> {
    [instances(), tables(), values(), images()].into_iter().flatten().collect()
}

/// Makes a case from text. No executable of one may be large.
fn wat(name: &str, expect: Expect, make: impl FnOnce() -> String + Send + 'static) -> Case {
    Case::new(format!("product_{name}"), expect, move || make().into_bytes()).bounds(30, 512 * MIB).output_max(10 * MIB)
}

fn times(count: usize, part: &str) -> String {
    part.repeat(count)
}

fn each(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// Makes a component with the instances of `inner`, a component, that come of instantiating it `each_time` times, and that
/// again, for as many `levels`.
fn multiplied(inner: &str, each_time: usize, levels: usize) -> String {
    multiplied_with("", "", inner, each_time, levels)
}

/// Makes such a component that imports this, which each instance gets as this argument.
fn multiplied_with(import: &str, argument: &str, inner: &str, each_time: usize, levels: usize) -> String {
    let levels_of = each(levels, |level| {
        let made = times(each_time, &format!("(instance (instantiate $x {argument}))"));
        format!("(component $c{} {import} (alias outer 1 $c{level} (component $x)) {made})", level + 1)
    });
    format!(
        r#"(component {import} (component $c0 {import} {inner}) {levels_of} (instance (instantiate $c{levels} {argument}))
  (core module $command (func (export "run") (result i32) (i32.const 0)))
  (core instance $instance (instantiate $command))
  (func $run (result (result)) (canon lift (core func $instance "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))"#
    )
}

/// A component with 5,000 of an item.
fn repeated(item: &str) -> String {
    format!("(component {})", times(5, &format!("(component {})", times(999, item))))
}

/// A component with an instance of a core module.
fn instance_of(module: &str) -> String {
    format!("(core module $m {module}) (core instance (instantiate $m))")
}

fn instances() -> Vec<Case> {
    let functions = || each(8, |index| format!("(func (export \"{index}\") (result i32) (i32.const {index}))"));
    let code = || format!("(func (export \"f\") {})", times(100_000, "(drop (i32.const 1))"));
    let data = || format!("(memory 16) (data (i32.const 0) \"{}\")", times(500_000, "x"));
    let segments = || format!("(memory 1) {}", times(1000, "(data (i32.const 0) \"x\")"));
    let elements = || format!("(table 100000 funcref) (func $f) (elem (i32.const 0) func {})", times(100_000, "$f "));
    let table = || "(table 4000 funcref (ref.func $f)) (func $f)".to_string();
    let globals = || times(1000, "(global (mut i32) (i32.const 1))");
    let memories = || times(100, "(memory 1)");
    let lifted = || {
        let lifted = each(40, |index| {
            format!("(func $f{index} (canon lift (core func $i \"f\"))) (core func (canon lower (func $f{index})))")
        });
        format!("(core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) {lifted}")
    };
    let refused = Expect::Fails("bytes in sum, more than the limit");
    let many = move |name: &str, module: String| {
        wat(&format!("instances_{name}"), refused.clone(), move || multiplied(&instance_of(&module), 30, 3))
    };
    vec![
        many("functions", functions()),
        many("code", code()),
        many("data", data()),
        many("segments", segments()),
        many("elements", elements()),
        many("tables", table()),
        many("globals", globals()),
        many("memories", memories()),
        wat("instances_lifted", Expect::Fails("lifts and lowers more than"), move || multiplied(&lifted(), 30, 3)),
        wat("instances_exports", Expect::Fails("imports, exports, aliases and arguments"), || {
            let exports = each(900, |index| format!("(export \"x{index}\" (component $e))"));
            multiplied(&format!("(component $e) {exports}"), 30, 3)
        }),
        wat("instances_imports", Expect::Fails("imports, exports, aliases and arguments"), || {
            let imports = each(900, |index| format!("(import \"\" \"{index}\" (func))"));
            let exports = each(900, |index| format!("(func (export \"{index}\"))"));
            let first = format!("(core module $a {exports}) (core instance $a (instantiate $a))");
            let instance = "(core instance (instantiate $m (with \"\" (instance $a))))";
            multiplied(&format!("{first} (core module $m {imports}) {instance}"), 30, 3)
        }),
        wat("instances_types", Expect::Fails("imports, exports, aliases and arguments"), || {
            let fields = each(900, |index| format!("(field \"f{index}\" u32) "));
            let exports = each(900, |index| format!("(export \"x{index}\" (type $t))"));
            multiplied(&format!("(type $t (record {fields})) {exports}"), 30, 3)
        }),
        wat("instances_adapters", Expect::Runs(0), || adapters(20)).bounds(10, 512 * MIB),
        wat("components", Expect::Fails("more than 4000 components and core modules"), || repeated("(component)")),
        wat("modules", Expect::Fails("more than 4000 components and core modules"), || repeated("(core module)")),
        wat("instances_empty", Expect::Runs(0), || multiplied(&instance_of(""), 30, 3)),
        wat("instances_few", Expect::Runs(0), move || multiplied(&instance_of(&code()), 3, 1)),
    ]
}

/// A program of this many times this many times this many components, each of which has an adapter of preview1 with many exports
/// besides.
fn adapters(each_time: usize) -> String {
    let exports = each(500, |index| format!("(export \"x{index}\" (func $proc_exit))"));
    let import = r#"(import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))"#;
    let inner = format!(
        r#"(core func $exit (canon lower (func $exit "exit")))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core module $adapter
    (import "env" "memory" (memory 1))
    (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))
    (func $proc_exit (export "proc_exit") (param i32) (call $exit (i32.const 1))) {exports})
  (core instance $adapter (instantiate $adapter (with "env" (instance $memory))
    (with "wasi:cli/exit@0.2.0" (instance (export "exit" (func $exit))))))
  (core module $user (import "" "proc_exit" (func (param i32))))
  (core instance (instantiate $user (with "" (instance $adapter))))"#
    );
    multiplied_with(import, r#"(with "wasi:cli/exit@0.2.0" (instance $exit))"#, &inner, each_time, 3)
}

/// A command with these items, which runs this code.
fn command(items: &str, code: &str) -> String {
    format!("(module {items} (func (export \"_start\") {code}))")
}

fn tables() -> Vec<Case> {
    let is_function = "(if (ref.is_null (table.get $t (i32.const 9999999))) (then unreachable))";
    let is_null = "(if (i32.eqz (ref.is_null (table.get $t (i32.const 9999998)))) (then unreachable))";
    let calls = "(call_indirect $t (i32.const 9999999))";
    let written = format!("(table.set $t (i32.const 5) (ref.null func)) {is_function}");
    let code = is_function.to_string() + calls;
    let far = is_function.to_string() + is_null + calls;
    let filled = "(table $t 10000000 funcref (ref.func $f)) (func $f)";
    let far_segment = "(table $t 10000000 funcref) (func $f) (elem (i32.const 9999999) func $f)";
    let numbers = "(table $t 10000000 i31ref (ref.i31 (i32.const 7)))";
    let number = "(if (i32.ne (i31.get_u (table.get $t (i32.const 9999999))) (i32.const 7)) (then unreachable))";
    let read = each(8, |index| format!("(drop (table.get {index} (i32.const 0)))"));
    vec![
        wat("table_of_one_function", Expect::Runs(0), move || command(filled, &code)),
        wat("table_of_one_function_written", Expect::Runs(0), move || command(filled, &written)),
        wat("table_of_one_number", Expect::Runs(0), move || command(numbers, number)),
        wat("table_with_an_element_far_out", Expect::Runs(0), move || command(far_segment, &far)),
        wat("table_of_nulls", Expect::Runs(0), move || {
            command("(table $t 10000000 funcref)", "(drop (table.get $t (i32.const 0)))")
        }),
        wat("tables_of_functions", Expect::Fails("elements or more in sum"), move || {
            command(&format!("{} (func $f)", times(8, "(table 10000000 funcref (ref.func $f))")), &read)
        }),
        wat("tables_with_segments", Expect::Runs(0), || {
            let segments = each(20_000, |index| format!("(elem (table {}) (i32.const {index}) func $f)", index % 100));
            command(&format!("{} (func $f) {segments}", times(100, "(table 20000 funcref)")), "")
        }),
    ]
}

fn values() -> Vec<Case> {
    let many = || times(1000, "i32 ");
    let pass = move || format!("(type $t (func (param {0}) (result {0})))", many());
    let arguments = || times(1000, "i32.const 1 ");
    let results = || times(1000, "drop ");
    let refused = || Expect::Fails("values in sum");
    let callee = "(func $f (type $t) unreachable)";
    let fields = || format!("(type $s (struct {}))", times(10_000, "(field i32) "));
    vec![
        Case::new("product_functions_locals", refused(), || functions_with_locals(3000, 2000).bytes()),
        wat("calls_values", refused(), move || {
            command(&(pass() + callee), &format!("{} {} {}", arguments(), times(20_000, "call $f "), results()))
        }),
        wat("blocks_values", refused(), move || {
            let code = times(20_000, "block (type $t) ") + &times(20_000, "end ");
            command(&pass(), &format!("{} {code} {}", arguments(), results()))
        }),
        wat("branches_values", refused(), move || {
            let branch = format!("(br_table {} (i32.const 0))", times(20_000, "0 "));
            command(&pass(), &format!("{} block (type $t) {branch} end {}", arguments(), results()))
        }),
        wat("structures_fields", refused(), move || {
            command(&fields(), &times(5_000, "(drop (struct.new_default $s))"))
        }),
        wat("structures", Expect::Runs(0), || {
            command("(type $s (struct (field i32)))", &times(11_200, "(drop (struct.new $s (i32.const 1)))"))
        }),
        wat("structures_alive", Expect::Runs(0), || {
            let code = times(5_600, "(struct.new $s (i32.const 1)) ") + &times(5_600, "drop ");
            command("(type $s (struct (field i32)))", &code)
        }),
    ]
}

/// Makes functions that are all in a table, each with this many locals.
fn functions_with_locals(count: u64, locals: u64) -> Module {
    let entries: Vec<Vec<u8>> = (0..count).map(number).collect();
    let declared = [vec![1], number(locals), vec![I64]].concat();
    Module::new()
        .section(3, list(&vec![vec![0]; count as usize]))
        .table(count)
        .start(0)
        .section(9, [vec![1, 0, I32_CONST, 0, END], list(&entries)].concat())
        .section(10, list(&vec![body_with_locals(&declared, &[]); count as usize]))
}

fn images() -> Vec<Case> {
    vec![wat("segments_apart", Expect::Runs(0), || {
        let segments = each(60_000, |index| format!("(data (i32.const {}) \"x\")", index * 4096 + 77));
        command(
            &format!("(memory 4000) {segments}"),
            "(if (i32.ne (i32.load8_u (i32.const 40964173)) (i32.const 120)) (then unreachable))",
        )
    })]
}

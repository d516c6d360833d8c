//! Types of the garbage-collection proposal at their limits: deep chains of subtypes, huge recursion groups, structures
//! of many fields, and constant expressions that make many objects.

use crate::expect::{Case, Expect};

/// Depth of the deepest chain of subtypes that front ends accept.
const SUBTYPES_MAX: usize = 63;
/// Number of fields that front ends accept at most.
const FIELDS_MAX: usize = 10_000;

pub fn cases() -> Vec<Case> {
    vec![
        wat("objects_subtypes", Expect::Runs(0), || subtypes(SUBTYPES_MAX)).everywhere(),
        wat("objects_subtypes_too_deep", Expect::Fails("too deep"), || subtypes(100_000)),
        wat("objects_group", Expect::Runs(0), || group(50_000)),
        wat("objects_groups", Expect::Runs(0), || groups(20_000)),
        wat("objects_fields", Expect::Runs(0), || fields(FIELDS_MAX)).everywhere(),
        wat("objects_fields_too_many", Expect::Fails("out of bounds"), || fields(FIELDS_MAX + 1)),
        wat("objects_elements", Expect::Runs(0), || elements(FIELDS_MAX)),
        wat("objects_constants", Expect::Runs(0), || constants(20_000)),
        wat("objects_nested_constant", Expect::Runs(0), || nested_constant(20_000)),
        wat("objects_table", Expect::Runs(0), table).everywhere(),
        wat("objects_casts", Expect::Runs(0), || casts(2_000)),
        wat("objects_alive", Expect::Runs(0), || alive(5_000)),
    ]
}

fn wat(name: &str, expect: Expect, make: impl FnOnce() -> String + Send + 'static) -> Case {
    Case::new(name, expect, move || make().into_bytes())
}

fn joined(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// Makes a module whose `_start` traps unless the code returns 1.
fn checked(definitions: &str, locals: &str, code: &str) -> String {
    format!(
        "(module {definitions} (func (export \"_start\") {locals} (if (i32.ne {code} (i32.const 1)) (then unreachable))))"
    )
}

/// Makes types that are each the only supertype of the next; an object of the last is an instance of all.
fn subtypes(count: usize) -> String {
    let others = joined(count, |index| format!("(type $t{} (sub $t{index} (struct (field i32))))", index + 1));
    let cast = format!("(ref.test (ref $t{}) (global.get $x))", count / 2);
    let made = format!("(global $x anyref (struct.new $t{count} (i32.const 1)))");
    checked(&format!("(type $t0 (sub (struct (field i32)))) {others} {made}"), "", &cast)
}

/// Makes the types of one recursion group, each of which refers to the next.
fn group(count: usize) -> String {
    let types =
        joined(count, |index| format!("(type $t{index} (struct (field (ref null $t{}))))", (index + 1) % count));
    checked(&format!("(rec {types})"), "", "(ref.is_null (struct.get $t7 0 (struct.new_default $t7)))")
}

/// Makes groups of two types, all different.
fn groups(count: usize) -> String {
    let before = |index: usize| if index == 0 { "i32".to_string() } else { format!("(ref null $a{})", index - 1) };
    let types = joined(count, |index| {
        format!(
            "(rec (type $a{index} (struct (field (ref null $b{index})))) (type $b{index} (struct (field {}))))",
            before(index)
        )
    });
    checked(&types, "", "(ref.is_null (struct.get $a9 0 (struct.new_default $a9)))")
}

fn fields(count: usize) -> String {
    let fields = joined(count, |index| if index % 2 == 0 { "(field (mut i32))" } else { "(field i8)" }.to_string());
    let last = (count - 1) & !1;
    let set = format!("(struct.set $t {last} (local.get $x) (i32.const 1))");
    let code = format!("(block (result i32) {set} (struct.get $t {last} (local.get $x)))");
    checked(
        &format!("(type $t (struct {fields}))"),
        "(local $x (ref null $t)) (local.set $x (struct.new_default $t))",
        &code,
    )
}

fn elements(count: usize) -> String {
    let values = joined(count, |index| format!("(i64.const {index}) "));
    let get = format!("(array.get $t (array.new_fixed $t {count} {values}) (i32.const {}))", count - 1);
    checked("(type $t (array i64))", "", &format!("(i64.eq {get} (i64.const {}))", count - 1))
}

/// Makes globals with an object each.
fn constants(count: usize) -> String {
    let globals = joined(count, |index| format!("(global $g{index} (ref $t) (struct.new $t (i32.const {index})))"));
    let get = format!("(i32.eq (struct.get $t 0 (global.get $g{0})) (i32.const {0}))", count - 1);
    checked(&format!("(type $t (struct (field i32))) {globals}"), "", &get)
}

/// Makes a constant expression with a list of this length.
fn nested_constant(count: usize) -> String {
    let list = "(struct.new $t ".repeat(count) + "(ref.null $t)" + &")".repeat(count);
    let definitions = format!("(type $t (struct (field (ref null $t)))) (global $g (ref $t) {list})");
    checked(&definitions, "", "(i32.eqz (ref.is_null (struct.get $t 0 (global.get $g))))")
}

/// Makes a table of a million elements, the first of which start-up makes.
fn table() -> String {
    let definitions =
        "(type $t (struct (field i32))) (table $table 1000000 (ref null $t) (struct.new $t (i32.const 1)))";
    checked(definitions, "", "(struct.get $t 0 (table.get $table (i32.const 999999)))")
}

fn casts(count: usize) -> String {
    let types = joined(count, |index| {
        format!("(type $t{index} (sub $top (struct (field i32) (field i{}))))", [32, 64][index % 2])
    });
    let tests = joined(count, |index| {
        format!("(local.set $n (i32.add (local.get $n) (ref.test (ref $t{index}) (global.get $x))))")
    });
    let definitions =
        format!("(type $top (sub (struct (field i32)))) (rec {types}) (global $x anyref (struct.new_default $t5))");
    checked(&definitions, &format!("(local $n i32) {tests}"), "(local.get $n)")
}

/// Makes many objects that live across a call that runs the collector.
fn alive(count: usize) -> String {
    let locals = joined(count, |index| format!("(local $x{index} (ref null $t))"));
    let sets = joined(count, |index| format!("(local.set $x{index} (call $new (i32.const {index})))"));
    let sum = joined(count, |index| {
        format!("(local.set $n (i32.add (local.get $n) (struct.get $t 0 (local.get $x{index}))))")
    });
    let new = "(func $new (param i32) (result (ref $t)) (struct.new $t (local.get 0)))";
    let definitions = format!("(type $t (struct (field i32))) {new}");
    let wanted = count * (count - 1) / 2;
    let code = format!("(i32.eq (local.get $n) (i32.const {wanted}))");
    checked(&definitions, &format!("(local $n i32) {locals} {sets} {sum}"), &code)
}

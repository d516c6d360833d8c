//! The host module of the specification's tests, as ordinary modules: one without state, so that only files whose
//! modules share a table or a memory of it have them in one program.

/// Functions and globals, which have no state; the tables; the memories. In this order they are the first modules and the
/// first instances of every script.
pub const MODULES: [&str; 4] = [
    r#"(module $spectest
        (func (export "print"))
        (func (export "print_i32") (param i32))
        (func (export "print_i64") (param i64))
        (func (export "print_f32") (param f32))
        (func (export "print_f64") (param f64))
        (func (export "print_i32_f32") (param i32 f32))
        (func (export "print_f64_f64") (param f64 f64))
        (global (export "global_i32") i32 (i32.const 666))
        (global (export "global_i64") i64 (i64.const 666))
        (global (export "global_f32") f32 (f32.const 666.6))
        (global (export "global_f64") f64 (f64.const 666.6)))"#,
    r#"(module $spectest (table (export "table") 10 20 funcref) (table (export "table64") i64 10 20 funcref))"#,
    r#"(module $spectest (memory (export "memory") 1 2))"#,
    r#"(module $spectest (memory (export "shared_memory") 1 2 shared))"#,
];

/// The name by which modules import from the host module.
pub const NAME: &str = "spectest";

/// The instance that has no state.
pub const STATELESS: usize = 0;

/// The instance with the export of this name; the stateless one if none has it.
pub fn instance_of(export: &str) -> usize {
    match export {
        "table" | "table64" => 1,
        "memory" => 2,
        "shared_memory" => 3,
        _ => STATELESS,
    }
}

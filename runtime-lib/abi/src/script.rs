//! Commands of a specification script, at [`crate::symbols::SCRIPT`], which `aot_main_script` performs.
//!
//! All instances of a script are instances of one program and share its slab. Numbers are little-endian, unaligned and
//! of the width given; *text* is `bytes: u16` and as many bytes.
//!
//! ```text
//! script      = file: text, slabs: u16, rounds: u16, turns: u8, undo: u8, command*, COMMAND_END: u8
//! command     = COMMAND_INVOKE: u8, line: u32, entry: u32, vmctx: u64, slots: u16, count: u16, value*, expectation
//!             | COMMAND_GLOBAL: u8, line: u32, offset: u64, type: u8, expectation
//!             | COMMAND_CALL: u8, line: u32, function: u32, argument*, expectation
//!             | COMMAND_INSTANTIATE: u8, line: u32, count: u16, entry: u32*, expectation
//! value       = type: u8, bits (see TYPE_…)
//! expectation = EXPECT_RETURN: u8                          it returns, whatever; not counted as an assertion
//!             | EXPECT_RESULTS: u8, count: u16, pattern*
//!             | EXPECT_TRAP: u8, text                      it traps with this message
//!             | EXPECT_VALUE: u8, argument                 it returns this; no argument for a function without result
//! pattern     = PATTERN_BITS: u8, value
//!             | PATTERN_V128_F32: u8, pattern of f32 × 4
//!             | PATTERN_V128_F64: u8, pattern of f64 × 2
//!             | PATTERN_EITHER: u8, count: u8, pattern*
//!             | another PATTERN_…: u8
//! ```
//!
//! The script of a component calls exported functions, by their indices in `exports`. An *argument* is a value of the
//! type that the function has there:
//!
//! ```text
//! bool: u8    integers, f64: u64    f32, char: u32    string: bytes: u32 and as many    list: count: u32, argument*
//! record, tuple: argument*    flags: u32 for each 32    variant, enum, option, result: case: u32, argument of the payload
//! ```
//!
//! Instantiating a component starts several core instances, one after another until one traps.
//!
//! A start function or a module's instantiation is a `COMMAND_INVOKE` of its entry trampoline without values. `slots`
//! is the greater of the numbers of parameters and results, whatever is expected. `slabs` copies of the program live
//! at the same time, and `turns` is how they perform the commands (see TURNS_…); `rounds` is how often that happens, each
//! but the first after a reset, by the method `undo` (see UNDO_…) or the next best that the kernel has. After the last round
//! each copy is reset and compared with a new one. A runner of the specification's tests has 1, 1, `TURNS_COMMANDS`.

/// Each copy performs a command before any performs the next.
pub const TURNS_COMMANDS: u8 = 0;
/// All copies perform the commands at the same time, on a thread each.
pub const TURNS_THREADS: u8 = 1;
/// Turns as with [`TURNS_COMMANDS`], but each call has a stack of its own, and waits for the calls of all others when
/// it calls a function of `spectest`. A call that waits is made once more in the same copy, and both have to have the
/// outcome.
pub const TURNS_STACKS: u8 = 2;

/// [`TURNS_COMMANDS`] without results: the processor's time of a round and of a reset is told.
pub const TURNS_MEASURED: u8 = 3;

/// Undoes what guests did by the best method.
pub const UNDO_SCAN: u8 = 0;
/// Undoes by reading what the kernel tells of each page.
pub const UNDO_READ: u8 = 1;
/// Undoes by giving back all pages.
pub const UNDO_GIVE_BACK: u8 = 2;
/// Maps everything anew.
pub const UNDO_MAP_ANEW: u8 = 3;

/// Ends the script.
pub const COMMAND_END: u8 = 0;
/// Calls a function: the text offset of its entry trampoline, its `vmctx` as a slab offset, and arguments.
pub const COMMAND_INVOKE: u8 = 1;
/// Reads a global at a slab offset.
pub const COMMAND_GLOBAL: u8 = 2;
/// Calls an exported function of a component with values.
pub const COMMAND_CALL: u8 = 3;
/// Runs the start-up of the core instances of a component instance: text offsets of entry trampolines.
pub const COMMAND_INSTANTIATE: u8 = 4;

/// Integer of four bytes.
pub const TYPE_I32: u8 = 1;
/// Integer of eight bytes.
pub const TYPE_I64: u8 = 2;
/// Float of four bytes.
pub const TYPE_F32: u8 = 3;
/// Float of eight bytes.
pub const TYPE_F64: u8 = 4;
/// Vector of sixteen bytes.
pub const TYPE_V128: u8 = 5;
/// Reference of four bytes, as compiled code represents it: a funcref index or an externref value; 0 is null.
pub const TYPE_REFERENCE: u8 = 6;

/// The command returns; its results are not checked.
pub const EXPECT_RETURN: u8 = 0;
/// The command returns results that match.
pub const EXPECT_RESULTS: u8 = 1;
/// The command traps.
pub const EXPECT_TRAP: u8 = 2;
/// The command returns this component value, or nothing.
pub const EXPECT_VALUE: u8 = 3;

/// Matches exactly these bits.
pub const PATTERN_BITS: u8 = 0;
/// Matches a NaN with the canonical payload.
pub const PATTERN_F32_CANONICAL_NAN: u8 = 1;
/// Matches a NaN with the highest payload bit set.
pub const PATTERN_F32_ARITHMETIC_NAN: u8 = 2;
/// Matches a NaN with the canonical payload.
pub const PATTERN_F64_CANONICAL_NAN: u8 = 3;
/// Matches a NaN with the highest payload bit set.
pub const PATTERN_F64_ARITHMETIC_NAN: u8 = 4;
/// Matches four lanes, with a pattern each.
pub const PATTERN_V128_F32: u8 = 5;
/// Matches two lanes, with a pattern each.
pub const PATTERN_V128_F64: u8 = 6;
/// Matches any reference except null.
pub const PATTERN_REFERENCE_NOT_NULL: u8 = 7;
/// Matches any of several patterns.
pub const PATTERN_EITHER: u8 = 8;
/// Matches an `i31`.
pub const PATTERN_I31: u8 = 9;
/// Matches any reference that `ref.eq` compares, except null.
pub const PATTERN_EQ: u8 = 10;
/// Matches an object: the slab offset of the heap, 64 bits, then the first number of its type and the count of numbers.
pub const PATTERN_OBJECT: u8 = 11;

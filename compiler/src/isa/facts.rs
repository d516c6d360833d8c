//! The facts of an instruction set: the structures that each file of this folder fills in.

use aot_abi::cpu::CpuFeature;
use aot_abi::sandbox::SystemCall;
use aot_linker::Machine;
use cranelift_codegen::ir::{Opcode, Type};
use std::fmt;

/// Everything in which the compiler treats instruction sets differently.
pub struct IsaFacts {
    /// The name in `targets/*.toml`, which is also Rust's name (`std::env::consts::ARCH`).
    pub name: &'static str,
    /// Cranelift's name of its back end.
    pub back_end: &'static str,
    /// The features of CPUs beyond the baseline. Bit `n` of the set that an executable checks at its start is row `n`.
    pub cpu_features: &'static [CpuFeature],
    /// The linker's word for the instruction set.
    pub machine: Machine,
    /// The machine in the header of an ELF file (`e_machine`).
    pub elf_machine: u16,
    /// The kernel's number of the instruction set (`AUDIT_ARCH_…`), with which a seccomp filter begins.
    pub audit_architecture: u32,
    /// The number of a system call.
    pub system_call_number: fn(&SystemCall) -> u32,
    /// The frames of functions, for debuggers.
    pub frame: FrameFacts,
    /// DWARF's numbers of registers.
    pub registers: DwarfRegisters,
    /// The registers that Cranelift gives to values.
    pub allocatable: Allocatable,
    /// Reads machine code to make jumps shorter than Cranelift does, if it doesn't make the shortest.
    pub decode: Option<Decode>,
    /// Peculiarities that the translator minds.
    pub quirks: Quirks,
}

/// Writes the name alone: it stands for all facts, and the addresses of functions differ from run to run.
impl fmt::Debug for IsaFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The frames of functions, as debuggers unwind them. Registers have DWARF's numbers.
#[derive(Debug)]
pub struct FrameFacts {
    /// The stack pointer.
    pub stack_pointer: u16,
    /// The frame pointer.
    pub frame_pointer: u16,
    /// The return address: its register, or DWARF's column for it.
    pub return_address: u16,
    /// Bytes from the stack pointer up to the canonical frame address at the first instruction of a function.
    pub frame_bytes_at_entry: i32,
    /// The machine code that makes the frame. At its end the frame pointer is set.
    pub prologue: &'static [u8],
    /// The states of the frame within the prologue.
    pub steps: &'static [PrologueStep],
}

/// The state of the frame after some bytes of the prologue.
#[derive(Debug)]
pub struct PrologueStep {
    /// Bytes of code that have run.
    pub code_bytes: u32,
    /// Bytes from the stack pointer up to the canonical frame address.
    pub frame_bytes: i32,
    /// True if frame pointer and return address of the caller are in memory.
    pub is_saved: bool,
}

/// The translation of instructions' register numbers to DWARF's.
pub struct DwarfRegisters {
    /// The number of an integer register.
    pub integer: fn(u8) -> u16,
    /// The number of the first register for floats and vectors; the others follow it.
    pub first_float: u16,
}

/// The number of registers that Cranelift gives to values: those without a use of their own, such as the stack pointer.
#[derive(Debug)]
pub struct Allocatable {
    /// The registers for integers.
    pub integers: u32,
    /// The registers for floats.
    pub floats: u32,
    /// The registers for vectors, if those of floats aren't for vectors too.
    pub vectors: Option<u32>,
}

/// Reads the instruction at the beginning of machine code; `None` if it isn't known.
pub type Decode = fn(&[u8]) -> Option<Instruction>;

/// An instruction in machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The length in bytes.
    pub bytes: usize,
    /// The part of it that depends on its place.
    pub relative: Relative,
}

/// A part of an instruction that depends on where the instruction is. Distances count from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relative {
    /// No part.
    Nothing,
    /// The distance of a jump: the last four bytes. There is a form of two bytes, this opcode and a distance of one byte.
    Jump {
        /// The opcode of the short form.
        short: u8,
    },
    /// The distance of a jump: the last byte.
    ShortJump,
    /// The distance of a function: the last four bytes.
    Call,
    /// The distance of an operand in memory.
    Operand {
        /// Offset in the instruction of the distance, which has four bytes.
        at: usize,
        /// True if the instruction takes the address, and false if it reads the operand.
        is_address: bool,
    },
    /// Nothing, but it jumps to an address in a register.
    IndirectJump,
    /// Nothing, but it traps whatever the registers are.
    Trap,
    /// Nothing, but this one instruction does the same as several from here on.
    Replaceable(&'static [u8]),
}

/// Peculiarities of instruction sets, and of Cranelift's back ends for them, that the translator minds.
#[derive(Debug)]
pub struct Quirks {
    /// True if a vector store that faults may have written some of its bytes.
    pub vector_stores_tear: bool,
    /// The widest type that one instruction of the baseline loads: what short bulk copies consist of.
    pub widest_load: Type,
    /// True if each half of a product of 128 bits needs a CLIF instruction of its own: the instruction set has one for
    /// it, which Cranelift doesn't see in a product of `i128`.
    pub wide_products_in_halves: bool,
    /// True if indices of a swizzle that are too large must become 255. With registers of more than 128 bits, those
    /// between would pick lanes behind the vector. Cranelift would also take all bits of a register as the index of each
    /// lane if the indices are a splat, which they aren't any more.
    pub swizzle_reads_beyond: bool,
    /// The number of float results that are in registers, if an `f32` behind them must be returned as an `i32`. Cranelift
    /// copies a result from memory to a spill slot by way of an integer register, and so loses the upper half of the
    /// 64-bit float register, which is ones where the value is an `f32`.
    pub float_result_registers: Option<usize>,
    /// The number of float arguments after which C passes others as integers, in registers as long as there are some.
    pub float_argument_registers: Option<usize>,
    /// The way out for functions whose short jumps may have changed a register that is in use.
    pub short_jumps: Option<ShortJumps>,
    /// True for the operators of 32 bits of which Cranelift knows that they leave zeros in the upper half of a register, so that a
    /// zero-extension costs nothing.
    pub leaves_zeros: fn(Opcode) -> bool,
    /// The results of relaxed vector operators that cost least.
    pub relaxed_results: RelaxedResults,
    /// Cranelift's setting without which there is no fused multiply-add instruction; `None` if the baseline has one.
    pub fused_multiply_add: Option<&'static str>,
}

/// Short jumps that go too far. Where branches would reach beyond their range, Cranelift puts an island of longer jumps into
/// the code, with a jump around it, also between instructions that compute a value in its temporary register. If the
/// island is larger than the range of that jump, the jump itself gets a longer one, which overwrites the register.
#[derive(Clone, Copy, Debug)]
pub struct ShortJumps {
    /// Cranelift's setting that makes jumps short.
    pub setting: &'static str,
    /// Returns true if code has a jump whose longer one overwrites what the instruction in front of it has computed.
    pub overwrite: fn(&[u8]) -> bool,
}

/// A choice among the results that the specification allows for relaxed vector operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelaxedResults {
    /// The first of the specification's list: those of the operators that aren't relaxed.
    First,
    /// The results of x86's instructions, which CLIF has by name.
    X86,
}

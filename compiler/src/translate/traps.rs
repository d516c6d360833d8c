//! Trap codes in CLIF, and the contract's traps for them.

use aot_abi::trap::Trap;
use cranelift_codegen::ir::TrapCode;

/// Returns the CLIF code of a trap: the trap's number, which is outside Cranelift's reserved range.
pub(super) const fn trap_code(trap: Trap) -> TrapCode {
    TrapCode::unwrap_user(trap as u8)
}

/// Returns the trap of a CLIF code; `None` if it is neither ours nor Cranelift's.
pub fn trap_of(code: TrapCode) -> Option<Trap> {
    match code {
        TrapCode::STACK_OVERFLOW => Some(Trap::StackOverflow),
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(Trap::MemoryOutOfBounds),
        TrapCode::INTEGER_OVERFLOW => Some(Trap::IntegerOverflow),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(Trap::IntegerDivideByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(Trap::BadConversionToInteger),
        _ => Trap::from_code(code.as_raw().get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trap_has_a_code_of_its_own() {
        for &trap in Trap::ALL {
            assert_eq!(trap_of(trap_code(trap)), Some(trap));
        }
    }

    #[test]
    fn every_code_of_cranelift_is_a_trap() {
        for &code in TrapCode::non_user_traps() {
            assert!(trap_of(code).is_some(), "{code}");
        }
    }
}

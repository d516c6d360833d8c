//! CLIF types and signatures for wasm types.

use crate::decode::{FuncType, ValType};
use crate::isa::Quirks;
use aot_abi::libcalls::{Libcall, LibcallType};
use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;

/// CLIF type of references: an index, 0 for null.
pub(super) const REFERENCE: Type = types::I32;
/// CLIF type of addresses on every target.
pub(super) const POINTER: Type = types::I64;

/// CLIF form of a wasm type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// CLIF type of the value.
    pub ty: Type,
    /// True if the collector must find the value.
    pub traced: bool,
}

/// Returns the CLIF type of a wasm type.
pub(super) fn value_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::Ref(_) => REFERENCE,
    }
}

/// Returns the signature of guest code: `vmctx`, then the parameters. A result whose type in the signature isn't that of
/// its value is returned as the value's bits ([`Quirks::float_result_registers`]).
pub(super) fn guest_signature(ty: &FuncType, quirks: &Quirks) -> Signature {
    let params = ty.params.iter().map(|&ty| AbiParam::new(value_type(ty)));
    let mut registers = quirks.float_result_registers.unwrap_or(usize::MAX);
    let returns = ty.results.iter().map(|&ty| AbiParam::new(result_type(ty, &mut registers)));
    Signature {
        params: std::iter::once(AbiParam::new(POINTER)).chain(params).collect(),
        returns: returns.collect(),
        call_conv: CallConv::Tail,
    }
}

/// Returns the CLIF type of a result behind which `registers` registers are left for floats.
fn result_type(ty: ValType, registers: &mut usize) -> Type {
    match (value_type(ty), *registers) {
        (types::F32, 0) => types::I32,
        (ty, left) => {
            *registers = left.saturating_sub(usize::from(ty.is_float()));
            ty
        }
    }
}

/// Returns the signature of a host function: slab, options, then the parameters; two registers are returned.
pub(super) fn host_signature(ty: &FuncType) -> Signature {
    let params = ty.params.iter().map(|&ty| c_param(value_type(ty)));
    let params = [AbiParam::new(POINTER), AbiParam::new(POINTER)].into_iter().chain(params);
    Signature { params: params.collect(), returns: host_returns(), call_conv: CallConv::SystemV }
}

/// Returns the signature of a component builtin: the slab, then 64-bit integers; two registers are returned.
pub(super) fn builtin_signature(params: usize) -> Signature {
    let params = std::iter::once(POINTER).chain(std::iter::repeat_n(types::I64, params)).map(AbiParam::new);
    Signature { params: params.collect(), returns: host_returns(), call_conv: CallConv::SystemV }
}

/// Returns the signature of an entry trampoline: `vmctx` and the address of the values.
pub(super) fn entry_signature() -> Signature {
    let params = vec![AbiParam::new(POINTER), AbiParam::new(POINTER)];
    Signature { params, returns: Vec::new(), call_conv: CallConv::SystemV }
}

/// Returns the signature of a start-up function: `vmctx` only.
pub(super) fn start_signature() -> Signature {
    Signature { params: vec![AbiParam::new(POINTER)], returns: Vec::new(), call_conv: CallConv::Tail }
}

/// Returns the C signature of a libcall.
pub(super) fn libcall_signature(libcall: &Libcall) -> Signature {
    Signature {
        params: libcall.params.iter().map(|&ty| c_param(libcall_type(ty))).collect(),
        returns: match libcall.result {
            None => Vec::new(),
            Some(LibcallType::HostReturn) => host_returns(),
            Some(ty) => vec![AbiParam::new(libcall_type(ty))],
        },
        call_conv: CallConv::SystemV,
    }
}

/// Returns the signature of a libcall's trampoline: the slab first, even if the libcall doesn't take it, then the other
/// parameters. A pointer that a libcall returns is dropped, because guest code has no use for it.
pub(super) fn libcall_trampoline_signature(libcall: &Libcall) -> Signature {
    let others = libcall.params.iter().filter(|&&ty| ty != LibcallType::Slab);
    let params = others.map(|&ty| AbiParam::new(libcall_type(ty)));
    Signature {
        params: std::iter::once(AbiParam::new(POINTER)).chain(params).collect(),
        returns: match libcall.result {
            Some(ty @ (LibcallType::I32 | LibcallType::I64)) => {
                vec![AbiParam::new(libcall_type(ty))]
            }
            _ => Vec::new(),
        },
        call_conv: CallConv::Tail,
    }
}

fn host_returns() -> Vec<AbiParam> {
    vec![AbiParam::new(types::I64), AbiParam::new(types::I64)]
}

fn libcall_type(ty: LibcallType) -> Type {
    match ty {
        LibcallType::Slab | LibcallType::Pointer => POINTER,
        LibcallType::I32 => types::I32,
        LibcallType::I64 | LibcallType::HostReturn => types::I64,
    }
}

/// Returns a parameter of a C function. The riscv64 psABI requires every 32-bit integer to be sign-extended, even
/// unsigned ones; the other ABIs leave the upper bits undefined.
fn c_param(ty: Type) -> AbiParam {
    let param = AbiParam::new(ty);
    if ty == types::I32 { param.sext() } else { param }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa;

    /// The results of a function's signature for an instruction set.
    fn results(isa: &str, results: &[ValType]) -> Vec<Type> {
        let ty = FuncType { params: [].into(), results: results.into() };
        let quirks = &isa::named(isa).unwrap().quirks;
        guest_signature(&ty, quirks).returns.iter().map(|result| result.value_type).collect()
    }

    #[test]
    fn floats_behind_those_in_registers_are_returned_as_bits_on_riscv64() {
        use ValType::{F32, F64, I32};
        let types = [F32, I32, F64, F32, F64, F32];
        let own = [types::F32, types::I32, types::F64, types::F32, types::F64, types::F32];
        assert_eq!(results("x86_64", &types), own);
        assert_eq!(results("aarch64", &types), own);
        let bits = [types::F32, types::I32, types::F64, types::I32, types::F64, types::I32];
        assert_eq!(results("riscv64", &types), bits);
        assert_eq!(results("riscv64", &[F32, F32]), [types::F32, types::F32]);
    }
}

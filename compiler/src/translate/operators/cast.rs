//! Tests and casts of references (specification 3.0, section 4.6.7).
//!
//! Types are numbered so that the types below a type follow it: a test of a defined type is a load of the object's
//! number and a check of its range.

use crate::decode::{CompositeType, HeapType};
use crate::error::Result;
use crate::translate::body::Body;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use std::ops::Range;

/// The lowest bits that tell references apart.
const TAG_BITS: i64 = 3;
/// The tag bits of a number of the host.
const TAG_HOST: i64 = 2;

/// The test that a reference which isn't null has to pass.
enum Test {
    /// Every one is of the type.
    Always,
    /// No reference is of the type.
    Never,
    /// An `i31`, which the lowest bit tells.
    I31,
    /// A reference to anything but values of the host.
    Eq,
    /// An object whose type has one of these numbers.
    Object(Range<u32>),
    /// A function whose type has one of these numbers.
    Function(Range<u32>),
}

impl Body<'_, '_, '_> {
    pub(super) fn ref_test(&mut self, nullable: bool, heap: wasmparser::HeapType) -> Result<()> {
        let test = self.test_of(heap);
        let reference = self.pop();
        let result = self.test(reference, nullable, test)?;
        self.push_bool(result);
        Ok(())
    }

    pub(super) fn ref_cast(&mut self, nullable: bool, heap: wasmparser::HeapType) -> Result<()> {
        let test = self.test_of(heap);
        let reference = self.pop();
        match test {
            Test::Always if nullable => {}
            Test::Object(numbers) => self.cast_object(reference, nullable, numbers)?,
            test => {
                let result = self.test(reference, nullable, test)?;
                self.code.ins().trapz(result, crate::translate::traps::trap_code(Trap::CastFailure));
            }
        }
        self.push(reference);
        Ok(())
    }

    /// Branches if a cast succeeds, or if it fails; the reference stays.
    pub(super) fn br_on_cast(&mut self, depth: u32, to: wasmparser::RefType, on_success: bool) -> Result<()> {
        let test = self.test_of(to.heap_type());
        let Some(&reference) = self.stack.last() else {
            unreachable!("validation has checked the operand stack");
        };
        let result = self.test(reference, to.is_nullable(), test)?;
        self.branch_on(depth, result, on_success);
        Ok(())
    }

    fn test_of(&self, heap: wasmparser::HeapType) -> Test {
        let types = &self.code.context.program.types;
        let object = |numbers: Range<u32>| match self.code.context.plan.heap {
            // There are no objects.
            None => Test::Never,
            Some(_) if numbers.is_empty() => Test::Never,
            Some(_) => Test::Object(numbers),
        };
        match self.parsed_heap_type(heap) {
            HeapType::Func | HeapType::Extern | HeapType::Any | HeapType::Exn => Test::Always,
            HeapType::NoFunc | HeapType::NoExtern | HeapType::None | HeapType::NoExn | HeapType::Other => Test::Never,
            HeapType::I31 => Test::I31,
            HeapType::Eq => Test::Eq,
            HeapType::Struct => object(types.struct_numbers()),
            HeapType::Array => object(types.array_numbers()),
            HeapType::Concrete(id) => match types.composite(id) {
                CompositeType::Func(_) | CompositeType::Other => Test::Function(types.numbers(id)),
                CompositeType::Struct(_) | CompositeType::Array(_) => object(types.numbers(id)),
            },
        }
    }

    /// Returns the value 1 if a reference is of a type, and 0 otherwise.
    fn test(&mut self, reference: Value, nullable: bool, test: Test) -> Result<Value> {
        match test {
            Test::Always if nullable => Ok(self.code.ins().iconst(types::I8, 1)),
            Test::Always => Ok(self.code.ins().icmp_imm_u(IntCC::NotEqual, reference, 0)),
            Test::Never if nullable => Ok(self.is_null(reference)),
            Test::Never => Ok(self.code.ins().iconst(types::I8, 0)),
            Test::I31 => {
                let bit = self.code.ins().band_imm_u(reference, 1);
                let is_i31 = self.code.ins().icmp_imm_u(IntCC::NotEqual, bit, 0);
                Ok(self.or_null(reference, nullable, is_i31))
            }
            Test::Eq => {
                let tag = self.code.ins().band_imm_u(reference, TAG_BITS);
                let is_eq = self.code.ins().icmp_imm_u(IntCC::NotEqual, tag, TAG_HOST);
                if nullable {
                    return Ok(is_eq);
                }
                let some = self.code.ins().icmp_imm_u(IntCC::NotEqual, reference, 0);
                Ok(self.code.ins().band(is_eq, some))
            }
            Test::Function(numbers) => {
                // That of null is none of them.
                let signature = self.referenced_signature(reference);
                let is_of_type = self.is_among(signature, numbers);
                Ok(self.or_null(reference, nullable, is_of_type))
            }
            Test::Object(numbers) => self.test_object(reference, nullable, numbers),
        }
    }

    fn test_object(&mut self, reference: Value, nullable: bool, numbers: Range<u32>) -> Result<Value> {
        let [some, object, done] = [(); 3].map(|()| self.code.builder.create_block());
        let result = self.code.builder.append_block_param(done, types::I8);
        let of_null = self.code.ins().iconst(types::I8, i64::from(nullable));
        self.code.ins().brif(reference, some, &[], done, &[BlockArg::Value(of_null)]);

        self.enter(some);
        let tag = self.code.ins().band_imm_u(reference, TAG_BITS);
        let no = self.code.ins().iconst(types::I8, 0);
        self.code.ins().brif(tag, done, &[BlockArg::Value(no)], object, &[]);

        self.enter(object);
        let number = self.object_type(reference, None)?;
        let is_of_type = self.is_among(number, numbers);
        self.code.ins().jump(done, &[BlockArg::Value(is_of_type)]);

        self.enter(done);
        Ok(result)
    }

    /// Traps if a reference isn't to an object whose type has one of these numbers.
    fn cast_object(&mut self, reference: Value, nullable: bool, numbers: Range<u32>) -> Result<()> {
        let done = nullable.then(|| {
            let [some, done] = [(); 2].map(|()| self.code.builder.create_block());
            self.code.ins().brif(reference, some, &[], done, &[]);
            self.enter(some);
            done
        });
        let tag = self.code.ins().band_imm_u(reference, TAG_BITS);
        self.code.trap_if(tag, Trap::CastFailure);
        let trap = (!nullable).then_some(Trap::CastFailure);
        let number = self.object_type(reference, trap)?;
        let is_of_type = self.is_among(number, numbers);
        self.code.ins().trapz(is_of_type, crate::translate::traps::trap_code(Trap::CastFailure));
        if let Some(done) = done {
            self.code.ins().jump(done, &[]);
            self.enter(done);
        }
        Ok(())
    }

    fn or_null(&mut self, reference: Value, nullable: bool, result: Value) -> Value {
        if !nullable {
            return result;
        }
        let null = self.is_null(reference);
        self.code.ins().bor(result, null)
    }

    fn is_null(&mut self, reference: Value) -> Value {
        self.code.ins().icmp_imm_u(IntCC::Equal, reference, 0)
    }
}

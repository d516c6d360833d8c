//! Calls.
//!
//! An indirect call through a table in the slab, or a read-only one of record indices:
//!
//! ```text
//! if index >= table.length: trap UndefinedElement
//! record = records + 16 * table[index]
//! if record.signature != expected: trap UninitializedElement if the element is null, else BadSignature
//! call text_start + record.code with vmctx = slab + record.vmctx
//! ```
//!
//! A read-only table of code has the first half of the records themselves, and a constant distance to the callee's
//! `vmctx`. A constant index into a read-only table is a direct call.
//!
//! A call through a typed reference needs no check but the one for null, and a reference that is known is a direct call.

use crate::decode::{FuncIndex, HeapType, TypeId};
use crate::error::Result;
use crate::plan::{ConstValue, FuncId, FuncKind, FuncPlan, GroupId, RecordId, TableForm, TableId, TablePlace};
use crate::translate::body::Body;
use crate::translate::code::{self, with_first};
use crate::translate::context::defect;
use crate::translate::names::Name;
use crate::translate::region::Region;
use crate::translate::types::value_type;
use aot_abi::program::FuncRecord;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_entity::EntityRef;
use std::mem::offset_of;

/// Binary logarithm of the bytes of a record.
const RECORD_LOG2: i64 = 4;
/// Binary logarithm of the bytes of an element of a table of code.
const CODE_ELEMENT_LOG2: i64 = 3;
const RECORD_CODE: i32 = offset_of!(FuncRecord, code) as i32;
const RECORD_SIGNATURE: i32 = offset_of!(FuncRecord, signature) as i32;
const RECORD_VMCTX: i32 = offset_of!(FuncRecord, vmctx) as i32;

const _: () = {
    assert!(size_of::<FuncRecord>() == 1 << RECORD_LOG2);
    assert!(RECORD_CODE == 0 && RECORD_SIGNATURE == 4, "elements of tables of code are the first half of a record");
};

/// The target of an indirect call.
pub(super) enum Callee {
    /// A function that is known.
    Known(FuncId),
    /// The address of its code, and its `vmctx`.
    Code(Value, Value),
    /// Nothing: the call always traps.
    Trap(Trap),
}

impl Body<'_, '_, '_> {
    pub(super) fn call(&mut self, index: u32) -> Result<()> {
        let func = self.function(FuncIndex::from_u32(index))?;
        let args = self.pop_args(self.code.context.plan.functions[func].ty);
        self.call_known(func, &args);
        Ok(())
    }

    pub(super) fn return_call(&mut self, index: u32) -> Result<()> {
        let func = self.function(FuncIndex::from_u32(index))?;
        let args = self.pop_args(self.code.context.plan.functions[func].ty);
        self.code.return_call(func, &args);
        self.reachable = false;
        Ok(())
    }

    pub(super) fn call_indirect(&mut self, ty: u32, table: u32) -> Result<()> {
        let ty = self.type_id(ty);
        let guards = self.guards(ty, table)?;
        if !guards.is_empty() {
            return self.call_guarded(ty, table, guards);
        }
        let callee = self.callee(ty, table)?;
        self.call_callee(ty, callee);
        Ok(())
    }

    pub(super) fn return_call_indirect(&mut self, ty: u32, table: u32) -> Result<()> {
        let ty = self.type_id(ty);
        let callee = self.callee(ty, table)?;
        self.return_call_callee(ty, callee);
        Ok(())
    }

    pub(super) fn call_ref(&mut self, ty: u32) {
        let ty = self.type_id(ty);
        let callee = self.referenced_callee(ty);
        self.call_callee(ty, callee);
    }

    pub(super) fn return_call_ref(&mut self, ty: u32) {
        let ty = self.type_id(ty);
        let callee = self.referenced_callee(ty);
        self.return_call_callee(ty, callee);
    }

    pub(super) fn call_callee(&mut self, ty: TypeId, callee: Callee) {
        let args = self.pop_args(ty);
        match callee {
            Callee::Known(func) => self.call_known(func, &args),
            Callee::Code(code, vmctx) => {
                let signature = self.code.signature(ty);
                let results =
                    self.call_with_handlers(code::Callee::Address(signature, code), &with_first(vmctx, &args));
                self.push_results(ty, &results);
            }
            Callee::Trap(trap) => self.trap(trap),
        }
    }

    fn return_call_callee(&mut self, ty: TypeId, callee: Callee) {
        let args = self.pop_args(ty);
        match callee {
            Callee::Known(func) => self.code.return_call(func, &args),
            Callee::Code(code, vmctx) => {
                let signature = self.code.signature(ty);
                self.code.ins().return_call_indirect(signature, code, &with_first(vmctx, &args));
            }
            Callee::Trap(trap) => self.trap(trap),
        }
        self.reachable = false;
    }

    /// The function of the plan with this index of the module.
    pub(super) fn function(&self, index: FuncIndex) -> Result<FuncId> {
        let func = self.instance.functions[index];
        func.ok_or_else(|| defect(format!("the plan dropped function {}, which is in use", index.index())))
    }

    pub(super) fn call_known(&mut self, func: FuncId, args: &[Value]) {
        // Exceptions are wasm's own: what else there is throws none.
        let FuncPlan { kind, ty, .. } = &self.code.context.plan.functions[func];
        let (throws, ty) = (matches!(kind, FuncKind::Wasm { .. } | FuncKind::Enter(_)), *ty);
        if throws {
            let (function, args) = self.code.call_parts(func, args);
            let results = self.call_with_handlers(code::Callee::Function(function), &args);
            self.push_results(ty, &results);
        } else {
            let call = self.code.call(func, args);
            let results = self.code.builder.inst_results(call).to_vec();
            self.push_results(ty, &results);
        }
    }

    /// Pushes the results of a function of this type.
    fn push_results(&mut self, ty: TypeId, results: &[Value]) {
        for (&result, &ty) in results.iter().zip(&self.code.context.program.types.func(ty).results) {
            let result = self.code.bits_as(result, value_type(ty));
            self.code.trace(result, ty);
            self.push(result);
        }
    }

    pub(super) fn pop_args(&mut self, ty: TypeId) -> Vec<Value> {
        let count = self.code.context.program.types.func(ty).params.len();
        self.pop_many(count)
    }

    fn trap(&mut self, trap: Trap) {
        self.code.trap(trap);
        self.reachable = false;
    }
}

// Indirect callees.
impl Body<'_, '_, '_> {
    /// Pops an index and looks up what it calls.
    pub(super) fn callee(&mut self, ty: TypeId, table: u32) -> Result<Callee> {
        let table = self.table(table)?;
        let index = self.pop();
        if let Some(callee) = self.known_callee(table, ty, index) {
            return Ok(callee);
        }
        let index = self.checked_index(table, index, Trap::UndefinedElement);
        self.count_target(table, index);
        match self.code.context.plan.tables[table].place {
            TablePlace::ReadOnly { offset, form: TableForm::Code(group) } => {
                let tables = self.code.symbol(Name::ReadOnlyTables, offset);
                let element = self.entry(tables, index, CODE_ELEMENT_LOG2);
                if !self.always_matches(table, ty) {
                    let signature = self.signature_of(element, Region::Table(table));
                    // Only null has signature 0.
                    self.check_signature(ty, signature, signature);
                }
                let code = self.code_of(element, Region::Table(table));
                Ok(Callee::Code(code, self.code.group_vmctx(group)))
            }
            _ => {
                let reference = self.load_element(table, index)?;
                let record = self.record(reference);
                match self.element_check(table, ty) {
                    ElementCheck::Nothing => {}
                    ElementCheck::Null => self.trap_if_null(reference, Trap::UninitializedElement),
                    ElementCheck::Signature => {
                        let signature = self.signature_of(record, Region::Records);
                        self.check_signature(ty, signature, reference);
                    }
                }
                Ok(self.callee_of_record(ty, record))
            }
        }
    }

    /// Pops a reference to a function of type `ty`: what it calls.
    fn referenced_callee(&mut self, ty: TypeId) -> Callee {
        let reference = self.pop();
        match self.code.constant(reference) {
            Some(0) => return Callee::Trap(Trap::NullReference),
            Some(record) => {
                if let Some(Some(func)) = self.code.context.plan.records.get(RecordId::from_u32(record as u32)) {
                    return Callee::Known(*func);
                }
            }
            None => {}
        }
        self.trap_if_null(reference, Trap::NullReference);
        let record = self.record(reference);
        self.callee_of_record(ty, record)
    }

    /// The function that a record of type `ty` stands for.
    fn callee_of_record(&mut self, ty: TypeId, record: Value) -> Callee {
        let code = self.code_of(record, Region::Records);
        Callee::Code(code, self.record_vmctx(ty, record))
    }

    /// The address of the record of a reference.
    fn record(&mut self, reference: Value) -> Value {
        let records = self.code.symbol(Name::FuncRecords, 0);
        let index = self.code.widen(reference);
        self.entry(records, index, RECORD_LOG2)
    }

    /// Returns the callee for a constant index into a read-only table.
    fn known_callee(&self, table: TableId, ty: TypeId, index: Value) -> Option<Callee> {
        let table = &self.code.context.plan.tables[table];
        let index = self.code.constant(index)?;
        if !matches!(table.place, TablePlace::ReadOnly { .. }) {
            return None;
        }
        if index >= table.elements_min {
            return Some(Callee::Trap(Trap::UndefinedElement));
        }
        let func = match table.elements.get(index as usize) {
            Some(&ConstValue::Func(record)) => self.code.context.plan.records[record],
            _ => None,
        };
        Some(match func {
            None => Callee::Trap(Trap::UninitializedElement),
            Some(func) if self.is_below(self.code.context.plan.functions[func].ty, ty) => Callee::Known(func),
            Some(_) => Callee::Trap(Trap::BadSignature),
        })
    }

    /// The address of an entry of an array.
    fn entry(&mut self, array: Value, index: Value, bytes_log2: i64) -> Value {
        let offset = self.code.ins().ishl_imm_u(index, bytes_log2);
        self.code.ins().iadd(array, offset)
    }

    /// The signature that `entry` has, a record or the first half of one.
    fn signature_of(&mut self, entry: Value, region: Region) -> Value {
        let flags = self.code.read_only(region);
        self.code.ins().load(types::I32, flags, entry, RECORD_SIGNATURE)
    }

    /// The address of the code that `entry` has, a record or the first half of one.
    fn code_of(&mut self, entry: Value, region: Region) -> Value {
        let flags = self.code.read_only(region);
        let code = self.code.ins().uload32(flags, entry, RECORD_CODE);
        let text = self.code.symbol(Name::TextStart, 0);
        self.code.ins().iadd(text, code)
    }

    /// Traps if `signature` is neither that of `ty` nor of a type below it.
    fn check_signature(&mut self, ty: TypeId, signature: Value, null_if_zero: Value) {
        let numbers = self.code.context.program.types.numbers(ty);
        let matches = self.is_among(signature, numbers);
        let mismatch = self.code.builder.create_block();
        let go_on = self.code.builder.create_block();
        self.code.ins().brif(matches, go_on, &[], mismatch, &[]);
        self.code.builder.set_cold_block(mismatch);
        self.code.builder.switch_to_block(mismatch);
        self.code.builder.seal_block(mismatch);
        let null = self.code.ins().icmp_imm_u(IntCC::Equal, null_if_zero, 0);
        self.code.trap_if(null, Trap::UninitializedElement);
        self.code.trap(Trap::BadSignature);
        self.code.builder.switch_to_block(go_on);
        self.code.builder.seal_block(go_on);
    }

    /// `vmctx` of the function that a record stands for: constant if all functions of its type are of one group.
    fn record_vmctx(&mut self, ty: TypeId, record: Value) -> Value {
        match self.record_group(ty) {
            Some(group) => self.code.group_vmctx(group),
            None => {
                let flags = self.code.read_only(Region::Records);
                let offset = self.code.ins().load(types::I64, flags, record, RECORD_VMCTX);
                let slab = self.code.slab();
                self.code.ins().iadd(slab, offset)
            }
        }
    }

    fn record_group(&self, ty: TypeId) -> Option<GroupId> {
        self.code.context.record_groups.get(&ty).copied().flatten()
    }

    /// The signature of the function that a reference refers to; 0 of null.
    pub(super) fn referenced_signature(&mut self, reference: Value) -> Value {
        let record = self.record(reference);
        self.signature_of(record, Region::Records)
    }

    pub(super) fn is_below(&self, lower: TypeId, upper: TypeId) -> bool {
        self.code.context.program.types.is_below(lower, upper)
    }

    fn element_check(&self, table: TableId, ty: TypeId) -> ElementCheck {
        let element = self.code.context.plan.tables[table].ty.element;
        let typed = matches!(element.heap, HeapType::Concrete(element) if self.is_below(element, ty));
        match (typed, element.nullable) {
            (true, false) => ElementCheck::Nothing,
            (true, true) => ElementCheck::Null,
            _ if self.always_matches(table, ty) => ElementCheck::Nothing,
            _ => ElementCheck::Signature,
        }
    }

    /// Returns true if every element of a table that can't change has this type.
    fn always_matches(&self, table: TableId, ty: TypeId) -> bool {
        let table = &self.code.context.plan.tables[table];
        let matches = table.uniform.is_some_and(|uniform| self.is_below(uniform, ty));
        matches!(table.place, TablePlace::ReadOnly { .. }) && matches && !table.has_nulls
    }
}

/// The check that an element needs before it is called.
enum ElementCheck {
    Nothing,
    Null,
    Signature,
}

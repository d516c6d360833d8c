//! A CLIF function under construction: distances become addresses, and names become entities of the function.
//!
//! Everything of the slab is at a constant distance from `vmctx`, whose own slab offset is constant too.

use super::context::{Context, Scratch, defect};
use super::item::libcall_index;
use super::names::Name;
use super::region::Region;
use super::roots::Roots;
use super::traps::trap_code;
use super::types::{Kind, POINTER, libcall_trampoline_signature};
use crate::decode::{TypeId, ValType};
use crate::error::Result;
use crate::plan::{FuncId, GroupId, MemoryId, RecordId};
use aot_abi::libcalls::Libcall;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AliasRegionSet, Block, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, ExceptionTag,
};
use cranelift_codegen::ir::{ExtFuncData, ExternalName, FuncRef, Function, GlobalValue, GlobalValueData, Inst};
use cranelift_codegen::ir::{InstBuilder, InstructionData, MemFlagsData, Opcode, SigRef, Signature, TrapCode, Type};
use cranelift_codegen::ir::{StackSlot, UserFuncName, Value, types};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder};
use std::collections::HashMap;

/// A CLIF function, and the entities that it has declared.
pub(super) struct Code<'c, 'f> {
    /// Program and plan that the function comes from.
    pub context: &'c Context<'c>,
    /// Builder of the CLIF.
    pub builder: FunctionBuilder<'f>,
    /// Parameters of the function, `vmctx` first.
    pub params: Vec<Value>,
    /// Slab offset that `vmctx` points to.
    vmctx_offset: u64,
    /// References that the collector may have to find.
    pub roots: Roots,
    functions: HashMap<Name, FuncRef>,
    signatures: HashMap<TypeId, SigRef>,
    symbols: HashMap<(Name, u64), GlobalValue>,
}

/// An address: a base value and a constant offset that a load or store adds.
#[derive(Clone, Copy)]
pub(super) struct Address {
    /// Base value.
    pub base: Value,
    /// Constant offset in bytes.
    pub offset: i32,
}

/// Location of byte 0 of a memory. A memory whose base must be loaded from a field (64-bit and shared memories, small
/// address spaces) would be another variant.
#[derive(Clone, Copy)]
pub(super) enum MemoryBase {
    /// The memory lies at this distance from `vmctx`, in bytes.
    Distance(i64),
}

/// Target of a [`Code::try_call`].
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// A function by its CLIF reference.
    Function(FuncRef),
    /// An address, called with a signature.
    Address(SigRef, Value),
}

/// Builds a CLIF function: `fill` writes its code, starting in the entry block.
pub(super) fn build<'c>(
    context: &'c Context<'c>,
    name: Name,
    signature: Signature,
    vmctx_offset: u64,
    scratch: &mut Scratch,
    fill: impl FnOnce(&mut Code<'c, '_>) -> Result<()>,
) -> Result<Function> {
    let mut function = Function::with_name_signature(UserFuncName::User(name.external()), signature);
    let mut builder = FunctionBuilder::new(&mut function, &mut scratch.builder);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let mut code = Code {
        context,
        params: builder.block_params(entry).to_vec(),
        builder,
        vmctx_offset,
        roots: Roots::default(),
        functions: HashMap::new(),
        signatures: HashMap::new(),
        symbols: HashMap::new(),
    };
    if context.plan.heap.is_some() {
        let region = |regions: &mut AliasRegionSet, _, _, _| Some(Region::Frames.declare_in(regions));
        code.builder.make_stack_map_alias_region(Box::new(region));
    }
    fill(&mut code)?;
    let Code { mut builder, roots, .. } = code;
    let kept = roots.declare(&mut builder);
    builder.finalize(context.isa.frontend_config());
    if let Some(kept) = kept {
        kept.keep_in_frame(&mut function);
    }
    Ok(function)
}

impl<'f> Code<'_, 'f> {
    /// Records a value that the collector may have to find, if its type is traced.
    pub fn trace(&mut self, value: Value, ty: ValType) {
        if self.context.kind(ty).traced {
            self.roots.value(value);
        }
    }

    /// Appends a parameter to a block.
    pub fn block_param(&mut self, block: Block, kind: Kind) -> Value {
        let param = self.builder.append_block_param(block, kind.ty);
        if kind.traced {
            self.roots.value(param);
        }
        param
    }

    /// Appends an instruction.
    pub fn ins(&mut self) -> FuncInstBuilder<'_, 'f> {
        self.builder.ins()
    }

    /// Returns the hidden first parameter.
    pub fn vmctx(&self) -> Value {
        self.params[0]
    }

    /// Makes a constant of type `i64`.
    pub fn i64(&mut self, value: u64) -> Value {
        self.ins().iconst(types::I64, value as i64)
    }

    /// Makes a constant of type `i32`.
    pub fn i32(&mut self, value: u32) -> Value {
        self.ins().iconst(types::I32, i64::from(value))
    }

    /// Returns the value of an integer constant as unsigned bits, or `None` for other values.
    pub fn constant(&self, value: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        match dfg.insts[dfg.value_def(value).inst()?] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                let bits = dfg.value_type(value).bits();
                Some(imm.bits() as u64 & (u64::MAX >> (64 - bits)))
            }
            _ => None,
        }
    }

    /// Returns the CLIF type of a value.
    pub fn type_of(&self, value: Value) -> Type {
        self.builder.func.dfg.value_type(value)
    }

    /// Widens an unsigned value of 32 or 64 bits to 64 bits.
    pub fn widen(&mut self, value: Value) -> Value {
        if self.type_of(value) == types::I64 {
            return value;
        }
        match self.constant(value) {
            Some(constant) => self.i64(constant),
            None => self.ins().uextend(types::I64, value),
        }
    }

    /// Returns the bits of a value as a value of type `ty`, which is as wide.
    pub fn bits_as(&mut self, value: Value, ty: Type) -> Value {
        if self.type_of(value) == ty { value } else { self.ins().bitcast(ty, MemFlagsData::new(), value) }
    }

    /// Computes `address + distance`.
    pub fn add(&mut self, address: Value, distance: i64) -> Value {
        if distance == 0 { address } else { self.ins().iadd_imm_s(address, distance) }
    }
}

// Traps.
impl Code<'_, '_> {
    /// Traps if `condition` isn't 0.
    pub fn trap_if(&mut self, condition: Value, trap: Trap) {
        self.ins().trapnz(condition, trap_code(trap));
    }

    /// Ends the block with a trap.
    pub fn trap(&mut self, trap: Trap) {
        self.ins().trap(trap_code(trap));
    }

    /// Traps if `index + count > length`. All are 64 bits wide. Returns the index, guarded against speculation.
    pub fn check_range(&mut self, index: Value, count: Value, length: Value, trap: Trap) -> Value {
        let end = self.checked_sum(index, count, trap);
        let beyond = self.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(beyond, trap);
        if !self.context.spectre_guards {
            return index;
        }
        // A wrong guess about an overflow of the sum would make it small.
        let beyond = self.ins().icmp(IntCC::UnsignedGreaterThan, index, length);
        self.guard_index(beyond, index)
    }

    /// Adds two unsigned 64-bit values, and traps on overflow. Values that were widened from 32 bits can't overflow.
    pub fn checked_sum(&mut self, a: Value, b: Value, trap: Trap) -> Value {
        if self.has_32_bits(a) && self.has_32_bits(b) {
            self.ins().iadd(a, b)
        } else {
            self.ins().uadd_overflow_trap(a, b, trap_code(trap))
        }
    }

    /// Returns true if a value is known to fit in 32 bits.
    fn has_32_bits(&self, value: Value) -> bool {
        let dfg = &self.builder.func.dfg;
        match dfg.value_def(value).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Unary { opcode: Opcode::Uextend, .. }) => true,
            _ => self.constant(value).is_some_and(|constant| u32::try_from(constant).is_ok()),
        }
    }
}

// The slab.
impl Code<'_, '_> {
    /// Returns the slab base.
    pub fn slab(&mut self) -> Value {
        let distance = self.distance(0);
        let vmctx = self.vmctx();
        self.add(vmctx, distance)
    }

    /// Returns the address of a slab offset as one value.
    pub fn slab_pointer(&mut self, slab_offset: u64) -> Value {
        let distance = self.distance(slab_offset);
        let vmctx = self.vmctx();
        self.add(vmctx, distance)
    }

    /// Returns the address of a slab offset. Control-page addresses far from `vmctx` share the slab base, which is then
    /// computed once.
    pub fn slab_address(&mut self, slab_offset: u64) -> Address {
        if let Ok(offset) = i32::try_from(self.distance(slab_offset)) {
            return Address { base: self.vmctx(), offset };
        }
        match i32::try_from(slab_offset) {
            Ok(offset) => Address { base: self.slab(), offset },
            Err(_) => Address { base: self.slab_pointer(slab_offset), offset: 0 },
        }
    }

    /// Returns `vmctx` of a group's functions.
    pub fn group_vmctx(&mut self, group: GroupId) -> Value {
        self.slab_pointer(self.context.plan.groups[group].vmctx)
    }

    /// Returns the location of a memory.
    pub fn memory_base(&self, memory: MemoryId) -> MemoryBase {
        MemoryBase::Distance(self.distance(self.context.plan.memories[memory].base))
    }

    /// Returns the address of byte 0 of a memory.
    pub fn memory_pointer(&mut self, memory: MemoryId) -> Value {
        let MemoryBase::Distance(distance) = self.memory_base(memory);
        let vmctx = self.vmctx();
        self.add(vmctx, distance)
    }

    /// Returns the distance of a slab offset from `vmctx`, in bytes.
    fn distance(&self, slab_offset: u64) -> i64 {
        slab_offset.wrapping_sub(self.vmctx_offset) as i64
    }
}

// Loads and stores.
impl Code<'_, '_> {
    /// Returns the flags of an access to `region` that can't fault.
    pub fn trusted(&mut self, region: Region) -> MemFlagsData {
        let region = region.declare(self.builder.func);
        MemFlagsData::new().with_notrap().with_alias_region(Some(region))
    }

    /// Returns the flags of a load from read-only data that can't fault. If a check must come before the load, the load
    /// must not move: see [`MemFlagsData::can_move`].
    pub fn read_only(&mut self, region: Region) -> MemFlagsData {
        self.trusted(region).with_aligned().with_readonly()
    }

    /// Returns the flags of an access that faults past the end of a memory. Its trap code differs from that of explicit
    /// checks, because the runtime recognises such faults by their address and needs no entry in the trap table.
    pub fn guarded(&mut self, region: Region) -> MemFlagsData {
        self.trusted(region).with_trap_code(Some(TrapCode::HEAP_OUT_OF_BOUNDS))
    }

    /// Loads a field of the slab.
    pub fn load_slab(&mut self, ty: Type, slab_offset: u64, region: Region) -> Value {
        let Address { base, offset } = self.slab_address(slab_offset);
        let flags = self.trusted(region);
        self.ins().load(ty, flags, base, offset)
    }

    /// Loads from a frame slot. All accesses to a slot share one address, which is computed once.
    pub fn load_frame(&mut self, ty: Type, slot: StackSlot, offset: u32) -> Value {
        let flags = self.trusted(Region::Frames).with_aligned();
        let address = self.ins().stack_addr(POINTER, slot, 0);
        self.ins().load(ty, flags, address, offset.cast_signed())
    }

    /// Stores to a frame slot.
    pub fn store_frame(&mut self, value: Value, slot: StackSlot, offset: u32) {
        let flags = self.trusted(Region::Frames).with_aligned();
        let address = self.ins().stack_addr(POINTER, slot, 0);
        self.ins().store(flags, value, address, offset.cast_signed());
    }

    /// Stores to a field of the slab.
    pub fn store_slab(&mut self, value: Value, slab_offset: u64, region: Region) {
        let Address { base, offset } = self.slab_address(slab_offset);
        let flags = self.trusted(region);
        self.ins().store(flags, value, base, offset);
    }
}

// Names.
impl Code<'_, '_> {
    /// Returns the address `offset` bytes after the data that `name` stands for.
    pub fn symbol(&mut self, name: Name, offset: u64) -> Value {
        let global = match self.symbols.get(&(name, offset)) {
            Some(&global) => global,
            None => self.declare_symbol(name, offset),
        };
        self.ins().symbol_value(POINTER, global)
    }

    fn declare_symbol(&mut self, name: Name, offset: u64) -> GlobalValue {
        let global = GlobalValueData::Symbol {
            name: self.external(name),
            offset: (offset as i64).into(),
            colocated: true,
            tls: false,
        };
        let global = self.builder.create_global_value(global);
        self.symbols.insert((name, offset), global);
        global
    }

    /// Returns the signature entity of a guest function type.
    pub fn signature(&mut self, ty: TypeId) -> SigRef {
        let (builder, context) = (&mut self.builder, self.context);
        let signature = || builder.import_signature(context.signature(context.program.types.func(ty)));
        *self.signatures.entry(ty).or_insert_with(signature)
    }

    /// Returns the entity of a function of the plan.
    pub fn function(&mut self, func: FuncId) -> FuncRef {
        let name = Name::Func(func);
        match self.functions.get(&name) {
            Some(&function) => function,
            None => {
                let signature = if self.context.stateless.contains(func) {
                    self.builder.import_signature(self.context.signature_of(func))
                } else {
                    self.signature(self.context.plan.functions[func].ty)
                };
                self.declare_function(name, signature)
            }
        }
    }

    /// Returns the entity of a function with another name; `signature` makes its signature.
    pub fn named_function(&mut self, name: Name, signature: impl FnOnce() -> Signature) -> FuncRef {
        match self.functions.get(&name) {
            Some(&function) => function,
            None => {
                let signature = self.builder.import_signature(signature());
                self.declare_function(name, signature)
            }
        }
    }

    fn declare_function(&mut self, name: Name, signature: SigRef) -> FuncRef {
        let data = ExtFuncData { name: self.external(name), signature, colocated: true, patchable: false };
        let function = self.builder.import_function(data);
        self.functions.insert(name, function);
        function
    }

    fn external(&mut self, name: Name) -> ExternalName {
        ExternalName::user(self.builder.func.declare_imported_user_function(name.external()))
    }

    /// Returns the function record of a referenced function.
    pub fn record(&self, func: FuncId) -> Result<RecordId> {
        let record = self.context.records.get(&func).copied();
        record.ok_or_else(|| defect(format!("the plan has no record for {func}")))
    }
}

// Calls.
impl Code<'_, '_> {
    /// Calls a function of the plan; `args` are the wasm arguments.
    pub fn call(&mut self, func: FuncId, args: &[Value]) -> Inst {
        let (function, args) = self.call_parts(func, args);
        self.ins().call(function, &args)
    }

    /// Tail-calls a function of the plan; `args` are the wasm arguments.
    pub fn return_call(&mut self, func: FuncId, args: &[Value]) {
        let (function, args) = self.call_parts(func, args);
        self.ins().return_call(function, &args);
    }

    /// Calls a libcall's trampoline; `args` omit the slab.
    pub fn call_libcall(&mut self, libcall: &Libcall, args: &[Value]) -> Inst {
        let (function, args) = self.libcall_parts(libcall, args);
        self.ins().call(function, &args)
    }

    /// Calls a function with exception handlers, one block for each [`catch`] in `handlers`, which takes the exception
    /// reference. Returns the results.
    ///
    /// [`catch`]: aot_abi::exception::catch
    pub fn try_call(&mut self, callee: Callee, args: &[Value], handlers: &[(u32, Block)]) -> Vec<Value> {
        let dfg = &mut self.builder.func.dfg;
        let signature = match callee {
            Callee::Function(function) => dfg.ext_funcs[function].signature,
            Callee::Address(signature, _) => signature,
        };
        let types: Vec<Type> = dfg.signatures[signature].returns.iter().map(|result| result.value_type).collect();
        let results = (0..types.len() as u32).map(BlockArg::TryCallRet);
        let next = self.builder.create_block();
        for ty in types {
            self.builder.append_block_param(next, ty);
        }
        let dfg = &mut self.builder.func.dfg;
        let normal = BlockCall::new(next, results, &mut dfg.value_lists);
        let mut items = Vec::with_capacity(handlers.len());
        for &(catch, block) in handlers {
            let landing = BlockCall::new(block, [BlockArg::TryCallExn(0)], &mut dfg.value_lists);
            items.push(ExceptionTableItem::Tag(ExceptionTag::from_u32(catch), landing));
        }
        let table = dfg.exception_tables.push(ExceptionTableData::new(signature, normal, items));
        match callee {
            Callee::Function(function) => self.ins().try_call(function, args, table),
            Callee::Address(_, address) => self.ins().try_call_indirect(address, args, table),
        };
        self.builder.switch_to_block(next);
        self.builder.seal_block(next);
        self.builder.block_params(next).to_vec()
    }

    /// Returns the entity and the arguments for a call of a function of the plan; `args` are the wasm arguments.
    pub fn call_parts(&mut self, func: FuncId, args: &[Value]) -> (FuncRef, Vec<Value>) {
        if self.context.stateless.contains(func) {
            return (self.function(func), args.to_vec());
        }
        let vmctx = self.group_vmctx(self.context.plan.functions[func].group);
        (self.function(func), with_first(vmctx, args))
    }

    /// Returns the entity and the arguments for a call of a libcall's trampoline; `args` omit the slab.
    pub fn libcall_parts(&mut self, libcall: &Libcall, args: &[Value]) -> (FuncRef, Vec<Value>) {
        let name = Name::LibcallTrampoline(libcall_index(libcall));
        let function = self.named_function(name, || libcall_trampoline_signature(libcall));
        let slab = self.slab();
        (function, with_first(slab, args))
    }

    /// Returns the one result of a call.
    pub fn result(&self, call: Inst) -> Value {
        self.builder.func.dfg.first_result(call)
    }
}

/// Returns `first` followed by `rest`.
pub(super) fn with_first(first: Value, rest: &[Value]) -> Vec<Value> {
    std::iter::once(first).chain(rest.iter().copied()).collect()
}

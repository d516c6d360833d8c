//! Calls of a component's exported functions with values of any type (canonical ABI, "canon lift").

use core::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use aot_abi::component::OF_THE_HOST;
use aot_abi::exports::{self as abi, CALLABLE, FLAT_PARAMS_MAX, FLAT_RESULTS_MAX, FORM_ASYNC_LIFT, UNCALLABLE};
use aot_abi::host::CallOptions;
use aot_abi::program::{Entry, NO_ENTRY};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use super::lift::{Source, lift};
use super::lower::{Destination, lower};
use super::types::{Kind, Resource, TypeIndex, Types};
use super::value::Value;
use crate::access::host_of_slab;
use crate::canonical::lowering::Lowering;
use crate::canonical::memory::{Memory, check_alignment};
use crate::canonical::{Lifting, Words};
use crate::concurrency::functions::{Exported, Functions, Return};
use crate::host::Host;
use aot_foundation::exports::{Description, type_index};
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};
use aot_foundation::{entry, program};

/// The exported functions of this program's component.
pub struct Exports {
    /// The types of what they take and give.
    pub types: Arc<Types>,
    /// The exported functions of the program.
    pub functions: Vec<Function>,
    /// The functions of a core module that can't be called with numbers only.
    pub uncallable: Vec<UncallableExport>,
}

/// An exported function that can't be called.
pub struct UncallableExport {
    /// The name of the export.
    pub name: &'static str,
    /// The reason, for a message.
    pub reason: &'static str,
}

/// An exported function.
pub struct Function {
    /// The exported instance that it is in; empty if it is exported itself.
    pub interface: &'static str,
    /// The name of the function in its interface.
    pub name: &'static str,
    /// Parameters, by their names.
    pub params: Vec<(&'static str, TypeIndex)>,
    /// The type of the result.
    pub result: Option<TypeIndex>,
    lifted: Entry,
    post_return: Entry,
    callback: Entry,
    /// The flags `FORM_…`.
    form: u32,
    result_number: u32,
    memory_number: u32,
    options: CallOptions,
}

impl Exports {
    /// Reads their description.
    pub fn read() -> Exports {
        let description = program::exports();
        let (callable, uncallable): (Vec<_>, Vec<_>) =
            description.functions.iter().partition(|function| function.uncallable == CALLABLE);
        let refused = |function: &abi::Function| UncallableExport {
            name: description.text(function.name),
            reason: UNCALLABLE.get(function.uncallable as usize).copied().unwrap_or_default(),
        };
        Exports {
            types: Arc::new(Types::read(&description)),
            functions: callable.into_iter().map(|function| Function::read(&description, function)).collect(),
            uncallable: uncallable.into_iter().map(refused).collect(),
        }
    }

    /// Calls a function with values of its parameters' types: its result, lifted, after post-return.
    ///
    /// After a trap the component instance must not be entered again.
    ///
    /// # Safety
    ///
    /// The slab is attached to this thread, has started up, and has its host state, which nothing borrows.
    pub unsafe fn call(
        &self,
        slab: *mut SlabHeader,
        function: &Function,
        arguments: &[Value],
    ) -> Result<Option<Value>, Trap> {
        // SAFETY: the caller's promise.
        let host = || unsafe { host_of_slab(slab) };
        host().begin_call();
        let call = Call { exports: self, function, slab };
        if let Some(functions) = host().concurrency_functions {
            // SAFETY: the caller's promise.
            return unsafe { call.perform_concurrently(functions, arguments) };
        }
        let depth = host().calls.depth();
        host().calls.enter()?;
        // SAFETY: the caller's promise.
        let result = unsafe { call.perform(arguments) };
        if result.is_err() {
            host().calls.abandon(depth);
        }
        result
    }

    /// Ends the resources that a function's result gave to the caller, which wants none of them: their destructors run.
    ///
    /// After a trap the component instance must not be entered again.
    ///
    /// # Safety
    ///
    /// As [`Exports::call`]; the value is of this type, and nothing else owns its resources.
    pub unsafe fn discard(&self, slab: *mut SlabHeader, ty: TypeIndex, value: &Value) -> Result<(), Trap> {
        let mut owned = Vec::new();
        resources_of(&self.types, ty, value, &mut owned);
        let mut ends = Vec::new();
        ends_of(value, &mut ends);
        // SAFETY: the caller's promise.
        if let Some(functions) = unsafe { host_of_slab(slab) }.concurrency_functions {
            // SAFETY: as above.
            ends.into_iter().for_each(|end| unsafe { (functions.drop_end)(slab, end) });
        }
        for (resource, destructor, representation) in owned {
            // SAFETY: the caller's promise; a destructor takes the representation, and its description is the compiler's.
            unsafe {
                if resource.home == OF_THE_HOST {
                    host_of_slab(slab).resources.remove(representation)?;
                } else if destructor.entry != NO_ENTRY {
                    let mut slots = [[u64::from(representation), 0]];
                    entry::call_guest(slab, destructor.entry as u32, destructor.vmctx, &mut slots)?;
                }
            }
        }
        Ok(())
    }
}

impl Function {
    /// The name of the function, behind that of its interface.
    pub fn full_name(&self) -> String {
        let dot = if self.interface.is_empty() { "" } else { "." };
        [self.interface, dot, self.name].concat()
    }

    fn read(description: &Description, function: &abi::Function) -> Function {
        Function {
            interface: description.text(function.interface),
            name: description.text(function.name),
            params: description.fields(function.first, function.count).collect(),
            result: type_index(function.result),
            lifted: function.lifted,
            post_return: function.post_return,
            callback: function.callback,
            form: function.form,
            result_number: function.result_number,
            memory_number: function.memory_number,
            options: function.options,
        }
    }
}

/// The resources that a value owns. The depth of the recursion is that of the type, which the compiler bounds.
fn resources_of(types: &Types, ty: TypeIndex, value: &Value, owned: &mut Vec<(Resource, Entry, u32)>) {
    match (&types.get(ty).kind, value) {
        (Kind::Own(resource, destructor), Value::Resource(representation)) => {
            owned.push((*resource, *destructor, *representation));
        }
        (Kind::List(element), Value::List(values)) => {
            values.iter().for_each(|value| resources_of(types, *element, value, owned));
        }
        (Kind::Record(fields), Value::Fields(values)) => {
            fields.iter().zip(values).for_each(|((_, ty), value)| resources_of(types, *ty, value, owned));
        }
        (Kind::Tuple(fields), Value::Fields(values)) => {
            fields.iter().zip(values).for_each(|(ty, value)| resources_of(types, *ty, value, owned));
        }
        (kind, Value::Case(case, Some(payload))) => {
            let ty = match kind {
                Kind::Variant(cases) => cases.get(*case as usize).and_then(|(_, ty)| *ty),
                Kind::Option(some) => Some(*some),
                Kind::Result(ok, _) if *case == 0 => *ok,
                Kind::Result(_, err) => *err,
                _ => None,
            };
            if let Some(ty) = ty {
                resources_of(types, ty, payload, owned);
            }
        }
        _ => {}
    }
}

/// The ends of streams and futures that a value owns. The depth of the recursion is that of the type.
fn ends_of(value: &Value, ends: &mut Vec<u32>) {
    match value {
        Value::End(end) => ends.push(*end),
        Value::List(values) | Value::Fields(values) => values.iter().for_each(|value| ends_of(value, ends)),
        Value::Case(_, Some(payload)) => ends_of(payload, ends),
        _ => {}
    }
}

/// A call that goes on.
struct Call<'c> {
    exports: &'c Exports,
    function: &'c Function,
    slab: *mut SlabHeader,
}

impl Call<'_> {
    /// # Safety
    ///
    /// As [`Exports::call`].
    unsafe fn perform(&self, arguments: &[Value]) -> Result<Option<Value>, Trap> {
        let result_flat = self.function.result.map_or(0, |ty| self.exports.types.get(ty).flat);
        let core_results = result_flat.min(FLAT_RESULTS_MAX);
        // SAFETY: the caller's promise; the functions are those of the description, and there is a slot for each core
        // value.
        unsafe {
            let mut slots: Vec<[u64; 2]> = self.lower(arguments)?.into_iter().map(|word| [word, 0]).collect();
            slots.resize(slots.len().max(core_results), [0; 2]);
            entry::call_guest(self.slab, self.function.lifted.entry as u32, self.function.lifted.vmctx, &mut slots)?;
            let words: Vec<u64> = slots.iter().take(core_results).map(|slot| slot[0]).collect();
            let lifted = LiftedResult {
                types: &self.exports.types,
                result: self.function.result,
                options: &self.function.options,
                flat_max: FLAT_RESULTS_MAX,
            };
            let result = lifted.lift(self.slab, &words)?;
            host_of_slab(self.slab).end_call()?;
            self.post_return(&words)?;
            Ok(result)
        }
    }

    /// Calls the function as a task, and runs tasks until it has returned.
    ///
    /// # Safety
    ///
    /// As [`Exports::call`].
    unsafe fn perform_concurrently(
        &self,
        functions: &Functions<Host>,
        arguments: &[Value],
    ) -> Result<Option<Value>, Trap> {
        let function = self.function;
        let result_flat = function.result.map_or(0, |ty| self.exports.types.get(ty).flat);
        let is_async = function.form & FORM_ASYNC_LIFT != 0;
        let flat_max = if is_async { FLAT_PARAMS_MAX } else { FLAT_RESULTS_MAX };
        let params = self.exports.types.tuple(function.params.iter().map(|(_, ty)| *ty)).flat;
        let exported = Exported {
            instance: function.options.component_instance,
            lifted: function.lifted,
            params: if params > FLAT_PARAMS_MAX { 1 } else { params },
            results: if is_async { 0 } else { result_flat.min(FLAT_RESULTS_MAX) },
            callback: function.callback,
            post_return: function.post_return,
            form: function.form,
            result_number: function.result_number,
            memory_number: Some(function.memory_number),
            string_encoding: function.options.string_encoding,
        };
        let value = Rc::new(Cell::new(None));
        let (to, types, result, options) =
            (value.clone(), self.exports.types.clone(), function.result, function.options);
        let on_return: Return = Box::new(move |slab, slots| {
            let words: Vec<u64> = slots.iter().map(|slot| slot[0]).collect();
            let lifted = LiftedResult { types: &types, result, options: &options, flat_max };
            // SAFETY: the caller's promise; the guest doesn't run before the values are lifted.
            to.set(unsafe { lifted.lift(slab, &words) }?);
            Ok(())
        });
        // SAFETY: the caller's promise.
        let mut make_params = || Ok(unsafe { self.lower(arguments) }?.into_iter().map(|word| [word, 0]).collect());
        // SAFETY: the caller's promise; the description is the compiler's.
        unsafe { (functions.call_exported)(self.slab, &exported, &mut make_params, on_return) }?;
        Ok(value.take())
    }

    /// The core parameters.
    ///
    /// # Safety
    ///
    /// As [`Exports::call`].
    unsafe fn lower(&self, arguments: &[Value]) -> Result<Vec<u64>, Trap> {
        // SAFETY: the caller's promise.
        let mut cx = unsafe { Lowering::new(self.slab, &self.function.options) };
        let types = &self.exports.types;
        let params = types.tuple(self.function.params.iter().map(|(_, ty)| *ty));
        let mut words = Vec::new();
        let base = if params.flat > FLAT_PARAMS_MAX { Some(cx.allocate(params.align, params.size)?) } else { None };
        words.extend(base);
        let mut arguments = arguments.iter();
        for (offset, ty) in types.fields(self.function.params.iter().map(|(_, ty)| *ty)) {
            let destination = match base {
                Some(base) => Destination::Address(base + offset),
                None => Destination::Words(&mut words),
            };
            lower(&mut cx, types, ty, arguments.next().ok_or(Trap::Other)?, destination)?;
        }
        Ok(words)
    }

    /// Tells the guest that its result was lifted. It must not call imports meanwhile.
    ///
    /// # Safety
    ///
    /// As [`Exports::call`].
    unsafe fn post_return(&self, words: &[u64]) -> Result<(), Trap> {
        let Entry { entry, vmctx } = self.function.post_return;
        if entry == NO_ENTRY {
            return Ok(());
        }
        let mut slots: Vec<[u64; 2]> = words.iter().map(|word| [*word, 0]).collect();
        // SAFETY: the caller's promise; post-return takes the core results.
        unsafe {
            let flags = flags_of_instance(self.slab, self.function.options.component_instance);
            *flags &= !MAY_LEAVE;
            entry::call_guest(self.slab, entry as u32, vmctx, &mut slots)?;
            *flags |= MAY_LEAVE;
        }
        Ok(())
    }
}

/// The result of a call among its core results.
struct LiftedResult<'c> {
    types: &'c Types,
    result: Option<TypeIndex>,
    options: &'c CallOptions,
    /// The most core results; more are in memory.
    flat_max: usize,
}

impl LiftedResult<'_> {
    /// The result from the core results.
    ///
    /// # Safety
    ///
    /// As [`Exports::call`].
    unsafe fn lift(&self, slab: *mut SlabHeader, words: &[u64]) -> Result<Option<Value>, Trap> {
        let Some(result) = self.result else { return Ok(None) };
        let options = self.options;
        // SAFETY: the caller's promise; the guest doesn't run before the values are lifted.
        let (memory, host) = unsafe { (Memory::of_call(slab, options), host_of_slab(slab)) };
        let mut cx = Lifting {
            memory,
            encoding: options.string_encoding,
            instance: options.component_instance,
            strict: false,
            host: Some(host),
        };
        let ty = self.types.get(result);
        let mut words = Words::new(words);
        let source = if ty.flat > self.flat_max {
            let address = u64::from(words.next() as u32);
            check_alignment(address, ty.align)?;
            memory.range(address, ty.size)?;
            Source::Address(address)
        } else {
            Source::Words(&mut words)
        };
        lift(&mut cx, self.types, result, source).map(Some)
    }
}

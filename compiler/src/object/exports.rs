//! The description of exported functions that the runtime reads (`aot_abi::exports`).

use super::records::{Table, bytes_of, words};
use super::tables::{call_options, entry, text_offset, vmctx};
use crate::codegen::Code;
use crate::decode::{InterfaceType, InterfaceTypeId, Resource};
use crate::error::Result;
use crate::plan::{ConcurrencyPlan, ExportPlan, ExportsPlan, ProgramPlan, ResourceType, UncallableExport};
use crate::translate::TextItem;
use aot_abi::concurrency::{Concurrency, EndType, EnteredReference};
use aot_abi::exports::{self as abi, Exports, Function, Member, Text, Type};
use aot_abi::host::{CallOptions, NO_MEMORY, NO_REALLOC, STRING_UTF8};
use aot_abi::program::{Entry, NO_ENTRY};
use aot_abi::symbols;
use cranelift_entity::EntityRef;

/// Builds the tables of the component's types and the plan's functions: symbol, contents and alignment of each.
pub(super) fn tables(
    plan: &ProgramPlan,
    exports: &ExportsPlan,
    code: &Code,
) -> Result<Vec<(&'static str, Vec<u8>, u64)>> {
    let mut lists = Lists { members: Table::new(), names: Vec::new() };
    let mut types = Table::new();
    for (id, ty) in exports.types.iter() {
        let resource = exports.resources.get(&id).copied().unwrap_or(ResourceType { number: 0, home: 0 });
        let destructor = match ty {
            InterfaceType::Own(_) => exports.destructors.get(&id).copied(),
            _ => None,
        };
        types.push(interface_type(&mut lists, ty, resource, entry(plan, code, destructor)?));
    }
    let mut functions = Table::new();
    for export in &exports.functions {
        functions.push(function(&mut lists, plan, export, code)?);
    }
    for export in &exports.uncallable {
        functions.push(uncallable(&mut lists, export));
    }
    let Lists { members, names } = lists;
    let head = Exports {
        types: types.count(),
        members: members.count(),
        functions: functions.count(),
        names: names.len() as u32,
    };
    Ok(vec![
        (symbols::EXPORTS, bytes_of(&head), 8),
        (symbols::EXPORT_TYPES, types.into_bytes(), 8),
        (symbols::EXPORT_MEMBERS, members.into_bytes(), 4),
        (symbols::EXPORT_FUNCTIONS, functions.into_bytes(), 8),
        (symbols::EXPORT_NAMES, names, 1),
    ])
}

/// Lists that types and functions refer to by index.
struct Lists {
    members: Table<Member>,
    names: Vec<u8>,
}

impl Lists {
    fn text(&mut self, text: &str) -> Text {
        let offset = self.names.len() as u32;
        self.names.extend_from_slice(text.as_bytes());
        Text { offset, bytes: text.len() as u32 }
    }

    /// Adds adjacent members, and returns the index of the first and their count.
    fn members<'m>(&mut self, members: impl IntoIterator<Item = (&'m str, Option<InterfaceTypeId>)>) -> (u32, u32) {
        let first = self.members.count();
        for (name, ty) in members {
            let name = self.text(name);
            self.members.push(Member { name, ty: payload(ty) });
        }
        (first, self.members.count() - first)
    }
}

fn function(lists: &mut Lists, plan: &ProgramPlan, export: &ExportPlan, code: &Code) -> Result<Function> {
    let (first, count) = lists.members(export.ty.params.iter().map(|(name, ty)| (name.as_str(), Some(*ty))));
    Ok(Function {
        interface: lists.text(&export.interface),
        name: lists.text(&export.name),
        first,
        count,
        result: payload(export.ty.result),
        uncallable: abi::CALLABLE,
        lifted: entry(plan, code, Some(export.func))?,
        post_return: entry(plan, code, export.post_return)?,
        callback: entry(plan, code, export.callback)?,
        form: form(export),
        result_number: export.result_number,
        memory_number: export.memory_number,
        unused: 0,
        options: call_options(plan, code, &export.options)?,
    })
}

/// The flags that say how a function gives its result.
fn form(export: &ExportPlan) -> u32 {
    let is_async = if export.ty.is_async { abi::FORM_ASYNC_TYPE } else { 0 };
    is_async | if export.is_async { abi::FORM_ASYNC_LIFT } else { 0 }
}

/// Builds the tables of a program with asynchronous components: symbol, contents and alignment of each.
pub(super) fn concurrency(
    plan: &ProgramPlan,
    concurrency: &ConcurrencyPlan,
    code: &Code,
) -> Result<Vec<(&'static str, Vec<u8>, u64)>> {
    let end_types = concurrency.end_types.iter().map(|ty| EndType {
        component_instance: ty.instance,
        payload: payload(ty.payload),
        is_future: u32::from(ty.is_future),
    });
    let end_types: Table<EndType> = end_types.collect();
    let entered = concurrency.entered.iter().map(|(record, func)| {
        let entry = text_offset(code, TextItem::Entry(*func))?;
        Ok(EnteredReference { reference: record.index() as u32, entry, vmctx: vmctx(plan, *func) })
    });
    let entered = entered.collect::<Result<Table<_>>>()?;
    let head = Concurrency {
        end_types: end_types.count(),
        entered_references: entered.count(),
        component_parents: concurrency.parents.len() as u32,
    };
    let parents = concurrency.parents.iter().map(|parent| parent.unwrap_or(u32::MAX));
    Ok(vec![
        (symbols::CONCURRENCY, bytes_of(&head), 8),
        (symbols::END_TYPES, end_types.into_bytes(), 4),
        (symbols::ENTERED_REFERENCES, entered.into_bytes(), 8),
        (symbols::COMPONENT_PARENTS, words(parents), 4),
    ])
}

fn uncallable(lists: &mut Lists, export: &UncallableExport) -> Function {
    let nothing = Entry { entry: NO_ENTRY, vmctx: 0 };
    Function {
        interface: lists.text(""),
        name: lists.text(&export.name),
        first: 0,
        count: 0,
        result: abi::NO_TYPE,
        uncallable: export.reason,
        lifted: nothing,
        post_return: nothing,
        callback: nothing,
        form: 0,
        result_number: 0,
        memory_number: 0,
        unused: 0,
        options: CallOptions {
            memory: NO_MEMORY,
            realloc_vmctx: 0,
            memory_bytes: 0,
            realloc_entry: NO_REALLOC,
            component_instance: 0,
            string_encoding: STRING_UTF8,
            grantee: 0,
        },
    }
}

fn interface_type(lists: &mut Lists, ty: &InterfaceType, resource: ResourceType, destructor: Entry) -> Type {
    use InterfaceType as T;
    let (first, count) = match ty {
        T::List(ty) | T::Option(ty) => lists.members([("", Some(*ty))]),
        T::Record(fields) => lists.members(fields.iter().map(|(name, ty)| (name.as_str(), Some(*ty)))),
        T::Tuple(types) => lists.members(types.iter().map(|ty| ("", Some(*ty)))),
        T::Variant(cases) => lists.members(cases.iter().map(|(name, ty)| (name.as_str(), *ty))),
        T::Enum(names) | T::Flags(names) => lists.members(names.iter().map(|name| (name.as_str(), None))),
        T::Result(ok, err) => lists.members([("", *ok), ("", *err)]),
        T::Stream(of) | T::Future(of) => lists.members([("", *of)]),
        _ => (0, 0),
    };
    let name = match ty {
        T::Own(of) | T::Borrow(of) => resource_name(of),
        _ => "",
    };
    let ResourceType { number, home } = resource;
    Type { kind: kind(ty), first, count, number, home, unused: 0, name: lists.text(name), destructor }
}

/// Returns the name of a resource, or an empty string for one that a component defines.
fn resource_name(resource: &Resource) -> &str {
    match resource {
        Resource::Imported { name, .. } => name,
        Resource::Defined(_) => "",
    }
}

fn kind(ty: &InterfaceType) -> u32 {
    use InterfaceType as T;
    match ty {
        T::Bool => abi::TYPE_BOOL,
        T::S8 => abi::TYPE_S8,
        T::U8 => abi::TYPE_U8,
        T::S16 => abi::TYPE_S16,
        T::U16 => abi::TYPE_U16,
        T::S32 => abi::TYPE_S32,
        T::U32 => abi::TYPE_U32,
        T::S64 => abi::TYPE_S64,
        T::U64 => abi::TYPE_U64,
        T::F32 => abi::TYPE_F32,
        T::F64 => abi::TYPE_F64,
        T::Char => abi::TYPE_CHAR,
        T::String => abi::TYPE_STRING,
        T::List(_) => abi::TYPE_LIST,
        T::Record(_) => abi::TYPE_RECORD,
        T::Tuple(_) => abi::TYPE_TUPLE,
        T::Variant(_) => abi::TYPE_VARIANT,
        T::Enum(_) => abi::TYPE_ENUM,
        T::Flags(_) => abi::TYPE_FLAGS,
        T::Option(_) => abi::TYPE_OPTION,
        T::Result(..) => abi::TYPE_RESULT,
        T::Own(_) => abi::TYPE_OWN,
        T::Stream(_) => abi::TYPE_STREAM,
        T::Future(_) => abi::TYPE_FUTURE,
        // No exported function uses a type of a later proposal, so such a type is written as one without values.
        T::Borrow(_) | T::Other(_) => abi::TYPE_BORROW,
    }
}

/// Returns the number of a payload type, or the number that means no payload.
fn payload(ty: Option<InterfaceTypeId>) -> u32 {
    ty.map_or(abi::NO_TYPE, |ty| ty.index() as u32)
}

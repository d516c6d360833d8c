//! The tables of a library's functions and types, by which the runtime passes values (`aot_abi::values`).

use super::records::{Table, bytes_of};
use super::scalars::scalar_kind;
use super::tables::{call_options, entry};
use crate::bindings::{
    Form, Function, Import, Interface, Kind, Layout, Param, Returns, Side, Type, TypeId, Types, offsets,
    payload_offset, unaliased,
};
use crate::codegen::Code;
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportPlan, ProgramPlan};
use aot_abi::exports as kinds;
use aot_abi::{symbols, values as abi};
use cranelift_entity::EntityRef;

/// The limits of values that a library's tables have, and who owns some.
#[derive(Clone, Copy, Debug)]
pub struct ValueLimits {
    /// Maximum bytes that the result of one call may have.
    pub result_bytes: u64,
    /// Maximum handles that the host program may have of an instance.
    pub handles: u64,
    /// Maximum microseconds of a call, and of the processor's time in one.
    pub times: [u64; 2],
    /// True if results of imports are the library's to free.
    pub owns_results: bool,
}

/// Builds the tables of a library's interface and the plan's functions: symbol, contents and alignment of each.
///
/// # Errors
/// A type is too large.
pub(super) fn tables(
    plan: &ProgramPlan,
    interface: &Interface,
    code: &Code,
    limits: ValueLimits,
) -> Result<Vec<(&'static str, Vec<u8>, u64)>> {
    let (mut types, mut functions, mut members) = (Table::new(), Table::new(), Members(Table::new()));
    for ty in interface.types.keys() {
        types.push(type_record(interface, &mut members, unaliased(&interface.types, ty))?);
    }
    let mut resources = Table::new();
    for resource in &interface.resources {
        let used = resource.used;
        let number = used.map_or(0, |used| used.ty.number);
        let destructor = entry(plan, code, used.and_then(|used| used.destructor))?;
        resources.push(abi::Resource { number, is_imported: u32::from(resource.is_imported), destructor });
    }
    let exports = plan.exports.iter().flat_map(|exports| &exports.functions);
    for (function, export) in interface.functions.iter().zip(exports) {
        functions.push(function_record(&interface.types, &mut members, function, export, (plan, code))?);
    }
    let mut imports = Table::new();
    for import in &interface.imports {
        imports.push(import_record(interface, &mut members, import)?);
    }
    let head = abi::Values {
        types: types.count(),
        members: members.0.count(),
        functions: functions.count(),
        resources: resources.count(),
        imports: imports.count(),
        owns_results: u32::from(limits.owns_results),
        result_bytes_max: limits.result_bytes,
        time_max: limits.times[0],
        cpu_time_max: limits.times[1],
        handles_max: limits.handles,
    };
    Ok(vec![
        (symbols::VALUES, bytes_of(&head), 8),
        (symbols::VALUE_TYPES, types.into_bytes(), 4),
        (symbols::VALUE_MEMBERS, members.0.into_bytes(), 4),
        (symbols::VALUE_FUNCTIONS, functions.into_bytes(), 8),
        (symbols::VALUE_RESOURCES, resources.into_bytes(), 8),
        (symbols::VALUE_IMPORTS, imports.into_bytes(), 4),
    ])
}

/// The list of members.
struct Members(Table<abi::Member>);

impl Members {
    fn push(&mut self, ty: Option<TypeId>, (guest, host): (u64, u64), form: u32) -> Result<()> {
        let ty = ty.map_or(kinds::NO_TYPE, |ty| ty.index() as u32);
        self.0.push(abi::Member { ty, guest_offset: bytes(guest)?, host_offset: bytes(host)?, form });
        Ok(())
    }

    /// Adds fields of these types beside each other.
    fn fields(&mut self, types: &Types, fields: impl Iterator<Item = TypeId> + Clone) -> Result<()> {
        let layouts = fields.clone().map(|ty| types[ty].layout);
        let places = offsets(Side::Guest, layouts.clone()).zip(offsets(Side::Host, layouts));
        fields.zip(places).try_for_each(|(ty, ((guest, _), (host, _)))| self.push(Some(ty), (guest, host), 0))
    }

    /// Adds parameters, and returns the index of the first, and the layout of all.
    fn params(&mut self, types: &Types, params: &[Param]) -> Result<(u32, Layout)> {
        let first = self.0.count();
        let layouts = params.iter().map(|param| types[param.ty].layout);
        for (param, (offset, _)) in params.iter().zip(offsets(Side::Guest, layouts.clone())) {
            let form = match param.form {
                Form::Value => abi::FORM_VALUE,
                Form::Pointer => abi::FORM_POINTER,
                Form::Maybe(_) => abi::FORM_MAYBE,
            };
            self.push(Some(param.ty), (offset, 0), form)?;
        }
        Ok((first, Layout::record(layouts)))
    }

    /// Adds cases with these payloads.
    fn cases(&mut self, types: &Types, payloads: &[Option<TypeId>]) -> Result<()> {
        let layouts = payloads.iter().flatten().map(|ty| types[*ty].layout);
        let offset = |side| payload_offset(side, payloads.len(), layouts.clone());
        let offsets = (offset(Side::Guest), offset(Side::Host));
        payloads.iter().try_for_each(|ty| self.push(*ty, offsets, 0))
    }
}

fn type_record(interface: &Interface, members: &mut Members, id: TypeId) -> Result<abi::Type> {
    let ty = &interface.types[id];
    let first = members.0.count();
    add_members(&interface.types, members, &ty.kind)?;
    let resource = match ty.kind {
        Kind::Handle { resource, .. } => interface.resources.get(resource).and_then(|resource| resource.used),
        _ => None,
    };
    let count = match &ty.kind {
        Kind::Flags(names) => names.len() as u32,
        _ => members.0.count() - first,
    };
    let Layout { guest, host, flat, same } = ty.layout;
    let flags =
        [(same.out, abi::SAME_OUT), (same.into, abi::SAME_INTO), (ty.owns, abi::OWNS), (ty.is_checked, abi::CHECKED)];
    Ok(abi::Type {
        kind: kind(ty),
        flags: flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum(),
        first,
        count,
        guest_bytes: bytes(guest.bytes)?,
        guest_align: guest.align as u32,
        host_bytes: bytes(host.bytes)?,
        host_align: host.align as u32,
        flat: flat.min(u32::MAX.into()) as u32,
        number: resource.map_or(0, |used| used.ty.number),
        home: resource.map_or(0, |used| used.ty.home),
        unused: 0,
    })
}

fn add_members(types: &Types, members: &mut Members, kind: &Kind) -> Result<()> {
    match kind {
        Kind::List(element) => members.push(Some(*element), (0, 0), 0),
        Kind::Record(fields) => members.fields(types, fields.iter().map(|(_, ty)| *ty)),
        Kind::Tuple(fields) => members.fields(types, fields.iter().copied()),
        Kind::Variant(cases) => members.cases(types, &cases.iter().map(|(_, ty)| *ty).collect::<Vec<_>>()),
        Kind::Enum(names) => members.cases(types, &vec![None; names.len()]),
        Kind::Option(some) => members.cases(types, &[None, Some(*some)]),
        Kind::Result(ok, err) => members.cases(types, &[*ok, *err]),
        Kind::Scalar(_) | Kind::String | Kind::Flags(_) | Kind::Handle { .. } | Kind::Alias(_) => Ok(()),
    }
}

fn function_record(
    types: &Types,
    members: &mut Members,
    function: &Function,
    export: &ExportPlan,
    (plan, code): (&ProgramPlan, &Code),
) -> Result<abi::Function> {
    let (first, params) = members.params(types, &function.params)?;
    Ok(abi::Function {
        lifted: entry(plan, code, Some(export.func))?,
        post_return: entry(plan, code, export.post_return)?,
        options: call_options(plan, code, &export.options)?,
        first,
        count: function.params.len() as u32,
        result: function.result.map_or(kinds::NO_TYPE, |ty| ty.index() as u32),
        returns: returns(function.returns),
        params_bytes: bytes(params.guest.bytes)?,
        params_align: params.guest.align as u32,
        params_flat: params.flat.min(u32::MAX.into()) as u32,
        unused: 0,
    })
}

fn import_record(interface: &Interface, members: &mut Members, import: &Import) -> Result<abi::Import> {
    let (first, params) = members.params(&interface.types, &import.params)?;
    let dropped = import.drops.and_then(|resource| interface.resources.get(resource)?.used);
    Ok(abi::Import {
        first,
        count: import.params.len() as u32,
        result: import.result.map_or(kinds::NO_TYPE, |ty| ty.index() as u32),
        drops: dropped.map_or(0, |used| used.ty.number),
        params_bytes: bytes(params.guest.bytes)?,
        params_align: params.guest.align as u32,
        params_flat: params.flat.min(u32::MAX.into()) as u32,
        returns: returns(import.returns(&interface.types)),
    })
}

fn returns(returns: Returns) -> u32 {
    match returns {
        Returns::Nothing => abi::RETURNS_NOTHING,
        Returns::Value(_) => abi::RETURNS_VALUE,
        Returns::Option(_) => abi::RETURNS_OPTION,
        Returns::Result(..) => abi::RETURNS_RESULT,
    }
}

fn kind(ty: &Type) -> u32 {
    match &ty.kind {
        Kind::Scalar(scalar) => scalar_kind(*scalar),
        Kind::String => kinds::TYPE_STRING,
        Kind::List(_) => kinds::TYPE_LIST,
        Kind::Flags(_) => kinds::TYPE_FLAGS,
        Kind::Handle { is_own: true, .. } => kinds::TYPE_OWN,
        Kind::Handle { is_own: false, .. } => kinds::TYPE_BORROW,
        Kind::Variant(_) | Kind::Enum(_) | Kind::Option(_) | Kind::Result(..) => kinds::TYPE_VARIANT,
        // An alias has the record of what it is another name of.
        Kind::Record(_) | Kind::Tuple(_) | Kind::Alias(_) => kinds::TYPE_RECORD,
    }
}

/// A size or offset of the tables.
fn bytes(bytes: u64) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| {
        let message = "a type of the library's interface has more than 4 GiB";
        Error::input(Stage::Object, message, "use a list in place of many fields")
    })
}

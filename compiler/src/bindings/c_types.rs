//! The types of a header, and the functions that make and free values of them.

use super::layout::{discriminant_bytes, flag_bytes};
use super::names::{field_name, snake_case};
use super::{Interface, Kind, Type, TypeId};
use std::fmt::{Result, Write};

/// Writes all types and what belongs to them.
pub(super) fn write(text: &mut String, interface: &Interface) -> Result {
    for ty in interface.types.values() {
        write_type(text, interface, ty)?;
    }
    if interface.string().is_some() {
        write_string_functions(text, &interface.name)?;
    }
    for (_, resource) in interface.exported_resources() {
        let [own, borrow] = resource.handles.map(|ty| &interface.types[ty].name);
        let name = &interface.name;
        writeln!(
            text,
            "/* Drops a resource: nothing has it any more. */
{name}_status_t {}({name}_instance_t *instance, {own} handle);

/* Lends a resource for calls, while it is owned. */
{borrow} {}({own} handle);
",
            resource.drop, resource.borrow
        )?;
    }
    for (ty, symbol) in interface.freeing() {
        writeln!(text, "void {symbol}({} *ptr);\n", interface.types[ty].name)?;
    }
    Ok(())
}

fn write_type(text: &mut String, interface: &Interface, ty: &Type) -> Result {
    let name = &ty.name;
    let of = |ty: TypeId| &interface.types[ty].name;
    match &ty.kind {
        Kind::Scalar(_) => return Ok(()),
        Kind::Alias(ty) => writeln!(text, "typedef {} {name};", of(*ty))?,
        Kind::Enum(names) => writeln!(text, "typedef {} {name};", integer(discriminant_bytes(names.len())))?,
        Kind::Flags(names) => writeln!(text, "typedef {} {name};", integer(flag_bytes(names.len())))?,
        kind => {
            writeln!(text, "typedef struct {name} {{")?;
            write_members(text, interface, kind, &of)?;
            writeln!(text, "}} {name};")?;
        }
    }
    write_cases(text, ty)?;
    writeln!(text)
}

fn write_members<'n>(
    text: &mut String,
    interface: &Interface,
    kind: &Kind,
    of: &dyn Fn(TypeId) -> &'n String,
) -> Result {
    match kind {
        Kind::String => writeln!(text, "  uint8_t *ptr;\n  size_t len;"),
        Kind::List(element) => writeln!(text, "  {} *ptr;\n  size_t len;", of(*element)),
        Kind::Record(fields) => {
            fields.iter().try_for_each(|(name, ty)| writeln!(text, "  {} {};", of(*ty), field_name(name)))
        }
        Kind::Tuple(types) => {
            types.iter().enumerate().try_for_each(|(index, ty)| writeln!(text, "  {} f{index};", of(*ty)))
        }
        Kind::Variant(cases) => {
            writeln!(text, "  {} tag;", integer(discriminant_bytes(cases.len())))?;
            let payloads = cases.iter().filter_map(|(name, ty)| Some((field_name(name), (*ty)?)));
            write_union(text, payloads, of)
        }
        Kind::Option(some) => writeln!(text, "  bool is_some;\n  {} val;", of(*some)),
        Kind::Result(ok, err) => {
            writeln!(text, "  bool is_err;")?;
            let payloads = [("ok", ok), ("err", err)].into_iter();
            write_union(text, payloads.filter_map(|(name, ty)| Some((name.to_string(), (*ty)?))), of)
        }
        Kind::Handle { resource, .. } if interface.resources[*resource].is_imported => {
            writeln!(text, "  void *__handle;")
        }
        Kind::Handle { .. } => writeln!(text, "  uint64_t __handle;"),
        Kind::Scalar(_) | Kind::Alias(_) | Kind::Enum(_) | Kind::Flags(_) => Ok(()),
    }
}

fn write_union<'n>(
    text: &mut String,
    payloads: impl Iterator<Item = (String, TypeId)>,
    of: &dyn Fn(TypeId) -> &'n String,
) -> Result {
    let mut payloads = payloads.peekable();
    if payloads.peek().is_none() {
        return Ok(());
    }
    writeln!(text, "  union {{")?;
    payloads.try_for_each(|(name, ty)| writeln!(text, "    {} {name};", of(ty)))?;
    writeln!(text, "  }} val;")
}

/// The numbers of cases, or the bits of flags.
fn write_cases(text: &mut String, ty: &Type) -> Result {
    let is_flags = matches!(ty.kind, Kind::Flags(_));
    ty.case_names().into_iter().enumerate().try_for_each(|(index, name)| match is_flags {
        true => writeln!(text, "#define {name} (1u << {index})"),
        false => writeln!(text, "#define {name} {index}"),
    })
}

impl Type {
    /// The names of a type's cases or flags in C.
    pub(super) fn case_names(&self) -> Vec<String> {
        let of = |name: &String| format!("{}_{}", self.case_prefix, snake_case(name).to_ascii_uppercase());
        match &self.kind {
            Kind::Variant(cases) => cases.iter().map(|(name, _)| of(name)).collect(),
            Kind::Enum(names) | Kind::Flags(names) => names.iter().map(of).collect(),
            _ => Vec::new(),
        }
    }
}

fn write_string_functions(text: &mut String, name: &str) -> Result {
    writeln!(
        text,
        "/* Makes a string refer to a text that ends with a zero; nothing is copied. */
void {name}_string_set({name}_string_t *ret, const char *s);

/* Makes a string of a copy of a text that ends with a zero, or of so many bytes. */
{name}_status_t {name}_string_dup({name}_string_t *ret, const char *s);
{name}_status_t {name}_string_dup_n({name}_string_t *ret, const char *s, size_t len);

/* Functions such as this one free what a value of a result owns, with free(), and leave it empty. */
void {name}_string_free({name}_string_t *ret);
"
    )
}

fn integer(bytes: u64) -> &'static str {
    match bytes {
        1 => "uint8_t",
        2 => "uint16_t",
        _ => "uint32_t",
    }
}

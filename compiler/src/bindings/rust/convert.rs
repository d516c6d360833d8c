//! The module `convert` of a crate: values between Rust and C, and the calls.

#![allow(clippy::unnecessary_safety_comment, reason = "the comments are those of the code that is written")]

use super::Crate;
use super::names::{doc, name, type_name};
use crate::bindings::{Form, Function, Kind, Returns, Role, Scalar, TypeId};
use cranelift_entity::EntityRef;
use std::fmt::{Result, Write};

const HEAD: &str = "\
//! Values between Rust and C, and the calls.

use crate::ffi;
use crate::runtime::{Arena, HostResource, Inner, Resource, answer, characters, elements};
use crate::{Error, Instance};
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;
";

impl Crate<'_> {
    /// Writes the module.
    pub(super) fn write_convert(&self, text: &mut String) -> Result {
        writeln!(text, "{HEAD}")?;
        for (id, _) in &self.interface.types {
            self.write_lower(text, id)?;
            self.write_lift(text, id)?;
        }
        self.interface
            .functions
            .iter()
            .enumerate()
            .try_for_each(|(number, function)| self.write_call(text, number, function))?;
        self.write_callers(text)
    }

    /// The type of a value that is lowered: strings and lists are slices, and other values lent.
    fn lent(&self, ty: TypeId) -> String {
        match self.kind(ty) {
            Kind::String => "&'a str".to_string(),
            Kind::List(element) => format!("&'a [{}]", self.owned(*element, "'a")),
            Kind::Handle { is_own: false, .. } => {
                self.owned(crate::bindings::unaliased(&self.interface.types, ty), "'a")
            }
            _ if self.is_copied(ty) => self.owned(ty, "'a"),
            _ => format!("&'a {}", self.owned(ty, "'a")),
        }
    }

    /// The expression that lowers an owned value at a place.
    pub(super) fn lowered(&self, ty: TypeId, place: &str) -> String {
        let is_lent = matches!(self.kind(ty), Kind::Handle { is_own: false, .. });
        match () {
            () if self.is_copied(ty) || is_lent => format!("lower_{}(*{place}, arena)", ty.index()),
            () => format!("lower_{}({place}, arena)", ty.index()),
        }
    }

    fn write_lower(&self, text: &mut String, id: TypeId) -> Result {
        let (number, c) = (id.index(), self.c_of(id, "ffi::"));
        writeln!(text, "fn lower_{number}<'a>(value: {}, arena: &mut Arena<'a>) -> {c} {{", self.lent(id))?;
        match &self.interface.types[id].kind {
            Kind::Scalar(Scalar::Bool) => writeln!(text, "    u8::from(value)")?,
            Kind::Scalar(Scalar::Char) => writeln!(text, "    u32::from(value)")?,
            Kind::Scalar(_) => writeln!(text, "    value")?,
            Kind::Enum(_) => writeln!(text, "    value as {c}")?,
            Kind::Flags(_) => writeln!(text, "    value.bits()")?,
            Kind::Alias(of) => writeln!(text, "    lower_{}(value, arena)", of.index())?,
            Kind::Handle { is_own: true, .. } => writeln!(text, "    {c} {{ handle: value.0.give(arena) }}")?,
            Kind::Handle { is_own: false, .. } => writeln!(text, "    {c} {{ handle: value.0.lend() }}")?,
            Kind::String => writeln!(text, "    {c} {{ ptr: arena.lend(value.as_bytes()), len: value.len() }}")?,
            // Numbers are the same in Rust and in C.
            Kind::List(element) if self.is_number(*element) => {
                writeln!(text, "    {c} {{ ptr: arena.lend(value), len: value.len() }}")?;
            }
            Kind::List(element) => {
                let lowered = self.lowered(*element, "item");
                writeln!(text, "    let items = value.iter().map(|item| {lowered}).collect();")?;
                writeln!(text, "    {c} {{ ptr: arena.keep(items), len: value.len() }}")?;
            }
            Kind::Record(fields) => {
                writeln!(text, "    {c} {{")?;
                for (index, (field, ty)) in fields.iter().enumerate() {
                    writeln!(text, "        f{index}: {},", self.lowered(*ty, &format!("&value.{}", name(field))))?;
                }
                writeln!(text, "    }}")?;
            }
            Kind::Tuple(types) => {
                writeln!(text, "    {c} {{")?;
                for (index, ty) in types.iter().enumerate() {
                    writeln!(text, "        f{index}: {},", self.lowered(*ty, &format!("&value.{index}")))?;
                }
                writeln!(text, "    }}")?;
            }
            Kind::Variant(cases) => {
                let path = self.path(id);
                let case = |(case, ty): &(String, Option<TypeId>)| (format!("{path}::{}", type_name(case, false)), *ty);
                self.write_lower_cases(text, &c, "tag", cases.iter().map(case).collect())?;
            }
            Kind::Option(some) => {
                self.write_lower_cases(text, &c, "is_some", vec![("None".into(), None), ("Some".into(), Some(*some))])?;
            }
            Kind::Result(ok, err) => {
                self.write_lower_cases(text, &c, "is_err", vec![("Ok".into(), *ok), ("Err".into(), *err)])?;
            }
        }
        writeln!(text, "}}\n")
    }

    fn write_lower_cases(&self, text: &mut String, c: &str, tag: &str, cases: Vec<(String, Option<TypeId>)>) -> Result {
        let has_value = cases.iter().any(|(_, ty)| ty.is_some());
        // Bytes of other cases are zeros.
        let zeros = "unsafe { MaybeUninit::zeroed().assume_init() }";
        writeln!(text, "    match value {{")?;
        for (index, (case, ty)) in cases.into_iter().enumerate() {
            let is_unit = tag == "is_err";
            let pattern = match ty {
                Some(_) => format!("{case}(item)"),
                None if is_unit => format!("{case}(())"),
                None => case,
            };
            match ty {
                Some(ty) => {
                    writeln!(text, "        {pattern} => {{")?;
                    writeln!(text, "            // SAFETY: zeros are a value of each type of C here.")?;
                    writeln!(text, "            let mut value: {c} = {zeros};")?;
                    writeln!(text, "            value.{tag} = {index};")?;
                    writeln!(text, "            value.val.c{index} = {};", self.lowered(ty, "item"))?;
                    writeln!(text, "            value\n        }}")?;
                }
                None if has_value => {
                    writeln!(text, "        // SAFETY: as above.")?;
                    writeln!(text, "        {pattern} => {c} {{ {tag}: {index}, val: {zeros} }},")?;
                }
                None => writeln!(text, "        {pattern} => {c} {{ {tag}: {index} }},")?,
            }
        }
        writeln!(text, "    }}")
    }

    fn write_lift(&self, text: &mut String, id: TypeId) -> Result {
        // Nothing that the program gives has handles of its own resources that are lent.
        if self.handles[id].lent_of_program {
            return Ok(());
        }
        let (number, c) = (id.index(), self.c_of(id, "ffi::"));
        let ty = &self.interface.types[id];
        writeln!(text, "/// # Safety\n///\n/// The value is one of the library's.")?;
        let lifetime = if self.has_borrow(id) { "<'a>" } else { "" };
        let owned = self.owned(id, "'a");
        writeln!(text, "unsafe fn lift_{number}{lifetime}(value: &{c}, inner: &Arc<Inner>) -> {owned} {{")?;
        writeln!(text, "    // SAFETY: the caller's promise; the tag says which case there is.\n    unsafe {{")?;
        let lift = |ty: TypeId, place: &str| format!("lift_{}(&{place}, inner)", ty.index());
        match &ty.kind {
            Kind::Scalar(Scalar::Bool) => writeln!(text, "        *value != 0")?,
            Kind::Scalar(Scalar::Char) => {
                writeln!(text, "        char::from_u32(*value).unwrap_or(char::REPLACEMENT_CHARACTER)")?;
            }
            Kind::Scalar(_) => writeln!(text, "        *value")?,
            Kind::Enum(cases) => {
                let path = self.path(id);
                let last = cases.len().saturating_sub(1);
                writeln!(text, "        match *value {{")?;
                for (index, case) in cases.iter().enumerate() {
                    let pattern = if index == last { "_".to_string() } else { index.to_string() };
                    writeln!(text, "            {pattern} => {path}::{},", type_name(case, false))?;
                }
                writeln!(text, "        }}")?;
            }
            Kind::Flags(_) => writeln!(text, "        {}::from_bits_truncate(*value)", self.path(id))?,
            Kind::Alias(of) => writeln!(text, "        {}", lift(*of, "*value"))?,
            Kind::Handle { is_own, resource } => {
                let (path, drop) = (self.path(id), &self.interface.resources[*resource].drop);
                match (self.interface.resources[*resource].is_imported, is_own) {
                    (false, _) => writeln!(text, "        {path}(Resource::new(inner, value.handle, ffi::{drop}))")?,
                    (true, true) => writeln!(text, "        {path}(HostResource::of_handle(value.handle))")?,
                    (true, false) => writeln!(text, "        {path}::of_lent(HostResource::of_lent(value.handle))")?,
                }
            }
            Kind::String => writeln!(text, "        characters(value.ptr, value.len).to_string()")?,
            Kind::List(element) if self.is_number(*element) => {
                writeln!(text, "        elements(value.ptr, value.len).to_vec()")?;
            }
            Kind::List(element) => {
                let lift = format!("lift_{}(item, inner)", element.index());
                writeln!(text, "        elements(value.ptr, value.len).iter().map(|item| {lift}).collect()")?;
            }
            Kind::Record(fields) => {
                writeln!(text, "        {} {{", self.path(id))?;
                for (index, (field, ty)) in fields.iter().enumerate() {
                    writeln!(text, "            {}: {},", name(field), lift(*ty, &format!("value.f{index}")))?;
                }
                writeln!(text, "        }}")?;
            }
            Kind::Tuple(types) => {
                let part = |(index, ty): (usize, &TypeId)| lift(*ty, &format!("value.f{index}")) + ", ";
                writeln!(text, "        ({})", types.iter().enumerate().map(part).collect::<String>())?;
            }
            Kind::Variant(cases) => {
                let path = self.path(id);
                let case = |(case, ty): &(String, Option<TypeId>)| (format!("{path}::{}", type_name(case, false)), *ty);
                self.write_lift_cases(text, "tag", cases.iter().map(case).collect(), "")?;
            }
            Kind::Option(some) => {
                self.write_lift_cases(text, "is_some", vec![("None".into(), None), ("Some".into(), Some(*some))], "")?;
            }
            Kind::Result(ok, err) => {
                self.write_lift_cases(text, "is_err", vec![("Ok".into(), *ok), ("Err".into(), *err)], "(())")?;
            }
        }
        writeln!(text, "    }}\n}}\n")
    }

    fn write_lift_cases(
        &self,
        text: &mut String,
        tag: &str,
        cases: Vec<(String, Option<TypeId>)>,
        unit: &str,
    ) -> Result {
        let last = cases.len().saturating_sub(1);
        writeln!(text, "        match value.{tag} {{")?;
        for (index, (case, ty)) in cases.into_iter().enumerate() {
            let pattern = if index == last { "_".to_string() } else { index.to_string() };
            match ty {
                Some(ty) => {
                    writeln!(
                        text,
                        "            {pattern} => {case}(lift_{}(&value.val.c{index}, inner)),",
                        ty.index()
                    )?;
                }
                None => writeln!(text, "            {pattern} => {case}{unit},")?,
            }
        }
        writeln!(text, "        }}")
    }

    /// Writes the call of a function, which all functions of the crate are made of.
    fn write_call(&self, text: &mut String, number: usize, function: &Function) -> Result {
        let params = function.params.iter().enumerate();
        let params: String = params.map(|(index, param)| format!(", p{index}: {}", self.param(param.ty))).collect();
        writeln!(
            text,
            "pub fn call_{number}(inner: &Arc<Inner>{params}) -> Result<{}, Error> {{",
            self.returned(function)
        )?;
        writeln!(text, "    let mut arena = Arena::default();")?;
        let mut arguments = String::new();
        for (index, param) in function.params.iter().enumerate() {
            self.write_argument(text, index, param)?;
            arguments += &match param.form {
                Form::Value => format!(", c{index}"),
                Form::Pointer => format!(", &c{index}"),
                Form::Maybe(_) => format!(", c{index}.as_ref().map_or(std::ptr::null(), |some| some)"),
            };
        }
        for (ty, place) in function.returns.places() {
            writeln!(text, "    let mut {place} = MaybeUninit::<{}>::zeroed();", self.c_of(ty, "ffi::"))?;
            arguments += &format!(", {place}.as_mut_ptr()");
        }
        writeln!(text, "    // SAFETY: the arguments are those of the function, and live until it returns.")?;
        writeln!(
            text,
            "    let status = inner.perform(&arena, |instance| unsafe {{ ffi::{}(instance{arguments}) }})?;",
            function.symbol
        )?;
        self.write_result(text, function)?;
        writeln!(text, "}}\n")
    }

    fn write_argument(&self, text: &mut String, index: usize, param: &crate::bindings::Param) -> Result {
        match param.form {
            Form::Maybe(some) if self.has_own(some) => writeln!(
                text,
                "    let c{index} = p{index}.as_ref().map(|some| lower_{}(some, &mut arena));",
                some.index()
            ),
            Form::Maybe(some) => {
                writeln!(text, "    let c{index} = p{index}.map(|some| {});", self.lower_param(some, "some"))
            }
            // An option under another name is passed by its address.
            Form::Pointer | Form::Value => {
                let lent = if self.has_own(param.ty) { "&" } else { "" };
                let place = format!("{lent}p{index}");
                writeln!(text, "    let c{index} = {};", self.lower_param(param.ty, &place))
            }
        }
    }

    /// The expression that lowers a parameter, as a caller passes it.
    fn lower_param(&self, ty: TypeId, place: &str) -> String {
        format!("lower_{}({place}, &mut arena)", ty.index())
    }

    fn write_result(&self, text: &mut String, function: &Function) -> Result {
        let value = |ty: TypeId, place: &str| {
            let described = &self.interface.types[ty];
            let free = described.free.as_ref().filter(|_| described.owns);
            let free = free.map_or_else(String::new, |symbol| format!(" ffi::{symbol}({place}.as_mut_ptr());"));
            let lift = format!("lift_{}({place}.assume_init_ref(), inner)", ty.index());
            format!("unsafe {{ let value = {lift};{free} value }}")
        };
        let safe = "// SAFETY: the status says that the result is there, and it is freed once.";
        match function.returns {
            Returns::Nothing => writeln!(text, "    Ok(())"),
            Returns::Value(ty) => writeln!(text, "    {safe}\n    Ok({})", value(ty, "ret")),
            Returns::Option(some) => {
                writeln!(text, "    if status == ffi::NONE {{\n        return Ok(None);\n    }}")?;
                writeln!(text, "    {safe}\n    Ok(Some({}))", value(some, "ret"))
            }
            Returns::Result(ok, err) => {
                let err = err.map_or("()".to_string(), |ty| value(ty, "err"));
                let ok = ok.map_or("()".to_string(), |ty| value(ty, "ret"));
                writeln!(text, "    {safe}\n    if status == ffi::ERR {{\n        return Ok(Err({err}));\n    }}")?;
                writeln!(text, "    {safe}\n    Ok(Ok({ok}))")
            }
        }
    }

    /// The type of what a function returns.
    pub(super) fn returned(&self, function: &Function) -> String {
        function.result.map_or_else(|| "()".to_string(), |ty| self.owned(ty, "'static"))
    }

    /// Returns true for numbers, which are the same bytes in Rust and in C.
    pub(super) fn is_number(&self, ty: TypeId) -> bool {
        matches!(self.kind(ty), Kind::Scalar(scalar) if !matches!(scalar, Scalar::Bool | Scalar::Char))
    }

    /// Writes a function of the crate, given its receiver and the instance that it calls.
    pub(super) fn write_function(
        &self,
        text: &mut String,
        (number, function): (usize, &Function),
        rust_name: &str,
        (receiver, inner): (&str, &str),
    ) -> Result {
        let is_method = function.role().0 == Role::Method;
        let mut params = receiver.to_string();
        let mut arguments = inner.to_string();
        for (index, param) in function.params.iter().enumerate() {
            if is_method && index == 0 {
                arguments += ", self";
                continue;
            }
            let own_name = name(&param.own_name);
            let own_name = if own_name == "instance" { "instance_".to_string() } else { own_name };
            params += &format!(", {own_name}: {}", self.param(param.ty));
            arguments += &format!(", {own_name}");
        }
        let returned = self.returned(function);
        writeln!(
            text,
            "/// Calls `{}`.\n///\n/// # Errors\n/// The program traps or ends itself, or it can't be called.",
            doc(&function.export)
        )?;
        writeln!(text, "pub fn {rust_name}({params}) -> ::std::result::Result<{returned}, crate::Error> {{")?;
        writeln!(text, "    crate::convert::call_{number}({arguments})\n}}\n")
    }
}

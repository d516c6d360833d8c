//! The functions that the library calls for what the program imports: they make values of Rust of the arguments, and call what the
//! host program gave.

#![allow(clippy::unnecessary_safety_comment, reason = "the comments are those of the code that is written")]

use super::Crate;
use super::names::import_name;
use crate::bindings::{Form, Import, Kind, Param, Role, TypeId};
use cranelift_entity::EntityRef;
use std::fmt::{Result, Write};

impl Crate<'_> {
    /// Writes the functions, and one that makes the table of them.
    pub(super) fn write_callers(&self, text: &mut String) -> Result {
        let imports = &self.interface.imports;
        if imports.is_empty() {
            return Ok(());
        }
        writeln!(text, "/// The functions that the library calls for what the program imports.")?;
        writeln!(text, "pub fn imports<I: crate::Imports>() -> ffi::Imports {{\n    ffi::Imports {{")?;
        writeln!(text, "        size: size_of::<ffi::Imports>() as u64,\n        context: std::ptr::null_mut(),")?;
        for import in imports {
            let of = if import.drops.is_some() { "" } else { "::<I>" };
            writeln!(text, "        {}: call_{}{of},", import_name(&import.field), import.field)?;
        }
        writeln!(text, "    }}\n}}\n")?;
        imports.iter().try_for_each(|import| match import.drops {
            Some(_) => self.write_drop(text, import),
            None => self.write_caller(text, import),
        })
    }

    fn write_drop(&self, text: &mut String, import: &Import) -> Result {
        let params = self.import_params(import, "ffi::").replace("context:", "_:").replace("instance:", "_:");
        writeln!(text, "unsafe extern \"C\" fn call_{}({params}) -> *const c_char {{", import.field)?;
        writeln!(text, "    // SAFETY: the program owned the resource.")?;
        writeln!(text, "    unsafe {{ HostResource::end(p0.handle) }}\n}}\n")
    }

    fn write_caller(&self, text: &mut String, import: &Import) -> Result {
        let params = self.import_params(import, "ffi::");
        writeln!(
            text,
            "unsafe extern \"C\" fn call_{}<I: crate::Imports>({params}) -> *const c_char {{",
            import.field
        )?;
        writeln!(text, "    // SAFETY: the arguments are those of the function, and are there until it returns.")?;
        writeln!(text, "    let call = |host: &I, instance: &Instance| unsafe {{\n        let inner = &instance.0;")?;
        let is_method = import.role().0 == Role::Method;
        let mut arguments = "host, instance".to_string();
        for (index, param) in import.params.iter().enumerate() {
            let (value, argument) = self.argument(index, param);
            writeln!(text, "        let a{index} = {value};")?;
            if is_method && index == 0 {
                arguments = format!("a0.get(), {arguments}");
            } else {
                arguments += &format!(", {argument}");
            }
        }
        writeln!(text, "        {}({arguments}){}\n    }};", self.callee(import), self.made(import))?;
        let (place, lowered) = match import.result {
            Some(ty) => ("ret", format!("|value, arena| {}", self.lowered(ty, "value"))),
            None => ("std::ptr::dangling_mut()", "|(), _| ()".to_string()),
        };
        writeln!(text, "    // SAFETY: the library passes the context back, and where the result goes.")?;
        writeln!(text, "    unsafe {{ answer((context, instance), call, {place}, {lowered}) }}\n}}\n")
    }

    /// The expression of an argument's value, and that of the argument, given the value.
    fn argument(&self, index: usize, param: &Param) -> (String, String) {
        let (of, place) = match param.form {
            Form::Value => (param.ty, format!("&p{index}")),
            Form::Pointer => (param.ty, format!("&*p{index}")),
            Form::Maybe(some) => (some, "some".to_string()),
        };
        let (value, is_lent) = self.lifted_argument(of, &place);
        let is_list = matches!(self.kind(of), Kind::List(_));
        let argument = match (param.form, is_lent) {
            (_, false) => format!("a{index}"),
            (Form::Maybe(_), true) if is_list => format!("a{index}.as_deref()"),
            (Form::Maybe(_), true) => format!("a{index}.as_ref()"),
            (Form::Value | Form::Pointer, true) => format!("&a{index}"),
        };
        match param.form {
            Form::Maybe(_) => (format!("p{index}.as_ref().map(|some| {value})"), argument),
            Form::Value | Form::Pointer => (value, argument),
        }
    }

    /// The expression that makes a value of what is at a place, and true if the function is lent it.
    fn lifted_argument(&self, ty: TypeId, place: &str) -> (String, bool) {
        let field = |name: &str| if place == "some" { format!("some.{name}") } else { format!("({place}).{name}") };
        let all = format!("({}, {})", field("ptr"), field("len"));
        match self.kind(ty) {
            Kind::String => (format!("characters{all}"), false),
            // Numbers are the same in Rust and in C.
            Kind::List(element) if self.is_number(*element) => (format!("elements{all}"), false),
            kind => {
                let is_handle = matches!(kind, Kind::Handle { .. });
                let is_lent = !is_handle && !self.is_copied(ty) && !self.has_own(ty);
                (format!("lift_{}({place}, inner)", ty.index()), is_lent)
            }
        }
    }

    /// The path of the function that the host program gave.
    fn callee(&self, import: &Import) -> String {
        let (owner, name) = (self.place(import), self.import_name(import));
        let host = format!("<I as {}>", self.trait_path(owner, None));
        let resource =
            self.interface.resource_of_import(import).map(|index| self.interface.resources[index].handles[0]);
        match resource {
            None => format!("{host}::{name}"),
            Some(handle) => {
                let of = self.trait_path(owner, Some(handle));
                format!("<{host}::{} as {of}>::{name}", self.own_type_name(handle))
            }
        }
    }

    /// The expression that makes a resource of the value that a constructor returns.
    fn made(&self, import: &Import) -> String {
        if import.role().0 != Role::Constructor {
            return String::new();
        }
        let resource =
            self.interface.resource_of_import(import).map(|index| self.interface.resources[index].handles[0]);
        let path = resource.map_or_else(String::new, |handle| self.path(handle));
        match import.result.map(|ty| self.kind(ty)) {
            Some(Kind::Result(..)) => format!(".map(|made| made.map({path}::new))"),
            _ => format!(".map({path}::new)"),
        }
    }
}

//! The module `ffi` of a crate: the library's functions and types as C has them. The layouts are asserted where they are declared.

use super::Crate;
use super::names::import_name;
use super::scalars::c_scalar;
use super::types::integer;
use crate::bindings::layout::{discriminant_bytes, flag_bytes};
use crate::bindings::{Form, Function, Import, Kind, Layout, Param, Side, Type, TypeId, offsets, payload_offset};
use aot_abi::library::{LIBRARY_VERSION, OPTIONS, Status, TIMES};
use std::fmt::{Result, Write};

const HEAD: &str = "\
//! The library's functions and types as C has them.

use std::ffi::{c_char, c_void};
use std::mem::{align_of, offset_of, size_of};

pub type Drop = unsafe extern \"C\" fn(*mut c_void, u64) -> u32;
pub type FindMemory = unsafe extern \"C\" fn(*mut c_void, *mut *mut u8, *mut u64) -> u32;
pub type GetGlobal<T> = unsafe extern \"C\" fn(*mut c_void, *mut T) -> u32;
pub type SetGlobal<T> = unsafe extern \"C\" fn(*mut c_void, T) -> u32;
";

impl Crate<'_> {
    /// Writes the module.
    pub(super) fn write_ffi(&self, text: &mut String) -> Result {
        writeln!(text, "{HEAD}\npub const VERSION: u32 = {LIBRARY_VERSION};")?;
        for status in Status::ALL {
            let name = status.name().to_ascii_uppercase();
            writeln!(text, "pub const {name}: u32 = {};", *status as u32)?;
            writeln!(text, "pub const MEANING_{name}: &str = \"{}\";", status.meaning())?;
        }
        writeln!(text, "\n#[repr(C)]\npub struct Options {{")?;
        OPTIONS.iter().try_for_each(|(name, _)| writeln!(text, "    pub {name}: u64,"))?;
        writeln!(text, "    pub settings: *const *const c_char,")?;
        TIMES.iter().try_for_each(|(name, _)| writeln!(text, "    pub {name}: u64,"))?;
        writeln!(text, "}}\n")?;
        self.write_imports_table(text)?;
        for (id, ty) in &self.interface.types {
            self.write_type(text, id, ty)?;
        }
        writeln!(text, "unsafe extern \"C\" {{")?;
        self.write_own_functions(text)?;
        for (_, resource) in self.interface.exported_resources() {
            writeln!(text, "    pub fn {}(instance: *mut c_void, handle: u64) -> u32;", resource.drop)?;
        }
        for (ty, symbol) in self.interface.types.values().filter_map(|ty| Some((ty, ty.free.as_ref()?))) {
            writeln!(text, "    pub fn {symbol}(value: *mut {});", ty.name)?;
        }
        for memory in &self.interface.memories {
            let params = "instance: *mut c_void, base: *mut *mut u8, bytes: *mut u64";
            writeln!(text, "    pub fn {}({params}) -> u32;", memory.symbol)?;
        }
        for global in &self.interface.globals {
            let c = c_scalar(global.scalar);
            writeln!(text, "    pub fn {}(instance: *mut c_void, ret: *mut {c}) -> u32;", global.get)?;
            if let Some(set) = &global.set {
                writeln!(text, "    pub fn {set}(instance: *mut c_void, value: {c}) -> u32;")?;
            }
        }
        self.interface.functions.iter().try_for_each(|function| self.write_declaration(text, function))?;
        writeln!(text, "}}")
    }

    fn write_own_functions(&self, text: &mut String) -> Result {
        let functions = [
            ("new", "options: *const Options, imports: *const Imports, error: *mut *mut c_char", " -> *mut c_void"),
            ("error", "instance: *const c_void", " -> *const c_char"),
            ("exit_status", "instance: *const c_void", " -> u32"),
            ("interrupt", "instance: *mut c_void", " -> bool"),
            ("free", "instance: *mut c_void", ""),
            ("error_free", "error: *mut c_char", ""),
            ("pool", "instances: u32", ""),
            ("abi_version", "", " -> u32"),
        ];
        functions.iter().try_for_each(|(name, params, result)| {
            writeln!(
                text,
                "    #[link_name = \"{}\"]\n    pub fn {name}({params}){result};",
                self.interface.own_symbol(name)
            )
        })
    }

    fn write_imports_table(&self, text: &mut String) -> Result {
        writeln!(text, "#[repr(C)]\npub struct Imports {{\n    pub size: u64,\n    pub context: *mut c_void,")?;
        for import in &self.interface.imports {
            writeln!(
                text,
                "    pub {}: unsafe extern \"C\" fn({}) -> *const c_char,",
                import_name(&import.field),
                self.import_params(import, "")
            )?;
        }
        writeln!(text, "}}\n")
    }

    /// The parameters of a function that C calls. `types` is in front of the names of types.
    pub(super) fn import_params(&self, import: &Import, types: &str) -> String {
        let params = import.params.iter().enumerate();
        let params = params.map(|(index, param)| format!(", p{index}: {}", self.c_param(param, types)));
        let result = import.result.map(|ty| format!(", ret: *mut {}", self.c_of(ty, types)));
        format!("context: *mut c_void, instance: *mut c_void{}", params.chain(result).collect::<String>())
    }

    /// The type of a parameter as C passes it.
    fn c_param(&self, param: &Param, types: &str) -> String {
        match param.form {
            Form::Value => self.c_of(param.ty, types),
            Form::Pointer => format!("*const {}", self.c_of(param.ty, types)),
            Form::Maybe(some) => format!("*const {}", self.c_of(some, types)),
        }
    }

    /// The name of a type as C has it, behind the path of its module.
    pub(super) fn c_of(&self, ty: TypeId, types: &str) -> String {
        match self.interface.types[ty].kind {
            Kind::Scalar(_) => self.c(ty),
            _ => format!("{types}{}", self.c(ty)),
        }
    }

    fn write_declaration(&self, text: &mut String, function: &Function) -> Result {
        write!(text, "    pub fn {}(instance: *mut c_void", function.symbol)?;
        for (index, param) in function.params.iter().enumerate() {
            write!(text, ", p{index}: {}", self.c_param(param, ""))?;
        }
        function.returns.places().try_for_each(|(ty, place)| write!(text, ", {place}: *mut {}", self.c(ty)))?;
        writeln!(text, ") -> u32;")
    }

    /// The name of a type as C has it. Booleans are bytes, so that none has another value than Rust allows.
    pub(super) fn c(&self, ty: TypeId) -> String {
        match &self.interface.types[ty] {
            Type { kind: Kind::Scalar(scalar), .. } => c_scalar(*scalar).to_string(),
            ty => ty.name.clone(),
        }
    }

    fn write_type(&self, text: &mut String, id: TypeId, ty: &Type) -> Result {
        let name = &ty.name;
        let layout = |ty: &TypeId| self.interface.types[*ty].layout;
        match &ty.kind {
            Kind::Scalar(_) => return Ok(()),
            Kind::Alias(of) => return writeln!(text, "pub type {name} = {};\n", self.c(*of)),
            Kind::Enum(cases) => {
                return writeln!(text, "pub type {name} = {};\n", integer(discriminant_bytes(cases.len())));
            }
            Kind::Flags(flags) => return writeln!(text, "pub type {name} = {};\n", integer(flag_bytes(flags.len()))),
            Kind::Handle { .. } => write_struct(text, name, &[("handle".to_string(), "u64".to_string())])?,
            Kind::String => write_struct(text, name, &[pointer("u8"), length()])?,
            Kind::List(element) => write_struct(text, name, &[pointer(&self.c(*element)), length()])?,
            Kind::Record(fields) => self.write_fields(text, name, fields.iter().map(|(_, ty)| *ty))?,
            Kind::Tuple(types) => self.write_fields(text, name, types.iter().copied())?,
            Kind::Variant(cases) => {
                let payloads: Vec<Option<TypeId>> = cases.iter().map(|(_, ty)| *ty).collect();
                self.write_variant(text, name, ("tag", integer(discriminant_bytes(cases.len()))), &payloads)?;
            }
            Kind::Option(some) => self.write_variant(text, name, ("is_some", "u8"), &[None, Some(*some)])?,
            Kind::Result(ok, err) => self.write_variant(text, name, ("is_err", "u8"), &[*ok, *err])?,
        }
        let shape = self.interface.types[id].layout.host;
        writeln!(
            text,
            "const _: () = assert!(size_of::<{name}>() == {} && align_of::<{name}>() == {});",
            shape.bytes, shape.align
        )?;
        let fields: Vec<Layout> = match &ty.kind {
            Kind::Record(fields) => fields.iter().map(|(_, ty)| layout(ty)).collect(),
            Kind::Tuple(types) => types.iter().map(layout).collect(),
            kind => {
                if let Some(offset) = self.value_offset(kind) {
                    writeln!(text, "const _: () = assert!(offset_of!({name}, val) == {offset});")?;
                }
                Vec::new()
            }
        };
        for (index, (offset, _)) in offsets(Side::Host, fields.into_iter()).enumerate() {
            writeln!(text, "const _: () = assert!(offset_of!({name}, f{index}) == {offset});")?;
        }
        writeln!(text)
    }

    /// The offset of what is in a case, for kinds that have something in one.
    fn value_offset(&self, kind: &Kind) -> Option<u64> {
        let cases = match kind {
            Kind::Variant(cases) => cases.len(),
            Kind::Option(_) | Kind::Result(..) => 2,
            _ => return None,
        };
        let payloads: Vec<Layout> = kind.inner().iter().map(|ty| self.interface.types[*ty].layout).collect();
        (!payloads.is_empty()).then(|| payload_offset(Side::Host, cases, payloads.into_iter()))
    }

    fn write_fields(&self, text: &mut String, name: &str, types: impl Iterator<Item = TypeId>) -> Result {
        let fields: Vec<_> = types.enumerate().map(|(index, ty)| (format!("f{index}"), self.c(ty))).collect();
        write_struct(text, name, &fields)
    }

    /// Writes a structure with a tag and a union, whose fields have the numbers of cases.
    fn write_variant(
        &self,
        text: &mut String,
        name: &str,
        (tag, tag_type): (&str, &str),
        payloads: &[Option<TypeId>],
    ) -> Result {
        let mut fields = vec![(tag.to_string(), tag_type.to_string())];
        if payloads.iter().any(Option::is_some) {
            writeln!(text, "#[repr(C)]\n#[derive(Clone, Copy)]\npub union {name}_val {{")?;
            for (index, ty) in payloads.iter().enumerate() {
                if let Some(ty) = ty {
                    writeln!(text, "    pub c{index}: {},", self.c(*ty))?;
                }
            }
            writeln!(text, "}}")?;
            fields.push(("val".to_string(), format!("{name}_val")));
        }
        write_struct(text, name, &fields)
    }
}

fn write_struct(text: &mut String, name: &str, fields: &[(String, String)]) -> Result {
    writeln!(text, "#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {name} {{")?;
    fields.iter().try_for_each(|(field, ty)| writeln!(text, "    pub {field}: {ty},"))?;
    writeln!(text, "}}")
}

fn pointer(to: &str) -> (String, String) {
    ("ptr".to_string(), format!("*mut {to}"))
}

fn length() -> (String, String) {
    ("len".to_string(), "usize".to_string())
}

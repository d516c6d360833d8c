//! The header of a library, for C99 and C++17. It depends on the interface alone.

use super::{Form, Function, Global, Import, Interface, Memory, Param, Returns, TypeId, c_types};
use aot_abi::library::{LIBRARY_VERSION, OPTIONS, SETTINGS, Status, TIMES};
use std::fmt::Write;

/// Writes the header.
pub fn header(interface: &Interface) -> String {
    let mut text = String::new();
    // Writing to a string doesn't fail.
    let _ = write_header(&mut text, interface);
    text
}

fn write_header(text: &mut String, interface: &Interface) -> std::fmt::Result {
    let name = &interface.name;
    let upper = name.to_ascii_uppercase();
    writeln!(text, "/* The library {name}, made by aot. */")?;
    writeln!(text, "#ifndef {upper}_H\n#define {upper}_H\n")?;
    writeln!(text, "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n")?;
    writeln!(text, "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n")?;
    writeln!(text, "/* The version of this interface, which {name}_abi_version returns too. */")?;
    writeln!(text, "#define {upper}_ABI_VERSION {LIBRARY_VERSION}\n")?;
    write_statuses(text, name, &upper)?;
    write_options(text, name)?;
    write_instance(text, name)?;
    c_types::write(text, interface)?;
    write_imports(text, interface)?;
    write_own_functions(text, name)?;
    for memory in &interface.memories {
        write_memory(text, name, memory)?;
    }
    for global in &interface.globals {
        write_global(text, name, global)?;
    }
    for function in &interface.functions {
        write_function(text, interface, function)?;
    }
    writeln!(text, "#ifdef __cplusplus\n}}\n#endif\n\n#endif")
}

fn write_statuses(text: &mut String, name: &str, upper: &str) -> std::fmt::Result {
    writeln!(text, "/* The outcome of a call. */\ntypedef enum {name}_status {{")?;
    let mut separator = "";
    for status in Status::ALL {
        writeln!(text, "{separator}  /* {}. */", capitalised(status.meaning()))?;
        write!(text, "  {upper}_{} = {}", status.name().to_ascii_uppercase(), *status as u32)?;
        separator = ",\n";
    }
    writeln!(text, "\n}} {name}_status_t;\n")
}

fn write_options(text: &mut String, name: &str) -> std::fmt::Result {
    writeln!(
        text,
        "/* Limits of a new instance, and grants to take away from it; 0 stands for what the library was built with, and more lowers
 * nothing. */"
    )?;
    writeln!(text, "typedef struct {name}_options {{")?;
    for (field, meaning) in OPTIONS {
        writeln!(text, "  /* {}. */\n  uint64_t {field};", capitalised(meaning))?;
    }
    let (field, meaning) = SETTINGS;
    writeln!(text, "  /* {}. */\n  const char *const *{field};", capitalised(meaning))?;
    for (field, meaning) in TIMES {
        writeln!(text, "  /* {}. */\n  uint64_t {field};", capitalised(meaning))?;
    }
    writeln!(text, "}} {name}_options_t;\n")
}

fn write_own_functions(text: &mut String, name: &str) -> std::fmt::Result {
    writeln!(
        text,
        "/* The version of the interface that the library has. */
uint32_t {name}_abi_version(void);

/* Makes an instance, and runs its start-up. The options may be null, and the imports if there are none. Returns null if that fails; then
 * the error, unless its address is null, is a text to be freed with {name}_error_free. */
{name}_instance_t *{name}_new(const {name}_options_t *options, const {name}_imports_t *imports, char **error);

/* Frees a text of {name}_new, which may be null. */
void {name}_error_free(char *error);

/* The text about the trap that ended the instance, with its backtrace, or about its exit; null if it goes on. It lives as long as the instance. */
const char *{name}_error(const {name}_instance_t *instance);

/* The status with which the guest ended itself; 0 if it didn't. */
uint32_t {name}_exit_status(const {name}_instance_t *instance);

/* Ends the call that runs in the instance on another thread; false if none runs. The guest traps, or does so when a function of the
 * host program returns to it. The instance isn't freed meanwhile. */
bool {name}_interrupt({name}_instance_t *instance);

/* Frees an instance, which may be null. Nothing runs in it. */
void {name}_free({name}_instance_t *instance);

/* Sets how many freed instances the library keeps the memory of, made new, for those that are made next: 16 at first, 64 at most, and none
 * with 0. What it keeps beyond that is given back. */
void {name}_pool(uint32_t instances);
"
    )
}

fn write_instance(text: &mut String, name: &str) -> std::fmt::Result {
    writeln!(
        text,
        "/* An instance of the program: memory, globals and tables of its own. It is used by one thread at a time, whichever that is;
 * several are independent of each other. */
typedef struct {name}_instance {name}_instance_t;
"
    )
}

fn write_imports(text: &mut String, interface: &Interface) -> std::fmt::Result {
    let name = &interface.name;
    if interface.imports.is_empty() {
        return writeln!(
            text,
            "/* What the library imports: nothing. */\ntypedef struct {name}_imports {name}_imports_t;\n"
        );
    }
    let of_component = match interface.is_component {
        true => {
            "\n * Arguments belong to the library, and are there until the function returns. What a result owns was allocated with malloc(); the\n * library frees it."
        }
        false => "",
    };
    writeln!(
        text,
        "/* What the library imports. Each function gets the context and the instance that calls it. It stores its result in *ret and
 * returns null; or it returns a text, which is copied, and with which the guest traps. It may call other instances.{of_component} */
typedef struct {name}_imports {{
  /* sizeof of this structure. */
  uint64_t size;
  /* Passed to each function. */
  void *context;"
    )?;
    interface.imports.iter().try_for_each(|import| write_import(text, interface, import))?;
    writeln!(text, "}} {name}_imports_t;\n")
}

fn write_import(text: &mut String, interface: &Interface, import: &Import) -> std::fmt::Result {
    writeln!(text, "  /* {} */", comment(&import.name))?;
    write!(text, "  const char *(*{})(void *context, {}_instance_t *instance", import.field, interface.name)?;
    write_params(text, interface, &import.params)?;
    if let Some(result) = import.result {
        write!(text, ", {} *ret", interface.types[result].name)?;
    }
    writeln!(text, ");")
}

fn write_params(text: &mut String, interface: &Interface, params: &[Param]) -> std::fmt::Result {
    let c_type = |ty: TypeId| &interface.types[ty].name;
    params.iter().try_for_each(|param| match param.form {
        Form::Value => write!(text, ", {} {}", c_type(param.ty), param.name),
        Form::Pointer => write!(text, ", const {} *{}", c_type(param.ty), param.name),
        Form::Maybe(some) => write!(text, ", const {} *{}", c_type(some), param.name),
    })
}

fn write_memory(text: &mut String, name: &str, memory: &Memory) -> std::fmt::Result {
    writeln!(
        text,
        "/* {}: where the memory begins, and its bytes until the guest grows it; also for functions that the guest calls. */",
        comment(&memory.export)
    )?;
    writeln!(text, "{name}_status_t {}({name}_instance_t *instance, uint8_t **base, uint64_t *bytes);\n", memory.symbol)
}

fn write_global(text: &mut String, name: &str, global: &Global) -> std::fmt::Result {
    let (export, ty) = (comment(&global.export), global.scalar.c_name());
    let Some(set) = &global.set else {
        writeln!(text, "/* {export}: reads the global; also for functions that the guest calls. */")?;
        return writeln!(text, "{name}_status_t {}({name}_instance_t *instance, {ty} *ret);\n", global.get);
    };
    writeln!(text, "/* {export}: reads the global, and writes it; also for functions that the guest calls. */")?;
    writeln!(text, "{name}_status_t {}({name}_instance_t *instance, {ty} *ret);", global.get)?;
    writeln!(text, "{name}_status_t {set}({name}_instance_t *instance, {ty} value);\n")
}

fn write_function(text: &mut String, interface: &Interface, function: &Function) -> std::fmt::Result {
    let name = &interface.name;
    let c_type = |ty: TypeId| &interface.types[ty].name;
    writeln!(text, "/* {} */", comment(&function.export))?;
    write!(text, "{name}_status_t {}({name}_instance_t *instance", function.symbol)?;
    write_params(text, interface, &function.params)?;
    for (ty, place) in function.returns.places() {
        write!(text, ", {} *{place}", c_type(ty))?;
    }
    writeln!(text, ");\n")
}

impl Returns {
    /// The types of the places for a result, in the order in which the function takes their addresses, and their names.
    pub fn places(&self) -> impl Iterator<Item = (TypeId, &'static str)> {
        let (ret, err) = match *self {
            Self::Nothing => (None, None),
            Self::Value(ty) | Self::Option(ty) => (Some(ty), None),
            Self::Result(ok, err) => (ok, err),
        };
        [ret.map(|ty| (ty, "ret")), err.map(|ty| (ty, "err"))].into_iter().flatten()
    }
}

/// A sentence begins with a capital.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

/// The name of an export as a comment may have it: printable ASCII that doesn't end the comment.
pub(super) fn comment(name: &str) -> String {
    let shown = |character: char| if character.is_ascii_graphic() || character == ' ' { character } else { '?' };
    name.chars().map(shown).collect::<String>().replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
}

//! Components that pass values on: the last returns what it is given, those before it call the next. Each keeps them in
//! a memory of its own, with strings in an encoding of its own, so that a value goes through all of lifting and lowering.

use crate::random::Random;
use crate::value::{Type, Types};
use std::fmt::Write;

/// Components in a row.
const COMPONENTS: [usize; 3] = [1, 2, 3];
/// Functions of each, which have types of their own, and calls of each function.
const FUNCTIONS: usize = 3;
const CALLS: usize = 5;
/// Beyond so many, parameters are in memory.
const FLAT_MAX: usize = 16;
/// Parameters that are there so that the others are in memory.
const PADDING: usize = 16;
/// The addresses of a function's result and of the value that it returns.
const RESULT: usize = 1024;
const HEAP: usize = 65536;

/// A script: the component, and calls that return their argument. Each assertion has a line.
pub fn script(seed: u64) -> String {
    let random = &mut Random::new(seed);
    let mut types = Types::default();
    let mut functions = Vec::new();
    for _ in 0..FUNCTIONS {
        let depth = 1 + random.below(3);
        functions.push(Echo::new(types.random(depth, random), random));
    }
    let count = random.pick(&COMPONENTS);
    let mut text = "(component\n".to_string();
    types.name(false, &mut text);
    for component in 0..count {
        let encoding = random.pick(&["utf8", "utf16", "latin1+utf16"]);
        text += &self::component(component, &types, &functions, encoding);
    }
    for (index, function) in functions.iter().enumerate() {
        let _ = writeln!(
            text,
            "(export \"echo{index}\" (func $i{} \"echo{index}\") (func {}))",
            count - 1,
            function.signature()
        );
    }
    text += ")\n";
    for (index, function) in functions.iter().enumerate() {
        for _ in 0..CALLS {
            let value = function.ty.value(random);
            let padding = "(u8.const 0) ".repeat(function.padding);
            let _ = writeln!(text, "(assert_return (invoke \"echo{index}\" {value} {padding}) {value})");
        }
    }
    text
}

/// The number of calls in a script.
pub const ASSERTIONS: usize = FUNCTIONS * CALLS;

/// A function that returns its first parameter.
struct Echo {
    ty: Type,
    flat: Vec<Flat>,
    padding: usize,
}

impl Echo {
    fn new(ty: Type, random: &mut Random) -> Self {
        // Alone, scripts have one as the result of a core module.
        let ty = if matches!(ty, Type::Primitive("f32" | "f64")) { Type::Tuple(vec![ty]) } else { ty };
        let flat = flatten(&ty);
        // What is one number in code isn't one in memory.
        let padding = if flat.len() > 1 && random.one_in(4) { PADDING } else { 0 };
        Self { ty, flat, padding }
    }

    /// The type of the component's function.
    fn signature(&self) -> String {
        let padding: String = (0..self.padding).map(|index| format!("(param \"p{index}\" u8) ")).collect();
        format!("(param \"value\" {0}) {padding} (result {0})", self.ty.text())
    }

    fn params_in_memory(&self) -> bool {
        self.flat.len() + self.padding > FLAT_MAX
    }

    /// The core function's parameters, and its result: the value, or where it is.
    fn core_types(&self) -> (Vec<Flat>, Flat) {
        let params = if self.params_in_memory() { vec![Flat::I32] } else { self.flat.clone() };
        (params, if let [one] = self.flat[..] { one } else { Flat::I32 })
    }
}

/// The component with this number and its instance; the first returns what it is given.
fn component(number: usize, types: &Types, functions: &[Echo], encoding: &str) -> String {
    let (mut text, mut core) = (format!("(component $C{number}\n"), String::new());
    let (mut lowered, mut imports) = (String::new(), String::new());
    types.name(number > 0, &mut text);
    for (index, function) in functions.iter().enumerate() {
        let (params, result) = function.core_types();
        let params: String = params.iter().map(|ty| format!("(param {}) ", ty.name())).collect();
        let head = format!("(func (export \"echo{index}\") {params} (result {})", result.name());
        if number == 0 {
            let _ = writeln!(core, "{head} {})", function.return_it());
            continue;
        }
        let _ = writeln!(text, "(import \"echo{index}\" (func $echo{index} {}))", function.signature());
        let options = format!("string-encoding={encoding} (memory $memory) (realloc $realloc)");
        let _ = writeln!(lowered, "(core func $lowered{index} (canon lower (func $echo{index}) {options}))");
        let _ = write!(lowered, "(core instance $next{index} (export \"echo\" (func $lowered{index})))");
        let (place, import_result) = match function.flat.len() {
            1 => (String::new(), format!("(result {})", result.name())),
            _ => ("(param i32)".to_string(), String::new()),
        };
        let _ = writeln!(imports, "(import \"{index}\" \"echo\" (func $next{index} {params} {place} {import_result}))");
        let arguments: String =
            (0..function.core_types().0.len()).map(|local| format!("(local.get {local}) ")).collect();
        let _ = match function.flat.len() {
            1 => writeln!(core, "{head} (call $next{index} {arguments}))"),
            _ => writeln!(core, "{head} (call $next{index} {arguments} (i32.const {RESULT})) (i32.const {RESULT}))"),
        };
    }
    // The memory comes first, since what is lowered needs it.
    text += &format!(
        "(core module $Memory {MEMORY}) (core instance $m (instantiate $Memory))\n\
         (alias core export $m \"memory\" (core memory $memory)) (alias core export $m \"realloc\" (core func $realloc))\n\
         {lowered}\n(core module $Code (import \"m\" \"memory\" (memory 1)) {imports} {core})\n"
    );
    let next = if number == 0 { 0 } else { functions.len() };
    let with: String = (0..next).map(|index| format!("(with \"{index}\" (instance $next{index})) ")).collect();
    let _ = writeln!(text, "(core instance $code (instantiate $Code (with \"m\" (instance $m)) {with}))");
    for (index, function) in functions.iter().enumerate() {
        let options = format!("string-encoding={encoding} (memory $memory) (realloc $realloc)");
        let lift = format!("(canon lift (core func $code \"echo{index}\") {options})");
        let _ = writeln!(text, "(func (export \"echo{index}\") {} {lift})", function.signature());
    }
    let arguments: String = match number.checked_sub(1) {
        None => String::new(),
        Some(before) => {
            let echo = |index| format!("(with \"echo{index}\" (func $i{before} \"echo{index}\")) ");
            types.arguments() + &(0..functions.len()).map(echo).collect::<String>()
        }
    };
    let _ = writeln!(text, ")\n(instance $i{number} (instantiate $C{number} {arguments}))");
    text
}

/// A memory, and its allocator, which never frees.
const MEMORY: &str = r#"
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 65536))
  (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $new)))
    (if (i32.gt_u (global.get $next) (i32.shl (memory.size) (i32.const 16)))
      (then (drop (memory.grow (i32.add (i32.shr_u (local.get $new) (i32.const 16)) (i32.const 1))))))
    (memory.copy (local.get $at) (local.get $old)
      (select (local.get $size) (local.get $new) (i32.lt_u (local.get $size) (local.get $new))))
    (local.get $at))
"#;

/// A core type of a value that is passed in parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flat {
    I32,
    I64,
    F32,
    F64,
}

impl Flat {
    fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The type that holds either of two flattened values.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::I32, Self::F32) | (Self::F32, Self::I32) => Self::I32,
            _ => Self::I64,
        }
    }

    /// Makes it of `value`, which is of a joined type.
    fn of(self, value: &str, joined: Self) -> String {
        match (joined, self) {
            (Self::I32, Self::F32) => format!("(f32.reinterpret_i32 {value})"),
            (Self::I64, Self::I32) => format!("(i32.wrap_i64 {value})"),
            (Self::I64, Self::F32) => format!("(f32.reinterpret_i32 (i32.wrap_i64 {value}))"),
            (Self::I64, Self::F64) => format!("(f64.reinterpret_i64 {value})"),
            _ => value.to_string(),
        }
    }
}

fn flatten(ty: &Type) -> Vec<Flat> {
    if let Some(cases) = ty.cases() {
        let mut joined: Vec<Flat> = Vec::new();
        for case in cases.into_iter().flatten().map(flatten) {
            for (index, flat) in case.into_iter().enumerate() {
                match joined.get_mut(index) {
                    Some(present) => *present = present.join(flat),
                    None => joined.push(flat),
                }
            }
        }
        joined.insert(0, Flat::I32);
        return joined;
    }
    match ty {
        Type::Tuple(fields) | Type::Record(_, fields) => fields.iter().flat_map(flatten).collect(),
        Type::List(_) | Type::Primitive("string") => vec![Flat::I32, Flat::I32],
        Type::Primitive("u64" | "s64") => vec![Flat::I64],
        Type::Primitive("f32") => vec![Flat::F32],
        Type::Primitive("f64") => vec![Flat::F64],
        _ => vec![Flat::I32],
    }
}

/// The size and the alignment in memory.
fn layout(ty: &Type) -> (usize, usize) {
    if let Some(cases) = ty.cases() {
        let parts: Vec<(usize, usize)> = cases.iter().flatten().map(|ty| layout(ty)).collect();
        let alignment = parts.iter().map(|(_, alignment)| *alignment).max().unwrap_or(1);
        let size = parts.iter().map(|(size, _)| *size).max().unwrap_or(0);
        let tag = tag_size(cases.len());
        let whole = tag.next_multiple_of(alignment) + size;
        return (whole.next_multiple_of(alignment.max(tag)), alignment.max(tag));
    }
    match ty {
        Type::Tuple(fields) | Type::Record(_, fields) => {
            let (end, alignment) = fields.iter().fold((0, 1), |(end, most), ty| {
                let (size, alignment) = layout(ty);
                (end_of(end, alignment, size), alignment.max(most))
            });
            (end.next_multiple_of(alignment), alignment)
        }
        Type::List(_) | Type::Primitive("string") => (8, 4),
        Type::Primitive("bool" | "u8" | "s8") | Type::Flags(_, 1..=8) => (1, 1),
        Type::Primitive("u16" | "s16") | Type::Flags(_, 9..=16) => (2, 2),
        Type::Primitive("u64" | "s64" | "f64") => (8, 8),
        _ => (4, 4),
    }
}

fn end_of(start: usize, alignment: usize, size: usize) -> usize {
    start.next_multiple_of(alignment) + size
}

fn tag_size(cases: usize) -> usize {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

impl Echo {
    /// The code that returns the parameters as a result.
    fn return_it(&self) -> String {
        if self.flat.len() == 1 || self.params_in_memory() {
            // What is in memory begins with the value.
            return "(local.get 0)".to_string();
        }
        let mut code = String::new();
        let locals: Vec<(usize, Flat)> = self.flat.iter().copied().enumerate().collect();
        store(&self.ty, RESULT, &locals, &mut code);
        assert!(RESULT + layout(&self.ty).0 <= HEAP, "a result of {} bytes", layout(&self.ty).0);
        code + &format!("(i32.const {RESULT})")
    }
}

/// Stores the value of these locals, which have joined types.
fn store(ty: &Type, at: usize, locals: &[(usize, Flat)], code: &mut String) {
    let value = |index: usize, flat: Flat| {
        let (local, joined) = locals[index];
        flat.of(&format!("(local.get {local})"), joined)
    };
    if let Some(cases) = ty.cases() {
        let tag = value(0, Flat::I32);
        let size = tag_size(cases.len());
        let _ = write!(code, "({} (i32.const {at}) {tag}) ", narrow(size));
        let alignment = cases.iter().flatten().map(|ty| layout(ty).1).max().unwrap_or(1);
        for (case, ty) in cases.iter().enumerate().filter_map(|(case, ty)| Some((case, (*ty)?))) {
            let _ = write!(code, "(if (i32.eq {tag} (i32.const {case})) (then ");
            store(ty, end_of(at + size, alignment, 0), &locals[1..], code);
            *code += ")) ";
        }
        return;
    }
    match ty {
        Type::Tuple(fields) | Type::Record(_, fields) => {
            let (mut end, mut first) = (at, 0);
            for field in fields {
                let (size, alignment) = layout(field);
                store(field, end.next_multiple_of(alignment), &locals[first..], code);
                end = end_of(end, alignment, size);
                first += flatten(field).len();
            }
        }
        Type::List(_) | Type::Primitive("string") => {
            for (index, at) in [at, at + 4].into_iter().enumerate() {
                let _ = write!(code, "(i32.store (i32.const {at}) {}) ", value(index, Flat::I32));
            }
        }
        other => {
            let flat = flatten(other)[0];
            let instruction = match flat {
                Flat::I32 => narrow(layout(other).0),
                Flat::I64 => "i64.store",
                Flat::F32 => "f32.store",
                Flat::F64 => "f64.store",
            };
            let _ = write!(code, "({instruction} (i32.const {at}) {}) ", value(0, flat));
        }
    }
}

fn narrow(size: usize) -> &'static str {
    match size {
        1 => "i32.store8",
        2 => "i32.store16",
        _ => "i32.store",
    }
}

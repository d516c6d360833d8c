//! Arguments of a call: a function, and values of its parameters' types in WAVE.

use wasm_wave::ast::{Node, NodeType};
use wasm_wave::parser::ParserError;
use wasm_wave::untyped::{UntypedFuncCall, UntypedValue};

use super::text;
use aot_foundation::message::Message;
use aot_host::component::{Exports, Function, Kind, TypeIndex, Types, Value};

/// A message about arguments that don't fit an exported function.
pub struct Problem {
    message: String,
    /// The argument, and the place in it that is meant, in bytes.
    place: Option<(String, usize)>,
    /// True if the message lists the functions that there are.
    lists: bool,
}

/// The most characters of an argument that are shown on each side of a place.
const SHOWN_MAX: usize = 60;

impl Problem {
    fn new(message: String) -> Problem {
        Problem { message, place: None, lists: false }
    }

    fn at(message: String, argument: &str, place: usize) -> Problem {
        Problem { message, place: Some((argument.to_owned(), place)), lists: false }
    }

    /// Tells it on standard error.
    pub fn tell(&self, exports: &Exports) {
        let mut message = Message::to_stderr();
        message.text("aot: ").name(&self.message).text("\n");
        if let Some((argument, place)) = &self.place {
            let (before, after) = argument.split_at_checked(*place).unwrap_or((argument, ""));
            let start = before.char_indices().rev().nth(SHOWN_MAX).map_or(0, |(at, _)| at);
            let end = after.char_indices().nth(SHOWN_MAX).map_or(after.len(), |(at, _)| at);
            let shown = |text: &str| text.replace(|character| !text::is_printable(character), " ");
            let before = shown(before.get(start..).unwrap_or_default());
            message.text("  ").text(&before).text(shown(after.get(..end).unwrap_or_default())).text("\n  ");
            message.text(" ".repeat(before.chars().count())).text("^\n");
        }
        if self.lists {
            for function in &exports.functions {
                message.text("  ").name(function.full_name()).text("\n");
            }
        }
    }
}

/// The function that is meant, and its arguments.
pub fn parse<'e>(exports: &'e Exports, words: &[&[u8]]) -> Result<(&'e Function, Vec<Value>), Problem> {
    let texts = words.iter().map(|word| core::str::from_utf8(word)).collect::<Result<Vec<&str>, _>>();
    let texts = texts.map_err(|_| Problem::new(String::from("an argument isn't UTF-8")))?;
    let Some((&first, rest)) = texts.split_first() else {
        return Err(Problem::new(String::from("a function is missing")));
    };
    match (first.find('('), rest) {
        (Some(parenthesis), []) => {
            let (name, list) = first.split_at(parenthesis);
            let function = find(exports, name.trim())?;
            Ok((function, of_call(exports, function, first, list, parenthesis)?))
        }
        (Some(parenthesis), _) => {
            Err(Problem::at(String::from("a call is one argument: quote it for the shell"), first, parenthesis))
        }
        (None, _) => {
            let function = find(exports, first)?;
            Ok((function, of_words(exports, function, rest)?))
        }
    }
}

/// A function by its full name, by its interface without the version, or by its own name, if that is the only one.
fn find<'e>(exports: &'e Exports, name: &str) -> Result<&'e Function, Problem> {
    let by = |names: fn(&Function) -> String| exports.functions.iter().filter(move |function| names(function) == name);
    let without_version = |function: &Function| {
        let interface = function.interface.split('@').next().unwrap_or_default();
        [interface, ".", function.name].concat()
    };
    if let Some(function) = by(Function::full_name).next() {
        return Ok(function);
    }
    for names in [without_version, |function: &Function| function.name.to_owned()] {
        let mut found = by(names);
        match (found.next(), found.next()) {
            (Some(function), None) => return Ok(function),
            (Some(_), Some(_)) => {
                let message = ["several functions are called `", name, "`; name one in full:"].concat();
                return Err(Problem { lists: true, ..Problem::new(message) });
            }
            (None, _) => {}
        }
    }
    if let Some(export) = exports.uncallable.iter().find(|export| export.name == name) {
        return Err(Problem::new(["`", name, "` can't be called: ", export.reason].concat()));
    }
    let message = ["no exported function is called `", name, "`; there are:"].concat();
    Err(Problem { lists: true, ..Problem::new(message) })
}

/// The arguments of `(…)`, which begins at `offset` of the argument `whole`.
fn of_call(
    exports: &Exports,
    function: &Function,
    whole: &str,
    list: &str,
    offset: usize,
) -> Result<Vec<Value>, Problem> {
    // The library's names are others than those of exports: it gets one of its own.
    let source = ["f", list].concat();
    let problem = |fault: Fault| Problem::at(fault.message, whole, (fault.at + offset).saturating_sub(1));
    let call = UntypedFuncCall::parse(&source).map_err(|error| problem(error.into()))?;
    let nodes: Vec<&Node> = match call.params_node() {
        Some(params) => params.as_tuple().map_err(|error| problem(error.into()))?.collect(),
        None => Vec::new(),
    };
    let mut values = Vec::new();
    let mut nodes = nodes.into_iter();
    for (name, ty) in &function.params {
        values.push(match nodes.next() {
            Some(node) => of_node(&exports.types, *ty, node, &source).map_err(problem)?,
            None => missing(exports, function, name, *ty)?,
        });
    }
    match nodes.next() {
        Some(node) => {
            Err(Problem::at(String::from("more values than parameters"), whole, node.span().start + offset - 1))
        }
        None => Ok(values),
    }
}

/// A value from each word.
fn of_words(exports: &Exports, function: &Function, words: &[&str]) -> Result<Vec<Value>, Problem> {
    let mut values = Vec::new();
    let mut words = words.iter();
    for (name, ty) in &function.params {
        let Some(&word) = words.next() else {
            values.push(missing(exports, function, name, *ty)?);
            continue;
        };
        let problem = |fault: Fault| Problem::at(fault.message, word, fault.at);
        let value = UntypedValue::parse(word).map_err(|error| problem(error.into()))?;
        values.push(of_node(&exports.types, *ty, value.node(), word).map_err(problem)?);
    }
    match words.next() {
        Some(word) => Err(Problem::at(String::from("more values than parameters"), word, 0)),
        None => Ok(values),
    }
}

/// The value of a parameter that isn't given: none for an option, else a problem.
fn missing(exports: &Exports, function: &Function, name: &str, ty: TypeIndex) -> Result<Value, Problem> {
    match exports.types.get(ty).kind {
        Kind::Option(_) => Ok(Value::Case(0, None)),
        _ => Err(Problem::new(["`", function.name, "` lacks a value for its parameter `", name, "`"].concat())),
    }
}

/// A message about a value, and the place in its text.
struct Fault {
    message: String,
    at: usize,
}

impl From<ParserError> for Fault {
    /// The library's words without the place, which is shown.
    fn from(error: ParserError) -> Fault {
        let mut message = error.to_string();
        message.truncate(message.rfind(" at ").unwrap_or(message.len()));
        Fault { message, at: error.span().start }
    }
}

/// A value isn't of its type.
fn wrong(types: &Types, ty: TypeIndex, node: &Node) -> Fault {
    let mut message = String::from("this isn't a value of the type ");
    text::type_of(&mut message, types, ty, 0);
    Fault { message, at: node.span().start }
}

/// A value of the type. The depth of the recursion is that of the value, which the library bounds.
fn of_node(types: &Types, ty: TypeIndex, node: &Node, source: &str) -> Result<Value, Fault> {
    let inner = |ty: TypeIndex, node: &Node| of_node(types, ty, node, source);
    let payload = |payload_type: Option<TypeIndex>, payload: Option<&Node>| match (payload_type, payload) {
        (Some(payload_type), Some(payload)) => inner(payload_type, payload).map(|value| Some(Box::new(value))),
        (None, None) => Ok(None),
        _ => Err(wrong(types, ty, node)),
    };
    if !is_of_type(types, ty, node.ty()) {
        return Err(wrong(types, ty, node));
    }
    Ok(match &types.get(ty).kind {
        Kind::Bool => Value::Bool(node.as_bool()?),
        Kind::S8 => Value::Signed(node.as_number::<i8>(source)?.into()),
        Kind::S16 => Value::Signed(node.as_number::<i16>(source)?.into()),
        Kind::S32 => Value::Signed(node.as_number::<i32>(source)?.into()),
        Kind::S64 => Value::Signed(node.as_number(source)?),
        Kind::U8 => Value::Unsigned(node.as_number::<u8>(source)?.into()),
        Kind::U16 => Value::Unsigned(node.as_number::<u16>(source)?.into()),
        Kind::U32 => Value::Unsigned(node.as_number::<u32>(source)?.into()),
        Kind::U64 => Value::Unsigned(node.as_number(source)?),
        Kind::F32 => Value::F32(node.as_number::<f32>(source)?.to_bits()),
        Kind::F64 => Value::F64(node.as_number::<f64>(source)?.to_bits()),
        Kind::Char => Value::Char(node.as_char(source)?),
        Kind::String => Value::String(node.as_str(source)?.into_owned()),
        Kind::List(element) => {
            Value::List(node.as_list()?.map(|node| inner(*element, node)).collect::<Result<_, _>>()?)
        }
        Kind::Tuple(fields) => {
            let nodes = node.as_tuple()?;
            if nodes.len() != fields.len() {
                return Err(wrong(types, ty, node));
            }
            Value::Fields(fields.iter().zip(nodes).map(|(ty, node)| inner(*ty, node)).collect::<Result<_, _>>()?)
        }
        Kind::Record(fields) => Value::Fields(record(types, fields, node, source)?),
        Kind::Variant(cases) => {
            let (name, value) = node.as_variant(source)?;
            let case = cases.iter().position(|(case, _)| *case == name).ok_or_else(|| wrong(types, ty, node))?;
            Value::Case(case as u32, payload(cases.get(case).and_then(|(_, ty)| *ty), value)?)
        }
        Kind::Enum(names) => {
            let name = node.as_enum(source)?;
            let case = names.iter().position(|case| *case == name).ok_or_else(|| wrong(types, ty, node))?;
            Value::Case(case as u32, None)
        }
        Kind::Option(some) => match node.ty() {
            NodeType::OptionNone => Value::Case(0, None),
            NodeType::OptionSome => Value::Case(1, payload(Some(*some), node.as_option()?)?),
            _ => Value::Case(1, payload(Some(*some), Some(node))?),
        },
        Kind::Result(ok, err) => match node.ty() {
            NodeType::ResultOk | NodeType::ResultErr => match node.as_result()? {
                Ok(value) => Value::Case(0, payload(*ok, value)?),
                Err(value) => Value::Case(1, payload(*err, value)?),
            },
            _ => Value::Case(0, payload(*ok, Some(node))?),
        },
        Kind::Flags(names) => {
            let mut words = vec![0; names.len().div_ceil(32)];
            for flag in node.as_flags(source)? {
                let flag = flag.strip_prefix('%').unwrap_or(flag);
                let index = names.iter().position(|name| *name == flag).ok_or_else(|| wrong(types, ty, node))?;
                if let Some(word) = words.get_mut(index / 32) {
                    *word |= 1 << (index % 32);
                }
            }
            Value::Flags(words)
        }
        // There is no way to write one.
        Kind::Own(..) | Kind::Borrow(_) | Kind::Stream(_) | Kind::Future(_) => return Err(wrong(types, ty, node)),
    })
}

/// Returns true if what is written can be a value of the type. The payload of `some` or `ok` may stand alone, unless it is an
/// option or a result itself.
fn is_of_type(types: &Types, ty: TypeIndex, written: NodeType) -> bool {
    let kind = &types.get(ty).kind;
    let alone = match kind {
        Kind::Option(some) => Some(*some),
        Kind::Result(ok, _) => *ok,
        _ => None,
    };
    is_of_kind(kind, written) || alone.is_some_and(|payload| is_of_kind_alone(&types.get(payload).kind, written))
}

fn is_of_kind_alone(kind: &Kind, written: NodeType) -> bool {
    !matches!(kind, Kind::Option(_) | Kind::Result(..)) && is_of_kind(kind, written)
}

/// True if text of this form can be a value of a type of this kind. If it can't, a message of our own says more than
/// the library's.
fn is_of_kind(kind: &Kind, written: NodeType) -> bool {
    use NodeType as N;
    match kind {
        Kind::Bool => matches!(written, N::BoolTrue | N::BoolFalse),
        Kind::S8 | Kind::S16 | Kind::S32 | Kind::S64 | Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => {
            written == N::Number
        }
        Kind::F32 | Kind::F64 => written == N::Number,
        Kind::Char => written == N::Char,
        Kind::String => matches!(written, N::String | N::MultilineString),
        Kind::List(_) => written == N::List,
        Kind::Tuple(_) => written == N::Tuple,
        Kind::Record(_) => matches!(written, N::Record | N::Flags),
        Kind::Variant(_) => matches!(written, N::Label | N::VariantWithPayload),
        Kind::Enum(_) => written == N::Label,
        Kind::Option(_) => matches!(written, N::OptionSome | N::OptionNone),
        Kind::Result(..) => matches!(written, N::ResultOk | N::ResultErr),
        Kind::Flags(_) => matches!(written, N::Flags | N::Record),
        // There is no way to write one.
        Kind::Own(..) | Kind::Borrow(_) | Kind::Stream(_) | Kind::Future(_) => false,
    }
}

/// The fields in the order of the type; those that are left out are none, if they can be.
fn record(types: &Types, fields: &[(&'static str, TypeIndex)], node: &Node, source: &str) -> Result<Vec<Value>, Fault> {
    let mut given: Vec<(&str, &Node)> = node.as_record(source)?.collect();
    let mut values = Vec::new();
    for (name, ty) in fields {
        let found = given.iter().position(|(given, _)| given == name);
        values.push(match (found, &types.get(*ty).kind) {
            (Some(index), _) => of_node(types, *ty, given.swap_remove(index).1, source)?,
            (None, Kind::Option(_)) => Value::Case(0, None),
            (None, _) => {
                return Err(Fault { message: ["the field `", name, "` is missing"].concat(), at: node.span().start });
            }
        });
    }
    match given.first() {
        Some((name, unknown)) => {
            Err(Fault { message: ["there is no field `", name, "`"].concat(), at: unknown.span().start })
        }
        None => Ok(values),
    }
}

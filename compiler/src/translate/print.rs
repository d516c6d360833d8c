//! CLIF printer for `--emit clif` and the golden tests: a line that describes the function, then its CLIF with external
//! names explained.

use super::names::Name;
use super::{Context, TextItem, references};
use crate::plan::{FuncId, FuncKind};
use cranelift_codegen::ir::{Function, UserExternalName, UserExternalNameRef};
use std::collections::HashSet;
use std::fmt::Write;

/// Prints the CLIF of items, after any pass. Libcall trampolines are printed only if something refers to them.
pub fn print(context: &Context<'_>, functions: &[(TextItem, Function)]) -> String {
    let referenced: HashSet<Name> = functions.iter().flat_map(|(_, function)| references(function)).collect();
    let is_shown = |item: TextItem| !matches!(item, TextItem::Libcall(_)) || referenced.contains(&item.name());
    let mut out = String::new();
    for (item, function) in functions.iter().filter(|(item, _)| is_shown(*item)) {
        // Writing to a string can't fail.
        let _ = write_function(&mut out, context, *item, function);
    }
    out
}

fn write_function(out: &mut String, context: &Context<'_>, item: TextItem, function: &Function) -> std::fmt::Result {
    writeln!(out, "; {}", describe_item(context, item))?;
    for line in function.display().to_string().lines() {
        match external_name(function, line) {
            Some(name) => writeln!(out, "{line}  ; {name}")?,
            None => writeln!(out, "{line}")?,
        }
    }
    writeln!(out)
}

fn describe_item(context: &Context<'_>, item: TextItem) -> String {
    let name = item.name();
    match item {
        TextItem::Func(func) | TextItem::Entry(func) => {
            format!("{name}: {}", describe_function(context, func))
        }
        _ => name.to_string(),
    }
}

fn describe_function(context: &Context<'_>, func: FuncId) -> String {
    match &context.plan.functions[func].kind {
        FuncKind::Wasm { instance, func } => {
            let module = &context.program.modules[context.plan.instances[*instance].module];
            format!("function {} of {instance}", module.display_function(*func))
        }
        FuncKind::Host { symbol, .. } => symbol.clone(),
        FuncKind::Missing { name } => format!("missing {name}"),
        FuncKind::Builtin(call) => call.builtin.symbol.to_string(),
        FuncKind::AdapterTrap => "trap of an adapter".to_string(),
        FuncKind::Context { slot, .. } => format!("context slot {slot}"),
        FuncKind::Enter(entered) => format!("enter {}", entered.func),
    }
}

/// Returns the external name in a CLIF declaration: `fn0 = colocated u0:3 sig0` has the name itself, `gv0 = symbol
/// colocated userextname1+8` has its index among the function's names.
fn external_name(function: &Function, line: &str) -> Option<Name> {
    let (declared, value) = line.trim_start().split_once(" = ")?;
    if !declared.starts_with("fn") && !declared.starts_with("gv") {
        return None;
    }
    value.split_whitespace().find_map(|word| {
        let word = word.split_once('+').map_or(word, |(name, _)| name);
        if let Some(index) = word.strip_prefix("userextname") {
            let name = UserExternalNameRef::from_u32(index.parse().ok()?);
            return Name::from_external(&function.params.user_named_funcs()[name]);
        }
        let (namespace, index) = word.strip_prefix('u')?.split_once(':')?;
        Name::from_external(&UserExternalName { namespace: namespace.parse().ok()?, index: index.parse().ok()? })
    })
}

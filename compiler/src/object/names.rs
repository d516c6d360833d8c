//! Function names, module names and address maps, which backtraces read.

use crate::codegen::{Code, CompiledItem};
use crate::debug_info::{self, Positions};
use crate::decode::demangle;
use crate::display::shown;
use crate::plan::{FuncId, FuncKind};
use crate::translate::{Context, TextItem};
use aot_abi::libcalls;
use aot_abi::program::{Function, MODULE_TRAMPOLINE, Module, NO_LINES};
use std::collections::HashMap;

/// Tables that backtraces read.
#[derive(Default)]
pub(super) struct NameTables {
    pub functions: Vec<Function>,
    pub modules: Vec<Module>,
    pub names: Vec<u8>,
    pub addresses: Vec<u8>,
    /// Index in `functions` of each function of the plan.
    indices: HashMap<FuncId, u64>,
}

/// Maximum length of a name in bytes: the input's names may be megabytes long.
const NAME_BYTES_MAX: usize = 1024;

/// Builds the name tables and address maps of a program.
pub(super) fn build(context: &Context<'_>, code: &Code) -> NameTables {
    let mut tables = NameTables { names: vec![0], indices: indices(code), ..NameTables::default() };
    for module in context.program.modules.values() {
        let name = tables.name(module.name.as_deref());
        let positions = if context.debug { debug_info::positions(module) } else { None };
        let lines = positions.map_or(NO_LINES, |positions| tables.lines(&positions));
        tables.modules.push(Module { name, lines });
    }
    for entry in entries(code) {
        let function = tables.function(context, &entry);
        tables.functions.push(function);
    }
    tables
}

/// Returns the symbol of an item. A function keeps the name of the input, so that tools can demangle it.
pub(super) fn symbol(context: &Context<'_>, item: TextItem) -> String {
    let TextItem::Func(func) = item else {
        return match item {
            TextItem::Libcall(index) => format!("libcall::{}", libcalls::ALL[index as usize].symbol),
            _ => format!("entry::{item:?}"),
        };
    };
    let FuncKind::Wasm { instance, func: index } = &context.plan.functions[func].kind else {
        return format!("trampoline::{}", func.as_u32());
    };
    let module = &context.program.modules[context.plan.instances[*instance].module];
    let name = module.function_names.get(index).copied().unwrap_or_default();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return format!("wasm_function_{}", index.as_u32());
    }
    name.to_string()
}

/// An entry of the table of functions.
struct Entry<'c> {
    item: TextItem,
    /// The item's code. The runtime finds no address in functions that have the code of another; they can be inlined.
    code: Option<&'c CompiledItem>,
    text_offset: u64,
    /// True if other functions have the item's code.
    is_merged: bool,
}

/// Returns the entries of the table of functions: each item behind those that have its code.
fn entries(code: &Code) -> Vec<Entry<'_>> {
    let mut merged = code.merged.iter().peekable();
    let mut entries = Vec::with_capacity(code.items.len() + code.merged.len());
    for item in &code.items {
        let first = entries.len();
        while let Some(other) = merged.next_if(|merged| merged.into == item.item) {
            entries.push(Entry { item: other.item, code: None, text_offset: item.offset, is_merged: false });
        }
        let is_merged = entries.len() > first;
        entries.push(Entry { item: item.item, code: Some(item), text_offset: item.offset, is_merged });
    }
    entries
}

/// Returns the index in the table of functions of each function of the plan.
fn indices(code: &Code) -> HashMap<FuncId, u64> {
    let entries = entries(code);
    let funcs = entries.iter().enumerate().filter_map(|(index, entry)| match entry.item {
        TextItem::Func(func) => Some((func, index as u64)),
        _ => None,
    });
    funcs.collect()
}

impl NameTables {
    fn function(&mut self, context: &Context<'_>, entry: &Entry<'_>) -> Function {
        let text_offset = entry.text_offset as u32;
        let addresses = self.address_map(entry.code);
        if let TextItem::Func(func) = entry.item
            && let FuncKind::Wasm { instance, func } = &context.plan.functions[func].kind
        {
            let index = context.plan.instances[*instance].module;
            let module = &context.program.modules[index];
            if !module.synthetic {
                let mut name = module.function_names.get(func).map(|name| demangle(name));
                if entry.is_merged {
                    let own = name.unwrap_or_else(|| format!("<wasm function {}>", func.as_u32()));
                    name = Some(format!("{own} (merged)"));
                }
                let name = self.name(name.as_deref());
                return Function { text_offset, func_index: func.as_u32(), name, addresses, module: index.as_u32() };
            }
        }
        Function { text_offset, func_index: 0, name: 0, addresses, module: MODULE_TRAMPOLINE }
    }

    /// Returns the offset of a name, which is added if it is new; offset 0 holds the empty name.
    pub(super) fn name(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return 0;
        };
        let offset = self.names.len() as u32;
        let mut end = name.len().min(NAME_BYTES_MAX);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        // The runtime prints names as they are here.
        let name = shown(&name[..end]);
        unsigned(&mut self.names, name.len() as u64);
        self.names.extend_from_slice(name.as_bytes());
        offset
    }

    /// Adds a module's line table and returns its offset.
    fn lines(&mut self, Positions { files, positions }: &Positions) -> u32 {
        let files: Vec<u32> = files.iter().map(|file| self.name(Some(file))).collect();
        let offset = self.addresses.len() as u32;
        unsigned(&mut self.addresses, positions.len() as u64);
        let (mut module_offset, mut line) = (0, 0);
        for position in positions {
            unsigned(&mut self.addresses, position.module_offset - module_offset);
            signed(&mut self.addresses, position.line as i64 - line);
            unsigned(&mut self.addresses, files.get(position.file as usize).copied().unwrap_or_default().into());
            (module_offset, line) = (position.module_offset, position.line as i64);
        }
        offset
    }

    fn address_map(&mut self, item: Option<&CompiledItem>) -> u32 {
        let offset = self.addresses.len() as u32;
        let Some(item) = item else {
            unsigned(&mut self.addresses, 0);
            return offset;
        };
        unsigned(&mut self.addresses, item.addresses.len() as u64);
        let (mut text, mut module) = (0, 0);
        for &(to_text, location) in &item.addresses {
            let (inlined, to_module) = item.locations.frames(location);
            unsigned(&mut self.addresses, u64::from(to_text - text) << 1 | u64::from(!inlined.is_empty()));
            signed(&mut self.addresses, i64::from(to_module) - i64::from(module));
            self.inlined_frames(&inlined);
            (text, module) = (to_text, to_module);
        }
        offset
    }

    fn inlined_frames(&mut self, frames: &[(FuncId, u32)]) {
        if frames.is_empty() {
            return;
        }
        unsigned(&mut self.addresses, frames.len() as u64);
        for (func, module_offset) in frames {
            unsigned(&mut self.addresses, self.indices[func]);
            unsigned(&mut self.addresses, u64::from(*module_offset));
        }
    }
}

fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

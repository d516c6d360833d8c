//! A module that calls another one, in the making.

use crate::subject::Subject;
use std::collections::BTreeSet;
use wasm_encoder::{
    CodeSection, ElementSection, Elements, Encode, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    RawSection, SectionId, ValType,
};

/// A module in the making.
pub struct Builder<'s> {
    subject: &'s Subject<'s>,
    imports: ImportSection,
    /// Types of its own, behind the subject's, in the binary format.
    types: (u32, Vec<u8>),
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
}

impl<'s> Builder<'s> {
    /// A module that imports what the subject exports under a name, and has the subject's types.
    pub fn new(subject: &'s Subject<'s>, name: &str) -> Self {
        let imports = subject.imports(name);
        let (functions, exports, code) = (FunctionSection::new(), ExportSection::new(), CodeSection::new());
        Self { subject, imports, types: (0, Vec::new()), functions, exports, code }
    }

    /// Adds a function that returns a hash, and tells its index. Its parameter, if it has one, is local 0.
    pub fn function(&mut self, param: Option<ValType>, body: &Function) -> u32 {
        let (count, types) = &mut self.types;
        types.push(0x60);
        param.as_slice().encode(types);
        [ValType::I64].as_slice().encode(types);
        self.functions.function(self.subject.types.len() as u32 + *count);
        *count += 1;
        self.code.function(body);
        self.subject.functions.len() as u32 + self.functions.len() - 1
    }

    /// Adds a function without parameters that returns a hash, and exports it.
    pub fn export(&mut self, name: &str, body: Function) {
        let index = self.function(None, &body);
        self.exports.export(name, ExportKind::Func, index);
    }

    /// The module in the binary format, which declares the functions of `referenced`, so that its code may refer to them.
    pub fn finish(self, referenced: BTreeSet<u32>) -> Vec<u8> {
        let mut types = Vec::new();
        (self.subject.groups.0 + self.types.0).encode(&mut types);
        types.extend_from_slice(self.subject.groups.1);
        types.extend(self.types.1);
        let mut elements = ElementSection::new();
        if !referenced.is_empty() {
            elements.declared(Elements::Functions(referenced.into_iter().collect::<Vec<_>>().into()));
        }
        let mut module = wasm_encoder::Module::new();
        module
            .section(&RawSection { id: SectionId::Type as u8, data: &types })
            .section(&self.imports)
            .section(&self.functions)
            .section(&self.exports)
            .section(&elements)
            .section(&self.code);
        module.finish()
    }
}

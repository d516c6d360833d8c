//! Indices of a program's core modules, and of the items in a module's index spaces.

use cranelift_entity::entity_impl;

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);
        entity_impl!($name, $prefix);)*
    };
}

indices! {
    /// A core module of the program.
    ModuleIndex "module";
    /// A function in the index space of its module, imports first.
    FuncIndex "func";
    /// A table in the index space of its module.
    TableIndex "table";
    /// A linear memory in the index space of its module.
    MemoryIndex "memory";
    /// A global in the index space of its module.
    GlobalIndex "global";
    /// A tag of exceptions in the index space of its module.
    TagIndex "tag";
    /// A data segment of its module.
    DataIndex "data";
    /// An element segment of its module.
    ElementIndex "element";
}

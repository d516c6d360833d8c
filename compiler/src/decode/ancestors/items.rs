//! Items that components hand to one another.

use std::collections::HashMap;
use std::mem::Discriminant;
use std::rc::Rc;
use wasmparser::{CanonicalFunction, PrimitiveValType};
use wasmtime_environ::StaticModuleIndex;
use wasmtime_environ::component::{
    AdapterOptions, InterfaceType, ResourceIndex, TypeFuncIndex, TypeResourceTableIndex, dfg,
};

/// The items of a component instance by their names.
pub(super) type Items = Rc<HashMap<String, Item>>;

/// An item that a component can import or export.
#[derive(Clone)]
pub(super) enum Item {
    Func(Func),
    Instance(Items),
    Component(Component),
    /// A core module of the input; `None` if it is imported by the program.
    Module(Option<StaticModuleIndex>),
    Resource(ResourceIndex),
    /// A type that has no identity.
    Type,
}

/// A component function.
#[derive(Clone)]
pub(super) enum Func {
    /// One of the host, by the names that lead to it.
    Host(Rc<[String]>),
    /// One that a component instance lifted.
    Lifted(Rc<Lifted>),
}

/// A lifted function.
pub(super) struct Lifted {
    pub ty: TypeFuncIndex,
    pub func: dfg::CoreDef,
    pub options: AdapterOptions,
}

/// A function of the component model that no component lifted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Trampoline {
    Host(Rc<[String]>, Box<AdapterOptions>, TypeFuncIndex),
    New(TypeResourceTableIndex),
    Drop(TypeResourceTableIndex),
    Rep(TypeResourceTableIndex),
    Concurrent(Box<Concurrent>),
}

/// A built-in function of asynchronous components. Two that are equal are one to the front end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Concurrent {
    pub kind: Discriminant<CanonicalFunction>,
    /// The type that it is about.
    pub ty: Option<NamedType>,
    /// True if it can wait without blocking, or can be cancelled.
    pub flag: bool,
    pub options: AdapterOptions,
}

/// A type as a built-in function names it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum NamedType {
    Primitive(Discriminant<PrimitiveValType>),
    Defined(InterfaceType),
}

/// A component, which can be instantiated.
#[derive(Clone, Copy)]
pub(super) struct Component {
    /// The index of its definition.
    pub definition: usize,
    /// The scope in which it is defined; none for the root.
    pub outer: Option<usize>,
}

/// The index spaces of an instantiation that nested definitions can reach.
pub(super) struct Scope {
    pub outer: Option<usize>,
    pub components: Vec<Component>,
    pub modules: Vec<Option<StaticModuleIndex>>,
}

impl Item {
    /// The resource type to which these names lead from here.
    pub fn resource(&self, path: &[&str]) -> Option<ResourceIndex> {
        let mut item = self;
        for name in path {
            let Self::Instance(items) = item else { return None };
            item = items.get(*name)?;
        }
        match item {
            Self::Resource(index) => Some(*index),
            _ => None,
        }
    }
}

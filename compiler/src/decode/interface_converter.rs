//! The types of values that component functions pass, from those of the front end.

use super::component::EndType;
use super::interface_types::{ComponentFuncType, InterfaceType, InterfaceTypeId, InterfaceTypes};
use super::source::Source;
use cranelift_entity::PrimaryMap;
use std::collections::HashMap;
use wasmtime_environ::component as front;

/// Converts the front end's types, each once.
pub(super) struct Converter<'c, 't> {
    source: &'c Source<'t>,
    known: HashMap<front::InterfaceType, InterfaceTypeId>,
    interned: HashMap<InterfaceType, InterfaceTypeId>,
    types: PrimaryMap<InterfaceTypeId, InterfaceType>,
}

impl<'c, 't> Converter<'c, 't> {
    /// A converter that has converted nothing yet.
    pub fn new(source: &'c Source<'t>) -> Self {
        Self { source, known: HashMap::new(), interned: HashMap::new(), types: PrimaryMap::new() }
    }

    /// All that were converted.
    pub fn finish(self) -> InterfaceTypes {
        InterfaceTypes::new(self.types)
    }

    /// The type of a function.
    pub fn func_type(&mut self, index: front::TypeFuncIndex) -> ComponentFuncType {
        let types = self.source.types;
        let ty = &types[index];
        let params = types[ty.params].types.iter().map(|ty| self.interface_type(ty));
        let params = ty.param_names.iter().cloned().zip(params).collect();
        let result = types[ty.results].types.first().map(|ty| self.interface_type(ty));
        ComponentFuncType { params, result, is_async: ty.async_ }
    }

    /// The types of streams and futures in the hands of component instances: those of streams first.
    pub fn end_types(&mut self) -> Vec<EndType> {
        let types = self.source.types;
        let component = &self.source.translation.component;
        let mut ends = Vec::new();
        for index in 0..component.num_stream_tables {
            let table = &types[front::TypeStreamTableIndex::from_u32(index as u32)];
            let payload = self.payload(types[table.ty].payload.as_ref());
            ends.push(EndType { instance: table.instance.as_u32(), payload, is_future: false });
        }
        for index in 0..component.num_future_tables {
            let table = &types[front::TypeFutureTableIndex::from_u32(index as u32)];
            let payload = self.payload(types[table.ty].payload.as_ref());
            ends.push(EndType { instance: table.instance.as_u32(), payload, is_future: true });
        }
        ends
    }

    /// The front end bounds the depth of types, so this recursion is bounded too.
    fn interface_type(&mut self, ty: &front::InterfaceType) -> InterfaceTypeId {
        if let Some(id) = self.known.get(ty) {
            return *id;
        }
        let converted = self.convert(ty);
        let types = &mut self.types;
        let id = *self.interned.entry(converted.clone()).or_insert_with(|| types.push(converted));
        self.known.insert(*ty, id);
        id
    }

    fn convert(&mut self, ty: &front::InterfaceType) -> InterfaceType {
        use front::InterfaceType as T;
        let types = self.source.types;
        match *ty {
            T::Bool => InterfaceType::Bool,
            T::S8 => InterfaceType::S8,
            T::U8 => InterfaceType::U8,
            T::S16 => InterfaceType::S16,
            T::U16 => InterfaceType::U16,
            T::S32 => InterfaceType::S32,
            T::U32 => InterfaceType::U32,
            T::S64 => InterfaceType::S64,
            T::U64 => InterfaceType::U64,
            T::Float32 => InterfaceType::F32,
            T::Float64 => InterfaceType::F64,
            T::Char => InterfaceType::Char,
            T::String => InterfaceType::String,
            T::List(index) => InterfaceType::List(self.interface_type(&types[index].element)),
            T::Record(index) => {
                let fields = types[index].fields.iter();
                InterfaceType::Record(
                    fields.map(|field| (field.name.clone(), self.interface_type(&field.ty))).collect(),
                )
            }
            T::Tuple(index) => {
                InterfaceType::Tuple(types[index].types.iter().map(|ty| self.interface_type(ty)).collect())
            }
            T::Variant(index) => {
                let cases = types[index].cases.iter();
                InterfaceType::Variant(cases.map(|(name, ty)| (name.clone(), self.payload(ty.as_ref()))).collect())
            }
            T::Enum(index) => InterfaceType::Enum(types[index].names.iter().cloned().collect()),
            T::Flags(index) => InterfaceType::Flags(types[index].names.iter().cloned().collect()),
            T::Option(index) => InterfaceType::Option(self.interface_type(&types[index].ty)),
            T::Result(index) => {
                let ty = &types[index];
                InterfaceType::Result(self.payload(ty.ok.as_ref()), self.payload(ty.err.as_ref()))
            }
            T::Own(index) => InterfaceType::Own(self.source.resource(index).0),
            T::Borrow(index) => InterfaceType::Borrow(self.source.resource(index).0),
            T::Map(_) => InterfaceType::Other("map"),
            T::Future(index) => InterfaceType::Future(self.payload(types[types[index].ty].payload.as_ref())),
            T::Stream(index) => InterfaceType::Stream(self.payload(types[types[index].ty].payload.as_ref())),
            T::ErrorContext(_) => InterfaceType::Other("error-context"),
            T::FixedLengthList(_) => InterfaceType::Other("fixed-length list"),
        }
    }

    fn payload(&mut self, ty: Option<&front::InterfaceType>) -> Option<InterfaceTypeId> {
        ty.map(|ty| self.interface_type(ty))
    }
}

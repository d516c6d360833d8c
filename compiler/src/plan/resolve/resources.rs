//! The numbers of resource types, as the runtime knows them.

use super::host_imports;
use crate::decode::{self, Component, InterfaceType, Resource};
use crate::plan::options::HostImports;
use crate::plan::program::ResourceType;
use aot_abi::component::{OF_THE_HOST, ResourceTable, defined_resource};
use std::collections::{BTreeSet, HashMap};

/// The resource types of a component by their numbers.
pub(in crate::plan) struct ResourceNumbers<'c> {
    component: &'c Component,
    /// Numbers of the host program's resource types, by interface and name.
    of_host_program: HashMap<(&'c str, &'c str), u32>,
}

impl<'c> ResourceNumbers<'c> {
    /// The numbers for a component. Resource types of the host program have those behind the component's own.
    pub fn new(component: &'c Component, host_imports: Option<&HostImports>) -> Self {
        let of_types = component.types.iter().filter_map(|(_, ty)| match ty {
            InterfaceType::Own(resource) | InterfaceType::Borrow(resource) => Some(resource),
            _ => None,
        });
        let in_tables = component.resource_tables.iter().map(|table| &table.resource);
        let imported = of_types.chain(in_tables).filter_map(|resource| match resource {
            Resource::Imported { interface, name } => Some((interface.as_str(), name.as_str())),
            Resource::Defined(_) => None,
        });
        let is_of_program = |(interface, name): &(&str, &str)| {
            host_imports.is_some_and(|imports| {
                imports.has_interface(interface) || host_imports::resource_number(interface, name) == 0
            })
        };
        let imported: BTreeSet<_> = imported.filter(is_of_program).collect();
        let first = component.resources.len() as u32;
        let numbered = imported.into_iter().zip((first..).map(defined_resource)).collect();
        Self { component, of_host_program: numbered }
    }

    /// The number of a resource type and who defines it; number 0 for one that this version lacks, or that no value has.
    pub fn get(&self, resource: &Resource) -> ResourceType {
        match resource {
            Resource::Imported { interface, name } => {
                let of_program = self.of_host_program.get(&(interface.as_str(), name.as_str())).copied();
                let number = of_program.unwrap_or_else(|| host_imports::resource_number(interface, name));
                ResourceType { number, home: OF_THE_HOST }
            }
            Resource::Defined(resource) => match self.component.resources.get(*resource as usize) {
                Some(defined) => ResourceType { number: defined_resource(*resource), home: defined.instance },
                None => ResourceType { number: 0, home: OF_THE_HOST },
            },
        }
    }

    /// The resource types of the host program, by interface and name.
    pub fn of_host_program(&self) -> HashMap<(String, String), ResourceType> {
        let known = |(&(interface, name), &number): (&(&str, &str), &u32)| {
            ((interface.to_string(), name.to_string()), ResourceType { number, home: OF_THE_HOST })
        };
        self.of_host_program.iter().map(known).collect()
    }

    /// The resource types in the hands of component instances, as the runtime reads them.
    pub fn tables(&self) -> Vec<ResourceTable> {
        let table = |table: &decode::ResourceTable| {
            let ResourceType { number, home } = self.get(&table.resource);
            ResourceTable { component_instance: table.instance, number, home }
        };
        self.component.resource_tables.iter().map(table).collect()
    }
}

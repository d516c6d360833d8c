//! The numbers of resource types, as the runtime knows them.

use super::host_imports;
use crate::decode::{self, Component, Resource};
use crate::plan::program::ResourceType;
use aot_abi::component::{OF_THE_HOST, ResourceTable, defined_resource};

/// The number of a resource type and who defines it; number 0 for one that this version lacks, or that no value has.
pub(super) fn resource_type(component: &Component, resource: &Resource) -> ResourceType {
    match resource {
        Resource::Imported { interface, name } => {
            ResourceType { number: host_imports::resource_number(interface, name), home: OF_THE_HOST }
        }
        Resource::Defined(resource) => match component.resources.get(*resource as usize) {
            Some(defined) => ResourceType { number: defined_resource(*resource), home: defined.instance },
            None => ResourceType { number: 0, home: OF_THE_HOST },
        },
    }
}

/// The resource types in the hands of component instances, as the runtime reads them.
pub(in crate::plan) fn resource_tables(component: &Component) -> Vec<ResourceTable> {
    let table = |table: &decode::ResourceTable| {
        let ResourceType { number, home } = resource_type(component, &table.resource);
        ResourceTable { component_instance: table.instance, number, home }
    };
    component.resource_tables.iter().map(table).collect()
}

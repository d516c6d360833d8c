//! Options of a plan.

#[allow(unused_imports, reason = "for the documentation")]
use crate::decode::InstanceOrigin;

/// The choices of a user that the plan depends on.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Bytes of inaccessible guard behind each memory, of the target.
    pub guard_bytes: u64,
    /// The address space that memories get.
    pub address_space: AddressSpace,
    /// The most bytes of any memory; the modules' own bounds if absent.
    pub max_memory: Option<u64>,
    /// The most elements of any table.
    pub max_table_elements: Option<u64>,
    /// The most bytes of structures and arrays together.
    pub max_heap: u64,
    /// Collects garbage at each allocation of an object, for tests.
    pub gc_stress: bool,
    /// The number of each component instance among the components with grants of their own, from 1; 0 for all others.
    /// Instances beyond the end have 0.
    pub grantees: Vec<u16>,
    /// The part of the program to which each component instance belongs, by [`InstanceOrigin::part`]: each starts up when it
    /// is first entered, but the one of the main export. Empty if everything starts up at once.
    pub parts: Vec<u32>,
    /// Makes calls of unknown imports traps instead of errors.
    pub stub_unknown_imports: bool,
    /// The imports that are the host program's, if the product is a library.
    pub host_imports: Option<HostImports>,
}

/// The imports that a host program satisfies: functions of numbers of core modules, and any of components.
#[derive(Clone, Debug, Default)]
pub struct HostImports {
    /// The modules and interfaces whose functions are the host program's, whoever else has them too.
    pub modules: Vec<String>,
}

impl HostImports {
    /// Returns true if the functions of an interface are the host program's in any case: the user named it, with or without its
    /// version.
    pub fn has_interface(&self, interface: &str) -> bool {
        let unversioned = interface.split_once('@').map_or(interface, |(name, _)| name);
        self.modules.iter().any(|module| module == interface || module == unversioned)
    }
}

/// Address space that a 32-bit memory gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressSpace {
    /// Addresses for all indices, so that accesses need no checks.
    #[default]
    Large,
    /// Addresses for what the memory can grow to: accesses are checked.
    Small,
}

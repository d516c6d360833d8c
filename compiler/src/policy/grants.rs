//! Grants: what a program, or one of its components, may use of the machine.

use super::state::{Place, Store};
use super::{Directory, Embedded, Policy, abi, http, item, network};
use aot_abi::state as abi_state;

/// Grants of a program, or of one of its components. By default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Granted directories, in order.
    pub directories: Vec<Directory>,
    /// Directories inside the executable, in order.
    pub embedded: Vec<Embedded>,
    /// Environment variables with their values.
    pub environment: Vec<(String, String)>,
    /// Names of environment variables that are passed on from the start of the executable.
    pub environment_inherited: Vec<String>,
    /// Grants of the network.
    pub network: network::Network,
    /// Grants of HTTP.
    pub http: http::Http,
    /// Names and values of the configuration; of several for a name, the last counts.
    pub config: Vec<(String, String)>,
    /// Stores, each with a name of its own.
    pub stores: Vec<Store>,
}

/// A component with grants of its own, which other components don't have; nor has it theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The component's name, as `aot inspect` shows it.
    pub name: String,
    /// The grants. Authorities and inherited sockets are the whole program's and have no place here.
    pub grants: Grants,
}

impl Policy {
    /// The grants of the components without grants of their own, then those of each other component.
    pub fn all_grants(&self) -> impl Iterator<Item = &Grants> {
        std::iter::once(&self.grants).chain(self.components.iter().map(|component| &component.grants))
    }

    /// Returns true if a component has a store in a file.
    pub fn has_store_file(&self) -> bool {
        self.all_stores().any(|store| matches!(store.place, Place::File(_)))
    }

    /// Returns true if a component has a store in a Redis server.
    pub fn has_redis(&self) -> bool {
        self.all_stores().any(|store| matches!(store.place, Place::Redis(_)))
    }

    fn all_stores(&self) -> impl Iterator<Item = &Store> {
        self.all_grants().flat_map(|grants| &grants.stores)
    }

    /// All granted directories, whoever has them.
    pub fn all_directories(&self) -> impl Iterator<Item = &Directory> {
        self.all_grants().flat_map(|grants| &grants.directories)
    }
}

impl Grants {
    /// Appends the grants to a policy; those of HTTP only for a program whose runtime reads them.
    pub(super) fn encode(&self, out: &mut Vec<u8>, with_http: bool) {
        for directory in &self.directories {
            item(out, abi::TAG_DIRECTORY, &directory.encode());
        }
        for (name, value) in &self.environment {
            item(out, abi::TAG_ENVIRONMENT, format!("{name}={value}").as_bytes());
        }
        for name in &self.environment_inherited {
            item(out, abi::TAG_ENVIRONMENT_INHERITED, name.as_bytes());
        }
        self.network.encode(out);
        if with_http {
            self.http.encode(out);
        }
        for (name, value) in &self.config {
            item(out, abi_state::TAG_CONFIG, format!("{name}={value}").as_bytes());
        }
        self.stores.iter().for_each(|store| store.encode(out));
        for embedded in &self.embedded {
            item(out, abi::TAG_EMBEDDED, &embedded.encode());
        }
    }
}

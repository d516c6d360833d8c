//! Grants: what a program, or one of its components, may use of the machine.

use super::{Directory, Embedded, Policy, abi, http, item, network};

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
        for embedded in &self.embedded {
            item(out, abi::TAG_EMBEDDED, &embedded.encode());
        }
    }
}

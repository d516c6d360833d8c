//! Permissions of an executable, in the words of the flags that grant it.

use super::Note;
use crate::policy::serve::{AccessLog, Serve, ServerLimit, StaticFolder};
use crate::policy::{self, Directory, Embedded, Limit, Policy, Sandbox};
use serde::Serialize;

/// Grants and limits as text.
#[derive(Debug, Serialize)]
pub struct Grants {
    /// Grants of all components but those with grants of their own.
    #[serde(flatten)]
    pub rest: GrantLists,
    /// Components with grants of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentGrants>,
    /// True if variables may grant more at start.
    pub runtime_grants: bool,
    /// True if debuggers and core files may see the process.
    pub dumpable: bool,
    /// Settings of a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serve: Option<Server>,
    /// Number of certificates of authorities that are trusted besides the well-known ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub http_authorities: usize,
    /// True if the program gets the sockets that a service manager hands in.
    pub inherit_sockets: bool,
    /// Arguments that precede those of the command line.
    pub arguments: Vec<String>,
    /// Bytes of the guest's stack.
    pub stack_bytes: u64,
    /// Further limits, as flags.
    pub limits: Vec<String>,
    /// The kernel's part: `on`, `required` or `off`.
    pub sandbox: &'static str,
}

/// Grants by kind, as text.
#[derive(Debug, Serialize)]
pub struct GrantLists {
    /// Granted directories, as given.
    pub directories: Vec<String>,
    /// Directories inside the executable.
    pub embedded: Vec<String>,
    /// Remote ends that may be talked to.
    pub net: Vec<String>,
    /// Local addresses that may be served at.
    pub listen: Vec<String>,
    /// HTTP requests that may be sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<String>,
    /// Environment variables with their values, and names of those that are passed on.
    pub environment: Vec<String>,
    /// Stores by their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<String>,
    /// Configuration values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<String>,
}

/// A component with grants of its own, as text.
#[derive(Debug, Serialize)]
pub struct ComponentGrants {
    /// The component's name among the parts of the program.
    pub name: String,
    /// The grants.
    #[serde(flatten)]
    pub grants: GrantLists,
}

impl GrantLists {
    fn of(grants: &policy::Grants) -> Self {
        let values = grants.environment.iter().map(|(name, value)| format!("{name}={value}"));
        Self {
            directories: grants.directories.iter().map(directory).collect(),
            embedded: grants.embedded.iter().map(embedded).collect(),
            net: grants.network.net.iter().map(ToString::to_string).collect(),
            listen: grants.network.listen.iter().map(ToString::to_string).collect(),
            http: grants.http.grants.iter().map(ToString::to_string).collect(),
            environment: values.chain(grants.environment_inherited.iter().cloned()).collect(),
            stores: grants.stores.iter().map(ToString::to_string).collect(),
            config: grants.config.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        }
    }

    /// Returns all grants, each behind the name of its flag.
    pub fn items(&self) -> impl Iterator<Item = String> {
        let Self { directories, embedded, net, listen, http, environment, stores, config } = self;
        let lists = [
            ("dir", directories),
            ("embed", embedded),
            ("net", net),
            ("listen", listen),
            ("http", http),
            ("env", environment),
            ("config", config),
            ("keyvalue", stores),
        ];
        lists.into_iter().flat_map(|(flag, items)| items.iter().map(move |item| format!("{flag} {item}")))
    }
}

/// Settings of a server as text.
#[derive(Debug, Serialize)]
pub struct Server {
    /// Addresses of requests.
    pub addresses: Vec<String>,
    /// Address that answers about the server's health.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// Paths of the certificates and of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<[String; 2]>,
    /// Form of the log of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_log: Option<&'static str>,
    /// Files that the server answers with by itself: paths, numbers of files and bytes.
    #[serde(rename = "static", skip_serializing_if = "Vec::is_empty")]
    pub static_folders: Vec<String>,
    /// Number of requests that an instance serves; 1 if each has a fresh one.
    pub reuse: u64,
    /// Number of requests that an instance serves at once.
    pub concurrent: u64,
}

impl Server {
    fn of(serve: &Serve) -> Self {
        Self {
            addresses: serve.addresses.iter().map(ToString::to_string).collect(),
            admin: serve.admin.as_ref().map(ToString::to_string),
            tls: serve.tls.as_ref().map(|tls| [tls.certificates.clone(), tls.key.clone()]),
            access_log: serve.access_log.map(|log| match log {
                AccessLog::Common => "common",
                AccessLog::Json => "json",
            }),
            static_folders: serve.static_folders.iter().map(static_folder).collect(),
            reuse: serve.limits.get(ServerLimit::Reuse),
            concurrent: serve.limits.get(ServerLimit::Concurrent).min(serve.limits.get(ServerLimit::Reuse)),
        }
    }
}

impl Grants {
    /// Puts the policy of the executable that has this note into words.
    pub fn of(policy: &Policy, note: &Note) -> Self {
        let imports = |prefix: &str| note.host_functions.iter().any(|function| function.starts_with(prefix));
        let mut limits = policy.limits.describe(imports("wasi:http/"), note.has_heap, imports("wasi#thread-spawn"));
        if note.is_server() {
            limits.extend(policy.serve.limits.describe());
        }
        if imports("wasi:keyvalue/") {
            limits.extend(policy.store_limits.describe());
        }
        let components = policy.components.iter();
        let component = |component: &policy::Component| ComponentGrants {
            name: component.name.clone(),
            grants: GrantLists::of(&component.grants),
        };
        Self {
            rest: GrantLists::of(&policy.grants),
            components: components.map(component).collect(),
            runtime_grants: policy.runtime_grants,
            dumpable: policy.dumpable,
            serve: note.is_server().then(|| Server::of(&policy.serve)),
            http_authorities: policy.grants.http.authorities.len(),
            inherit_sockets: policy.grants.network.inherit_sockets,
            arguments: policy.arguments.clone(),
            stack_bytes: policy.limits.get(Limit::Stack),
            limits,
            sandbox: match policy.sandbox {
                Sandbox::On => "on",
                Sandbox::Required => "required",
                Sandbox::Off => "off",
            },
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn directory(directory: &Directory) -> String {
    let mut text = format!("{}::{}", directory.host, directory.guest);
    if directory.optional {
        text += ":optional";
    }
    if directory.read_only {
        text += ":ro";
    }
    text
}

fn static_folder(folder: &StaticFolder) -> String {
    let (files, bytes) = folder.count();
    format!("{}/: {files} files, {bytes} bytes", folder.path)
}

fn embedded(embedded: &Embedded) -> String {
    let (files, bytes) = embedded.count();
    format!("{}: {files} files, {bytes} bytes", embedded.guest)
}

//! Grants of a program in the network, and its knowledge of it.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;
use std::sync::Arc;

use super::errors::NetworkError;
use super::names::Resolver;
use crate::denied::flags_of;
use crate::files::open_files::OpenFiles;
use crate::grantee::Grantee;
use crate::policy::network::{Grant, Grants, Protocol};

/// The network of one program: its grants, and the addresses that it has found.
pub struct Network {
    grants: Arc<Grants>,
    /// The resolver of names.
    pub resolver: Arc<Resolver>,
    /// The count of open files, which includes sockets.
    pub open_files: OpenFiles,
    /// Addresses that were found for granted names, and for whom, the latest last.
    found: VecDeque<(Grantee, IpAddr, String)>,
}

/// The most found addresses that are remembered.
const FOUND_MAX: usize = 4096;

/// The role of a bound socket, which follows from the grant for its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A granted local address: everybody may be served.
    Server,
    /// A port of the system's choice, for talking to granted remote ends.
    Client,
}

impl Network {
    /// A network with these grants.
    pub fn new(grants: Arc<Grants>, resolver: Arc<Resolver>, open_files: OpenFiles) -> Network {
        Network { grants, resolver, open_files, found: VecDeque::new() }
    }

    /// The network of another instance of the program, which has found nothing yet.
    #[cfg(feature = "http")]
    pub fn again(&self, open_files: OpenFiles) -> Network {
        let (grants, resolver) = (self.grants.clone(), self.resolver.clone());
        Network { grants, resolver, open_files, found: VecDeque::new() }
    }

    /// Refuses sockets of a protocol for which a component has no grant: they could do nothing.
    pub fn check_create(&self, grantee: Grantee, protocol: Protocol) -> Result<(), NetworkError> {
        if self.net(grantee).chain(self.listen(grantee)).any(|grant| grant.is_for(protocol)) {
            return Ok(());
        }
        let scheme = protocol.scheme();
        let by = ["--net ", scheme, "HOST:PORT or --listen ", scheme, "ADDRESS:PORT"];
        self.tell(grantee, &["make a socket for ", scheme], &by);
        Err(NetworkError::AccessDenied)
    }

    /// The grants of remote ends that a component has.
    fn net(&self, grantee: Grantee) -> impl Iterator<Item = &Grant> {
        self.grants.net.iter().filter(move |grant| grant.grantee == grantee)
    }

    /// The grants of local addresses that a component has.
    fn listen(&self, grantee: Grantee) -> impl Iterator<Item = &Grant> {
        self.grants.listen.iter().filter(move |grant| grant.grantee == grantee)
    }

    /// The role with which a component may bind a socket to a local address.
    pub fn check_bind(&self, grantee: Grantee, protocol: Protocol, local: SocketAddr) -> Result<Binding, NetworkError> {
        if self.listen(grantee).any(|grant| grant.has(protocol, local)) {
            return Ok(Binding::Server);
        }
        if local.port() == 0 && self.net(grantee).any(|grant| grant.is_for(protocol)) {
            return Ok(Binding::Client);
        }
        self.denied_listen(grantee, "bind to ", protocol, local);
        Err(NetworkError::AccessDenied)
    }

    /// Refuses a remote address for which a component has no grant, and tells it if denials are told.
    pub fn check_remote(&self, grantee: Grantee, protocol: Protocol, remote: SocketAddr) -> Result<(), NetworkError> {
        if self.allows_remote(grantee, protocol, remote) {
            return Ok(());
        }
        let remote = remote.to_string();
        let scheme = protocol.scheme();
        self.tell(grantee, &["talk to ", scheme, &remote], &["--net ", scheme, &remote]);
        Err(NetworkError::AccessDenied)
    }

    /// Returns true if a component has a grant for a remote address.
    pub fn allows_remote(&self, grantee: Grantee, protocol: Protocol, remote: SocketAddr) -> bool {
        self.net(grantee).any(|grant| grant.has(protocol, remote) || self.has_found(grant, protocol, remote))
    }

    fn has_found(&self, grant: &Grant, protocol: Protocol, remote: SocketAddr) -> bool {
        grant.has_port(protocol, remote.port())
            && self
                .found
                .iter()
                .any(|(of, address, name)| *of == grant.grantee && *address == remote.ip() && grant.has_name(name))
    }

    /// Refuses the look-up of a name, in lower case, for which a component has no grant.
    pub fn check_name(&self, grantee: Grantee, name: &str) -> Result<(), NetworkError> {
        if self.grants.allow_name(grantee, name) {
            return Ok(());
        }
        self.tell(grantee, &["look up ", name], &["--net ", name, ":PORT"]);
        Err(NetworkError::AccessDenied)
    }

    /// Remembers what was found for a granted name: the component may talk to its addresses from now on.
    pub fn remember(&mut self, grantee: Grantee, name: &str, addresses: &[IpAddr]) {
        for &address in addresses {
            if self.found.iter().any(|(of, present, to)| *of == grantee && *present == address && to == name) {
                continue;
            }
            if self.found.len() >= FOUND_MAX {
                self.found.pop_front();
            }
            self.found.push_back((grantee, address, String::from(name)));
        }
    }

    /// Tells that a component was to listen without a grant for it.
    pub fn denied_listen(&self, grantee: Grantee, what: &str, protocol: Protocol, local: SocketAddr) {
        let local = local.to_string();
        let scheme = protocol.scheme();
        self.tell(grantee, &[what, scheme, &local], &["--listen ", scheme, &local]);
    }

    /// Logs what a component was denied, and which grant would allow it.
    fn tell(&self, grantee: Grantee, what: &[&str], by: &[&str]) {
        let Some(mut message) = self.open_files.denials().begin() else { return };
        what.iter().for_each(|part| _ = message.name(part));
        flags_of(message.text("; "), grantee);
        by.iter().for_each(|part| _ = message.name(part));
        message.text(" would allow it\n");
    }
}

//! Settings of requests: the grants of a program, and what sending needs; read when it starts.

use std::cell::OnceCell;
use std::sync::Arc;

use aot_abi::limits::Limit;
use rustls::ClientConfig;

use super::fault::Fault;
use super::head::Head;
use super::tls;
use crate::denied::flags_of;
use crate::files::open_files::OpenFiles;
use crate::grantee::Grantee;
use crate::limits::Limits;
use crate::network::names::Resolver;
use crate::policy::http::Grants;

/// The requests that a program may send, and what they need.
pub struct Settings {
    grants: Arc<Grants>,
    /// The resolver of names.
    pub resolver: Arc<Resolver>,
    /// The count of open files, which includes sockets.
    pub open_files: OpenFiles,
    /// The most bytes of the fields of a message.
    pub fields_bytes_max: usize,
    /// The most bytes of the host's memory.
    pub host_memory_bytes_max: u64,
    tls: OnceCell<Arc<ClientConfig>>,
}

/// The most bytes of the fields of a message, whatever the limit says.
const FIELDS_BYTES_MAX: u64 = 64 << 20;

impl Settings {
    /// Settings with these grants and limits.
    pub fn new(grants: Arc<Grants>, resolver: Arc<Resolver>, open_files: OpenFiles, limits: &Limits) -> Settings {
        let fields_bytes_max = limits.get(Limit::HttpFields).min(FIELDS_BYTES_MAX) as usize;
        let host_memory_bytes_max = limits.get(Limit::HostMemory);
        Settings { grants, resolver, open_files, fields_bytes_max, host_memory_bytes_max, tls: OnceCell::new() }
    }

    /// Refuses a request that isn't granted to a component, and tells it if denials are told.
    pub fn check(&self, grantee: Grantee, head: &Head) -> Result<(), Fault> {
        if self.grants.allow(grantee, head) {
            return Ok(());
        }
        self.tell(grantee, head);
        Err(Fault::Denied)
    }

    /// The configuration of TLS connections.
    pub fn tls(&self) -> Result<Arc<ClientConfig>, Fault> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let config = tls::config(&self.grants.authorities)?;
        Ok(self.tls.get_or_init(|| config).clone())
    }

    fn tell(&self, grantee: Grantee, head: &Head) {
        let scheme = if head.destination.is_secure { "https://" } else { "http://" };
        let (method, authority) = (head.method.as_str(), &head.destination.authority);
        let Some(mut message) = self.open_files.denials().begin() else { return };
        message.text(method).text(" ").text(scheme).name(authority).name(head.path.path());
        flags_of(message.text("; "), grantee);
        message.text("--http '").text(method).text(" ").text(scheme).name(authority).text("/' would allow it\n");
    }
}

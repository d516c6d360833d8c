//! What a program may ask for, and what it needs for that: read when it starts.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use rustls::ClientConfig;

use super::client::Head;
use super::fault::Fault;
use super::tls;
use crate::policy::http::Grants;
use crate::wasi::{Resolver, denied};

/// The most bytes of all fields that a program has built.
pub const ALL_FIELDS_BYTES_MAX: usize = 64 << 20;

struct Settings {
    grants: Grants,
    resolver: Resolver,
    fields_bytes_max: usize,
    tls: OnceCell<Arc<ClientConfig>>,
}

thread_local! {
    static SETTINGS: RefCell<Option<Settings>> = const { RefCell::new(None) };
}

/// Sets what a program may ask for, and how many bytes the fields of a message may have.
pub fn set(grants: Grants, resolver: Resolver, fields_bytes_max: u64) {
    let fields_bytes_max = usize::try_from(fields_bytes_max).unwrap_or(usize::MAX).min(ALL_FIELDS_BYTES_MAX);
    SETTINGS.set(Some(Settings { grants, resolver, fields_bytes_max, tls: OnceCell::new() }));
}

/// The most bytes of the fields of a message.
pub fn fields_bytes_max() -> usize {
    SETTINGS.with_borrow(|settings| settings.as_ref().map_or(0, |settings| settings.fields_bytes_max))
}

/// Whether a request is granted; tells where it isn't.
pub fn check(head: &Head) -> Result<(), Fault> {
    SETTINGS.with_borrow(|settings| {
        if settings.as_ref().is_some_and(|settings| settings.grants.allow(head)) {
            return Ok(());
        }
        tell(head);
        Err(Fault::Denied)
    })
}

fn tell(head: &Head) {
    let scheme = if head.destination.is_secure { "https://" } else { "http://" };
    let (method, authority) = (head.method.as_str(), &head.destination.authority);
    let Some(mut message) = denied::begin() else { return };
    message.text(method).text(" ").text(scheme).text(authority).text(head.path.path());
    message.text("; --http '").text(method).text(" ").text(scheme).text(authority).text("/' would allow it\n");
}

/// Where names are looked up.
pub fn with_resolver<T>(action: impl FnOnce(&Resolver) -> T) -> Option<T> {
    SETTINGS.with_borrow(|settings| settings.as_ref().map(|settings| action(&settings.resolver)))
}

/// How TLS connections are made.
pub fn tls() -> Result<Arc<ClientConfig>, Fault> {
    SETTINGS.with_borrow(|settings| {
        let settings = settings.as_ref().ok_or(Fault::Denied)?;
        if let Some(config) = settings.tls.get() {
            return Ok(config.clone());
        }
        let config = tls::config(&settings.grants.authorities)?;
        Ok(settings.tls.get_or_init(|| config).clone())
    })
}

//! TLS of a server: its certificates, which can change while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::connection::{AnyIo, Greet, Greeting, Io};
use super::socket::Socket;
use crate::http::tls_socket::{PROTOCOLS, TlsSocket};

/// The certificates of a server, for all its connections to come.
pub struct Certificates(Mutex<Arc<ServerConfig>>);

impl Certificates {
    /// A chain of certificates and its key, in the form PEM.
    ///
    /// # Errors
    /// They aren't in that form, or the key isn't the certificate's.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Certificates, &'static str> {
        config(chain, key).map(|config| Certificates(Mutex::new(config)))
    }

    /// Replaces both for connections to come.
    ///
    /// # Errors
    /// As for [`Certificates::new`]; then they stay.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), &'static str> {
        let config = config(chain, key)?;
        // Nothing panics while it is held.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }
}

impl Io for TlsSocket<Socket, ServerConnection> {
    fn reset(&self) {
        // The end isn't announced, which tells the client.
    }
}

impl Greet for Certificates {
    fn greet(&self, socket: Socket) -> Greeting<'_> {
        Box::pin(async {
            let config = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let greeted = TlsSocket::greet(socket, ServerConnection::new(config).ok()?).await.ok()?;
            let is_http_2 = greeted.is_http_2();
            Some((Box::new(greeted) as AnyIo, is_http_2))
        })
    }
}

fn config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, &'static str> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain =
        chain.ok().filter(|chain| !chain.is_empty()).ok_or("the file of certificates has none in the form PEM")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "the file of the key has none in the form PEM")?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| "the library has no version of TLS")?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|_| "the key isn't that of the certificate")?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

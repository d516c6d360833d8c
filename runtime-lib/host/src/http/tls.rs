//! Connections to servers under TLS.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::fault::Fault;
use super::socket::Socket;
use super::tls_socket::{PROTOCOLS, TlsSocket};

/// The library's configuration for connections, with these authorities besides the well-known ones.
pub fn config(authorities: &[&'static [u8]]) -> Result<Arc<ClientConfig>, Fault> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for authority in authorities {
        roots.add(CertificateDer::from(*authority)).map_err(|_| Fault::TlsCertificate)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::of_tls(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

/// A connection to a server under TLS.
pub type ClientSocket = TlsSocket<Socket, ClientConnection>;

/// Greets the server with this name, or address, and checks its certificate.
pub async fn greet(socket: Socket, config: Arc<ClientConfig>, host: &str) -> Result<ClientSocket, Fault> {
    let name = ServerName::try_from(host).map_err(|_| Fault::TlsCertificate)?.to_owned();
    let tls = ClientConnection::new(config, name).map_err(|error| Fault::of_tls(&error))?;
    TlsSocket::greet(socket, tls).await.map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => Fault::of_tls(error),
            None => Fault::ConnectionTerminated,
        }
    })
}

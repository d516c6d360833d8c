//! A certificate authority for a test, and the certificates that it signs.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::OnceLock;

/// A certificate and its key.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    key: Vec<u8>,
    /// The certificate and its key as text.
    pub pem: [String; 2],
}

impl Identity {
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

pub struct Certificates {
    pub authority_pem: String,
    pub good: Identity,
    pub wrong_host: Identity,
    pub expired: Identity,
    pub untrusted: Identity,
}

/// Returns all certificates, which are made once.
pub fn all() -> &'static Certificates {
    static ALL: OnceLock<Certificates> = OnceLock::new();
    ALL.get_or_init(|| {
        let (authority_pem, authority) = authority();
        let (_, stranger) = authority_of_nobody();
        Certificates {
            authority_pem,
            good: identity(&authority, "localhost", false),
            wrong_host: identity(&authority, "example.org", false),
            expired: identity(&authority, "localhost", true),
            untrusted: identity(&stranger, "localhost", false),
        }
    })
}

fn authority() -> (String, Issuer<'static, KeyPair>) {
    named("aot test authority")
}

fn authority_of_nobody() -> (String, Issuer<'static, KeyPair>) {
    named("nobody knows it")
}

fn named(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), Issuer::new(params, key))
}

fn identity(authority: &Issuer<'_, KeyPair>, host: &str, is_expired: bool) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![host.to_string()]).unwrap();
    if is_expired {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
    }
    let certificate = params.signed_by(&key, authority).unwrap();
    let pem = [certificate.pem(), key.serialize_pem()];
    Identity { certificate: certificate.der().clone(), key: key.serialize_der(), pem }
}

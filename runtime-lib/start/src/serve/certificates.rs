//! The certificates of a server that speaks TLS: read at start, and again when a signal asks for that.

use std::sync::Arc;

use aot_abi::parts;

use super::prepare::{Greeting, prepare};
use super::tls_files::{TlsContents, TlsFiles};
use crate::command::{Prepare, Start};
use aot_foundation::message::Message;
use aot_host::host::Host;
use aot_host::policy::serve::{ServePolicy, Tls};
use aot_host::serve::tls::Certificates;
use aot_host::serve_error::ServeError;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_server_tls", parts::SERVER_TLS));
const _: Prepare = aot_part_server_tls;

/// Listens for connections under TLS, and makes a state for each worker.
#[unsafe(no_mangle)]
fn aot_part_server_tls(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    prepare(host, start, |policy: &ServePolicy| policy.tls.map(open).transpose())
}

/// Opens the files and reads them for the first time.
fn open(tls: Tls) -> Result<Greeting, StartError> {
    let files = TlsFiles::open(tls)?;
    let TlsContents { certificates, key } = files.read()?;
    let certificates = Certificates::new(&certificates, &key).map_err(ServeError::Certificates)?;
    let certificates = Arc::new(certificates);
    Ok((certificates.clone(), Box::new(move || tell(read_again(&files, &certificates)))))
}

fn read_again(files: &TlsFiles, certificates: &Certificates) -> Result<(), ServeError> {
    let contents = files.read()?;
    certificates.replace(&contents.certificates, &contents.key).map_err(ServeError::Certificates)
}

fn tell(result: Result<(), ServeError>) {
    let mut message = Message::to_stderr();
    match result {
        Ok(()) => message.text("aot: the certificates were read again\n"),
        Err(error) => {
            message.text("aot: the certificates stay as they were: ");
            error.tell(&mut message);
            message.text("\n")
        }
    };
}

//! Faults of an exchange.

use std::error::Error;
use std::io;

use http::StatusCode;
use rustix::io::Errno;

use crate::network::errors::NetworkError;
use crate::network::lookup::Failure;
use crate::streams;

/// The reason for which an exchange failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No name server answered in time.
    DnsTimeout,
    /// The name server's answer is an error of this name.
    DnsError(&'static str),
    /// No connection to the server can be made.
    DestinationUnavailable,
    /// The policy or the system denies the server's address.
    AddressProhibited,
    /// No route leads to the server's address.
    AddressUnroutable,
    /// Nobody listens at the server's address.
    ConnectionRefused,
    /// The connection ended before the exchange did.
    ConnectionTerminated,
    /// The connection wasn't made in time.
    ConnectionTimeout,
    /// The server was silent for too long within a response.
    ReadTimeout,
    /// The response's head didn't come in time.
    ResponseTimeout,
    /// The system or the limits allow no further connection.
    ConnectionLimit,
    /// TLS failed.
    TlsProtocol,
    /// The server's certificate isn't valid for it.
    TlsCertificate,
    /// The server sent an alert of TLS with this number and name.
    TlsAlert(u8, String),
    /// The grants don't allow the request.
    Denied,
    /// The request's body hasn't the declared length: the bytes there were.
    BodySize(u64),
    /// The response's body hasn't the declared length: the bytes there were.
    ResponseBodySize(u64),
    /// The method isn't one of HTTP.
    MethodInvalid,
    /// The parts of the request make no URI.
    UriInvalid,
    /// The request's fields have so many bytes.
    RequestHeaderSize(u32),
    /// The response ended before its declared end.
    ResponseIncomplete,
    /// The response's fields have too many bytes.
    ResponseHeaderSize,
    /// The response's trailers have too many bytes.
    ResponseTrailerSize,
    /// The response's chunks are damaged.
    TransferCoding,
    /// The server broke the rules of HTTP.
    Protocol,
    /// A request needs a declared length.
    LengthRequired,
    /// The target of a request is too long.
    UriTooLong,
    /// A request has come back to where it was sent from.
    Loop,
    /// The runtime failed, with these words.
    Internal(&'static str),
}

impl Fault {
    /// The status of a response by a server whose guest gives this fault for one.
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::Denied => StatusCode::FORBIDDEN,
            Fault::BodySize(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::RequestHeaderSize(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Fault::DnsTimeout | Fault::ConnectionTimeout | Fault::ReadTimeout | Fault::ResponseTimeout => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Fault::DnsError(_)
            | Fault::DestinationUnavailable
            | Fault::AddressProhibited
            | Fault::AddressUnroutable
            | Fault::ConnectionRefused
            | Fault::ConnectionTerminated
            | Fault::ConnectionLimit
            | Fault::TlsProtocol
            | Fault::TlsCertificate
            | Fault::TlsAlert(..)
            | Fault::ResponseIncomplete
            | Fault::ResponseHeaderSize
            | Fault::ResponseTrailerSize
            | Fault::TransferCoding
            | Fault::Protocol => StatusCode::BAD_GATEWAY,
            Fault::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Fault::UriTooLong => StatusCode::URI_TOO_LONG,
            Fault::Loop => StatusCode::LOOP_DETECTED,
            Fault::MethodInvalid | Fault::UriInvalid | Fault::ResponseBodySize(_) | Fault::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The fault for an error of the system while connecting.
    pub fn of_connecting(error: Errno) -> Fault {
        match error {
            Errno::CONNREFUSED => Fault::ConnectionRefused,
            Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETUNREACH | Errno::NETDOWN | Errno::ADDRNOTAVAIL => {
                Fault::AddressUnroutable
            }
            Errno::TIMEDOUT => Fault::ConnectionTimeout,
            Errno::ACCESS | Errno::PERM => Fault::AddressProhibited,
            Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM => Fault::ConnectionLimit,
            Errno::CONNRESET | Errno::CONNABORTED | Errno::PIPE => Fault::ConnectionTerminated,
            _ => Fault::DestinationUnavailable,
        }
    }

    /// The fault for a failed look-up of a name.
    pub fn of_lookup(failure: Failure) -> Fault {
        match (failure.rcode, failure.error) {
            (Some(rcode), _) => Fault::DnsError(rcode),
            (None, NetworkError::TemporaryResolverFailure) => Fault::DnsTimeout,
            (None, error) => Fault::of_socket(error),
        }
    }

    /// The fault for a socket that couldn't be made.
    pub fn of_socket(error: NetworkError) -> Fault {
        match error {
            NetworkError::NewSocketLimit | NetworkError::OutOfMemory => Fault::ConnectionLimit,
            NetworkError::AccessDenied => Fault::AddressProhibited,
            _ => Fault::AddressUnroutable,
        }
    }

    /// The fault for an error of TLS.
    pub fn of_tls(error: &rustls::Error) -> Fault {
        use rustls::Error;
        match error {
            Error::InvalidCertificate(_) | Error::NoCertificatesPresented | Error::UnsupportedNameType => {
                Fault::TlsCertificate
            }
            Error::AlertReceived(alert) => {
                Fault::TlsAlert(u8::from(*alert), alert.as_str().map_or_else(String::new, String::from))
            }
            _ => Fault::TlsProtocol,
        }
    }

    /// The fault for an error of the library while a message is sent or its head is awaited.
    pub fn of_message(error: &hyper::Error) -> Fault {
        // The library has a function for this only in servers.
        if error.is_parse() && error.to_string() == "message head is too large" {
            return Fault::ResponseHeaderSize;
        }
        if error.is_incomplete_message() {
            return Fault::ResponseIncomplete;
        }
        if error.is_canceled() || error.is_closed() || error.is_body_write_aborted() {
            return of_source(error).unwrap_or(Fault::ConnectionTerminated);
        }
        of_source(error).unwrap_or(Fault::Protocol)
    }

    /// The fault for an error of the library while a body is received.
    pub fn of_body(error: &hyper::Error) -> Fault {
        match source::<io::Error>(error).map(|error| (error.kind(), error)) {
            Some((io::ErrorKind::UnexpectedEof, _)) => Fault::ResponseIncomplete,
            // So it tells what the decoder of chunks finds.
            Some((io::ErrorKind::InvalidData, error)) if error.to_string().contains("trailer") => {
                Fault::ResponseTrailerSize
            }
            Some((io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput, error)) if !is_tls(error) => {
                Fault::TransferCoding
            }
            _ => Fault::of_message(error),
        }
    }
}

/// The fault for an error of the library while the body of a request is received.
pub fn of_request_body(error: &hyper::Error) -> Fault {
    match Fault::of_body(error) {
        Fault::ResponseIncomplete => Fault::ConnectionTerminated,
        Fault::TransferCoding => Fault::Protocol,
        fault => fault,
    }
}

impl streams::Fault for Fault {
    fn words(&self) -> &'static str {
        match self {
            Fault::ReadTimeout => "the server was silent for too long",
            Fault::BodySize(_) => "the request's body hasn't the declared length",
            Fault::ResponseBodySize(_) => "the response's body hasn't the declared length",
            Fault::ResponseIncomplete => "the connection ended within the response",
            Fault::ResponseTrailerSize => "the response's trailers are too large",
            Fault::TransferCoding => "the response's chunks are damaged",
            Fault::ConnectionTerminated => "the connection was lost",
            Fault::Internal(words) => words,
            _ => "the exchange failed",
        }
    }
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>)
}

/// The cause of this type.
fn source<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn of_source(error: &hyper::Error) -> Option<Fault> {
    if source::<super::output::Dropped>(error).is_some() {
        return Some(Fault::Internal("the request's body was dropped before it was finished"));
    }
    if let Some(error) = source::<h2::Error>(error) {
        return Some(match error.get_io() {
            Some(error) => of_io(error),
            None if error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM) => {
                Fault::DestinationUnavailable
            }
            None => Fault::Protocol,
        });
    }
    source::<io::Error>(error).map(of_io)
}

fn of_io(error: &io::Error) -> Fault {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Fault::of_tls(error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::ResponseIncomplete,
        _ => Fault::ConnectionTerminated,
    }
}

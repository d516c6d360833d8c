//! The codes of `wasi:http/types` for what can go wrong.

use crate::p2::interfaces::http::types::{DnsErrorPayload, ErrorCode, TlsAlertReceivedPayload};
use aot_host::http::fault::Fault;

/// The code of the interface for what went wrong.
pub fn code(fault: &Fault) -> ErrorCode {
    match fault {
        Fault::DnsTimeout => ErrorCode::DnsTimeout,
        Fault::DnsError(rcode) => {
            ErrorCode::DnsError(DnsErrorPayload { rcode: Some(String::from(*rcode)), info_code: None })
        }
        Fault::DestinationUnavailable => ErrorCode::DestinationUnavailable,
        Fault::AddressProhibited => ErrorCode::DestinationIpProhibited,
        Fault::AddressUnroutable => ErrorCode::DestinationIpUnroutable,
        Fault::ConnectionRefused => ErrorCode::ConnectionRefused,
        Fault::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Fault::ConnectionTimeout => ErrorCode::ConnectionTimeout,
        Fault::ReadTimeout => ErrorCode::ConnectionReadTimeout,
        Fault::ResponseTimeout => ErrorCode::HttpResponseTimeout,
        Fault::ConnectionLimit => ErrorCode::ConnectionLimitReached,
        Fault::TlsProtocol => ErrorCode::TlsProtocolError,
        Fault::TlsCertificate => ErrorCode::TlsCertificateError,
        Fault::TlsAlert(number, name) => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: Some(*number),
            alert_message: Some(name.clone()),
        }),
        Fault::Denied => ErrorCode::HttpRequestDenied,
        Fault::BodySize(bytes) => ErrorCode::HttpRequestBodySize(Some(*bytes)),
        Fault::ResponseBodySize(bytes) => ErrorCode::HttpResponseBodySize(Some(*bytes)),
        Fault::MethodInvalid => ErrorCode::HttpRequestMethodInvalid,
        Fault::UriInvalid => ErrorCode::HttpRequestUriInvalid,
        Fault::RequestHeaderSize(bytes) => ErrorCode::HttpRequestHeaderSectionSize(Some(*bytes)),
        Fault::ResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Fault::ResponseHeaderSize => ErrorCode::HttpResponseHeaderSectionSize(None),
        Fault::ResponseTrailerSize => ErrorCode::HttpResponseTrailerSectionSize(None),
        Fault::TransferCoding => ErrorCode::HttpResponseTransferCoding(Some(String::from("chunked"))),
        Fault::Protocol => ErrorCode::HttpProtocolError,
        Fault::LengthRequired => ErrorCode::HttpRequestLengthRequired,
        Fault::UriTooLong => ErrorCode::HttpRequestUriTooLong,
        Fault::Loop => ErrorCode::LoopDetected,
        Fault::Internal(words) => ErrorCode::InternalError(Some(String::from(*words))),
    }
}

/// The fault that a guest gives for a response, as far as a server's status depends on it.
pub fn fault(code: &ErrorCode) -> Fault {
    match code {
        ErrorCode::DnsTimeout => Fault::DnsTimeout,
        ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::ConnectionWriteTimeout => {
            Fault::ConnectionTimeout
        }
        ErrorCode::HttpResponseTimeout => Fault::ResponseTimeout,
        ErrorCode::DnsError(_) => Fault::DnsError(""),
        ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTerminated
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_)
        | ErrorCode::HttpResponseIncomplete
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_)
        | ErrorCode::HttpProtocolError => Fault::Protocol,
        ErrorCode::HttpRequestDenied => Fault::Denied,
        ErrorCode::HttpRequestLengthRequired => Fault::LengthRequired,
        ErrorCode::HttpRequestBodySize(_) => Fault::BodySize(0),
        ErrorCode::HttpRequestMethodInvalid => Fault::MethodInvalid,
        ErrorCode::HttpRequestUriInvalid => Fault::UriInvalid,
        ErrorCode::HttpRequestUriTooLong => Fault::UriTooLong,
        ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_) => Fault::RequestHeaderSize(0),
        ErrorCode::LoopDetected => Fault::Loop,
        ErrorCode::HttpUpgradeFailed | ErrorCode::ConfigurationError | ErrorCode::InternalError(_) => {
            Fault::Internal("the guest's own error")
        }
    }
}

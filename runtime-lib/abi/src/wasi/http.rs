//! `wasi:http`: outgoing requests. The types of servers are described too, because programs import them without using
//! them.

/// `wasi:http/types`.
#[macro_export]
macro_rules! wasi_http_types {
    ($callback:ident) => {
        $callback! {
            module http::types: "wasi:http/types", "0.2" {
                use io::error::Error;
                use io::poll::Pollable;
                use io::streams::InputStream;
                use io::streams::OutputStream;
                resource FieldMap = 40 "fields";
                resource IncomingRequest = 41 "incoming-request";
                resource OutgoingRequest = 42 "outgoing-request";
                resource RequestOptions = 43 "request-options";
                resource ResponseOutparam = 44 "response-outparam";
                resource IncomingResponse = 45 "incoming-response";
                resource IncomingBody = 46 "incoming-body";
                resource FutureTrailers = 47 "future-trailers";
                resource OutgoingResponse = 48 "outgoing-response";
                resource OutgoingBody = 49 "outgoing-body";
                resource FutureIncomingResponse = 50 "future-incoming-response";
                record DnsErrorPayload {
                    rcode "rcode": Option<String>,
                    info_code "info-code": Option<u16>,
                }
                record TlsAlertReceivedPayload {
                    alert_id "alert-id": Option<u8>,
                    alert_message "alert-message": Option<String>,
                }
                record FieldSizePayload {
                    field_name "field-name": Option<String>,
                    field_size "field-size": Option<u32>,
                }
                variant Method {
                    Get = "get",
                    Head = "head",
                    Post = "post",
                    Put = "put",
                    Delete = "delete",
                    Connect = "connect",
                    Options = "options",
                    Trace = "trace",
                    Patch = "patch",
                    Other(String) = "other",
                }
                variant Scheme {
                    Http = "HTTP",
                    Https = "HTTPS",
                    Other(String) = "other",
                }
                variant ErrorCode {
                    DnsTimeout = "DNS-timeout",
                    DnsError(DnsErrorPayload) = "DNS-error",
                    DestinationNotFound = "destination-not-found",
                    DestinationUnavailable = "destination-unavailable",
                    DestinationIpProhibited = "destination-IP-prohibited",
                    DestinationIpUnroutable = "destination-IP-unroutable",
                    ConnectionRefused = "connection-refused",
                    ConnectionTerminated = "connection-terminated",
                    ConnectionTimeout = "connection-timeout",
                    ConnectionReadTimeout = "connection-read-timeout",
                    ConnectionWriteTimeout = "connection-write-timeout",
                    ConnectionLimitReached = "connection-limit-reached",
                    TlsProtocolError = "TLS-protocol-error",
                    TlsCertificateError = "TLS-certificate-error",
                    TlsAlertReceived(TlsAlertReceivedPayload) = "TLS-alert-received",
                    HttpRequestDenied = "HTTP-request-denied",
                    HttpRequestLengthRequired = "HTTP-request-length-required",
                    HttpRequestBodySize(Option<u64>) = "HTTP-request-body-size",
                    HttpRequestMethodInvalid = "HTTP-request-method-invalid",
                    HttpRequestUriInvalid = "HTTP-request-URI-invalid",
                    HttpRequestUriTooLong = "HTTP-request-URI-too-long",
                    HttpRequestHeaderSectionSize(Option<u32>) = "HTTP-request-header-section-size",
                    HttpRequestHeaderSize(Option<FieldSizePayload>) = "HTTP-request-header-size",
                    HttpRequestTrailerSectionSize(Option<u32>) = "HTTP-request-trailer-section-size",
                    HttpRequestTrailerSize(FieldSizePayload) = "HTTP-request-trailer-size",
                    HttpResponseIncomplete = "HTTP-response-incomplete",
                    HttpResponseHeaderSectionSize(Option<u32>) = "HTTP-response-header-section-size",
                    HttpResponseHeaderSize(FieldSizePayload) = "HTTP-response-header-size",
                    HttpResponseBodySize(Option<u64>) = "HTTP-response-body-size",
                    HttpResponseTrailerSectionSize(Option<u32>) = "HTTP-response-trailer-section-size",
                    HttpResponseTrailerSize(FieldSizePayload) = "HTTP-response-trailer-size",
                    HttpResponseTransferCoding(Option<String>) = "HTTP-response-transfer-coding",
                    HttpResponseContentCoding(Option<String>) = "HTTP-response-content-coding",
                    HttpResponseTimeout = "HTTP-response-timeout",
                    HttpUpgradeFailed = "HTTP-upgrade-failed",
                    HttpProtocolError = "HTTP-protocol-error",
                    LoopDetected = "loop-detected",
                    ConfigurationError = "configuration-error",
                    InternalError(Option<String>) = "internal-error",
                }
                variant HeaderError {
                    InvalidSyntax = "invalid-syntax",
                    Forbidden = "forbidden",
                    Immutable = "immutable",
                }
                "http-error-code" => http_error_code(err: Borrow<Error>) -> Option<ErrorCode>;
                "[constructor]fields" => fields_constructor() -> Own<FieldMap>;
                "[static]fields.from-list" =>
                    fields_from_list(entries: List<(String, List<u8>)>) -> Result<Own<FieldMap>, HeaderError>;
                "[method]fields.get" => fields_get(self_: Borrow<FieldMap>, name: Text) -> List<List<u8>>;
                "[method]fields.has" => fields_has(self_: Borrow<FieldMap>, name: Text) -> bool;
                "[method]fields.set" =>
                    fields_set(self_: Borrow<FieldMap>, name: Text, value: List<List<u8>>) -> Result<(), HeaderError>;
                "[method]fields.delete" =>
                    fields_delete(self_: Borrow<FieldMap>, name: Text) -> Result<(), HeaderError>;
                "[method]fields.append" =>
                    fields_append(self_: Borrow<FieldMap>, name: Text, value: Bytes) -> Result<(), HeaderError>;
                "[method]fields.entries" => fields_entries(self_: Borrow<FieldMap>) -> List<(String, List<u8>)>;
                "[method]fields.clone" => fields_clone(self_: Borrow<FieldMap>) -> Own<FieldMap>;
                "[method]incoming-request.method" => incoming_request_method(self_: Borrow<IncomingRequest>) -> Method;
                "[method]incoming-request.path-with-query" =>
                    incoming_request_path_with_query(self_: Borrow<IncomingRequest>) -> Option<String>;
                "[method]incoming-request.scheme" =>
                    incoming_request_scheme(self_: Borrow<IncomingRequest>) -> Option<Scheme>;
                "[method]incoming-request.authority" =>
                    incoming_request_authority(self_: Borrow<IncomingRequest>) -> Option<String>;
                "[method]incoming-request.headers" =>
                    incoming_request_headers(self_: Borrow<IncomingRequest>) -> Own<FieldMap>;
                "[method]incoming-request.consume" =>
                    incoming_request_consume(self_: Borrow<IncomingRequest>) -> Result<Own<IncomingBody>, ()>;
                "[constructor]outgoing-request" =>
                    outgoing_request_constructor(headers: Own<FieldMap>) -> Own<OutgoingRequest>;
                "[method]outgoing-request.body" =>
                    outgoing_request_body(self_: Borrow<OutgoingRequest>) -> Result<Own<OutgoingBody>, ()>;
                "[method]outgoing-request.method" => outgoing_request_method(self_: Borrow<OutgoingRequest>) -> Method;
                "[method]outgoing-request.set-method" =>
                    outgoing_request_set_method(self_: Borrow<OutgoingRequest>, method: Method) -> Result<(), ()>;
                "[method]outgoing-request.path-with-query" =>
                    outgoing_request_path_with_query(self_: Borrow<OutgoingRequest>) -> Option<String>;
                "[method]outgoing-request.set-path-with-query" =>
                    outgoing_request_set_path_with_query(
                        self_: Borrow<OutgoingRequest>, path_with_query: Option<String>
                    ) -> Result<(), ()>;
                "[method]outgoing-request.scheme" =>
                    outgoing_request_scheme(self_: Borrow<OutgoingRequest>) -> Option<Scheme>;
                "[method]outgoing-request.set-scheme" =>
                    outgoing_request_set_scheme(self_: Borrow<OutgoingRequest>, scheme: Option<Scheme>)
                        -> Result<(), ()>;
                "[method]outgoing-request.authority" =>
                    outgoing_request_authority(self_: Borrow<OutgoingRequest>) -> Option<String>;
                "[method]outgoing-request.set-authority" =>
                    outgoing_request_set_authority(self_: Borrow<OutgoingRequest>, authority: Option<String>)
                        -> Result<(), ()>;
                "[method]outgoing-request.headers" =>
                    outgoing_request_headers(self_: Borrow<OutgoingRequest>) -> Own<FieldMap>;
                "[constructor]request-options" => request_options_constructor() -> Own<RequestOptions>;
                "[method]request-options.connect-timeout" =>
                    request_options_connect_timeout(self_: Borrow<RequestOptions>) -> Option<u64>;
                "[method]request-options.set-connect-timeout" =>
                    request_options_set_connect_timeout(self_: Borrow<RequestOptions>, duration: Option<u64>)
                        -> Result<(), ()>;
                "[method]request-options.first-byte-timeout" =>
                    request_options_first_byte_timeout(self_: Borrow<RequestOptions>) -> Option<u64>;
                "[method]request-options.set-first-byte-timeout" =>
                    request_options_set_first_byte_timeout(self_: Borrow<RequestOptions>, duration: Option<u64>)
                        -> Result<(), ()>;
                "[method]request-options.between-bytes-timeout" =>
                    request_options_between_bytes_timeout(self_: Borrow<RequestOptions>) -> Option<u64>;
                "[method]request-options.set-between-bytes-timeout" =>
                    request_options_set_between_bytes_timeout(self_: Borrow<RequestOptions>, duration: Option<u64>)
                        -> Result<(), ()>;
                "[static]response-outparam.set" =>
                    response_outparam_set(
                        param: Own<ResponseOutparam>, response: Result<Own<OutgoingResponse>, ErrorCode>
                    );
                "[method]incoming-response.status" => incoming_response_status(self_: Borrow<IncomingResponse>) -> u16;
                "[method]incoming-response.headers" =>
                    incoming_response_headers(self_: Borrow<IncomingResponse>) -> Own<FieldMap>;
                "[method]incoming-response.consume" =>
                    incoming_response_consume(self_: Borrow<IncomingResponse>) -> Result<Own<IncomingBody>, ()>;
                "[method]incoming-body.stream" =>
                    incoming_body_stream(self_: Borrow<IncomingBody>) -> Result<Own<InputStream>, ()>;
                "[static]incoming-body.finish" =>
                    incoming_body_finish(this: Own<IncomingBody>) -> Own<FutureTrailers>;
                "[method]future-trailers.subscribe" =>
                    future_trailers_subscribe(self_: Borrow<FutureTrailers>) -> Own<Pollable>;
                "[method]future-trailers.get" =>
                    future_trailers_get(self_: Borrow<FutureTrailers>)
                        -> Option<Result<Result<Option<Own<FieldMap>>, ErrorCode>, ()>>;
                "[constructor]outgoing-response" =>
                    outgoing_response_constructor(headers: Own<FieldMap>) -> Own<OutgoingResponse>;
                "[method]outgoing-response.status-code" =>
                    outgoing_response_status_code(self_: Borrow<OutgoingResponse>) -> u16;
                "[method]outgoing-response.set-status-code" =>
                    outgoing_response_set_status_code(self_: Borrow<OutgoingResponse>, status_code: u16)
                        -> Result<(), ()>;
                "[method]outgoing-response.headers" =>
                    outgoing_response_headers(self_: Borrow<OutgoingResponse>) -> Own<FieldMap>;
                "[method]outgoing-response.body" =>
                    outgoing_response_body(self_: Borrow<OutgoingResponse>) -> Result<Own<OutgoingBody>, ()>;
                "[method]outgoing-body.write" =>
                    outgoing_body_write(self_: Borrow<OutgoingBody>) -> Result<Own<OutputStream>, ()>;
                "[static]outgoing-body.finish" =>
                    outgoing_body_finish(this: Own<OutgoingBody>, trailers: Option<Own<FieldMap>>)
                        -> Result<(), ErrorCode>;
                "[method]future-incoming-response.subscribe" =>
                    future_incoming_response_subscribe(self_: Borrow<FutureIncomingResponse>) -> Own<Pollable>;
                "[method]future-incoming-response.get" =>
                    future_incoming_response_get(self_: Borrow<FutureIncomingResponse>)
                        -> Option<Result<Result<Own<IncomingResponse>, ErrorCode>, ()>>;
            }
        }
    };
}

/// `wasi:http/outgoing-handler`.
#[macro_export]
macro_rules! wasi_http_outgoing_handler {
    ($callback:ident) => {
        $callback! {
            module http::outgoing_handler: "wasi:http/outgoing-handler", "0.2" {
                use http::types::ErrorCode;
                use http::types::FutureIncomingResponse;
                use http::types::OutgoingRequest;
                use http::types::RequestOptions;
                "handle" => handle(request: Own<OutgoingRequest>, options: Option<Own<RequestOptions>>)
                    -> Result<Own<FutureIncomingResponse>, ErrorCode>;
            }
        }
    };
}

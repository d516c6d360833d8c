//! `wasi:http` of 0.3. Methods, schemes and error codes are those of 0.2, under the name `http_of_p2` in whoever expands the rows. The
//! export `handle` has no row.

/// `wasi:http/types`.
#[macro_export]
macro_rules! wasi_p3_http_types {
    ($callback:ident) => {
        $callback! {
            module http::types: "wasi:http/types", "0.3" {
                use http_of_p2::ErrorCode;
                use http_of_p2::Method;
                use http_of_p2::Scheme;
                resource FieldMap = 80 "fields";
                resource Request = 81 "request";
                resource RequestOptions = 82 "request-options";
                resource Response = 83 "response";
                variant HeaderError {
                    InvalidSyntax = "invalid-syntax",
                    Forbidden = "forbidden",
                    Immutable = "immutable",
                    SizeExceeded = "size-exceeded",
                    Other(Option<String>) = "other",
                }
                variant RequestOptionsError {
                    NotSupported = "not-supported",
                    Immutable = "immutable",
                    Other(Option<String>) = "other",
                }
                "[constructor]fields" => fields_constructor() -> Own<FieldMap>;
                "[static]fields.from-list" =>
                    fields_from_list(entries: List<(String, List<u8>)>) -> Result<Own<FieldMap>, HeaderError>;
                "[method]fields.get" => fields_get(self_: Borrow<FieldMap>, name: Text) -> List<List<u8>>;
                "[method]fields.has" => fields_has(self_: Borrow<FieldMap>, name: Text) -> bool;
                "[method]fields.set" =>
                    fields_set(self_: Borrow<FieldMap>, name: Text, value: List<List<u8>>) -> Result<(), HeaderError>;
                "[method]fields.delete" =>
                    fields_delete(self_: Borrow<FieldMap>, name: Text) -> Result<(), HeaderError>;
                "[method]fields.get-and-delete" =>
                    fields_get_and_delete(self_: Borrow<FieldMap>, name: Text) -> Result<List<List<u8>>, HeaderError>;
                "[method]fields.append" =>
                    fields_append(self_: Borrow<FieldMap>, name: Text, value: Bytes) -> Result<(), HeaderError>;
                "[method]fields.copy-all" => fields_copy_all(self_: Borrow<FieldMap>) -> List<(String, List<u8>)>;
                "[method]fields.clone" => fields_clone(self_: Borrow<FieldMap>) -> Own<FieldMap>;
                "[static]request.new" =>
                    request_new(
                        headers: Own<FieldMap>, contents: Option<Stream<u8>>,
                        trailers: Future<Result<Option<Own<FieldMap>>, ErrorCode>>, options: Option<Own<RequestOptions>>
                    ) -> (Own<Request>, Future<Result<(), ErrorCode>>);
                "[method]request.get-method" => request_get_method(self_: Borrow<Request>) -> Method;
                "[method]request.set-method" =>
                    request_set_method(self_: Borrow<Request>, method: Method) -> Result<(), ()>;
                "[method]request.get-path-with-query" =>
                    request_get_path_with_query(self_: Borrow<Request>) -> Option<String>;
                "[method]request.set-path-with-query" =>
                    request_set_path_with_query(self_: Borrow<Request>, path_with_query: Option<String>)
                        -> Result<(), ()>;
                "[method]request.get-scheme" => request_get_scheme(self_: Borrow<Request>) -> Option<Scheme>;
                "[method]request.set-scheme" =>
                    request_set_scheme(self_: Borrow<Request>, scheme: Option<Scheme>) -> Result<(), ()>;
                "[method]request.get-authority" => request_get_authority(self_: Borrow<Request>) -> Option<String>;
                "[method]request.set-authority" =>
                    request_set_authority(self_: Borrow<Request>, authority: Option<String>) -> Result<(), ()>;
                "[method]request.get-options" =>
                    request_get_options(self_: Borrow<Request>) -> Option<Own<RequestOptions>>;
                "[method]request.get-headers" => request_get_headers(self_: Borrow<Request>) -> Own<FieldMap>;
                "[static]request.consume-body" =>
                    request_consume_body(this: Own<Request>, res: Future<Result<(), ErrorCode>>)
                        -> (Stream<u8>, Future<Result<Option<Own<FieldMap>>, ErrorCode>>);
                "[constructor]request-options" => request_options_constructor() -> Own<RequestOptions>;
                "[method]request-options.get-connect-timeout" =>
                    request_options_get_connect_timeout(self_: Borrow<RequestOptions>) -> Option<u64>;
                "[method]request-options.set-connect-timeout" =>
                    request_options_set_connect_timeout(self_: Borrow<RequestOptions>, duration: Option<u64>)
                        -> Result<(), RequestOptionsError>;
                "[method]request-options.get-first-byte-timeout" =>
                    request_options_get_first_byte_timeout(self_: Borrow<RequestOptions>) -> Option<u64>;
                "[method]request-options.set-first-byte-timeout" =>
                    request_options_set_first_byte_timeout(self_: Borrow<RequestOptions>, duration: Option<u64>)
                        -> Result<(), RequestOptionsError>;
                "[method]request-options.get-between-bytes-timeout" =>
                    request_options_get_between_bytes_timeout(self_: Borrow<RequestOptions>) -> Option<u64>;
                "[method]request-options.set-between-bytes-timeout" =>
                    request_options_set_between_bytes_timeout(self_: Borrow<RequestOptions>, duration: Option<u64>)
                        -> Result<(), RequestOptionsError>;
                "[method]request-options.clone" =>
                    request_options_clone(self_: Borrow<RequestOptions>) -> Own<RequestOptions>;
                "[static]response.new" =>
                    response_new(
                        headers: Own<FieldMap>, contents: Option<Stream<u8>>,
                        trailers: Future<Result<Option<Own<FieldMap>>, ErrorCode>>
                    ) -> (Own<Response>, Future<Result<(), ErrorCode>>);
                "[method]response.get-status-code" => response_get_status_code(self_: Borrow<Response>) -> u16;
                "[method]response.set-status-code" =>
                    response_set_status_code(self_: Borrow<Response>, status_code: u16) -> Result<(), ()>;
                "[method]response.get-headers" => response_get_headers(self_: Borrow<Response>) -> Own<FieldMap>;
                "[static]response.consume-body" =>
                    response_consume_body(this: Own<Response>, res: Future<Result<(), ErrorCode>>)
                        -> (Stream<u8>, Future<Result<Option<Own<FieldMap>>, ErrorCode>>);
            }
        }
    };
}

/// `wasi:http/client`.
#[macro_export]
macro_rules! wasi_p3_http_client {
    ($callback:ident) => {
        $callback! {
            module http::client: "wasi:http/client", "0.3" {
                use http::types::Request;
                use http::types::Response;
                use http_of_p2::ErrorCode;
                "send" async => send(request: Own<Request>) -> Result<Own<Response>, ErrorCode>;
            }
        }
    };
}

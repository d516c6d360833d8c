//! `wasi:cli` of 0.3. The export `run` has no row.

/// `wasi:cli/types`.
#[macro_export]
macro_rules! wasi_p3_cli_types {
    ($callback:ident) => {
        $callback! {
            module cli::types: "wasi:cli/types", "0.3" {
                enum ErrorCode: u8 {
                    Io = "io",
                    IllegalByteSequence = "illegal-byte-sequence",
                    Pipe = "pipe",
                }
            }
        }
    };
}

/// `wasi:cli/environment`.
#[macro_export]
macro_rules! wasi_p3_cli_environment {
    ($callback:ident) => {
        $callback! {
            module cli::environment: "wasi:cli/environment", "0.3" {
                "get-environment" => get_environment() -> List<(String, String)>;
                "get-arguments" => get_arguments() -> List<String>;
                "get-initial-cwd" => get_initial_cwd() -> Option<String>;
            }
        }
    };
}

/// `wasi:cli/stdin`.
#[macro_export]
macro_rules! wasi_p3_cli_stdin {
    ($callback:ident) => {
        $callback! {
            module cli::stdin: "wasi:cli/stdin", "0.3" {
                use cli::types::ErrorCode;
                "read-via-stream" => read_via_stream() -> (Stream<u8>, Future<Result<(), ErrorCode>>);
            }
        }
    };
}

/// `wasi:cli/stdout`.
#[macro_export]
macro_rules! wasi_p3_cli_stdout {
    ($callback:ident) => {
        $callback! {
            module cli::stdout: "wasi:cli/stdout", "0.3" {
                use cli::types::ErrorCode;
                "write-via-stream" => write_via_stream(data: Stream<u8>) -> Future<Result<(), ErrorCode>>;
            }
        }
    };
}

/// `wasi:cli/stderr`.
#[macro_export]
macro_rules! wasi_p3_cli_stderr {
    ($callback:ident) => {
        $callback! {
            module cli::stderr: "wasi:cli/stderr", "0.3" {
                use cli::types::ErrorCode;
                "write-via-stream" => write_via_stream(data: Stream<u8>) -> Future<Result<(), ErrorCode>>;
            }
        }
    };
}

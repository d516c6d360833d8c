//! `wasi:io`: errors, pollables and streams.

/// `wasi:io/error`.
#[macro_export]
macro_rules! wasi_io_error {
    ($callback:ident) => {
        $callback! {
            module io::error: "wasi:io/error", "0.2" {
                resource Error = 1 "error";
                "[method]error.to-debug-string" => error_to_debug_string(self_: Borrow<Error>) -> String;
            }
        }
    };
}

/// `wasi:io/poll`.
#[macro_export]
macro_rules! wasi_io_poll {
    ($callback:ident) => {
        $callback! {
            module io::poll: "wasi:io/poll", "0.2" {
                resource Pollable = 2 "pollable";
                "[method]pollable.ready" => pollable_ready(self_: Borrow<Pollable>) -> bool;
                "[method]pollable.block" => pollable_block(self_: Borrow<Pollable>);
                "poll" => poll(pollables: List<Borrow<Pollable>>) -> List<u32>;
            }
        }
    };
}

/// `wasi:io/streams`.
#[macro_export]
macro_rules! wasi_io_streams {
    ($callback:ident) => {
        $callback! {
            module io::streams: "wasi:io/streams", "0.2" {
                use io::error::Error;
                use io::poll::Pollable;
                resource InputStream = 3 "input-stream";
                resource OutputStream = 4 "output-stream";
                variant StreamError {
                    LastOperationFailed(Own<Error>) = "last-operation-failed",
                    Closed = "closed",
                }
                "[method]input-stream.read" =>
                    input_stream_read(self_: Borrow<InputStream>, len: u64) -> Result<List<u8>, StreamError>;
                "[method]input-stream.blocking-read" =>
                    input_stream_blocking_read(self_: Borrow<InputStream>, len: u64) -> Result<List<u8>, StreamError>;
                "[method]input-stream.skip" =>
                    input_stream_skip(self_: Borrow<InputStream>, len: u64) -> Result<u64, StreamError>;
                "[method]input-stream.blocking-skip" =>
                    input_stream_blocking_skip(self_: Borrow<InputStream>, len: u64) -> Result<u64, StreamError>;
                "[method]input-stream.subscribe" =>
                    input_stream_subscribe(self_: Borrow<InputStream>) -> Own<Pollable>;
                "[method]output-stream.check-write" =>
                    output_stream_check_write(self_: Borrow<OutputStream>) -> Result<u64, StreamError>;
                "[method]output-stream.write" =>
                    output_stream_write(self_: Borrow<OutputStream>, contents: Bytes) -> Result<(), StreamError>;
                "[method]output-stream.blocking-write-and-flush" =>
                    output_stream_blocking_write_and_flush(self_: Borrow<OutputStream>, contents: Bytes)
                    -> Result<(), StreamError>;
                "[method]output-stream.flush" =>
                    output_stream_flush(self_: Borrow<OutputStream>) -> Result<(), StreamError>;
                "[method]output-stream.blocking-flush" =>
                    output_stream_blocking_flush(self_: Borrow<OutputStream>) -> Result<(), StreamError>;
                "[method]output-stream.subscribe" =>
                    output_stream_subscribe(self_: Borrow<OutputStream>) -> Own<Pollable>;
                "[method]output-stream.write-zeroes" =>
                    output_stream_write_zeroes(self_: Borrow<OutputStream>, len: u64) -> Result<(), StreamError>;
                "[method]output-stream.blocking-write-zeroes-and-flush" =>
                    output_stream_blocking_write_zeroes_and_flush(self_: Borrow<OutputStream>, len: u64)
                    -> Result<(), StreamError>;
                "[method]output-stream.splice" =>
                    output_stream_splice(self_: Borrow<OutputStream>, src: Borrow<InputStream>, len: u64)
                    -> Result<u64, StreamError>;
                "[method]output-stream.blocking-splice" =>
                    output_stream_blocking_splice(self_: Borrow<OutputStream>, src: Borrow<InputStream>, len: u64)
                    -> Result<u64, StreamError>;
            }
        }
    };
}

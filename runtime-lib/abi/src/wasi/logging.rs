//! `wasi:logging`: messages with a level.

/// `wasi:logging/logging`.
#[macro_export]
macro_rules! wasi_logging_logging {
    ($callback:ident) => {
        $callback! {
            module logging::logging: "wasi:logging/logging", "0.1.0-draft" or "" {
                enum Level: u8 {
                    Trace = "trace",
                    Debug = "debug",
                    Info = "info",
                    Warn = "warn",
                    Error = "error",
                    Critical = "critical",
                }
                "log" => log(level: Level, context: Text, message: Text);
            }
        }
    };
}

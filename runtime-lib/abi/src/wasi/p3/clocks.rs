//! `wasi:clocks` of 0.3.

/// `wasi:clocks/monotonic-clock`.
#[macro_export]
macro_rules! wasi_p3_clocks_monotonic_clock {
    ($callback:ident) => {
        $callback! {
            module clocks::monotonic_clock: "wasi:clocks/monotonic-clock", "0.3" {
                "now" => now() -> u64;
                "get-resolution" => get_resolution() -> u64;
                "wait-until" async => wait_until(when: u64);
                "wait-for" async => wait_for(how_long: u64);
            }
        }
    };
}

/// `wasi:clocks/system-clock`.
#[macro_export]
macro_rules! wasi_p3_clocks_system_clock {
    ($callback:ident) => {
        $callback! {
            module clocks::system_clock: "wasi:clocks/system-clock", "0.3" {
                record Instant {
                    seconds "seconds": i64,
                    nanoseconds "nanoseconds": u32,
                }
                "now" => now() -> Instant;
                "get-resolution" => get_resolution() -> u64;
            }
        }
    };
}

/// `wasi:clocks/timezone`, which is unstable in 0.3.
#[macro_export]
macro_rules! wasi_p3_clocks_timezone {
    ($callback:ident) => {
        $callback! {
            module clocks::timezone: "wasi:clocks/timezone", "0.3" {
                use clocks::system_clock::Instant;
                "iana-id" => iana_id() -> Option<String>;
                "utc-offset" => utc_offset(when: Instant) -> Option<i64>;
                "to-debug-string" => to_debug_string() -> String;
            }
        }
    };
}

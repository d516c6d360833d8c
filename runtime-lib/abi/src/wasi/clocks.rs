//! `wasi:clocks`: the wall clock and the monotonic clock.

/// `wasi:clocks/wall-clock`.
#[macro_export]
macro_rules! wasi_clocks_wall_clock {
    ($callback:ident) => {
        $callback! {
            module clocks::wall_clock: "wasi:clocks/wall-clock", "0.2" {
                record Datetime {
                    seconds "seconds": u64,
                    nanoseconds "nanoseconds": u32,
                }
                "now" => now() -> Datetime;
                "resolution" => resolution() -> Datetime;
            }
        }
    };
}

/// `wasi:clocks/monotonic-clock`.
#[macro_export]
macro_rules! wasi_clocks_monotonic_clock {
    ($callback:ident) => {
        $callback! {
            module clocks::monotonic_clock: "wasi:clocks/monotonic-clock", "0.2" {
                use io::poll::Pollable;
                "now" => now() -> u64;
                "resolution" => resolution() -> u64;
                "subscribe-instant" => subscribe_instant(when: u64) -> Own<Pollable>;
                "subscribe-duration" => subscribe_duration(when: u64) -> Own<Pollable>;
            }
        }
    };
}

/// `wasi:clocks/timezone`, which is unstable in 0.2.
#[macro_export]
macro_rules! wasi_clocks_timezone {
    ($callback:ident) => {
        $callback! {
            module clocks::timezone: "wasi:clocks/timezone", "0.2" {
                use clocks::wall_clock::Datetime;
                record TimezoneDisplay {
                    utc_offset "utc-offset": i32,
                    name "name": String,
                    in_daylight_saving_time "in-daylight-saving-time": bool,
                }
                "display" => display(when: Datetime) -> TimezoneDisplay;
                "utc-offset" => utc_offset(when: Datetime) -> i32;
            }
        }
    };
}

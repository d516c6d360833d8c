//! Counts of what a server does, and their text in the OpenMetrics format.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU64, Ordering};

use aot_foundation::allocator;

/// The upper bounds of the buckets of times, in microseconds.
const BUCKETS: [u64; 14] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000];
/// The least status.
const STATUS_MIN: usize = 100;
/// The number of statuses.
const STATUSES: usize = 900;

/// The numbers of what goes on now.
#[derive(Clone, Copy, Default)]
pub struct Now {
    /// Connections that are open.
    pub connections: usize,
    /// Requests that guests handle.
    pub in_flight: usize,
    /// Requests that wait for an instance.
    pub queued: usize,
}

/// The counts of a server, for all its threads.
pub struct Metrics {
    statuses: [AtomicU64; STATUSES],
    times: [AtomicU64; BUCKETS.len() + 1],
    microseconds: AtomicU64,
    /// Instances that were made.
    pub instances: AtomicU64,
    /// Instances that were given another request.
    pub resets: AtomicU64,
    /// Guests that ended by a trap.
    pub traps: AtomicU64,
}

impl Metrics {
    /// Counts of nothing.
    pub const fn new() -> Metrics {
        Metrics {
            statuses: [const { AtomicU64::new(0) }; STATUSES],
            times: [const { AtomicU64::new(0) }; BUCKETS.len() + 1],
            microseconds: AtomicU64::new(0),
            instances: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            traps: AtomicU64::new(0),
        }
    }

    /// Counts a response that has ended, with its status and the time since its request.
    pub fn response(&self, status: u16, microseconds: u64) {
        if let Some(count) = usize::from(status).checked_sub(STATUS_MIN).and_then(|index| self.statuses.get(index)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let bucket = BUCKETS.iter().position(|bound| microseconds <= *bound).unwrap_or(BUCKETS.len());
        if let Some(count) = self.times.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// The text that a collector reads.
    pub fn text(&self, now: Now) -> String {
        let mut text = String::new();
        // Writing to a string has no errors.
        let _ = self.write(now, &mut text);
        text
    }

    fn write(&self, now: Now, out: &mut String) -> fmt::Result {
        family(out, "server_requests", "counter", "Responses that have ended, by status.")?;
        for (index, count) in self.statuses.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count != 0 {
                writeln!(out, "server_requests_total{{status=\"{}\"}} {count}", index + STATUS_MIN)?;
            }
        }
        self.write_times(out)?;
        for (name, help, value) in [
            ("server_connections", "Connections that are open.", now.connections),
            ("server_requests_in_flight", "Requests that guests handle.", now.in_flight),
            ("server_requests_queued", "Requests that wait for an instance.", now.queued),
        ] {
            family(out, name, "gauge", help)?;
            writeln!(out, "{name} {value}")?;
        }
        for (name, help, value) in [
            ("server_instances", "Instances that were made.", &self.instances),
            ("server_resets", "Instances that were given another request.", &self.resets),
            ("server_traps", "Guests that ended by a trap.", &self.traps),
        ] {
            family(out, name, "counter", help)?;
            writeln!(out, "{name}_total {}", value.load(Ordering::Relaxed))?;
        }
        family(out, "server_host_memory_bytes", "gauge", "Memory that the host holds for guests and connections.")?;
        writeln!(out, "server_host_memory_bytes {}", allocator::used_bytes())?;
        out.write_str("# EOF\n")
    }

    fn write_times(&self, out: &mut String) -> fmt::Result {
        const NAME: &str = "server_request_duration_seconds";
        family(out, NAME, "histogram", "Time from a request's head to the end of its response.")?;
        let mut count = 0;
        for (index, times) in self.times.iter().enumerate() {
            count += times.load(Ordering::Relaxed);
            match BUCKETS.get(index) {
                Some(bound) => writeln!(out, "{NAME}_bucket{{le=\"{}\"}} {count}", Seconds(*bound))?,
                None => writeln!(out, "{NAME}_bucket{{le=\"+Inf\"}} {count}")?,
            }
        }
        writeln!(out, "{NAME}_count {count}")?;
        writeln!(out, "{NAME}_sum {}", Seconds(self.microseconds.load(Ordering::Relaxed)))
    }
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# TYPE {name} {kind}\n# HELP {name} {help}")
}

/// Microseconds as seconds.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_a_text() {
        let metrics = Metrics::new();
        metrics.response(200, 70);
        metrics.response(200, 20_000_000);
        metrics.response(503, 50);
        let text = metrics.text(Now { queued: 4, ..Now::default() });
        for line in [
            "server_requests_total{status=\"200\"} 2",
            "server_requests_total{status=\"503\"} 1",
            "server_request_duration_seconds_bucket{le=\"0.000050\"} 1",
            "server_request_duration_seconds_bucket{le=\"10.000000\"} 2",
            "server_request_duration_seconds_bucket{le=\"+Inf\"} 3",
            "server_request_duration_seconds_sum 20.000120",
            "server_requests_queued 4",
            "# EOF",
        ] {
            assert!(text.lines().any(|present| present == line), "{line}\n{text}");
        }
    }
}

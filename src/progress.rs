//! A progress bar on a terminal, for compilations that take longer than a second.

use crate::console::{Console, MessageFormat};
use aot_compiler::driver::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A progress bar. It draws nothing before its time has come, or if standard error isn't a terminal.
pub struct Bar {
    bar: ProgressBar,
    start: Instant,
    after: Duration,
    shown: AtomicBool,
}

impl Bar {
    pub fn new(after: Duration, console: Console) -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            start: Instant::now(),
            after,
            // One that is never drawn counts as shown.
            shown: AtomicBool::new(console.quiet || console.format == MessageFormat::Json),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn start(&self, functions: usize) {
        self.bar.set_length(functions as u64);
        if let Ok(style) = ProgressStyle::with_template("compiling {wide_bar} {pos}/{len} functions, {eta} left") {
            self.bar.set_style(style);
        }
    }

    fn step(&self) {
        self.bar.inc(1);
        if self.start.elapsed() >= self.after && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

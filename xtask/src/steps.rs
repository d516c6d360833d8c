//! Says what is being done, and how long it took.

use anyhow::{Context, Result};
use std::time::Instant;

/// Runs `work` as a step: its title before, its duration after, its title in front of an error.
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {title}");
    let start = Instant::now();
    let product = work().with_context(|| title.to_owned())?;
    println!("    {:.1} s", start.elapsed().as_secs_f64());
    Ok(product)
}

/// A detail below the title of the current step.
pub fn detail(text: &str) {
    println!("    {text}");
}

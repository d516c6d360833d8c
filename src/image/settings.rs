//! Settings of an image, which are the same for all its targets.

use super::name::ImageName;
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

/// Settings of an image.
pub struct Settings {
    /// The name of the image.
    pub name: ImageName,
    /// Labels that the user gave.
    pub labels: Vec<(String, String)>,
    /// The time of everything, in seconds since 1970.
    pub time: u64,
    /// The name of the program in the image.
    pub program: String,
}

impl Settings {
    /// Returns the time as text, as RFC 3339 has it.
    pub fn created(&self) -> Result<String> {
        Ok(humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(self.time)).to_string())
    }

    /// Returns the labels, which are also annotations of manifests: those of the user, and the title.
    pub fn annotations(&self) -> Result<BTreeMap<String, String>> {
        let made = [("title", self.program.clone()), ("created", self.created()?)];
        let made = made.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value));
        Ok(made.into_iter().chain(self.labels.iter().cloned()).collect())
    }
}

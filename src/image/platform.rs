//! Names of machines in images.

use aot_compiler::target::Target;
use serde::Serialize;

/// The machine that an image is for.
#[derive(Clone, Serialize)]
pub struct Platform {
    architecture: String,
    os: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
}

impl Platform {
    /// The platform of a target.
    pub fn of(target: &Target) -> Self {
        let image = &target.image;
        Self { architecture: image.architecture.clone(), os: "linux", variant: image.variant.clone() }
    }

    /// The platform of what no machine runs, by which tools know that it is no program.
    pub fn unknown() -> Self {
        Self { architecture: String::from("unknown"), os: "unknown", variant: None }
    }
}

//! The registry that tests push images to: Debian's `docker-registry`.

use crate::debian::{self, Package};
use crate::{places, python};
use anyhow::Result;

/// The package is unpacked and not installed, because an installed registry would serve at once.
const PACKAGE: Package<'_> =
    Package { suite: "bookworm", architecture: "amd64", name: "docker-registry", upstream_version: "2.8" };

/// Unpacks it, if it isn't there yet.
pub fn install() -> Result<()> {
    let program = debian::unpacked(&PACKAGE)?.join("usr/bin/docker-registry");
    python::place_link(&program, &places::tool("docker-registry"))
}

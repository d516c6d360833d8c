//! Dependencies come under licenses that ask for no more than a notice.

use super::Finding;
use super::files::Files;
use crate::metadata::{self, Package};
use crate::{places, spdx};
use anyhow::Result;

const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // Of data: certificates.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that may be part of aot, never of what it produces, under another license
/// (docs/decisions/0011-licenses.md).
const EXCEPTIONS: &[(&str, &str)] = &[("colored", "MPL-2.0")];

pub fn check(_: &Files) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (manifest, exceptions) in [("Cargo.toml", EXCEPTIONS), ("runtime-lib/Cargo.toml", &[])] {
        let packages = metadata::all_packages(&places::repository().join(manifest))?;
        let refused = packages.iter().filter(|package| !is_allowed(package, exceptions));
        findings.extend(refused.map(|package| finding(manifest, package)));
    }
    Ok(findings)
}

fn is_allowed(package: &Package, exceptions: &[(&str, &str)]) -> bool {
    let license = package.license.as_deref().unwrap_or_default();
    exceptions.contains(&(&package.name, license)) || spdx::satisfied_by(license, ALLOWED) == Some(true)
}

fn finding(manifest: &str, package: &Package) -> Finding {
    let license = package.license.as_deref().unwrap_or("no license");
    Finding {
        path: manifest.to_owned(),
        line: 1,
        rule: "license",
        advice: format!("do without {} {}: it comes under {license}", package.name, package.version),
    }
}

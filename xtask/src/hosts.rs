//! Programs that load libraries in tests: nginx, PostgreSQL, Go and Java, as Debian has them.

use crate::debian::{self, Package};
use crate::{apt, places, python};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Packages that have to be installed to run, and the `make` of nginx's modules.
const INSTALLED: &[&str] = &["postgresql-15", "openjdk-17-jdk-headless", "make"];
/// Debian's release, of which the rest is unpacked below `target/setup`: an installed nginx would serve at once, and headers
/// and Go depend on much that tests don't need.
const SUITE: &str = "bookworm";
/// nginx, and what its modules are built with. An nginx loads modules for its own version alone.
const NGINX: &[(&str, &str)] =
    &[("nginx", "1.22.1"), ("nginx-dev", "1.22.1"), ("libpcre2-dev", ""), ("zlib1g-dev", "")];
/// Go, with its standard library compiled.
const GO: &[(&str, &str)] = &[("golang-1.19-go", "1.19"), ("golang-1.19-src", "1.19")];
/// The headers for extensions of PostgreSQL.
const POSTGRESQL: &[(&str, &str)] = &[("postgresql-server-dev-15", "15")];
const POSTGRESQL_PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Installs what is missing.
pub fn install() -> Result<()> {
    apt::install(INSTALLED)?;
    python::place_link(&unpacked("nginx", NGINX)?.join("usr/sbin/nginx"), &places::tool("nginx"))?;
    python::place_link(&unpacked("go", GO)?.join("usr/lib/go-1.19/bin/go"), &places::tool("go"))?;
    install_pg_config(&unpacked("postgresql-headers", POSTGRESQL)?)
}

/// The contents of packages, with the beginnings of their versions, in a folder.
fn unpacked(name: &str, packages: &[(&str, &str)]) -> Result<PathBuf> {
    let package = |&(name, upstream_version)| Package { suite: SUITE, architecture: "amd64", name, upstream_version };
    let packages: Vec<Package> = packages.iter().map(package).collect();
    debian::unpacked_together(name, &packages.iter().collect::<Vec<_>>())
}

/// A `pg_config` that knows where the headers of the server are.
fn install_pg_config(root: &Path) -> Result<()> {
    let command = places::tool("pg_config");
    let headers = root.join("usr/include/postgresql/15/server");
    let script = format!(
        "#!/bin/sh\ncase $1 in\n  --includedir-server) echo '{}' ;;\n  *) exec {POSTGRESQL_PROGRAMS}/pg_config \"$@\" ;;\nesac\n",
        headers.display()
    );
    fs::write(&command, script).with_context(|| format!("writing {}", command.display()))?;
    fs::set_permissions(&command, PermissionsExt::from_mode(0o755))?;
    Ok(())
}

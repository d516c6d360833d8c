//! Checks that a policy fits an image. What doesn't counts from the directory or the shell in which a user starts a program, or
//! comes from a service manager.

use anyhow::{Result, bail, ensure};
use aot_compiler::policy::Policy;
use aot_compiler::policy::serve::Address;
use aot_compiler::policy::state::Place;

/// Finds out if the grants fit an image.
///
/// # Errors
/// A grant that doesn't, with what does.
pub fn check(policy: &Policy) -> Result<()> {
    ensure!(
        !policy.grants.network.inherit_sockets,
        "--inherit-sockets doesn't fit an image: containers get no sockets; grant an address with --listen"
    );
    for directory in policy.all_directories() {
        absolute("--dir", &directory.host, "the path where the container mounts it")?;
    }
    for store in policy.all_grants().flat_map(|grants| &grants.stores) {
        if let Place::File(path) = &store.place {
            absolute("--keyvalue", path, "a path in a directory that the container mounts")?;
        }
    }
    for address in policy.serve.addresses.iter().chain(&policy.serve.admin) {
        if let Address::Unix(path) = address {
            absolute("--serve", path, "the Unix socket a path in a directory that the container mounts")?;
        }
    }
    if let Some(tls) = &policy.serve.tls {
        absolute("--tls-cert", &tls.certificates, "the path where the container mounts it")?;
        absolute("--tls-key", &tls.key, "the path where the container mounts it")?;
    }
    Ok(())
}

fn absolute(flag: &str, path: &str, instead: &str) -> Result<()> {
    if path.starts_with('/') {
        return Ok(());
    }
    bail!("{flag} {path} doesn't fit an image, which has no directory where a user starts it: give {instead}")
}

/// Finds out if somebody outside of the container can reach a server, whose policy this is.
///
/// # Errors
/// The server has the default address only.
pub fn check_server(policy: &Policy) -> Result<()> {
    ensure!(
        policy.serve.addresses != [Address::DEFAULT],
        "nobody outside of its container reaches a server at {}: give --serve '*:8080'",
        Address::DEFAULT
    );
    Ok(())
}

//! Users and passwords for registries, where Docker and Podman keep them: in files, or with programs that these name.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Docker's own registry, and the name by which files of credentials know it.
pub const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_IN_FILES: &str = "https://index.docker.io/v1/";

/// A user and a password.
pub struct Credentials {
    user: String,
    password: String,
}

/// A file of credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: HashMap<String, Entry>,
    cred_helpers: HashMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// User, colon and password in base64.
    auth: String,
}

/// An answer of a program for credentials.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

impl Credentials {
    /// Returns the value of the field `authorization`, as RFC 7617 has it.
    pub fn basic(&self) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

/// Finds what the user has for a registry.
///
/// # Errors
/// A file that is malformed, or a program that it names and that doesn't do its work.
pub fn find(host: &str) -> Result<Option<Credentials>> {
    for path in files() {
        let Ok(text) = fs::read(&path) else { continue };
        let file: File = serde_json::from_slice(&text).with_context(|| format!("{} is malformed", path.display()))?;
        if let Some(found) = file.find(host, &path)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns the files in which credentials can be, the first first.
fn files() -> impl Iterator<Item = PathBuf> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let chosen = variable("REGISTRY_AUTH_FILE");
    let podman = variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
    let docker = variable("DOCKER_CONFIG").or_else(|| Some(variable("HOME")?.join(".docker")));
    [chosen, podman, docker.map(|folder| folder.join("config.json"))].into_iter().flatten()
}

impl File {
    fn find(&self, host: &str, path: &Path) -> Result<Option<Credentials>> {
        let names = [host, if host == DOCKER_HUB { DOCKER_HUB_IN_FILES } else { host }];
        if let Some(helper) = names.iter().find_map(|name| self.cred_helpers.get(*name)).or(self.creds_store.as_ref()) {
            return ask(helper, names[1]).with_context(|| format!("{}: asking {helper}", path.display()));
        }
        let Some(entry) = names.iter().find_map(|name| self.auths.get(*name)).filter(|entry| !entry.auth.is_empty())
        else {
            return Ok(None);
        };
        let decode = || {
            let text = String::from_utf8(BASE64_STANDARD.decode(&entry.auth).ok()?).ok()?;
            let (user, password) = text.split_once(':')?;
            Some(Credentials { user: user.to_string(), password: password.to_string() })
        };
        let found = decode().with_context(|| format!("{}: the entry of {host} is malformed", path.display()))?;
        Ok(Some(found))
    }
}

/// Asks a program for credentials, which has its own store.
fn ask(helper: &str, host: &str) -> Result<Option<Credentials>> {
    ensure!(
        helper.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
        "it isn't a program's name"
    );
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't run docker-credential-{helper}"))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that doesn't read says why in its status.
        let _ = input.write_all(host.as_bytes());
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        // It has none for this registry.
        return Ok(None);
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).context("its answer is malformed")?;
    Ok(Some(Credentials { user: answer.username, password: answer.secret }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_entries_by_host() {
        let file = |text: &str| serde_json::from_str::<File>(text).unwrap();
        // The base64 of `me:a:b`.
        let some =
            file(r#"{"auths":{"example.org":{"auth":"bWU6YTpi"},"https://index.docker.io/v1/":{"auth":"bWU6YTpi"}}}"#);
        let find = |host: &str| some.find(host, Path::new("file")).unwrap().map(|found| found.password);
        assert_eq!(find("example.org").as_deref(), Some("a:b"));
        assert_eq!(find("docker.io").as_deref(), Some("a:b"));
        assert_eq!(find("localhost:5000"), None);
        assert!(file("{}").find("example.org", Path::new("file")).unwrap().is_none());
        assert!(file(r#"{"auths":{"a":{"auth":"?"}}}"#).find("a", Path::new("file")).is_err());
        assert!(file(r#"{"credsStore":"../x"}"#).find("a", Path::new("file")).is_err());
    }
}

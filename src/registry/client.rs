//! A client of one repository, by version 1.1 of the Open Container Initiative's specification of registries.

use super::credentials::{Credentials, DOCKER_HUB, find};
use super::reference::Reference;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;
use ureq::http::header::{ACCEPT, AUTHORIZATION, WWW_AUTHENTICATE};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// Longest time until a registry is connected.
const CONNECT_TIME: Duration = Duration::from_secs(30);
/// Longest time of a request with its answer.
const TIME: Duration = Duration::from_secs(15 * 60);
/// Most bytes of an answer with a token.
const TOKEN_BYTES_MAX: u64 = 1 << 20;

/// A client of a repository.
pub struct Client<'r> {
    reference: &'r Reference,
    agent: Agent,
    scheme: &'static str,
    /// Value of the field `authorization`, once the registry asked for it.
    authorization: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

impl<'r> Client<'r> {
    /// A client of the repository that `reference` names. Only a registry of this machine is asked without TLS.
    pub fn new(reference: &'r Reference) -> Result<Self> {
        let is_here = is_of_this_machine(&reference.host);
        let agent = Agent::config_builder()
            .https_only(!is_here)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIME))
            .timeout_global(Some(TIME))
            .user_agent(concat!("aot/", env!("CARGO_PKG_VERSION")))
            .build();
        let scheme = if is_here { "http" } else { "https" };
        Ok(Self { reference, agent: Agent::new_with_config(agent), scheme, authorization: None })
    }

    /// Gets contents of at most `bytes_max` bytes, and logs in if the registry asks for it.
    pub fn get(&mut self, path: &str, accept: &str, bytes_max: u64) -> Result<Vec<u8>> {
        let Reference { host, repository, .. } = self.reference;
        let url = format!("{}://{}/v2/{repository}/{path}", self.scheme, server(host));
        let mut response = self.send(&url, accept)?;
        if response.status() == StatusCode::UNAUTHORIZED && self.authorization.is_none() {
            self.authorization = Some(self.log_in(&response)?);
            response = self.send(&url, accept)?;
        }
        match response.status() {
            StatusCode::OK => body(&mut response, bytes_max),
            StatusCode::NOT_FOUND => bail!("{host} doesn't have it"),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                bail!("{host} doesn't let you have it ({status}): log in, as with `docker login {host}`")
            }
            status => bail!("{host} answers with status {status}"),
        }
    }

    fn send(&self, url: &str, accept: &str) -> Result<Response<Body>> {
        let mut request = self.agent.get(url).header(ACCEPT, accept);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.call().with_context(|| format!("{} doesn't answer", self.reference.host))
    }

    /// Returns the authorization that a refusal asks for.
    fn log_in(&self, refusal: &Response<Body>) -> Result<String> {
        let host = &self.reference.host;
        let asked = refusal.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let credentials = find(host)?;
        let (scheme, parameters) = asked.split_once(' ').unwrap_or((asked, ""));
        match (scheme.to_ascii_lowercase().as_str(), credentials) {
            ("bearer", credentials) => self.token(parameters, credentials.as_ref()),
            ("basic", Some(credentials)) => Ok(credentials.basic()),
            ("basic", None) => bail!("{host} wants a user and a password: log in, as with `docker login {host}`"),
            _ => bail!("{host} asks for a kind of login that aot doesn't know: {asked:?}"),
        }
    }

    /// Gets a token for this repository where the registry says.
    fn token(&self, parameters: &str, credentials: Option<&Credentials>) -> Result<String> {
        let host = &self.reference.host;
        let realm =
            parameter(parameters, "realm").with_context(|| format!("{host} doesn't say where it gives tokens"))?;
        ensure!(
            realm.starts_with("https://") || self.scheme == "http",
            "{host} gives tokens at {realm}, which isn't https"
        );
        let scope = format!("repository:{}:pull", self.reference.repository);
        let mut request = self.agent.get(realm).query("scope", parameter(parameters, "scope").unwrap_or(&scope));
        if let Some(service) = parameter(parameters, "service") {
            request = request.query("service", service);
        }
        if let Some(credentials) = credentials {
            request = request.header(AUTHORIZATION, credentials.basic());
        }
        let mut response = request.call().with_context(|| format!("{realm} doesn't answer"))?;
        ensure!(response.status() == StatusCode::OK, "{realm} gives no token: status {}", response.status());
        let token: Token = serde_json::from_slice(&body(&mut response, TOKEN_BYTES_MAX)?)
            .with_context(|| format!("{realm} gives no token"))?;
        Ok(format!("Bearer {}", token.token))
    }
}

/// Returns the server of a registry: that of Docker's own has another name.
fn server(host: &str) -> &str {
    if host == DOCKER_HUB { "registry-1.docker.io" } else { host }
}

/// Reads a body, which may have `bytes_max` bytes.
fn body(response: &mut Response<Body>, bytes_max: u64) -> Result<Vec<u8>> {
    // The limit is an error also for a body that has exactly as many bytes.
    let body = response.body_mut().with_config().limit(bytes_max + 1).read_to_vec();
    let body = body.context("the registry's answer doesn't arrive whole, or is too large")?;
    ensure!(body.len() as u64 <= bytes_max, "the registry's answer has more than {bytes_max} bytes");
    Ok(body)
}

/// Returns a parameter of a challenge: `name="value"`.
fn parameter<'p>(parameters: &'p str, name: &str) -> Option<&'p str> {
    let mut rest = parameters;
    loop {
        let (found, value) = rest.trim_start_matches([' ', ',']).split_once('=')?;
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(',').unwrap_or((value, "")),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// Returns true if a host is this machine: requests to it can't be read on their way.
fn is_of_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_have_parameters() {
        let challenge =
            r#"realm="https://example.org/token?a=b",service="registry.example.org", scope="repository:a,b:pull""#;
        assert_eq!(parameter(challenge, "realm"), Some("https://example.org/token?a=b"));
        assert_eq!(parameter(challenge, "SCOPE"), Some("repository:a,b:pull"));
        assert_eq!(parameter(challenge, "error"), None);
        assert_eq!(parameter("realm=plain,service=x", "service"), Some("x"));
        assert_eq!(parameter("realm=\"open", "realm"), None);
    }

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:80", "[::1]:5000", "127.1.2.3"] {
            assert!(is_of_this_machine(host), "{host}");
        }
        for host in ["example.org", "localhost.example.org", "10.0.0.1:5000", "[::2]", "127.0.0.1.example.org"] {
            assert!(!is_of_this_machine(host), "{host}");
        }
    }
}

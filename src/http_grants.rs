//! HTTP grants on the command line, `[METHOD[/METHOD]... ]SCHEME://HOST[:PORT][/PATH]`, and the certificates of
//! `--http-ca`.

use anyhow::{Context, Result, anyhow, bail, ensure};
use aot_compiler::policy::http::{Grant, Host};
use aot_compiler::policy::network::Hosts;
use std::net::IpAddr;
use std::path::Path;

const FORM: &str = "write [METHOD ]https://HOST[:PORT]/PATH, where HOST is a name, an address, *.NAME or *";

/// Parses the value of `--http`.
pub fn parse_http(text: &str) -> Result<Grant> {
    parse(text).map_err(|error| anyhow!("{error:#}; {FORM}"))
}

fn parse(text: &str) -> Result<Grant> {
    let (methods, url) = text.rsplit_once(' ').map_or((None, text), |(methods, url)| (Some(methods), url));
    let methods = methods.map_or_else(|| Ok(Vec::new()), |methods| methods.split('/').map(method).collect())?;
    let (scheme, rest) = url.split_once("://").with_context(|| format!("a scheme is missing, as in https://{url}"))?;
    let is_secure = match scheme {
        "https" => true,
        "http" => false,
        other => bail!("{other} isn't http or https"),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    check_path(path)?;
    let (host, port) =
        match authority.rsplit_once(':').filter(|(host, _)| !host.starts_with('[') || host.ends_with(']')) {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
    let ports = match port {
        None if is_secure => (443, 443),
        None => (80, 80),
        Some("*") => (0, u16::MAX),
        Some(port) => port.parse().map(|port| (port, port)).with_context(|| format!("{port:?} isn't a port"))?,
    };
    Ok(Grant { methods, is_secure, host: parse_host(host)?, ports, path: String::from(path) })
}

fn method(text: &str) -> Result<String> {
    let is_method = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    ensure!(is_method, "{text:?} isn't a method: they are written like GET, and GET/HEAD for two of them");
    Ok(String::from(text))
}

/// Checks that a path has the form in which requests send it: the runtime compares it without decoding.
fn check_path(path: &str) -> Result<()> {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%\\;'\"".contains(&byte));
    let leads_on = !path.split('/').any(|part| part == "." || part == "..");
    ensure!(is_plain && leads_on, "{path:?} isn't the beginning of a path in its plain form");
    Ok(())
}

fn parse_host(text: &str) -> Result<Host> {
    // Names and addresses follow the rules of `--net`.
    let hosts = crate::network_grants::parse_host(text)?;
    Ok(match hosts {
        Hosts::Any => Host::Any,
        Hosts::Name(name) => match name.strip_prefix("*.") {
            Some(name) => Host::Below(String::from(name)),
            None => Host::One(name),
        },
        Hosts::Block(address @ IpAddr::V4(_), 32) | Hosts::Block(address @ IpAddr::V6(_), 128) => {
            Host::One(address.to_string())
        }
        Hosts::Block(..) => bail!("{text} is a block of addresses, which isn't a server"),
    })
}

/// Reads the certificates of a PEM file (RFC 7468) as DER.
pub fn read_authorities(file: &Path) -> Result<Vec<Vec<u8>>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let certificates = certificates(&text).with_context(|| format!("{} isn't PEM", file.display()))?;
    ensure!(!certificates.is_empty(), "{} holds no certificate in PEM's form", file.display());
    Ok(certificates)
}

fn certificates(text: &str) -> Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while lines.by_ref().any(|line| line == "-----BEGIN CERTIFICATE-----") {
        let mut body = String::new();
        loop {
            match lines.next().context("a certificate without its end")? {
                "-----END CERTIFICATE-----" => break,
                line => body += line,
            }
        }
        found.push(base64(&body).context("a certificate that isn't base64")?);
    }
    Ok(found)
}

/// Decodes base64 (RFC 4648, 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in digits.bytes() {
        bits = bits << 6 | DIGITS.iter().position(|&present| present == digit)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            "https://api.example.org/v1/",
            "GET https://api.example.org/v1/",
            "GET/HEAD http://127.0.0.1:8080/",
            "http://[::1]:8080/a",
            "https://*.example.org/",
            "https://*:*/",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse("https://Example.ORG:443").unwrap().to_string(), "https://example.org/");
    }

    #[test]
    fn what_makes_no_sense() {
        for text in [
            "",
            "example.org",
            "ftp://example.org/",
            "get https://example.org/",
            "https:///",
            "https://a b/",
            "https://user@example.org/",
            "https://example.org:0x50/",
            "https://example.org/a?b",
            "https://example.org/../a",
            "https://example.org/%61",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pem() {
        let text = "x\n-----BEGIN CERTIFICATE-----\nAQID\nBA==\n-----END CERTIFICATE-----\n";
        assert_eq!(certificates(text).unwrap(), [[1, 2, 3, 4]]);
        assert!(certificates("-----BEGIN CERTIFICATE-----\nAQID\n").is_err());
        assert!(certificates("-----BEGIN CERTIFICATE-----\nAQ!=\n-----END CERTIFICATE-----").is_err());
        assert_eq!(base64("AQIDBA="), None);
    }
}

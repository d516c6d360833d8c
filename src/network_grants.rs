//! Network grants on the command line: `[tcp://|udp://]HOST:PORT`.

use anyhow::{Context, Result, anyhow, bail};
use aot_compiler::policy::network::{Grant, Hosts, Protocol};
use std::net::IpAddr;

const FORM: &str =
    "write [tcp://|udp://]HOST:PORT, where HOST is a name, an address, a block such as 10.0.0.0/8 or [fd00::/8], or *";

/// Parses the value of `--net`.
pub fn parse_net(text: &str) -> Result<Grant> {
    parse(text).map_err(|error| anyhow!("{error:#}; {FORM}"))
}

/// Parses the value of `--listen`, which takes addresses only: names aren't local addresses.
pub fn parse_listen(text: &str) -> Result<Grant> {
    without_address(text)?;
    let grant = parse_net(text)?;
    if let Hosts::Name(name) = &grant.hosts {
        let meant = if name == "localhost" {
            ": write 127.0.0.1 or [::1]"
        } else {
            ": write the one to serve at, or * for all"
        };
        bail!("{name} isn't an address{meant}");
    }
    Ok(grant)
}

/// Refuses a port without an address.
pub fn without_address(text: &str) -> Result<()> {
    let Ok(port) = text.trim_start_matches(':').parse::<u16>() else { return Ok(()) };
    bail!(
        "{text} is a port without an address: write 127.0.0.1:{port} to serve this machine alone, or *:{port} to serve all \
         others too"
    )
}

fn parse(text: &str) -> Result<Grant> {
    let (protocol, rest) = match text.split_once("://") {
        None => (None, text),
        Some(("tcp", rest)) => (Some(Protocol::Tcp), rest),
        Some(("udp", rest)) => (Some(Protocol::Udp), rest),
        Some((scheme, _)) => bail!("{scheme} isn't a protocol"),
    };
    if let Ok(port) = rest.trim_start_matches(':').parse::<u16>() {
        bail!("{text} is a port without a host: for all hosts write *:{port}");
    }
    let (host, port) = rest.rsplit_once(':').filter(|(host, _)| !is_cut_address(host)).context("a port is missing")?;
    Ok(Grant { protocol, hosts: parse_host(host)?, ports: ports(port)? })
}

/// Returns true if the last colon belongs to an IPv6 address.
fn is_cut_address(host: &str) -> bool {
    host.starts_with('[') && !host.ends_with(']')
}

/// Parses the host of `--net`.
pub fn parse_host(text: &str) -> Result<Hosts> {
    if text == "*" {
        return Ok(Hosts::Any);
    }
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let (address, prefix) = match bracketed.unwrap_or(text).split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (bracketed.unwrap_or(text), None),
    };
    match address.parse::<IpAddr>() {
        Ok(address) if address.is_ipv6() != bracketed.is_some() => {
            bail!("an IPv6 address needs brackets, no other does")
        }
        Ok(address) => block(address, prefix),
        Err(_) if bracketed.is_some() || prefix.is_some() => bail!("{address} isn't an address"),
        Err(_) => name(text),
    }
}

/// Parses a block whose address has no bits after its prefix: `10.1.2.3/8` is likely a mistake.
fn block(address: IpAddr, prefix: Option<&str>) -> Result<Hosts> {
    let (bits, number) = match address {
        IpAddr::V4(address) => (32, u128::from(u32::from(address)) << 96),
        IpAddr::V6(address) => (128, u128::from(address)),
    };
    let Some(prefix) = prefix else {
        return Ok(Hosts::Block(address, bits));
    };
    let prefix =
        prefix.parse().ok().filter(|prefix: &u8| *prefix <= bits).with_context(|| format!("/{prefix} is no prefix"))?;
    if number.checked_shl(prefix.into()).unwrap_or(0) != 0 {
        bail!("{address} has more bits than its prefix");
    }
    Ok(Hosts::Block(address, prefix))
}

fn name(text: &str) -> Result<Hosts> {
    let plain = text.strip_prefix("*.").unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Four numbers that aren't an address are a mistake, and so is any other number in the last place.
    let is_number = plain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if plain.len() > 253 || is_number || !plain.split('.').all(is_label) {
        bail!("{text:?} isn't the name of a host (names beyond ASCII are written with xn--)");
    }
    Ok(Hosts::Name(text.to_ascii_lowercase()))
}

/// Parses a port, a range of ports or *.
pub fn ports(text: &str) -> Result<(u16, u16)> {
    if text == "*" {
        return Ok((0, u16::MAX));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.parse::<u16>().with_context(|| format!("{text:?} isn't a port"));
    let (first, last) = (port(first)?, port(last)?);
    if first > last {
        bail!("the ports {first}-{last} are none");
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            "tcp://example.org:443",
            "udp://10.0.0.0/8:53",
            "*:443",
            "*:*",
            "*.example.org:1-1024",
            "127.0.0.1:0",
            "tcp://[::1]:80",
            "[fd00::/8]:*",
            "0.0.0.0/0:80",
            "[::/0]:80",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse("Example.ORG:80-80").unwrap().to_string(), "example.org:80");
    }

    #[test]
    fn what_makes_no_sense() {
        for text in [
            "",
            "example.org",
            "http://example.org:80",
            "::1:80",
            "[::1]",
            "[127.0.0.1]:80",
            "10.1.2.3/8:80",
            "10.0.0.0/33:80",
            "10.0.0:80",
            "[fe80::1/64]:80",
            "a b:80",
            "*.*:80",
            ":80",
            "a:",
            "a:99999",
            "a:9-8",
            "exämple.org:80",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse_listen("localhost:80").is_err());
    }
}

//! The configuration of an image for one target: how a container of it is started.

use super::platform::Platform;
use super::settings::Settings;
use anyhow::Result;
use aot_compiler::policy::Policy;
use aot_compiler::policy::network::{Hosts, Protocol};
use aot_compiler::policy::serve::Address;
use serde::Serialize;
use std::collections::BTreeMap;

/// User and group of the program: numbers that no account of a system has.
const USER: &str = "65532:65532";
/// Most ports of a range that are listed; larger ranges are left out.
const PORTS_MAX: u16 = 64;

/// The configuration, as `application/vnd.oci.image.config.v1+json` has it.
#[derive(Serialize)]
pub struct Config {
    created: String,
    #[serde(flatten)]
    platform: Platform,
    config: Execution,
    rootfs: RootFs,
    history: [History; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    user: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    exposed_ports: BTreeMap<String, Empty>,
    entrypoint: [String; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    volumes: BTreeMap<String, Empty>,
    working_dir: &'static str,
    labels: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct RootFs {
    r#type: &'static str,
    diff_ids: [String; 1],
}

#[derive(Serialize)]
struct History {
    created: String,
    created_by: String,
}

impl Config {
    /// The configuration of an executable with this policy, whose layer has the digest `layer` before it is compressed.
    pub fn new(settings: &Settings, platform: Platform, policy: &Policy, layer: String) -> Result<Self> {
        let created = settings.created()?;
        Ok(Self {
            created: created.clone(),
            platform,
            config: Execution {
                user: USER,
                exposed_ports: ports(policy).into_iter().map(|port| (port, Empty {})).collect(),
                entrypoint: [format!("/{}", settings.program)],
                volumes: policy.all_directories().map(|directory| (directory.host.clone(), Empty {})).collect(),
                working_dir: "/",
                labels: settings.annotations()?,
            },
            rootfs: RootFs { r#type: "layers", diff_ids: [layer] },
            history: [History { created, created_by: format!("aot {}", env!("CARGO_PKG_VERSION")) }],
        })
    }
}

/// Returns the ports that the policy lets others reach.
fn ports(policy: &Policy) -> Vec<String> {
    let mut ports = Vec::new();
    for address in policy.serve.addresses.iter().chain(&policy.serve.admin) {
        match address {
            Address::Internet(ip, range) if !ip.is_some_and(|ip| ip.is_loopback()) => add(&mut ports, *range, "tcp"),
            Address::Internet(..) | Address::Unix(_) => {}
        }
    }
    for grant in policy.all_grants().flat_map(|grants| &grants.network.listen) {
        if matches!(&grant.hosts, Hosts::Block(ip, _) if ip.is_loopback()) {
            continue;
        }
        let protocols: &[&str] = match grant.protocol {
            Some(Protocol::Tcp) => &["tcp"],
            Some(Protocol::Udp) => &["udp"],
            None => &["tcp", "udp"],
        };
        protocols.iter().for_each(|protocol| add(&mut ports, grant.ports, protocol));
    }
    ports
}

fn add(ports: &mut Vec<String>, (first, last): (u16, u16), protocol: &str) {
    // The system chooses a port for 0, which nobody knows here.
    if first > 0 && last - first < PORTS_MAX {
        ports.extend((first..=last).map(|port| format!("{port}/{protocol}")));
    }
}

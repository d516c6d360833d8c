//! The look-up of names.

use crate::Answers;
use crate::addresses::of_ip;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wasip3::sockets::ip_name_lookup::{ErrorCode, resolve_addresses};

async fn look_up(name: &str) -> Result<Vec<IpAddr>, ErrorCode> {
    resolve_addresses(name.into()).await.map(|addresses| addresses.into_iter().map(of_ip).collect())
}

pub async fn perform(answers: &mut Answers) {
    for address in ["0.0.0.0", "127.0.0.1", "192.0.2.0", "::", "::1", "[::1]", "DEAD:beef::0"] {
        answers.note(address, look_up(address).await);
    }
    for name in ["", " ", "a b", "a.b<&>", "127.0.0.1:80", "[::]:80", "http://localhost/"] {
        answers.note(name, look_up(name).await);
    }
    let found = look_up("localhost").await.map(|found| {
        let is_loopback =
            |address: &IpAddr| [IpAddr::V4(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()].contains(address);
        !found.is_empty() && found.iter().all(is_loopback)
    });
    answers.note("localhost", found);
}

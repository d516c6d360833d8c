//! `wasi:sockets/ip-name-lookup`.

use crate::p2::interfaces::sockets::network::IpAddress;
use crate::p2::sockets::addresses::lower_ip;
use crate::p3::Outcome;
use crate::p3::interfaces::sockets::ip_name_lookup::ErrorCode;
use crate::p3::sockets::errors::code_of_lookup;
use aot_abi::trap::Trap;
use aot_host::canonical::LowerElement;
use aot_host::concurrency::host::{Later, Operation, Progress};
use aot_host::host::Host;
use aot_host::network::errors::NetworkError;
use aot_host::network::search::Search;

type Answer = Result<Vec<IpAddress>, ErrorCode>;

impl LowerElement for IpAddress {}

/// Looks a name up with the grants of the caller. An address is returned as it is, without asking anybody.
pub fn resolve_addresses(host: &mut Host, name: String) -> Outcome<Later<Answer>> {
    let grantee = host.grantee;
    let (network, _) = host.network_and_resources()?;
    Ok(match Search::start(network, grantee, name) {
        Ok(search) => Later::Waits(Box::new(Resolving { search, found: Vec::new() })),
        Err(error) => Later::Done(Err(code_of_lookup(error))),
    })
}

/// Waits for the addresses of a name.
struct Resolving {
    search: Search,
    found: Vec<IpAddress>,
}

impl Operation<Answer> for Resolving {
    fn step(&mut self, host: &mut Host) -> Result<Progress<Answer>, Trap> {
        let (network, _) = host.network_and_resources()?;
        loop {
            match self.search.next(network) {
                Ok(Some(address)) => self.found.push(lower_ip(address)),
                Ok(None) => return Ok(Progress::Done(Ok(core::mem::take(&mut self.found)))),
                Err(failure) if failure.error == NetworkError::WouldBlock => {
                    return Ok(Progress::Until(self.search.event()));
                }
                Err(failure) => return Ok(Progress::Done(Err(code_of_lookup(failure.error)))),
            }
        }
    }
}

//! Sockets for connections, of `wasi:sockets/types`.

use crate::p2::interfaces::sockets::network::{IpAddressFamily, IpSocketAddress};
use crate::p2::sockets::addresses::{lift, lift_family, lower, lower_family};
use crate::p3::Outcome;
use crate::p3::interfaces::sockets::types as interface;
use crate::p3::interfaces::sockets::types::ErrorCode;
use crate::p3::sockets::errors::{code, code_of_fault};
use aot_abi::trap::Trap;
use aot_host::canonical::ends::Stream;
use aot_host::canonical::handles::{Borrow, Lent, Own};
use aot_host::clocks;
use aot_host::concurrency::host::{
    Ending, Later, Operation, Progress, Step, Supply, failed, incoming, outgoing, refused, unending,
};
use aot_host::host::Host;
use aot_host::network::errors::NetworkError;
use aot_host::network::options;
use aot_host::network::tcp::Listener;
use aot_host::poll::{Event, Interest};

/// A socket for connections.
pub use aot_host::network::tcp::TcpSocket;

type This = Borrow<interface::TcpSocket>;
type Answer<T> = Outcome<Result<T, ErrorCode>>;
type Socket = Own<interface::TcpSocket>;

/// A new socket for connections, with the grants of the caller.
pub fn create(host: &mut Host, address_family: IpAddressFamily) -> Answer<Socket> {
    let grantee = host.grantee;
    let (network, resources) = host.network_and_resources()?;
    Ok(TcpSocket::create(network, grantee, lift_family(address_family))
        .map(|socket| resources.add(socket))
        .map_err(code))
}

/// Binds to a local address.
pub fn bind(host: &mut Host, self_: This, local_address: IpSocketAddress) -> Answer<()> {
    let (network, resources) = host.network_and_resources()?;
    Ok(resources.get(self_)?.bind(network, lift(local_address)).map_err(code))
}

/// Connects to a remote address.
pub fn connect(host: &mut Host, self_: This, remote_address: IpSocketAddress) -> Outcome<Later<Result<(), ErrorCode>>> {
    let (network, resources) = host.network_and_resources()?;
    Ok(match resources.get(self_)?.connect(network, lift(remote_address)) {
        Ok(()) => Later::Waits(Box::new(Connecting { socket: self_ })),
        Err(error) => Later::Done(Err(code(error))),
    })
}

/// Waits until a connection stands.
struct Connecting {
    socket: This,
}

impl Operation<Result<(), ErrorCode>> for Connecting {
    fn step(&mut self, host: &mut Host) -> Result<Progress<Result<(), ErrorCode>>, Trap> {
        let socket = host.resources.get(self.socket)?;
        Ok(match socket.finish_connecting() {
            Err(NetworkError::WouldBlock) => Progress::Until(Event::Interest(socket.interest())),
            result => Progress::Done(result.map_err(code)),
        })
    }

    fn borrowed(&self) -> Option<Lent> {
        Some(self.socket.lent())
    }
}

/// Listens: a stream of the connections that come in.
pub fn listen(host: &mut Host, self_: This) -> Answer<Stream<Socket>> {
    let (network, resources) = host.network_and_resources()?;
    match resources.get(self_)?.listen(network) {
        Ok(listener) => unending(host, Connections { listener }).map(Ok),
        Err(error) => Ok(Err(code(error))),
    }
}

/// The connections that come in at a socket.
struct Connections {
    listener: Listener,
}

/// The most connections that have ended before and are left out in one go.
const ABORTED_MAX: usize = 64;
/// The time after which a connection is accepted for which there was no room, in nanoseconds.
const PAUSE: u64 = 10_000_000;

impl Supply<Socket, ErrorCode> for Connections {
    fn next(&mut self, host: &mut Host) -> Result<Step<Socket, ErrorCode>, Trap> {
        let (network, resources) = host.network_and_resources()?;
        for _ in 0..ABORTED_MAX {
            return Ok(match self.listener.accept(network) {
                Ok(socket) => Step::Value(resources.add(socket)),
                Err(NetworkError::ConnectionAborted) => continue,
                Err(NetworkError::WouldBlock) => break,
                // The connection waits until the program, or another one, has closed something.
                Err(NetworkError::NewSocketLimit | NetworkError::OutOfMemory) => {
                    Step::Until(Event::Moment(clocks::monotonic().saturating_add(PAUSE)))
                }
                Err(error) => Step::End(Err(code(error))),
            });
        }
        Ok(Step::Until(Event::Interest(self.listener.interest())))
    }

    fn interest(&self) -> Interest {
        self.listener.interest()
    }
}

/// Sends a stream to the other side, which hears of its end; the future tells how that ended.
pub fn send(host: &mut Host, self_: This, data: Stream<u8>) -> Outcome<Ending<ErrorCode>> {
    match host.resources.get(self_)?.take_output() {
        Ok(output) => outgoing(host, data, Ok(Box::new(output)), code_of_fault),
        Err(error) => refused(host, data, code(error)),
    }
}

/// A stream of what the other side sends, and what tells how it ended.
pub fn receive(host: &mut Host, self_: This) -> Outcome<(Stream<u8>, Ending<ErrorCode>)> {
    match host.resources.get(self_)?.take_input() {
        Ok(input) => incoming(host, Box::new(input), code_of_fault),
        Err(error) => failed(host, code(error)),
    }
}

socket_functions! { hop_limit set_hop_limit }
tcp_functions! {}

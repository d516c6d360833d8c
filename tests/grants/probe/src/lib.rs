//! A component that tries what it may do.

wit_bindgen::generate!({
    path: "../wit",
    world: "probing",
    with: {
        "wasi:filesystem/types@0.2.11": wasip2::filesystem::types,
        "wasi:sockets/network@0.2.11": wasip2::sockets::network,
        "wasi:sockets/tcp@0.2.11": wasip2::sockets::tcp,
    },
});

use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasip2::sockets::network::{IpSocketAddress, Ipv4SocketAddress, Network};
use wasip2::sockets::tcp::TcpSocket;

struct Probe;

export!(Probe);

impl exports::test::grants::probe::Guest for Probe {
    fn act(action: String, argument: String) -> String {
        grants_actions::act(&action, &argument)
    }

    fn read_in(directory: &Descriptor, path: String) -> String {
        let file = directory.open_at(PathFlags::empty(), &path, OpenFlags::empty(), DescriptorFlags::READ);
        match file.and_then(|file| file.read(1000, 0)) {
            Ok((contents, _)) => String::from_utf8_lossy(&contents).trim_end().to_string(),
            Err(error) => format!("{error:?}"),
        }
    }

    fn connect_by(socket: &TcpSocket, network: &Network, port: u16) -> String {
        let remote = IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) });
        if let Err(error) = socket.start_connect(network, remote) {
            return format!("{error:?}");
        }
        socket.subscribe().block();
        socket.finish_connect().map_or_else(|error| format!("{error:?}"), |_| String::from("connected"))
    }
}

//! `wasi:sockets`: TCP, UDP and name look-up.

/// `wasi:sockets/network`.
#[macro_export]
macro_rules! wasi_sockets_network {
    ($callback:ident) => {
        $callback! {
            module sockets::network: "wasi:sockets/network", "0.2" {
                use io::error::Error;
                resource Network = 20 "network";
                enum ErrorCode: u8 {
                    Unknown = "unknown",
                    AccessDenied = "access-denied",
                    NotSupported = "not-supported",
                    InvalidArgument = "invalid-argument",
                    OutOfMemory = "out-of-memory",
                    Timeout = "timeout",
                    ConcurrencyConflict = "concurrency-conflict",
                    NotInProgress = "not-in-progress",
                    WouldBlock = "would-block",
                    InvalidState = "invalid-state",
                    NewSocketLimit = "new-socket-limit",
                    AddressNotBindable = "address-not-bindable",
                    AddressInUse = "address-in-use",
                    RemoteUnreachable = "remote-unreachable",
                    ConnectionRefused = "connection-refused",
                    ConnectionReset = "connection-reset",
                    ConnectionAborted = "connection-aborted",
                    DatagramTooLarge = "datagram-too-large",
                    NameUnresolvable = "name-unresolvable",
                    TemporaryResolverFailure = "temporary-resolver-failure",
                    PermanentResolverFailure = "permanent-resolver-failure",
                }
                enum IpAddressFamily: u8 {
                    Ipv4 = "ipv4",
                    Ipv6 = "ipv6",
                }
                record Ipv4SocketAddress {
                    port "port": u16,
                    address "address": (u8, u8, u8, u8),
                }
                record Ipv6SocketAddress {
                    port "port": u16,
                    flow_info "flow-info": u32,
                    address "address": (u16, u16, u16, u16, u16, u16, u16, u16),
                    scope_id "scope-id": u32,
                }
                variant IpAddress {
                    Ipv4((u8, u8, u8, u8)) = "ipv4",
                    Ipv6((u16, u16, u16, u16, u16, u16, u16, u16)) = "ipv6",
                }
                variant IpSocketAddress {
                    Ipv4(Ipv4SocketAddress) = "ipv4",
                    Ipv6(Ipv6SocketAddress) = "ipv6",
                }
                "network-error-code" => network_error_code(err: Borrow<Error>) -> Option<ErrorCode>;
            }
        }
    };
}

/// `wasi:sockets/instance-network`.
#[macro_export]
macro_rules! wasi_sockets_instance_network {
    ($callback:ident) => {
        $callback! {
            module sockets::instance_network: "wasi:sockets/instance-network", "0.2" {
                use sockets::network::Network;
                "instance-network" => instance_network() -> Own<Network>;
            }
        }
    };
}

/// `wasi:sockets/ip-name-lookup`.
#[macro_export]
macro_rules! wasi_sockets_ip_name_lookup {
    ($callback:ident) => {
        $callback! {
            module sockets::ip_name_lookup: "wasi:sockets/ip-name-lookup", "0.2" {
                use sockets::network::ErrorCode;
                use sockets::network::IpAddress;
                use sockets::network::Network;
                use io::poll::Pollable;
                resource ResolveAddressStream = 21 "resolve-address-stream";
                "[method]resolve-address-stream.resolve-next-address" =>
                    resolve_next_address(self_: Borrow<ResolveAddressStream>) -> Result<Option<IpAddress>, ErrorCode>;
                "[method]resolve-address-stream.subscribe" =>
                    subscribe(self_: Borrow<ResolveAddressStream>) -> Own<Pollable>;
                "resolve-addresses" => resolve_addresses(network: Borrow<Network>, name: String)
                    -> Result<Own<ResolveAddressStream>, ErrorCode>;
            }
        }
    };
}

/// `wasi:sockets/tcp`.
#[macro_export]
macro_rules! wasi_sockets_tcp {
    ($callback:ident) => {
        $callback! {
            module sockets::tcp: "wasi:sockets/tcp", "0.2" {
                use sockets::network::ErrorCode;
                use sockets::network::IpAddressFamily;
                use sockets::network::IpSocketAddress;
                use sockets::network::Network;
                use io::poll::Pollable;
                use io::streams::InputStream;
                use io::streams::OutputStream;
                resource TcpSocket = 22 "tcp-socket";
                enum ShutdownType: u8 {
                    Receive = "receive",
                    Send = "send",
                    Both = "both",
                }
                "[method]tcp-socket.start-bind" => start_bind(
                    self_: Borrow<TcpSocket>, network: Borrow<Network>, local_address: IpSocketAddress
                ) -> Result<(), ErrorCode>;
                "[method]tcp-socket.finish-bind" => finish_bind(self_: Borrow<TcpSocket>) -> Result<(), ErrorCode>;
                "[method]tcp-socket.start-connect" => start_connect(
                    self_: Borrow<TcpSocket>, network: Borrow<Network>, remote_address: IpSocketAddress
                ) -> Result<(), ErrorCode>;
                "[method]tcp-socket.finish-connect" => finish_connect(self_: Borrow<TcpSocket>)
                    -> Result<(Own<InputStream>, Own<OutputStream>), ErrorCode>;
                "[method]tcp-socket.start-listen" => start_listen(self_: Borrow<TcpSocket>) -> Result<(), ErrorCode>;
                "[method]tcp-socket.finish-listen" => finish_listen(self_: Borrow<TcpSocket>) -> Result<(), ErrorCode>;
                "[method]tcp-socket.accept" => accept(self_: Borrow<TcpSocket>)
                    -> Result<(Own<TcpSocket>, Own<InputStream>, Own<OutputStream>), ErrorCode>;
                "[method]tcp-socket.local-address" => local_address(self_: Borrow<TcpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]tcp-socket.remote-address" => remote_address(self_: Borrow<TcpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]tcp-socket.is-listening" => is_listening(self_: Borrow<TcpSocket>) -> bool;
                "[method]tcp-socket.address-family" => address_family(self_: Borrow<TcpSocket>) -> IpAddressFamily;
                "[method]tcp-socket.set-listen-backlog-size" =>
                    set_listen_backlog_size(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.keep-alive-enabled" => keep_alive_enabled(self_: Borrow<TcpSocket>)
                    -> Result<bool, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-enabled" =>
                    set_keep_alive_enabled(self_: Borrow<TcpSocket>, value: bool) -> Result<(), ErrorCode>;
                "[method]tcp-socket.keep-alive-idle-time" => keep_alive_idle_time(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-idle-time" =>
                    set_keep_alive_idle_time(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.keep-alive-interval" => keep_alive_interval(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-interval" =>
                    set_keep_alive_interval(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.keep-alive-count" => keep_alive_count(self_: Borrow<TcpSocket>)
                    -> Result<u32, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-count" =>
                    set_keep_alive_count(self_: Borrow<TcpSocket>, value: u32) -> Result<(), ErrorCode>;
                "[method]tcp-socket.hop-limit" => hop_limit(self_: Borrow<TcpSocket>) -> Result<u8, ErrorCode>;
                "[method]tcp-socket.set-hop-limit" => set_hop_limit(self_: Borrow<TcpSocket>, value: u8)
                    -> Result<(), ErrorCode>;
                "[method]tcp-socket.receive-buffer-size" => receive_buffer_size(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-receive-buffer-size" =>
                    set_receive_buffer_size(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.send-buffer-size" => send_buffer_size(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-send-buffer-size" =>
                    set_send_buffer_size(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.subscribe" => subscribe(self_: Borrow<TcpSocket>) -> Own<Pollable>;
                "[method]tcp-socket.shutdown" => shutdown(self_: Borrow<TcpSocket>, shutdown_type: ShutdownType)
                    -> Result<(), ErrorCode>;
            }
        }
    };
}

/// `wasi:sockets/tcp-create-socket`.
#[macro_export]
macro_rules! wasi_sockets_tcp_create_socket {
    ($callback:ident) => {
        $callback! {
            module sockets::tcp_create_socket: "wasi:sockets/tcp-create-socket", "0.2" {
                use sockets::network::ErrorCode;
                use sockets::network::IpAddressFamily;
                use sockets::tcp::TcpSocket;
                "create-tcp-socket" => create_tcp_socket(address_family: IpAddressFamily)
                    -> Result<Own<TcpSocket>, ErrorCode>;
            }
        }
    };
}

/// `wasi:sockets/udp`.
#[macro_export]
macro_rules! wasi_sockets_udp {
    ($callback:ident) => {
        $callback! {
            module sockets::udp: "wasi:sockets/udp", "0.2" {
                use sockets::network::ErrorCode;
                use sockets::network::IpAddressFamily;
                use sockets::network::IpSocketAddress;
                use sockets::network::Network;
                use io::poll::Pollable;
                resource UdpSocket = 23 "udp-socket";
                resource IncomingDatagramStream = 24 "incoming-datagram-stream";
                resource OutgoingDatagramStream = 25 "outgoing-datagram-stream";
                record IncomingDatagram {
                    data "data": List<u8>,
                    remote_address "remote-address": IpSocketAddress,
                }
                record OutgoingDatagram {
                    data "data": List<u8>,
                    remote_address "remote-address": Option<IpSocketAddress>,
                }
                "[method]udp-socket.start-bind" => start_bind(
                    self_: Borrow<UdpSocket>, network: Borrow<Network>, local_address: IpSocketAddress
                ) -> Result<(), ErrorCode>;
                "[method]udp-socket.finish-bind" => finish_bind(self_: Borrow<UdpSocket>) -> Result<(), ErrorCode>;
                "[method]udp-socket.stream" => stream(
                    self_: Borrow<UdpSocket>, remote_address: Option<IpSocketAddress>
                ) -> Result<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>), ErrorCode>;
                "[method]udp-socket.local-address" => local_address(self_: Borrow<UdpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]udp-socket.remote-address" => remote_address(self_: Borrow<UdpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]udp-socket.address-family" => address_family(self_: Borrow<UdpSocket>) -> IpAddressFamily;
                "[method]udp-socket.unicast-hop-limit" => unicast_hop_limit(self_: Borrow<UdpSocket>)
                    -> Result<u8, ErrorCode>;
                "[method]udp-socket.set-unicast-hop-limit" =>
                    set_unicast_hop_limit(self_: Borrow<UdpSocket>, value: u8) -> Result<(), ErrorCode>;
                "[method]udp-socket.receive-buffer-size" => receive_buffer_size(self_: Borrow<UdpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]udp-socket.set-receive-buffer-size" =>
                    set_receive_buffer_size(self_: Borrow<UdpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]udp-socket.send-buffer-size" => send_buffer_size(self_: Borrow<UdpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]udp-socket.set-send-buffer-size" =>
                    set_send_buffer_size(self_: Borrow<UdpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]udp-socket.subscribe" => subscribe(self_: Borrow<UdpSocket>) -> Own<Pollable>;
                "[method]incoming-datagram-stream.receive" =>
                    receive(self_: Borrow<IncomingDatagramStream>, max_results: u64)
                    -> Result<List<IncomingDatagram>, ErrorCode>;
                "[method]incoming-datagram-stream.subscribe" =>
                    subscribe_incoming(self_: Borrow<IncomingDatagramStream>) -> Own<Pollable>;
                "[method]outgoing-datagram-stream.check-send" =>
                    check_send(self_: Borrow<OutgoingDatagramStream>) -> Result<u64, ErrorCode>;
                "[method]outgoing-datagram-stream.send" =>
                    send(self_: Borrow<OutgoingDatagramStream>, datagrams: List<OutgoingDatagram>)
                    -> Result<u64, ErrorCode>;
                "[method]outgoing-datagram-stream.subscribe" =>
                    subscribe_outgoing(self_: Borrow<OutgoingDatagramStream>) -> Own<Pollable>;
            }
        }
    };
}

/// `wasi:sockets/udp-create-socket`.
#[macro_export]
macro_rules! wasi_sockets_udp_create_socket {
    ($callback:ident) => {
        $callback! {
            module sockets::udp_create_socket: "wasi:sockets/udp-create-socket", "0.2" {
                use sockets::network::ErrorCode;
                use sockets::network::IpAddressFamily;
                use sockets::udp::UdpSocket;
                "create-udp-socket" => create_udp_socket(address_family: IpAddressFamily)
                    -> Result<Own<UdpSocket>, ErrorCode>;
            }
        }
    };
}

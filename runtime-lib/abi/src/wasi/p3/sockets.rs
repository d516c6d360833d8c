//! `wasi:sockets` of 0.3. Its addresses are those of 0.2.

/// `wasi:sockets/types`.
#[macro_export]
macro_rules! wasi_p3_sockets_types {
    ($callback:ident) => {
        $callback! {
            module sockets::types: "wasi:sockets/types", "0.3" {
                use sockets_of_p2::IpAddressFamily;
                use sockets_of_p2::IpSocketAddress;
                resource TcpSocket = 70 "tcp-socket";
                resource UdpSocket = 71 "udp-socket";
                variant ErrorCode {
                    AccessDenied = "access-denied",
                    NotSupported = "not-supported",
                    InvalidArgument = "invalid-argument",
                    OutOfMemory = "out-of-memory",
                    Timeout = "timeout",
                    InvalidState = "invalid-state",
                    AddressNotBindable = "address-not-bindable",
                    AddressInUse = "address-in-use",
                    RemoteUnreachable = "remote-unreachable",
                    ConnectionRefused = "connection-refused",
                    ConnectionBroken = "connection-broken",
                    ConnectionReset = "connection-reset",
                    ConnectionAborted = "connection-aborted",
                    DatagramTooLarge = "datagram-too-large",
                    Other(Option<String>) = "other",
                }
                "[static]tcp-socket.create" => tcp_create(address_family: IpAddressFamily)
                    -> Result<Own<TcpSocket>, ErrorCode>;
                "[method]tcp-socket.bind" => tcp_bind(self_: Borrow<TcpSocket>, local_address: IpSocketAddress)
                    -> Result<(), ErrorCode>;
                "[method]tcp-socket.connect" async =>
                    tcp_connect(self_: Borrow<TcpSocket>, remote_address: IpSocketAddress) -> Result<(), ErrorCode>;
                "[method]tcp-socket.listen" => tcp_listen(self_: Borrow<TcpSocket>)
                    -> Result<Stream<Own<TcpSocket>>, ErrorCode>;
                "[method]tcp-socket.send" => tcp_send(self_: Borrow<TcpSocket>, data: Stream<u8>)
                    -> Future<Result<(), ErrorCode>>;
                "[method]tcp-socket.receive" => tcp_receive(self_: Borrow<TcpSocket>)
                    -> (Stream<u8>, Future<Result<(), ErrorCode>>);
                "[method]tcp-socket.get-local-address" => tcp_local_address(self_: Borrow<TcpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]tcp-socket.get-remote-address" => tcp_remote_address(self_: Borrow<TcpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]tcp-socket.get-is-listening" => tcp_is_listening(self_: Borrow<TcpSocket>) -> bool;
                "[method]tcp-socket.get-address-family" => tcp_address_family(self_: Borrow<TcpSocket>)
                    -> IpAddressFamily;
                "[method]tcp-socket.set-listen-backlog-size" =>
                    tcp_set_listen_backlog_size(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-keep-alive-enabled" => tcp_keep_alive_enabled(self_: Borrow<TcpSocket>)
                    -> Result<bool, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-enabled" =>
                    tcp_set_keep_alive_enabled(self_: Borrow<TcpSocket>, value: bool) -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-keep-alive-idle-time" => tcp_keep_alive_idle_time(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-idle-time" =>
                    tcp_set_keep_alive_idle_time(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-keep-alive-interval" => tcp_keep_alive_interval(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-interval" =>
                    tcp_set_keep_alive_interval(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-keep-alive-count" => tcp_keep_alive_count(self_: Borrow<TcpSocket>)
                    -> Result<u32, ErrorCode>;
                "[method]tcp-socket.set-keep-alive-count" =>
                    tcp_set_keep_alive_count(self_: Borrow<TcpSocket>, value: u32) -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-hop-limit" => tcp_hop_limit(self_: Borrow<TcpSocket>)
                    -> Result<u8, ErrorCode>;
                "[method]tcp-socket.set-hop-limit" => tcp_set_hop_limit(self_: Borrow<TcpSocket>, value: u8)
                    -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-receive-buffer-size" => tcp_receive_buffer_size(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-receive-buffer-size" =>
                    tcp_set_receive_buffer_size(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]tcp-socket.get-send-buffer-size" => tcp_send_buffer_size(self_: Borrow<TcpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]tcp-socket.set-send-buffer-size" =>
                    tcp_set_send_buffer_size(self_: Borrow<TcpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[static]udp-socket.create" => udp_create(address_family: IpAddressFamily)
                    -> Result<Own<UdpSocket>, ErrorCode>;
                "[method]udp-socket.bind" => udp_bind(self_: Borrow<UdpSocket>, local_address: IpSocketAddress)
                    -> Result<(), ErrorCode>;
                "[method]udp-socket.connect" => udp_connect(self_: Borrow<UdpSocket>, remote_address: IpSocketAddress)
                    -> Result<(), ErrorCode>;
                "[method]udp-socket.disconnect" => udp_disconnect(self_: Borrow<UdpSocket>) -> Result<(), ErrorCode>;
                "[method]udp-socket.send" async =>
                    udp_send(self_: Borrow<UdpSocket>, data: Bytes, remote_address: Option<IpSocketAddress>)
                    -> Result<(), ErrorCode>;
                "[method]udp-socket.receive" async => udp_receive(self_: Borrow<UdpSocket>)
                    -> Result<(List<u8>, IpSocketAddress), ErrorCode>;
                "[method]udp-socket.get-local-address" => udp_local_address(self_: Borrow<UdpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]udp-socket.get-remote-address" => udp_remote_address(self_: Borrow<UdpSocket>)
                    -> Result<IpSocketAddress, ErrorCode>;
                "[method]udp-socket.get-address-family" => udp_address_family(self_: Borrow<UdpSocket>)
                    -> IpAddressFamily;
                "[method]udp-socket.get-unicast-hop-limit" => udp_hop_limit(self_: Borrow<UdpSocket>)
                    -> Result<u8, ErrorCode>;
                "[method]udp-socket.set-unicast-hop-limit" => udp_set_hop_limit(self_: Borrow<UdpSocket>, value: u8)
                    -> Result<(), ErrorCode>;
                "[method]udp-socket.get-receive-buffer-size" => udp_receive_buffer_size(self_: Borrow<UdpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]udp-socket.set-receive-buffer-size" =>
                    udp_set_receive_buffer_size(self_: Borrow<UdpSocket>, value: u64) -> Result<(), ErrorCode>;
                "[method]udp-socket.get-send-buffer-size" => udp_send_buffer_size(self_: Borrow<UdpSocket>)
                    -> Result<u64, ErrorCode>;
                "[method]udp-socket.set-send-buffer-size" =>
                    udp_set_send_buffer_size(self_: Borrow<UdpSocket>, value: u64) -> Result<(), ErrorCode>;
            }
        }
    };
}

/// `wasi:sockets/ip-name-lookup`.
#[macro_export]
macro_rules! wasi_p3_sockets_ip_name_lookup {
    ($callback:ident) => {
        $callback! {
            module sockets::ip_name_lookup: "wasi:sockets/ip-name-lookup", "0.3" {
                use sockets_of_p2::IpAddress;
                variant ErrorCode {
                    AccessDenied = "access-denied",
                    InvalidArgument = "invalid-argument",
                    NameUnresolvable = "name-unresolvable",
                    TemporaryResolverFailure = "temporary-resolver-failure",
                    PermanentResolverFailure = "permanent-resolver-failure",
                    Other(Option<String>) = "other",
                }
                "resolve-addresses" async => resolve_addresses(name: String) -> Result<List<IpAddress>, ErrorCode>;
            }
        }
    };
}

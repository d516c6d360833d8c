//! The functions of sockets that are the same in 0.2 and 0.3: addresses and options. A face has for each protocol a module with the type
//! `This`, a borrowed socket, with `Answer`, and with `code`, its code for an error.

/// The functions of sockets of both protocols; the number of routers has different names.
macro_rules! socket_functions {
    ($hop_limit:ident $set_hop_limit:ident) => {
        /// The local address.
        pub fn local_address(host: &mut Host, self_: This) -> Answer<IpSocketAddress> {
            Ok(host.resources.get(self_)?.local_address().map(lower).map_err(code))
        }

        /// The remote address, if there is one.
        pub fn remote_address(host: &mut Host, self_: This) -> Answer<IpSocketAddress> {
            Ok(host.resources.get(self_)?.remote_address().map(lower).map_err(code))
        }

        /// IPv4 or IPv6.
        pub fn address_family(host: &mut Host, self_: This) -> Outcome<IpAddressFamily> {
            Ok(lower_family(host.resources.get(self_)?.family()))
        }

        /// Reads or changes an option of a socket.
        fn option<T>(
            host: &mut Host,
            this: This,
            operation: impl FnOnce(&std::os::fd::OwnedFd) -> Result<T, aot_host::network::errors::NetworkError>,
        ) -> Answer<T> {
            Ok(host.resources.get(this)?.options().and_then(operation).map_err(code))
        }

        /// The number of routers that a packet may pass.
        pub fn $hop_limit(host: &mut Host, self_: This) -> Answer<u8> {
            let family = host.resources.get(self_)?.family();
            option(host, self_, |file| options::hop_limit(file, family))
        }

        /// Sets how many routers a packet may pass.
        pub fn $set_hop_limit(host: &mut Host, self_: This, value: u8) -> Answer<()> {
            let family = host.resources.get(self_)?.family();
            option(host, self_, |file| options::set_hop_limit(file, family, value))
        }

        /// Bytes of the system's buffer for what was received.
        pub fn receive_buffer_size(host: &mut Host, self_: This) -> Answer<u64> {
            option(host, self_, |file| options::buffer_size(file, options::Buffer::Receive))
        }

        /// Sets the bytes of the system's buffer for what was received.
        pub fn set_receive_buffer_size(host: &mut Host, self_: This, value: u64) -> Answer<()> {
            option(host, self_, |file| options::set_buffer_size(file, options::Buffer::Receive, value))
        }

        /// Bytes of the system's buffer for what is to be sent.
        pub fn send_buffer_size(host: &mut Host, self_: This) -> Answer<u64> {
            option(host, self_, |file| options::buffer_size(file, options::Buffer::Send))
        }

        /// Sets the bytes of the system's buffer for what is to be sent.
        pub fn set_send_buffer_size(host: &mut Host, self_: This, value: u64) -> Answer<()> {
            Ok(host.resources.get(self_)?.set_send_buffer_size(value).map_err(code))
        }
    };
}

/// The functions of sockets for connections.
macro_rules! tcp_functions {
    () => {
        /// Returns true if the socket listens.
        pub fn is_listening(host: &mut Host, self_: This) -> Outcome<bool> {
            Ok(host.resources.get(self_)?.is_listening())
        }

        /// Sets how many connections may wait.
        pub fn set_listen_backlog_size(host: &mut Host, self_: This, value: u64) -> Answer<()> {
            Ok(host.resources.get(self_)?.set_backlog(value).map_err(code))
        }

        /// Returns true if the system probes an idle connection.
        pub fn keep_alive_enabled(host: &mut Host, self_: This) -> Answer<bool> {
            option(host, self_, options::keep_alive)
        }

        /// Sets whether an idle connection is probed.
        pub fn set_keep_alive_enabled(host: &mut Host, self_: This, value: bool) -> Answer<()> {
            option(host, self_, |file| options::set_keep_alive(file, value))
        }

        /// Nanoseconds before the first probe.
        pub fn keep_alive_idle_time(host: &mut Host, self_: This) -> Answer<u64> {
            option(host, self_, |file| options::keep_alive_time(file, options::KeepAlive::Idle))
        }

        /// Sets the nanoseconds before the first probe.
        pub fn set_keep_alive_idle_time(host: &mut Host, self_: This, value: u64) -> Answer<()> {
            option(host, self_, |file| options::set_keep_alive_time(file, options::KeepAlive::Idle, value))
        }

        /// Nanoseconds between two probes.
        pub fn keep_alive_interval(host: &mut Host, self_: This) -> Answer<u64> {
            option(host, self_, |file| options::keep_alive_time(file, options::KeepAlive::Interval))
        }

        /// Sets the nanoseconds between two probes.
        pub fn set_keep_alive_interval(host: &mut Host, self_: This, value: u64) -> Answer<()> {
            option(host, self_, |file| options::set_keep_alive_time(file, options::KeepAlive::Interval, value))
        }

        /// The number of probes after which a connection is given up.
        pub fn keep_alive_count(host: &mut Host, self_: This) -> Answer<u32> {
            option(host, self_, options::keep_alive_count)
        }

        /// Sets after how many probes a connection is given up.
        pub fn set_keep_alive_count(host: &mut Host, self_: This, value: u32) -> Answer<()> {
            option(host, self_, |file| options::set_keep_alive_count(file, value))
        }
    };
}

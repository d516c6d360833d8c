//! `wasi:sockets/types`: the functions of both protocols by the names of the rows.

pub use super::tcp::{
    TcpSocket, address_family as tcp_address_family, bind as tcp_bind, connect as tcp_connect, create as tcp_create,
    hop_limit as tcp_hop_limit, is_listening as tcp_is_listening, keep_alive_count as tcp_keep_alive_count,
    keep_alive_enabled as tcp_keep_alive_enabled, keep_alive_idle_time as tcp_keep_alive_idle_time,
    keep_alive_interval as tcp_keep_alive_interval, listen as tcp_listen, local_address as tcp_local_address,
    receive as tcp_receive, receive_buffer_size as tcp_receive_buffer_size, remote_address as tcp_remote_address,
    send as tcp_send, send_buffer_size as tcp_send_buffer_size, set_hop_limit as tcp_set_hop_limit,
    set_keep_alive_count as tcp_set_keep_alive_count, set_keep_alive_enabled as tcp_set_keep_alive_enabled,
    set_keep_alive_idle_time as tcp_set_keep_alive_idle_time, set_keep_alive_interval as tcp_set_keep_alive_interval,
    set_listen_backlog_size as tcp_set_listen_backlog_size, set_receive_buffer_size as tcp_set_receive_buffer_size,
    set_send_buffer_size as tcp_set_send_buffer_size,
};
pub use super::udp::{
    UdpSocket, address_family as udp_address_family, bind as udp_bind, connect as udp_connect, create as udp_create,
    disconnect as udp_disconnect, hop_limit as udp_hop_limit, local_address as udp_local_address,
    receive as udp_receive, receive_buffer_size as udp_receive_buffer_size, remote_address as udp_remote_address,
    send as udp_send, send_buffer_size as udp_send_buffer_size, set_hop_limit as udp_set_hop_limit,
    set_receive_buffer_size as udp_set_receive_buffer_size, set_send_buffer_size as udp_set_send_buffer_size,
};

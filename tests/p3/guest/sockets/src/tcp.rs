//! Sockets for connections: states, addresses, options and refusals.

use crate::Answers;
use crate::addresses::{loopback, port, same, senseless, unspecified};
use futures::join;
use wasip3::sockets::types::{ErrorCode, IpAddressFamily as Family, TcpSocket};
use wasip3::wit_stream;

pub async fn perform(family: Family, answers: &mut Answers) {
    answers.note("family", family);
    unbound(family, answers).await;
    options(family, answers);
    let done = connected(family, answers).await;
    answers.note("connected", done);
    let done = refusals(family, answers).await;
    answers.note("refused", done);
}

/// The state that the interface tells of.
fn note_state(what: &str, socket: &TcpSocket, answers: &mut Answers) {
    let local = socket.get_local_address().map(|address| port(&address) != 0);
    let remote = socket.get_remote_address().map(|address| port(&address) != 0);
    answers.note(what, (local, remote, socket.get_is_listening(), socket.get_address_family()));
}

async fn unbound(family: Family, answers: &mut Answers) {
    let Ok(socket) = TcpSocket::create(family) else { return answers.note("create", false) };
    note_state("unbound", &socket, answers);
    for address in senseless(family) {
        answers.note("bind to what makes no sense", socket.bind(address));
        answers.note("connect to what makes no sense", socket.connect(address).await);
    }
    answers.note("connect to no port", socket.connect(loopback(family, 0)).await);
    answers.note("connect to no address", socket.connect(unspecified(family, 9)).await);
    let (bytes, ending) = socket.receive();
    answers.note("receive from nobody", (bytes.collect().await, ending.await));
    let (mut writer, reader) = wit_stream::new();
    let ending = socket.send(reader);
    answers.note("send to nobody", (writer.write_all(b"x".to_vec()).await, ending.await));
    let (writer, reader) = wit_stream::new();
    let ending = socket.send(reader);
    drop(writer);
    answers.note("send nothing to nobody", ending.await);
    answers.note("bind", socket.bind(loopback(family, 0)));
    note_state("bound", &socket, answers);
    answers.note("bind again", socket.bind(loopback(family, 0)));
}

fn options(family: Family, answers: &mut Answers) {
    const SECOND: u64 = 1_000_000_000;
    let Ok(socket) = TcpSocket::create(family) else { return };
    answers.note("backlog", (socket.set_listen_backlog_size(0), socket.set_listen_backlog_size(9)));
    answers.note("keep alive", socket.get_keep_alive_enabled());
    answers.note("set it", (socket.set_keep_alive_enabled(true), socket.get_keep_alive_enabled()));
    answers.note("no idle time", socket.set_keep_alive_idle_time(0));
    answers.note("idle time", (socket.set_keep_alive_idle_time(5 * SECOND), socket.get_keep_alive_idle_time()));
    answers.note("the longest idle time", socket.set_keep_alive_idle_time(u64::MAX));
    answers.note("no interval", socket.set_keep_alive_interval(0));
    answers.note("interval", (socket.set_keep_alive_interval(7 * SECOND), socket.get_keep_alive_interval()));
    answers.note("no count", socket.set_keep_alive_count(0));
    answers.note("count", (socket.set_keep_alive_count(3), socket.get_keep_alive_count()));
    answers.note("a large count", (socket.set_keep_alive_count(u32::MAX), socket.get_keep_alive_count()));
    answers.note("no hops", socket.set_hop_limit(0));
    answers.note("hops", (socket.set_hop_limit(77), socket.get_hop_limit()));
    answers.note("no buffers", (socket.set_receive_buffer_size(0), socket.set_send_buffer_size(0)));
    answers.note("receive buffer", (socket.set_receive_buffer_size(16000), socket.get_receive_buffer_size()));
    answers.note("send buffer", (socket.set_send_buffer_size(16000), socket.get_send_buffer_size()));
    answers
        .note("the largest buffers", (socket.set_receive_buffer_size(u64::MAX), socket.set_send_buffer_size(u64::MAX)));
}

async fn connected(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let listener = TcpSocket::create(family)?;
    listener.set_hop_limit(42)?;
    listener.set_keep_alive_enabled(true)?;
    listener.bind(loopback(family, 0))?;
    let mut connections = listener.listen()?;
    note_state("listening", &listener, answers);
    answers.note("listen again", listener.listen().map(drop));
    answers.note("bind what listens", listener.bind(loopback(family, 0)));
    answers.note("connect what listens", listener.connect(loopback(family, 9)).await);
    answers.note("backlog while listening", listener.set_listen_backlog_size(32));
    let address = listener.get_local_address()?;
    let client = TcpSocket::create(family)?;
    let (connecting, server) = join!(client.connect(address), connections.next());
    answers.note("connect", connecting);
    let Some(server) = server else { return Ok(answers.note("no connection", ())) };
    note_state("client", &client, answers);
    note_state("server", &server, answers);
    answers.note("inherited", (server.get_hop_limit(), server.get_keep_alive_enabled()));
    answers.note("the client's remote end", same(client.get_remote_address()?, address));
    answers.note(
        "the server's ends",
        (same(server.get_local_address()?, address), same(server.get_remote_address()?, client.get_local_address()?)),
    );
    answers.note("connect again", client.connect(address).await);
    answers.note("bind a connection", client.bind(loopback(family, 0)));
    answers.note("listen on a connection", client.listen().map(drop));
    answers.note("backlog of a connection", client.set_listen_backlog_size(3));
    // The listener goes with its stream, which has it still.
    drop(listener);
    let next = TcpSocket::create(family)?;
    let (connecting, server) = join!(next.connect(address), connections.next());
    answers.note("connect once more", (connecting, server.is_some()));
    drop(connections);
    let next = TcpSocket::create(family)?;
    answers.note("connect to nobody", next.connect(address).await);
    answers.note("connect after that", next.connect(address).await);
    answers.note("options after that", next.get_is_listening());
    Ok(())
}

async fn refusals(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    // A port of the system's choice, at all addresses.
    let listener = TcpSocket::create(family)?;
    let mut connections = listener.listen()?;
    let port = port(&listener.get_local_address()?);
    let client = TcpSocket::create(family)?;
    client.bind(loopback(family, 0))?;
    let (connecting, server) = join!(client.connect(loopback(family, port)), connections.next());
    answers.note("connect from a bound socket", (connecting, server.is_some()));
    let taken = TcpSocket::create(family)?;
    answers.note("bind to what is taken", taken.bind(unspecified(family, port)));
    answers.note("bind after that", taken.bind(loopback(family, 0)));
    // A peek at who waits, without taking anybody.
    let late = TcpSocket::create(family)?;
    let (connecting, peek) = join!(late.connect(loopback(family, port)), connections.read(Vec::new()));
    answers.note("somebody waits", (connecting, peek.0));
    // Several at once.
    let others = [TcpSocket::create(family)?, TcpSocket::create(family)?];
    let (one, two) = join!(others[0].connect(loopback(family, port)), others[1].connect(loopback(family, port)));
    answers.note("connect two", (one, two));
    let mut accepted = Vec::new();
    while accepted.len() < 3 {
        let (_, more) = connections.read(Vec::with_capacity(3)).await;
        accepted.extend(more);
    }
    answers.note("accepted", accepted.len());
    Ok(())
}

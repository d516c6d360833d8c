//! Connections and datagrams to others.

use crate::Answers;
use crate::addresses::{of_ip, of_socket, same, socket};
use futures::join;
use std::net::SocketAddr;
use wasip3::cli::stdin;
use wasip3::clocks::monotonic_clock::wait_for;
use wasip3::sockets::ip_name_lookup::resolve_addresses;
use wasip3::sockets::types::{ErrorCode, IpAddressFamily as Family, IpSocketAddress, TcpSocket, UdpSocket};
use wasip3::wit_stream;

pub async fn perform(what: &str, which: &str, answers: &mut Answers) {
    if what == "look-up" {
        let found = resolve_addresses(which.into()).await;
        return answers.note(which, found.map(|found| found.into_iter().map(of_ip).collect::<Vec<_>>()));
    }
    let Ok(address) = which.parse::<SocketAddr>() else { return answers.note("no address", which) };
    let family = if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    let address = socket(address);
    let done = match what {
        "connect" => connect(family, address, answers).await,
        "flood" => flood(family, address, answers).await,
        "serve" => serve(family, address, answers).await,
        "crowd" => crowd(family, address, answers).await,
        "ask" => ask(family, address, answers).await,
        "answer" => answer(family, address, answers).await,
        _ => Err(ErrorCode::NotSupported),
    };
    answers.note(what, done);
}

/// Sends standard input, and takes what comes back.
async fn connect(family: Family, address: IpSocketAddress, answers: &mut Answers) -> Result<(), ErrorCode> {
    let client = TcpSocket::create(family)?;
    client.connect(address).await?;
    let (input, _) = stdin::read_via_stream();
    let sent = client.send(input);
    let (back, received) = client.receive();
    let (sent, back) = join!(sent.into_future(), back.collect());
    answers.note("sent", sent);
    let end = String::from_utf8_lossy(&back[back.len().saturating_sub(5)..]).into_owned();
    answers.note("received", (back.len(), end, received.await));
    Ok(())
}

/// Sends more than the system keeps to who doesn't read for a while, and does something else meanwhile.
async fn flood(family: Family, address: IpSocketAddress, answers: &mut Answers) -> Result<(), ErrorCode> {
    let client = TcpSocket::create(family)?;
    client.connect(address).await?;
    let (mut writer, data) = wit_stream::new();
    let sent = client.send(data);
    let (sent, left, ticks) = join!(
        sent.into_future(),
        async {
            let left = writer.write_all(vec![b'x'; 20 << 20]).await.len();
            drop(writer);
            left
        },
        async {
            for _ in 0..20 {
                wait_for(1_000_000).await;
            }
            20
        }
    );
    answers.note("sent", (sent, left, ticks));
    Ok(())
}

/// Returns to one client what it sends.
async fn serve(family: Family, address: IpSocketAddress, answers: &mut Answers) -> Result<(), ErrorCode> {
    let listener = TcpSocket::create(family)?;
    listener.bind(address)?;
    let mut connections = listener.listen()?;
    answers.0 = format!("{}\n", of_socket(listener.get_local_address()?));
    answers.print().await;
    let Some(client) = connections.next().await else { return Ok(()) };
    let (bytes, received) = client.receive();
    let sent = client.send(bytes);
    let (received, sent) = join!(received.into_future(), sent.into_future());
    answers.note("ends", (received, sent));
    Ok(())
}

/// Holds connections until the limit of open files is reached, then serves them, and the one that waited.
async fn crowd(family: Family, address: IpSocketAddress, answers: &mut Answers) -> Result<(), ErrorCode> {
    let listener = TcpSocket::create(family)?;
    listener.bind(address)?;
    let mut connections = listener.listen()?;
    answers.0 = format!("{}\n", of_socket(listener.get_local_address()?));
    answers.print().await;
    let held = [connections.next().await, connections.next().await];
    // There is room for two: the third one waits until the others are gone.
    let (last, ()) = join!(connections.next(), async {
        wait_for(30_000_000).await;
        for client in held.into_iter().flatten() {
            serve_one(client, answers).await;
        }
    });
    if let Some(client) = last {
        serve_one(client, answers).await;
    }
    Ok(())
}

/// Takes what a client sends.
async fn serve_one(client: TcpSocket, answers: &mut Answers) {
    let (bytes, received) = client.receive();
    answers.note("served", (bytes.collect().await, received.await));
}

/// Sends a datagram, and takes the first one that comes back.
async fn ask(family: Family, address: IpSocketAddress, answers: &mut Answers) -> Result<(), ErrorCode> {
    let socket = UdpSocket::create(family)?;
    socket.send(b"question".to_vec(), Some(address)).await?;
    let (data, from) = socket.receive().await?;
    answers.note("answer", (String::from_utf8_lossy(&data), same(from, address)));
    Ok(())
}

/// Answers one datagram.
async fn answer(family: Family, address: IpSocketAddress, answers: &mut Answers) -> Result<(), ErrorCode> {
    let socket = UdpSocket::create(family)?;
    socket.bind(address)?;
    answers.0 = format!("{}\n", of_socket(socket.get_local_address()?));
    answers.print().await;
    let (data, from) = socket.receive().await?;
    let length = data.len();
    answers.note("answered", (length, socket.send(data, Some(from)).await));
    Ok(())
}

//! The bytes of connections: both directions, slow readers, ends that are dropped, reads that are cancelled.

use crate::Answers;
use crate::addresses::loopback;
use futures::join;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasip3::clocks::monotonic_clock::wait_for;
use wasip3::sockets::types::{ErrorCode, IpAddressFamily as Family, TcpSocket};
use wasip3::wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter};
use wasip3::wit_stream;

/// A socket with its streams.
struct End {
    socket: TcpSocket,
    writer: StreamWriter<u8>,
    sent: FutureReader<Result<(), ErrorCode>>,
    reader: StreamReader<u8>,
    received: FutureReader<Result<(), ErrorCode>>,
}

impl End {
    fn new(socket: TcpSocket) -> End {
        let (writer, data) = wit_stream::new();
        let sent = socket.send(data);
        let (reader, received) = socket.receive();
        End { socket, writer, sent, reader, received }
    }
}

/// Two ends of a connection.
async fn pair(family: Family) -> Result<(End, End), ErrorCode> {
    let listener = TcpSocket::create(family)?;
    listener.bind(loopback(family, 0))?;
    let mut connections = listener.listen()?;
    let client = TcpSocket::create(family)?;
    let (connecting, server) = join!(client.connect(listener.get_local_address()?), connections.next());
    connecting?;
    Ok((End::new(server.ok_or(ErrorCode::Other(None))?), End::new(client)))
}

const MILLISECOND: u64 = 1_000_000;

pub async fn perform(family: Family, answers: &mut Answers) {
    answers.note("family", family);
    let done = both_ways(family, answers).await;
    answers.note("both ways", done);
    let done = slow_reader(family, answers).await;
    answers.note("slow reader", done);
    let done = dropped(family, answers).await;
    answers.note("dropped", done);
    let done = cancelled(family, answers).await;
    answers.note("cancelled", done);
    let done = passed_on(family, answers).await;
    answers.note("passed on", done);
}

async fn both_ways(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let (mut server, mut client) = pair(family).await?;
    server.writer.write_all(b"ping".to_vec()).await;
    let (status, bytes) = client.reader.read(Vec::with_capacity(10)).await;
    answers.note("the client got", (status, String::from_utf8_lossy(&bytes)));
    client.writer.write_all(b"pong".to_vec()).await;
    let (status, bytes) = server.reader.read(Vec::with_capacity(10)).await;
    answers.note("the server got", (status, String::from_utf8_lossy(&bytes)));
    let (bytes, ending) = client.socket.receive();
    answers.note("receive again", (bytes.collect().await, ending.await));
    let (mut writer, data) = wit_stream::new();
    let ending = client.socket.send(data);
    answers.note("send again", (writer.write_all(b"x".to_vec()).await, ending.await));
    // The streams live on without their sockets.
    drop((server.socket, client.socket));
    server.writer.write_all(b"the last word".to_vec()).await;
    drop(server.writer);
    answers.note("the server sent", server.sent.await);
    answers.note("the client got all", String::from_utf8_lossy(&client.reader.collect().await));
    answers.note("the end", client.received.await);
    client.writer.write_all(b"and a reply".to_vec()).await;
    drop(client.writer);
    answers.note("the client sent", client.sent.await);
    answers.note("the server got all", String::from_utf8_lossy(&server.reader.collect().await));
    answers.note("the other end", server.received.await);
    Ok(())
}

async fn slow_reader(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    const BYTES: usize = 3 << 20;
    let (mut server, mut client) = pair(family).await?;
    let data: Vec<u8> = (0..BYTES).map(|index| (index / 7) as u8).collect();
    let mut ticks = 0;
    let mut got = Vec::new();
    let ((), ()) = join!(
        async {
            answers.note("left over", server.writer.write_all(data.clone()).await.len());
            drop(server.writer);
        },
        async {
            // The others go on while nobody reads.
            for _ in 0..5 {
                wait_for(MILLISECOND).await;
                ticks += 1;
            }
            loop {
                let (status, bytes) = client.reader.read(Vec::with_capacity(100_000)).await;
                got.extend(bytes);
                if status == StreamResult::Dropped {
                    break;
                }
            }
        }
    );
    answers.note("ticks", ticks);
    answers.note("the same bytes", got == data);
    answers.note("ends", (server.sent.await, client.received.await));
    Ok(())
}

async fn dropped(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let (server, mut client) = pair(family).await?;
    drop(server);
    answers.note("read from who is gone", client.reader.read(Vec::with_capacity(1)).await);
    answers.note("the end", client.received.await);
    // Whoever is gone says so at the first bytes.
    while client.writer.write(b"undeliverable".to_vec()).await.0 != StreamResult::Dropped {}
    let broken = matches!(client.sent.await, Err(ErrorCode::ConnectionBroken | ErrorCode::ConnectionReset));
    answers.note("write to who is gone", broken);
    let (mut server, client) = pair(family).await?;
    server.writer.write_all(b"never read".to_vec()).await;
    drop(client.reader);
    answers.note("stop reading", client.received.await);
    drop(client.writer);
    answers.note("write nothing", client.sent.await);
    answers.note("read the nothing", (server.reader.collect().await, server.received.await));
    Ok(())
}

/// Polls a read once; what it got if it was cancelled then.
async fn read_briefly(reader: &mut StreamReader<u8>, room: usize) -> (StreamResult, Vec<u8>) {
    let mut read = pin!(reader.read(Vec::with_capacity(room)));
    match read.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => read.cancel(),
    }
}

async fn cancelled(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let (mut server, mut client) = pair(family).await?;
    answers.note("read briefly", read_briefly(&mut client.reader, 10).await);
    let ((), peek) = join!(
        async {
            wait_for(MILLISECOND).await;
            server.writer.write_all(b"late".to_vec()).await;
        },
        client.reader.read(Vec::new())
    );
    answers.note("wait for something", peek.0);
    answers.note("read it", read_bytes(&mut client.reader).await);
    let mut rounds: Vec<u8> = Vec::new();
    join!(
        async {
            for round in 0..200u8 {
                server.writer.write_all(vec![round; 50]).await;
                wait_for(if round % 10 == 0 { MILLISECOND / 10 } else { 0 }).await;
            }
            drop(server.writer);
        },
        async {
            loop {
                let (status, bytes) = read_briefly(&mut client.reader, 70).await;
                rounds.extend(bytes);
                match status {
                    StreamResult::Dropped => break,
                    StreamResult::Cancelled => _ = client.reader.read(Vec::new()).await,
                    StreamResult::Complete(_) => {}
                }
            }
        }
    );
    let expected: Vec<u8> = (0..200u8).flat_map(|round| [round; 50]).collect();
    answers.note("nothing is lost", rounds == expected);
    answers.note("ends", (server.sent.await, client.received.await));
    Ok(())
}

async fn read_bytes(reader: &mut StreamReader<u8>) -> (StreamResult, String) {
    let (status, bytes) = reader.read(Vec::with_capacity(100)).await;
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// Sends what one connection has to another one, without looking at it.
async fn passed_on(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let listener = TcpSocket::create(family)?;
    listener.bind(loopback(family, 0))?;
    let mut connections = listener.listen()?;
    let address = listener.get_local_address()?;
    let source = TcpSocket::create(family)?;
    let (connecting, from) = join!(source.connect(address), connections.next());
    connecting?;
    let sink = TcpSocket::create(family)?;
    let (connecting, to) = join!(sink.connect(address), connections.next());
    connecting?;
    let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
    let (bytes, received) = from.receive();
    let sent = to.send(bytes);
    let (got, got_ending) = sink.receive();
    let (mut writer, data) = wit_stream::new();
    let source_ending = source.send(data);
    let text = "0123456789".repeat(30_000);
    let ((), got) = join!(
        async {
            writer.write_all(text.clone().into_bytes()).await;
            drop(writer);
        },
        got.collect()
    );
    answers.note("the same text", got == text.as_bytes());
    answers.note("all ends", (received.await, sent.await, got_ending.await, source_ending.await));
    Ok(())
}

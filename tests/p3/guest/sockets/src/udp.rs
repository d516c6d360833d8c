//! Sockets for datagrams.

use crate::Answers;
use crate::addresses::{loopback, port, same, senseless, unspecified};
use futures::future::{Either, select};
use futures::join;
use std::pin::pin;
use wasip3::clocks::monotonic_clock::wait_for;
use wasip3::sockets::types::{ErrorCode, IpAddressFamily as Family, IpSocketAddress, UdpSocket};

const MILLISECOND: u64 = 1_000_000;

pub async fn perform(family: Family, answers: &mut Answers) {
    answers.note("family", family);
    let done = unbound(family, answers).await;
    answers.note("unbound", done);
    let done = options(family, answers);
    answers.note("options", done);
    let done = datagrams(family, answers).await;
    answers.note("datagrams", done);
    let done = association(family, answers).await;
    answers.note("association", done);
    let done = waiting(family, answers).await;
    answers.note("waiting", done);
}

/// The state that the interface tells of.
fn note_state(what: &str, socket: &UdpSocket, answers: &mut Answers) {
    let local = socket.get_local_address().map(|address| port(&address) != 0);
    let remote = socket.get_remote_address().map(|address| port(&address) != 0);
    answers.note(what, (local, remote, socket.get_address_family()));
}

async fn unbound(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let socket = UdpSocket::create(family)?;
    note_state("unbound", &socket, answers);
    answers.note("receive unbound", socket.receive().await);
    answers.note("send to nobody", socket.send(b"x".to_vec(), None).await);
    answers.note("disconnect unbound", socket.disconnect());
    let other = senseless(family)[0];
    answers.note("bind to the other family", socket.bind(other));
    answers.note("connect to the other family", socket.connect(other));
    answers.note("send to the other family", socket.send(Vec::new(), Some(other)).await);
    answers.note("connect to no port", socket.connect(loopback(family, 0)));
    answers.note("connect to no address", socket.connect(unspecified(family, 9)));
    answers.note("send to no port", socket.send(Vec::new(), Some(loopback(family, 0))).await);
    note_state("still unbound", &socket, answers);
    answers.note("send", socket.send(b"to nobody".to_vec(), Some(loopback(family, 9))).await);
    note_state("bound by that", &socket, answers);
    answers.note("bind after that", socket.bind(loopback(family, 0)));
    Ok(())
}

fn options(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let socket = UdpSocket::create(family)?;
    answers.note("no hops", socket.set_unicast_hop_limit(0));
    answers.note("hops", (socket.set_unicast_hop_limit(77), socket.get_unicast_hop_limit()));
    answers.note("no buffers", (socket.set_receive_buffer_size(0), socket.set_send_buffer_size(0)));
    answers.note("receive buffer", (socket.set_receive_buffer_size(16000), socket.get_receive_buffer_size()));
    answers.note("send buffer", (socket.set_send_buffer_size(16000), socket.get_send_buffer_size()));
    Ok(())
}

/// A socket that is bound, and its address.
fn bound(family: Family) -> Result<(UdpSocket, IpSocketAddress), ErrorCode> {
    let socket = UdpSocket::create(family)?;
    socket.bind(loopback(family, 0))?;
    let address = socket.get_local_address()?;
    Ok((socket, address))
}

async fn datagrams(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let (left, left_address) = bound(family)?;
    let (right, right_address) = bound(family)?;
    answers.note("bind again", left.bind(loopback(family, 0)));
    answers.note("send", left.send(b"a datagram".to_vec(), Some(right_address)).await);
    let (data, from) = right.receive().await?;
    answers.note("received", (String::from_utf8_lossy(&data), same(from, left_address)));
    answers.note("send nothing", right.send(Vec::new(), Some(left_address)).await);
    let (data, from) = left.receive().await?;
    answers.note("received nothing", (data.len(), same(from, right_address)));
    let large = vec![7; 60_000];
    left.set_send_buffer_size(1 << 20)?;
    answers.note("send much", left.send(large.clone(), Some(right_address)).await);
    answers.note("received much", right.receive().await?.0 == large);
    answers.note("send too much", left.send(vec![7; 65_530], Some(right_address)).await);
    answers.note("send far too much", left.send(vec![7; 300_000], Some(right_address)).await);
    for number in 0..20u8 {
        left.send(vec![number], Some(right_address)).await?;
    }
    let mut numbers = Vec::new();
    for _ in 0..20 {
        numbers.extend(right.receive().await?.0);
    }
    answers.note("in order", numbers);
    Ok(())
}

async fn association(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let (left, left_address) = bound(family)?;
    let (right, right_address) = bound(family)?;
    let (third, third_address) = bound(family)?;
    answers.note("connect", left.connect(right_address));
    answers.note("its remote end", same(left.get_remote_address()?, right_address));
    answers.note("send there", left.send(b"one".to_vec(), None).await);
    answers.note("send there by name", left.send(b"two".to_vec(), Some(right_address)).await);
    answers.note("send elsewhere", left.send(b"three".to_vec(), Some(third_address)).await);
    answers.note("received", (right.receive().await?.0, right.receive().await?.0));
    // Datagrams of others aren't heard.
    third.send(b"of a stranger".to_vec(), Some(left_address)).await?;
    right.send(b"of a friend".to_vec(), Some(left_address)).await?;
    answers.note("heard", String::from_utf8_lossy(&left.receive().await?.0));
    answers.note("connect elsewhere", left.connect(third_address));
    answers.note("its remote end then", same(left.get_remote_address()?, third_address));
    answers.note("disconnect", left.disconnect());
    answers.note("disconnect again", left.disconnect());
    note_state("disconnected", &left, answers);
    // Hosts differ in whether it has its port still.
    if same(left.get_local_address()?, left_address) {
        right.send(b"anybody".to_vec(), Some(left_address)).await?;
        answers.note("heard then", String::from_utf8_lossy(&left.receive().await?.0));
    }
    // Without a port of its own, it gets one, and keeps it.
    let fresh = UdpSocket::create(family)?;
    answers.note("connect unbound", fresh.connect(right_address));
    note_state("connected", &fresh, answers);
    let port_before = port(&fresh.get_local_address()?);
    answers.note("disconnect it", fresh.disconnect());
    let kept = fresh.get_local_address().map(|address| port(&address) == port_before);
    answers.note("its port", kept);
    // A destination that is gone is told to who talks with it alone.
    drop(third);
    let (lonely, _) = bound(family)?;
    lonely.connect(third_address)?;
    answers.note("send to who is gone", lonely.send(b"hello".to_vec(), None).await);
    answers.note("receive from who is gone", lonely.receive().await);
    Ok(())
}

async fn waiting(family: Family, answers: &mut Answers) -> Result<(), ErrorCode> {
    let (left, left_address) = bound(family)?;
    let (right, _) = bound(family)?;
    // A receive that is given up takes nothing.
    let outcome = match select(pin!(left.receive()), pin!(wait_for(MILLISECOND))).await {
        Either::Left(_) => "received",
        Either::Right(_) => "given up",
    };
    answers.note("receive", outcome);
    let mut ticks = 0;
    let (received, sent) = join!(left.receive(), async {
        for _ in 0..3 {
            wait_for(MILLISECOND).await;
            ticks += 1;
        }
        right.send(b"at last".to_vec(), Some(left_address)).await
    });
    answers.note("the others go on", (ticks, sent));
    answers.note("received", received.map(|(data, _)| String::from_utf8_lossy(&data).into_owned()));
    // Two wait for one socket: each gets one.
    let (one, two, ()) = join!(left.receive(), left.receive(), async {
        wait_for(MILLISECOND).await;
        for _ in 0..2 {
            let _ = right.send(b"x".to_vec(), Some(left_address)).await;
        }
    });
    answers.note("two receive", (one?.0, two?.0));
    Ok(())
}

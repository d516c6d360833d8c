//! Every function of 0.2's UDP sockets and look-up of names, between sockets of the program itself; `udp.wit` has their
//! types.
//! forms: component
//! network: loopback

use std::fmt::Display;

macro_rules! imports {
    ($($module:literal { $($name:literal => fn $function:ident($($param:ident: $type:ty),*) $(-> $result:ty)?;)* })*) => {
        $(
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                $(#[link_name = $name] safe fn $function($($param: $type),*) $(-> $result)?;)*
            }
        )*
    };
}

imports! {
    "wasi:io/poll@0.2.6" {
        "[method]pollable.ready" => fn ready(pollable: u32) -> u32;
        "[method]pollable.block" => fn block(pollable: u32);
        "[resource-drop]pollable" => fn drop_pollable(pollable: u32);
    }
    "wasi:sockets/instance-network@0.2.12" { "instance-network" => fn instance_network() -> u32; }
    "wasi:sockets/udp-create-socket@0.2.12" { "create-udp-socket" => fn create(family: u32, result: &mut Place); }
    "wasi:sockets/udp@0.2.12" {
        "[method]udp-socket.start-bind" => fn start_bind(
            socket: u32, network: u32, family: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32,
            i: u32, j: u32, k: u32, result: &mut Place);
        "[method]udp-socket.finish-bind" => fn finish_bind(socket: u32, result: &mut Place);
        "[method]udp-socket.stream" => fn start_stream(
            socket: u32, is_some: u32, family: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32,
            i: u32, j: u32, k: u32, result: &mut Place);
        "[method]udp-socket.local-address" => fn local_address(socket: u32, result: &mut Place);
        "[method]udp-socket.remote-address" => fn remote_address(socket: u32, result: &mut Place);
        "[method]udp-socket.address-family" => fn address_family(socket: u32) -> u32;
        "[method]udp-socket.unicast-hop-limit" => fn hop_limit(socket: u32, result: &mut Place);
        "[method]udp-socket.set-unicast-hop-limit" => fn set_hop_limit(socket: u32, value: u32, result: &mut Place);
        "[method]udp-socket.receive-buffer-size" => fn receive_buffer(socket: u32, result: &mut Place);
        "[method]udp-socket.set-receive-buffer-size" =>
            fn set_receive_buffer(socket: u32, value: u64, result: &mut Place);
        "[method]udp-socket.send-buffer-size" => fn send_buffer(socket: u32, result: &mut Place);
        "[method]udp-socket.set-send-buffer-size" => fn set_send_buffer(socket: u32, value: u64, result: &mut Place);
        "[method]udp-socket.subscribe" => fn subscribe(socket: u32) -> u32;
        "[method]incoming-datagram-stream.receive" => fn receive(stream: u32, most: u64, result: &mut Place);
        "[method]incoming-datagram-stream.subscribe" => fn subscribe_incoming(stream: u32) -> u32;
        "[method]outgoing-datagram-stream.check-send" => fn check_send(stream: u32, result: &mut Place);
        "[method]outgoing-datagram-stream.send" =>
            fn send(stream: u32, list: *const Outgoing, length: usize, result: &mut Place);
        "[method]outgoing-datagram-stream.subscribe" => fn subscribe_outgoing(stream: u32) -> u32;
        "[resource-drop]udp-socket" => fn drop_socket(socket: u32);
        "[resource-drop]incoming-datagram-stream" => fn drop_incoming(stream: u32);
        "[resource-drop]outgoing-datagram-stream" => fn drop_outgoing(stream: u32);
    }
    "wasi:sockets/ip-name-lookup@0.2.12" {
        "resolve-addresses" => fn resolve(network: u32, name: *const u8, length: usize, result: &mut Place);
        "[method]resolve-address-stream.resolve-next-address" => fn next_address(stream: u32, result: &mut Place);
        "[method]resolve-address-stream.subscribe" => fn subscribe_names(stream: u32) -> u32;
        "[resource-drop]resolve-address-stream" => fn drop_names(stream: u32);
    }
}

/// `outgoing-datagram` in memory.
#[repr(C)]
struct Outgoing {
    data: *const u8,
    length: usize,
    has_remote: u32,
    family: u32,
    remote: [u8; 28],
}

/// An area for results, aligned for all types.
#[repr(C, align(8))]
struct Place([u8; 64]);

impl Place {
    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }
    fn long(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }
}

/// The result of a function, or the code of the error in the result area.
type Outcome = Result<Place, &'static str>;

const CODES: [&str; 21] = [
    "unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "concurrency-conflict",
    "not-in-progress", "would-block", "invalid-state", "new-socket-limit", "address-not-bindable", "address-in-use",
    "remote-unreachable", "connection-refused", "connection-reset", "connection-aborted", "datagram-too-large",
    "name-unresolvable", "temporary-resolver-failure", "permanent-resolver-failure",
];

/// Calls a function with a place for its result, whose payload lies at `at`.
fn call(at: usize, function: impl FnOnce(&mut Place)) -> Outcome {
    let mut place = Place([0; 64]);
    function(&mut place);
    if place.0[0] == 0 { Ok(place) } else { Err(CODES[place.0[at] as usize]) }
}

fn show<T: Display>(what: &str, outcome: Outcome, value: impl FnOnce(&Place) -> T) {
    match outcome {
        Ok(place) => println!("{what}: {}", value(&place)),
        Err(error) => println!("{what}: {error}"),
    }
}

fn done(what: &str, outcome: Outcome) {
    show(what, outcome, |_| "done");
}

const IPV4: u32 = 0;
const IPV6: u32 = 1;

/// An address as core values: family, then the record's fields.
#[derive(Clone, Copy)]
struct Address(u32, [u32; 11]);

fn ipv4(port: u32, [a, b, c, d]: [u32; 4]) -> Address {
    Address(IPV4, [port, a, b, c, d, 0, 0, 0, 0, 0, 0])
}

fn ipv6(port: u32, [a, b, c, d, e, f, g, h]: [u32; 8]) -> Address {
    Address(IPV6, [port, 0, a, b, c, d, e, f, g, h, 0])
}

fn loopback(family: u32, port: u32) -> Address {
    if family == IPV4 { ipv4(port, [127, 0, 0, 1]) } else { ipv6(port, [0, 0, 0, 0, 0, 0, 0, 1]) }
}

/// `ip-socket-address` in memory.
fn address(bytes: &[u8]) -> Address {
    let short = |at: usize| u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    match bytes[0] {
        0 => ipv4(short(4), [6, 7, 8, 9].map(|at| bytes[at].into())),
        _ => ipv6(short(4), [12, 14, 16, 18, 20, 22, 24, 26].map(short)),
    }
}

impl Display for Address {
    /// Writes the address without the port, which the system chose.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let port = if self.1[0] == 0 { "no port" } else { "a port" };
        write!(out, "{:?} and {port}", &self.1[if self.0 == IPV4 { 1..5 } else { 2..10 }])
    }
}

fn socket(family: u32) -> u32 {
    call(4, |result| create(family, result)).unwrap().word(4)
}

fn begin_bind(socket: u32, network: u32, Address(family, [a, b, c, d, e, f, g, h, i, j, k]): Address) -> Outcome {
    call(1, |result| start_bind(socket, network, family, a, b, c, d, e, f, g, h, i, j, k, result))
}

fn bound(network: u32, family: u32) -> (u32, Address) {
    let socket = socket(family);
    begin_bind(socket, network, loopback(family, 0)).unwrap();
    call(1, |result| finish_bind(socket, result)).unwrap();
    let local = call(4, |result| local_address(socket, result)).unwrap();
    (socket, address(&local.0[4..]))
}

fn wait(pollable: u32) {
    block(pollable);
    drop_pollable(pollable);
}

/// The two streams of a socket.
#[derive(Clone, Copy)]
struct Streams {
    incoming: u32,
    outgoing: u32,
}

fn stream(socket: u32, remote: Option<Address>) -> Result<Streams, &'static str> {
    let Address(family, [a, b, c, d, e, f, g, h, i, j, k]) = remote.unwrap_or(Address(0, [0; 11]));
    let is_some = remote.is_some().into();
    let place = call(4, |result| start_stream(socket, is_some, family, a, b, c, d, e, f, g, h, i, j, k, result))?;
    Ok(Streams { incoming: place.word(4), outgoing: place.word(8) })
}

impl Streams {
    fn end(self) {
        drop_incoming(self.incoming);
        drop_outgoing(self.outgoing);
    }

    /// Sends datagrams, after a check.
    fn send(self, datagrams: &[(&[u8], Option<Address>)]) -> Outcome {
        wait(subscribe_outgoing(self.outgoing));
        let allowed = call(8, |result| check_send(self.outgoing, result))?.long(8);
        assert!(allowed >= datagrams.len() as u64);
        let list: Vec<Outgoing> = datagrams.iter().map(|(data, remote)| outgoing(data, *remote)).collect();
        call(8, |result| send(self.outgoing, list.as_ptr(), list.len(), result))
    }

    fn show_send(self, what: &str, datagrams: &[(&[u8], Option<Address>)]) {
        show(what, self.send(datagrams), |place| format!("{} sent", place.long(8)));
    }

    /// Receives the datagrams that are there: the sender and the text of each.
    fn received(self, most: u64) -> Result<Vec<(Address, String)>, &'static str> {
        let place = call(4, |result| receive(self.incoming, most, result))?;
        let (list, length) = (place.word(4) as *const [u8; 40], place.word(8) as usize);
        let datagram = |index: usize| {
            // SAFETY: the host allocated the list and the data with `cabi_realloc`.
            unsafe {
                let bytes = *list.add(index);
                let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
                let data = match word(4) as usize {
                    0 => String::new(),
                    length => String::from_utf8_lossy(std::slice::from_raw_parts(word(0) as *const u8, length)).into(),
                };
                (address(&bytes[8..]), data)
            }
        };
        Ok((0..length).map(datagram).collect())
    }

    /// Waits for a datagram.
    fn next(self) -> (Address, String) {
        loop {
            wait(subscribe_incoming(self.incoming));
            if let Some(datagram) = self.received(1).unwrap().pop() {
                return datagram;
            }
        }
    }
}

fn outgoing(data: &[u8], remote: Option<Address>) -> Outgoing {
    let mut bytes = [0; 28];
    let Address(family, fields) = remote.unwrap_or(Address(0, [0; 11]));
    bytes[..2].copy_from_slice(&(fields[0] as u16).to_le_bytes());
    if family == IPV4 {
        for (byte, field) in bytes[2..6].iter_mut().zip(&fields[1..]) {
            *byte = *field as u8;
        }
    } else {
        for (bytes, field) in bytes[8..24].chunks_mut(2).zip(&fields[2..]) {
            bytes.copy_from_slice(&(*field as u16).to_le_bytes());
        }
    }
    Outgoing { data: data.as_ptr(), length: data.len(), has_remote: remote.is_some().into(), family, remote: bytes }
}

fn show_addresses(socket: u32) {
    show("  local-address", call(4, |result| local_address(socket, result)), |place| address(&place.0[4..]));
    show("  remote-address", call(4, |result| remote_address(socket, result)), |place| address(&place.0[4..]));
}

fn states(network: u32, family: u32) {
    let socket = socket(family);
    println!("unbound: family {}", address_family(socket));
    show_addresses(socket);
    done("  finish-bind", call(1, |result| finish_bind(socket, result)));
    println!("  stream: {:?}", stream(socket, None).map(|_| ()));
    done("start-bind", begin_bind(socket, network, loopback(family, 0)));
    show_addresses(socket);
    done("start-bind again", begin_bind(socket, network, loopback(family, 0)));
    wait(subscribe(socket));
    done("finish-bind", call(1, |result| finish_bind(socket, result)));
    println!("bound");
    show_addresses(socket);
    done("  start-bind", begin_bind(socket, network, loopback(family, 0)));
    done("  finish-bind", call(1, |result| finish_bind(socket, result)));
    let (other, remote) = bound(network, family);
    let streams = stream(socket, Some(remote)).unwrap();
    println!("with a remote end");
    show_addresses(socket);
    streams.end();
    stream(socket, None).unwrap().end();
    show("with none again", call(4, |result| remote_address(socket, result)), |place| address(&place.0[4..]));
    drop_socket(other);
    drop_socket(socket);
}

fn options(family: u32) {
    let socket = socket(family);
    for value in [0, 1, 64, 255] {
        println!("value {value}");
        done("  set-unicast-hop-limit", call(1, |result| set_hop_limit(socket, value, result)));
        show("  unicast-hop-limit", call(1, |result| hop_limit(socket, result)), |place| place.0[1]);
    }
    for value in [0, 1, 20_000, u64::MAX] {
        done("set-receive-buffer-size", call(1, |result| set_receive_buffer(socket, value, result)));
        done("set-send-buffer-size", call(1, |result| set_send_buffer(socket, value, result)));
        if value == 20_000 {
            show("receive-buffer-size", call(8, |result| receive_buffer(socket, result)), |place| place.long(8));
            show("send-buffer-size", call(8, |result| send_buffer(socket, result)), |place| place.long(8));
        }
    }
    drop_socket(socket);
}

fn datagrams(network: u32, family: u32) {
    let ((left, left_address), (right, right_address)) = (bound(network, family), bound(network, family));
    let (from, to) = (stream(left, None).unwrap(), stream(right, None).unwrap());
    println!("nothing there: {}", to.received(10).unwrap().len());
    let pollable = subscribe_incoming(to.incoming);
    println!("readable {}", ready(pollable));
    from.show_send("two", &[(b"one", Some(right_address)), (b"", Some(right_address))]);
    block(pollable);
    drop_pollable(pollable);
    for _ in 0..2 {
        let (sender, data) = to.next();
        println!("received {data:?} from {sender}, the sender: {}", sender.1 == left_address.1);
    }
    println!("none asked for: {}", to.received(0).unwrap().len());
    from.show_send("no list", &[]);
    from.show_send("to nobody", &[(b"x", None)]);
    let other = if family == IPV4 { IPV6 } else { IPV4 };
    from.show_send("to another family", &[(b"x", Some(loopback(other, right_address.1[0])))]);
    from.show_send("to no port", &[(b"x", Some(loopback(family, 0)))]);
    let nowhere = if family == IPV4 { ipv4(9, [0; 4]) } else { ipv6(9, [0; 8]) };
    from.show_send("to no host", &[(b"x", Some(nowhere))]);
    from.show_send("too large", &[(&[0; 65_536], Some(right_address))]);
    from.show_send("one, then too large", &[(b"x", Some(right_address)), (&[0; 65_536], Some(right_address))]);
    to.next();
    from.end();
    // A remote end of its own.
    let from = stream(left, Some(right_address)).unwrap();
    from.show_send("to the remote end", &[(b"a", None), (b"b", Some(right_address))]);
    to.next();
    to.next();
    from.show_send("to another", &[(b"x", Some(left_address))]);
    let (stranger, _) = bound(network, family);
    let strangers = stream(stranger, None).unwrap();
    strangers.show_send("from a stranger", &[(b"stranger", Some(left_address))]);
    to.show_send("from the remote end", &[(b"friend", Some(left_address))]);
    println!("received {:?}", from.next().1);
    strangers.end();
    drop_socket(stranger);
    to.end();
    from.end();
    drop_socket(right);
    let from = stream(left, Some(right_address)).unwrap();
    from.show_send("to who has gone", &[(b"x", None)]);
    wait(subscribe_incoming(from.incoming));
    println!("which is told: {:?}", from.received(1).map(|list| list.len()));
    from.end();
    drop_socket(left);
}

fn addresses(network: u32) {
    for (what, family, address) in [
        ("another family", IPV4, loopback(IPV6, 80)),
        ("another family", IPV6, loopback(IPV4, 80)),
        ("IPv4 in IPv6", IPV6, ipv6(80, [0, 0, 0, 0, 0, 0xffff, 0x7f00, 1])),
        ("no host", IPV4, ipv4(80, [0; 4])),
        ("no host", IPV6, ipv6(80, [0; 8])),
        ("no port", IPV4, loopback(IPV4, 0)),
    ] {
        let (socket, _) = bound(network, family);
        println!("stream to {what}: {:?}", stream(socket, Some(address)).map(|_| ()));
        drop_socket(socket);
    }
    let (first, local) = bound(network, IPV4);
    let second = socket(IPV4);
    done("bind where somebody is", begin_bind(second, network, local));
    done("bind to another family", begin_bind(second, network, loopback(IPV6, 0)));
    drop_socket(second);
    drop_socket(first);
}

/// All addresses of a name.
fn names(network: u32, name: &str) -> Result<Vec<String>, &'static str> {
    let stream = call(4, |result| resolve(network, name.as_ptr(), name.len(), result))?.word(4);
    let mut addresses = Vec::new();
    loop {
        // `result<option<ip-address>, error-code>`, where the payload has an alignment of 2.
        match call(2, |result| next_address(stream, result)) {
            Ok(place) if place.0[2] == 0 => break,
            Ok(place) if place.0[4] == 0 => addresses.push(format!("{:?}", &place.0[6..10])),
            Ok(place) => addresses.push(format!("{:?}", &place.0[6..22])),
            Err("would-block") => wait(subscribe_names(stream)),
            Err(error) => {
                drop_names(stream);
                return Err(error);
            }
        }
    }
    drop_names(stream);
    Ok(addresses)
}

fn main() {
    let network = instance_network();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, name] = &arguments[..] {
        let result = names(network, name);
        return println!("{verb} {name}: {}", result.map_or_else(String::from, |addresses| addresses.join(", ")));
    }
    if !arguments.is_empty() {
        // More than a check allowed: this ends the program.
        let socket = stream(bound(network, IPV4).0, None).unwrap();
        let list = outgoing(b"x", Some(loopback(IPV4, 9)));
        let _ = call(8, |result| send(socket.outgoing, &list, 1, result));
    }
    for family in [IPV4, IPV6] {
        states(network, family);
        options(family);
        datagrams(network, family);
    }
    addresses(network);
    for name in ["127.0.0.1", "::1", "1.2.3.4", "", "a b", "example.com:80", "[::1]"] {
        println!("{name:?}: {:?}", names(network, name));
    }
    let localhost = names(network, "LocalHost").unwrap();
    println!("localhost: {}", localhost.contains(&String::from("[127, 0, 0, 1]")));
}

/// Allocates the host's lists. The reader of a long one frees it.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc(_: *mut u8, _: usize, alignment: usize, length: usize) -> *mut u8 {
    // SAFETY: the host asks for alignments that are powers of two, and for a byte at least.
    unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align_unchecked(length.max(1), alignment)) }
}

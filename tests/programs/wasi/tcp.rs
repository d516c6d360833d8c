//! Every function of 0.2's TCP sockets, between sockets of the program itself; `tcp.wit` has their types.
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
        "poll" => fn poll(list: *const u32, length: usize, result: &mut Place);
        "[resource-drop]pollable" => fn drop_pollable(pollable: u32);
    }
    "wasi:io/error@0.2.6" { "[resource-drop]error" => fn drop_error(error: u32); }
    "wasi:io/streams@0.2.6" {
        "[method]input-stream.read" => fn read(stream: u32, length: u64, result: &mut Place);
        "[method]input-stream.blocking-read" => fn blocking_read(stream: u32, length: u64, result: &mut Place);
        "[method]input-stream.skip" => fn skip(stream: u32, length: u64, result: &mut Place);
        "[method]input-stream.subscribe" => fn subscribe_input(stream: u32) -> u32;
        "[method]output-stream.check-write" => fn check_write(stream: u32, result: &mut Place);
        "[method]output-stream.write" => fn write(stream: u32, bytes: *const u8, length: usize, result: &mut Place);
        "[method]output-stream.flush" => fn flush(stream: u32, result: &mut Place);
        "[method]output-stream.blocking-flush" => fn blocking_flush(stream: u32, result: &mut Place);
        "[method]output-stream.blocking-write-and-flush" =>
            fn blocking_write(stream: u32, bytes: *const u8, length: usize, result: &mut Place);
        "[method]output-stream.write-zeroes" => fn write_zeroes(stream: u32, length: u64, result: &mut Place);
        "[method]output-stream.blocking-write-zeroes-and-flush" =>
            fn blocking_zeroes(stream: u32, length: u64, result: &mut Place);
        "[method]output-stream.splice" => fn splice(stream: u32, from: u32, length: u64, result: &mut Place);
        "[method]output-stream.blocking-splice" =>
            fn blocking_splice(stream: u32, from: u32, length: u64, result: &mut Place);
        "[method]output-stream.subscribe" => fn subscribe_output(stream: u32) -> u32;
        "[resource-drop]input-stream" => fn drop_input(stream: u32);
        "[resource-drop]output-stream" => fn drop_output(stream: u32);
    }
    "wasi:sockets/instance-network@0.2.6" { "instance-network" => fn instance_network() -> u32; }
    "wasi:sockets/network@0.2.6" { "[resource-drop]network" => fn drop_network(network: u32); }
    "wasi:sockets/tcp-create-socket@0.2.6" { "create-tcp-socket" => fn create(family: u32, result: &mut Place); }
    "wasi:sockets/tcp@0.2.6" {
        "[method]tcp-socket.start-bind" => fn start_bind(
            socket: u32, network: u32, family: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32,
            i: u32, j: u32, k: u32, result: &mut Place);
        "[method]tcp-socket.finish-bind" => fn finish_bind(socket: u32, result: &mut Place);
        "[method]tcp-socket.start-connect" => fn start_connect(
            socket: u32, network: u32, family: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32,
            i: u32, j: u32, k: u32, result: &mut Place);
        "[method]tcp-socket.finish-connect" => fn finish_connect(socket: u32, result: &mut Place);
        "[method]tcp-socket.start-listen" => fn start_listen(socket: u32, result: &mut Place);
        "[method]tcp-socket.finish-listen" => fn finish_listen(socket: u32, result: &mut Place);
        "[method]tcp-socket.accept" => fn accept(socket: u32, result: &mut Place);
        "[method]tcp-socket.local-address" => fn local_address(socket: u32, result: &mut Place);
        "[method]tcp-socket.remote-address" => fn remote_address(socket: u32, result: &mut Place);
        "[method]tcp-socket.is-listening" => fn is_listening(socket: u32) -> u32;
        "[method]tcp-socket.address-family" => fn address_family(socket: u32) -> u32;
        "[method]tcp-socket.set-listen-backlog-size" => fn set_backlog(socket: u32, value: u64, result: &mut Place);
        "[method]tcp-socket.keep-alive-enabled" => fn keep_alive(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-keep-alive-enabled" => fn set_keep_alive(socket: u32, value: u32, result: &mut Place);
        "[method]tcp-socket.keep-alive-idle-time" => fn idle_time(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-keep-alive-idle-time" => fn set_idle_time(socket: u32, value: u64, result: &mut Place);
        "[method]tcp-socket.keep-alive-interval" => fn interval(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-keep-alive-interval" => fn set_interval(socket: u32, value: u64, result: &mut Place);
        "[method]tcp-socket.keep-alive-count" => fn probes(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-keep-alive-count" => fn set_probes(socket: u32, value: u32, result: &mut Place);
        "[method]tcp-socket.hop-limit" => fn hop_limit(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-hop-limit" => fn set_hop_limit(socket: u32, value: u32, result: &mut Place);
        "[method]tcp-socket.receive-buffer-size" => fn receive_buffer(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-receive-buffer-size" =>
            fn set_receive_buffer(socket: u32, value: u64, result: &mut Place);
        "[method]tcp-socket.send-buffer-size" => fn send_buffer(socket: u32, result: &mut Place);
        "[method]tcp-socket.set-send-buffer-size" => fn set_send_buffer(socket: u32, value: u64, result: &mut Place);
        "[method]tcp-socket.subscribe" => fn subscribe(socket: u32) -> u32;
        "[method]tcp-socket.shutdown" => fn shutdown(socket: u32, which: u32, result: &mut Place);
        "[resource-drop]tcp-socket" => fn drop_socket(socket: u32);
    }
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

/// Calls a stream's function: its result, or the error's variant.
fn stream(at: usize, function: impl FnOnce(&mut Place)) -> Outcome {
    let mut place = Place([0; 64]);
    function(&mut place);
    match (place.0[0], place.0[at]) {
        (0, _) => Ok(place),
        (_, 0) => {
            drop_error(place.word(at + 4));
            Err("failed")
        }
        _ => Err("closed"),
    }
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

/// `result<ip-socket-address, error-code>`.
fn address(place: &Place) -> Address {
    let short = |at: usize| u32::from(u16::from_le_bytes([place.0[at], place.0[at + 1]]));
    match place.word(4) as u8 {
        0 => ipv4(short(8), [10, 11, 12, 13].map(|at| place.0[at].into())),
        _ => ipv6(short(8), [16, 18, 20, 22, 24, 26, 28, 30].map(short)),
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

fn begin_connect(socket: u32, network: u32, Address(family, [a, b, c, d, e, f, g, h, i, j, k]): Address) -> Outcome {
    call(1, |result| start_connect(socket, network, family, a, b, c, d, e, f, g, h, i, j, k, result))
}

fn wait(pollable: u32) {
    block(pollable);
    drop_pollable(pollable);
}

fn listener(network: u32, family: u32) -> (u32, Address) {
    let socket = socket(family);
    begin_bind(socket, network, loopback(family, 0)).unwrap();
    call(1, |result| finish_bind(socket, result)).unwrap();
    call(1, |result| start_listen(socket, result)).unwrap();
    call(1, |result| finish_listen(socket, result)).unwrap();
    let local = address(&call(4, |result| local_address(socket, result)).unwrap());
    (socket, local)
}

/// A socket with its streams.
#[derive(Clone, Copy)]
struct Connection {
    socket: u32,
    input: u32,
    output: u32,
}

impl Connection {
    fn end(self) {
        drop_input(self.input);
        drop_output(self.output);
        drop_socket(self.socket);
    }

    fn send(self, text: &str) -> Outcome {
        stream(4, |result| blocking_write(self.output, text.as_ptr(), text.len(), result))
    }

    /// Reads as many bytes, which must come.
    fn receive(self, length: usize) -> String {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let place = stream(4, |result| blocking_read(self.input, (length - bytes.len()) as u64, result)).unwrap();
            bytes.extend(list(&place));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// `result<list<u8>, stream-error>`.
fn list(place: &Place) -> Vec<u8> {
    let (address, length) = (place.word(4) as *mut u8, place.word(8) as usize);
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: the host allocated it with `cabi_realloc`.
    unsafe { std::slice::from_raw_parts(address, length) }.to_vec()
}

fn text(place: &Place) -> String {
    format!("{:?}", String::from_utf8_lossy(&list(place)))
}

fn connect(network: u32, remote: Address) -> Result<Connection, &'static str> {
    let socket = socket(remote.0);
    begin_connect(socket, network, remote)?;
    wait(subscribe(socket));
    match call(4, |result| finish_connect(socket, result)) {
        Ok(place) => Ok(Connection { socket, input: place.word(4), output: place.word(8) }),
        Err(error) => {
            done("start-bind when closed", begin_bind(socket, network, loopback(remote.0, 0)));
            drop_socket(socket);
            Err(error)
        }
    }
}

fn accepted(listener: u32) -> Connection {
    wait(subscribe(listener));
    let place = call(4, |result| accept(listener, result)).unwrap();
    Connection { socket: place.word(4), input: place.word(8), output: place.word(12) }
}

fn pair(network: u32, family: u32) -> (u32, Connection, Connection) {
    let (listener, local) = listener(network, family);
    let client = connect(network, local).unwrap();
    (listener, client, accepted(listener))
}

fn show_local_address(socket: u32) {
    show("  local-address", call(4, |result| local_address(socket, result)), |place| address(place));
}

/// Prints the properties that don't depend on the state, and the operations that a state refuses.
fn show_state(state: &str, socket: u32) {
    println!("{state}: listening {}, family {}", is_listening(socket), address_family(socket));
    done("  finish-bind", call(1, |result| finish_bind(socket, result)));
    done("  finish-connect", call(4, |result| finish_connect(socket, result)));
    done("  finish-listen", call(1, |result| finish_listen(socket, result)));
    show_local_address(socket);
    show("  remote-address", call(4, |result| remote_address(socket, result)), |place| address(place));
    if state != "listening" {
        done("  accept", call(4, |result| accept(socket, result)));
    }
    if state != "connected" {
        done("  shutdown", call(1, |result| shutdown(socket, 2, result)));
    }
    done("  set-listen-backlog-size", call(1, |result| set_backlog(socket, 10, result)));
    done("  set-listen-backlog-size of 0", call(1, |result| set_backlog(socket, 0, result)));
}

fn states(network: u32, family: u32) {
    let (client, (server, local)) = (socket(family), listener(network, family));
    show_state("unbound", client);
    done("start-listen when unbound", call(1, |result| start_listen(client, result)));
    done("start-bind", begin_bind(client, network, loopback(family, 0)));
    show_local_address(client);
    done("start-bind again", begin_bind(client, network, loopback(family, 0)));
    done("start-connect meanwhile", begin_connect(client, network, local));
    done("start-listen meanwhile", call(1, |result| start_listen(client, result)));
    wait(subscribe(client));
    done("finish-bind", call(1, |result| finish_bind(client, result)));
    show_state("bound", client);
    done("start-bind when bound", begin_bind(client, network, loopback(family, 0)));
    let half = socket(family);
    begin_bind(half, network, loopback(family, 0)).unwrap();
    call(1, |result| finish_bind(half, result)).unwrap();
    done("start-listen", call(1, |result| start_listen(half, result)));
    show_local_address(half);
    drop_socket(half);
    show_state("listening", server);
    done("accept without a connection", call(4, |result| accept(server, result)));
    done("start-listen when listening", call(1, |result| start_listen(server, result)));
    done("start-connect when listening", begin_connect(server, network, local));
    done("start-connect", begin_connect(client, network, local));
    done("start-connect again", begin_connect(client, network, local));
    wait(subscribe(client));
    let place = call(4, |result| finish_connect(client, result)).unwrap();
    let connection = Connection { socket: client, input: place.word(4), output: place.word(8) };
    show_state("connected", client);
    done("start-connect when connected", begin_connect(client, network, local));
    done("start-listen when connected", call(1, |result| start_listen(client, result)));
    let other = accepted(server);
    show_state("connected", other.socket);
    other.end();
    connection.end();
    drop_socket(server);
}

fn addresses(network: u32) {
    for (what, family, address) in [
        ("another family", IPV4, loopback(IPV6, 80)),
        ("another family", IPV6, loopback(IPV4, 80)),
        ("several hosts", IPV4, ipv4(80, [224, 0, 0, 1])),
        ("all hosts", IPV4, ipv4(80, [255, 255, 255, 255])),
        ("several hosts", IPV6, ipv6(80, [0xff02, 0, 0, 0, 0, 0, 0, 1])),
        ("IPv4 in IPv6", IPV6, ipv6(80, [0, 0, 0, 0, 0, 0xffff, 0x7f00, 1])),
        ("no host", IPV4, ipv4(80, [0; 4])),
        ("no host", IPV6, ipv6(80, [0; 8])),
        ("no port", IPV4, loopback(IPV4, 0)),
        ("no port", IPV6, loopback(IPV6, 0)),
    ] {
        let socket = socket(family);
        done(&format!("connect to {what}"), begin_connect(socket, network, address));
        if !what.starts_with("no ") {
            done(&format!("bind to {what}"), begin_bind(socket, network, address));
        }
        drop_socket(socket);
    }
    let (first, local) = listener(network, IPV4);
    let second = socket(IPV4);
    done("bind where somebody is", begin_bind(second, network, local));
    drop_socket(second);
    drop_socket(first);
    println!("connect where nobody is: {:?}", connect(network, local).map(|_| ()));
    // The port is free again at once, though connections were there.
    let (first, local) = listener(network, IPV4);
    let client = connect(network, local).unwrap();
    accepted(first).end();
    client.end();
    drop_socket(first);
    let second = socket(IPV4);
    done("bind where somebody was", begin_bind(second, network, local));
    drop_socket(second);
}

fn options(family: u32) {
    let socket = socket(family);
    show("keep-alive-enabled", call(1, |result| keep_alive(socket, result)), |place| place.0[1]);
    done("set-keep-alive-enabled", call(1, |result| set_keep_alive(socket, 1, result)));
    show("keep-alive-enabled", call(1, |result| keep_alive(socket, result)), |place| place.0[1]);
    for value in [0, 1, 5_000_000_000, 5_000_000_001, u64::MAX] {
        println!("value {value}");
        done("  set-keep-alive-idle-time", call(1, |result| set_idle_time(socket, value, result)));
        show("  keep-alive-idle-time", call(8, |result| idle_time(socket, result)), |place| place.long(8));
        done("  set-keep-alive-interval", call(1, |result| set_interval(socket, value, result)));
        show("  keep-alive-interval", call(8, |result| interval(socket, result)), |place| place.long(8));
        done("  set-receive-buffer-size", call(1, |result| set_receive_buffer(socket, value, result)));
        done("  set-send-buffer-size", call(1, |result| set_send_buffer(socket, value, result)));
    }
    for value in [0, 1, 9, 200, u32::MAX] {
        println!("value {value}");
        done("  set-keep-alive-count", call(1, |result| set_probes(socket, value, result)));
        show("  keep-alive-count", call(4, |result| probes(socket, result)), |place| place.word(4));
    }
    for value in [0, 1, 64, 255] {
        println!("value {value}");
        done("  set-hop-limit", call(1, |result| set_hop_limit(socket, value, result)));
        show("  hop-limit", call(1, |result| hop_limit(socket, result)), |place| place.0[1]);
    }
    done("set-receive-buffer-size", call(1, |result| set_receive_buffer(socket, 20_000, result)));
    show("receive-buffer-size", call(8, |result| receive_buffer(socket, result)), |place| place.long(8));
    done("set-send-buffer-size", call(1, |result| set_send_buffer(socket, 20_000, result)));
    show("send-buffer-size", call(8, |result| send_buffer(socket, result)), |place| place.long(8));
    drop_socket(socket);
}

/// Prints the options that a connection inherits from its listener.
fn inheritance(network: u32) {
    let (listener, local) = listener(network, IPV4);
    call(1, |result| set_keep_alive(listener, 1, result)).unwrap();
    call(1, |result| set_idle_time(listener, 77_000_000_000, result)).unwrap();
    call(1, |result| set_interval(listener, 66_000_000_000, result)).unwrap();
    call(1, |result| set_probes(listener, 11, result)).unwrap();
    call(1, |result| set_hop_limit(listener, 42, result)).unwrap();
    let client = connect(network, local).unwrap();
    let server = accepted(listener);
    show("keep-alive-enabled", call(1, |result| keep_alive(server.socket, result)), |place| place.0[1]);
    show("keep-alive-idle-time", call(8, |result| idle_time(server.socket, result)), |place| place.long(8));
    show("keep-alive-interval", call(8, |result| interval(server.socket, result)), |place| place.long(8));
    show("keep-alive-count", call(4, |result| probes(server.socket, result)), |place| place.word(4));
    show("hop-limit", call(1, |result| hop_limit(server.socket, result)), |place| place.0[1]);
    server.end();
    client.end();
    drop_socket(listener);
}

fn streams(network: u32, family: u32) {
    let (listener, client, server) = pair(network, family);
    show("read of nothing", stream(4, |result| read(server.input, 10, result)), text);
    show("read no bytes", stream(4, |result| read(server.input, 0, result)), text);
    let pollable = subscribe_input(server.input);
    println!("readable {}", ready(pollable));
    done("write and flush", client.send("hello"));
    wait(pollable);
    show("read", stream(4, |result| read(server.input, 2, result)), text);
    show("skip", stream(8, |result| skip(server.input, 2, result)), |place| place.long(8));
    show("blocking-read", stream(4, |result| blocking_read(server.input, 10, result)), text);
    // Without waiting: what the check allows.
    let pollable = subscribe_output(server.output);
    println!("writable {}", ready(pollable));
    drop_pollable(pollable);
    show("check-write", stream(8, |result| check_write(server.output, result)), |place| place.long(8) > 100);
    done("write", stream(4, |result| write(server.output, b"abc".as_ptr(), 3, result)));
    show("check-write", stream(8, |result| check_write(server.output, result)), |place| place.long(8) > 100);
    done("write-zeroes", stream(4, |result| write_zeroes(server.output, 2, result)));
    done("flush", stream(4, |result| flush(server.output, result)));
    done("blocking-flush", stream(4, |result| blocking_flush(server.output, result)));
    done("blocking-write-zeroes-and-flush", stream(4, |result| blocking_zeroes(server.output, 3, result)));
    println!("received {:?}", client.receive(8));
    // From a connection to another, and back.
    client.send("there and back").unwrap();
    wait(subscribe_input(server.input));
    show("splice", stream(8, |result| splice(server.output, server.input, 6, result)), |place| place.long(8));
    show("splice the rest", stream(8, |result| blocking_splice(server.output, server.input, 100, result)), |place| {
        place.long(8)
    });
    show("splice of nothing", stream(8, |result| splice(server.output, server.input, 100, result)), |place| {
        place.long(8)
    });
    println!("received {:?}", client.receive(14));
    client.end();
    show("read at the end", stream(4, |result| blocking_read(server.input, 10, result)), text);
    show("read after it", stream(4, |result| read(server.input, 10, result)), text);
    server.end();
    drop_socket(listener);
}

fn shutdowns(network: u32) {
    const RECEIVE: u32 = 0;
    const SEND: u32 = 1;
    const BOTH: u32 = 2;
    let (listener, client, server) = pair(network, IPV4);
    client.send("before").unwrap();
    done("shutdown send", call(1, |result| shutdown(client.socket, SEND, result)));
    done("shutdown send again", call(1, |result| shutdown(client.socket, SEND, result)));
    done("write", client.send("x"));
    done("check-write", stream(8, |result| check_write(client.output, result)));
    println!("the other side reads {:?}", server.receive(6));
    show("and then", stream(4, |result| blocking_read(server.input, 10, result)), text);
    done("the other direction", server.send("answer"));
    println!("is open: {:?}", client.receive(6));
    server.send("discarded").unwrap();
    done("shutdown receive", call(1, |result| shutdown(client.socket, RECEIVE, result)));
    show("read", stream(4, |result| read(client.input, 10, result)), text);
    done("shutdown both", call(1, |result| shutdown(client.socket, BOTH, result)));
    client.end();
    done("shutdown when the other has ended", call(1, |result| shutdown(server.socket, BOTH, result)));
    done("write", server.send("x"));
    server.end();
    drop_socket(listener);
}

/// Shows that a side which closes without having read everything resets the connection.
fn reset(network: u32) {
    let (listener, client, server) = pair(network, IPV4);
    server.send("never read").unwrap();
    client.end();
    println!("read after a reset fails: {}", stream(4, |result| blocking_read(server.input, 10, result)).is_err());
    show("read again", stream(4, |result| blocking_read(server.input, 10, result)), text);
    server.end();
    drop_socket(listener);
}

/// Writes to who doesn't read until nothing is taken any more, then reads everything.
fn full(network: u32) {
    let (listener, client, server) = pair(network, IPV4);
    let chunk = vec![7; 1 << 16];
    let mut sent = 0;
    let mut idle = 0;
    while idle < 3 {
        let allowed = stream(8, |result| check_write(client.output, result)).unwrap().long(8).min(chunk.len() as u64);
        if allowed == 0 {
            idle += 1;
            continue;
        }
        stream(4, |result| write(client.output, chunk.as_ptr(), allowed as usize, result)).unwrap();
        sent += allowed;
    }
    let pollable = subscribe_output(client.output);
    println!("writable {}", ready(pollable));
    let mut received = 0;
    while received < sent {
        let place = stream(4, |result| blocking_read(server.input, 1 << 16, result)).unwrap();
        let bytes = list(&place);
        // SAFETY: the host allocated it for this program.
        unsafe { drop(Vec::from_raw_parts(place.word(4) as *mut u8, bytes.len(), bytes.len())) };
        assert!(bytes.iter().all(|byte| *byte == 7));
        received += bytes.len() as u64;
        let _ = stream(4, |result| flush(client.output, result)).unwrap();
    }
    println!("received all: {}", received == sent);
    wait(pollable);
    client.end();
    server.end();
    drop_socket(listener);
}

/// Many connections at once, a byte at a time, all of which become ready together.
fn many(network: u32, count: usize) {
    let (listener, local) = listener(network, IPV4);
    let pairs: Vec<_> = (0..count).map(|_| (connect(network, local).unwrap(), accepted(listener))).collect();
    for round in 0..3 {
        let pollables: Vec<u32> = pairs.iter().map(|(_, server)| subscribe_input(server.input)).collect();
        for (index, (client, _)) in pairs.iter().enumerate() {
            if index % 2 == round % 2 {
                client.send("x").unwrap();
            }
        }
        let mut place = Place([0; 64]);
        pollables.iter().enumerate().filter(|(index, _)| index % 2 == round % 2).for_each(|(_, one)| block(*one));
        poll(pollables.as_ptr(), count, &mut place);
        println!("ready together: {}", place.word(4) > 0);
        pollables.into_iter().for_each(|pollable| drop_pollable(pollable));
        for (index, (_, server)) in pairs.iter().enumerate() {
            if index % 2 == round % 2 {
                assert_eq!(server.receive(1), "x");
            }
        }
    }
    pairs.into_iter().for_each(|(client, server)| {
        client.end();
        server.end();
    });
    drop_socket(listener);
}

/// Makes one connection after another: each takes a descriptor, of which there are 1024.
fn one_after_another(network: u32, count: usize) {
    let (listener, local) = listener(network, IPV4);
    for _ in 0..count {
        let client = connect(network, local).unwrap();
        let server = accepted(listener);
        client.send("ping").unwrap();
        assert_eq!(server.receive(4), "ping");
        server.send("pong").unwrap();
        assert_eq!(client.receive(4), "pong");
        client.end();
        server.end();
    }
    drop_socket(listener);
    println!("{count} connections one after another");
}

/// Load, and what ends the program.
fn by_command(network: u32, what: &str, count: usize) {
    match what {
        "one-after-another" => one_after_another(network, count),
        "many" => many(network, count),
        "write-unchecked" => {
            let (_, client, _) = pair(network, IPV4);
            let bytes = vec![0; count];
            let _ = stream(4, |result| write(client.output, bytes.as_ptr(), count, result));
        }
        "drop-before-pollable" => {
            let socket = socket(IPV4);
            subscribe(socket);
            drop_socket(socket);
        }
        "errors" => errors(network, count),
        _ => println!("what is {what}?"),
    }
}

/// Errors that the system decides on, and those of what isn't granted; so many sockets are made.
fn errors(network: u32, count: usize) {
    let connect = |to: Address| {
        let socket = socket(IPV4);
        let result = begin_connect(socket, network, to).and_then(|_| {
            wait(subscribe(socket));
            call(4, |result| finish_connect(socket, result))
        });
        drop_socket(socket);
        result
    };
    let bind = |to: Address| {
        let socket = socket(IPV4);
        let result = begin_bind(socket, network, to).and_then(|_| call(1, |result| finish_bind(socket, result)));
        drop_socket(socket);
        result
    };
    let (listener, local) = listener(network, IPV4);
    drop_socket(listener);
    done("connect to nobody", connect(local));
    done("connect to all of a network", connect(ipv4(80, [127, 255, 255, 255])));
    done("connect to what isn't granted", connect(ipv4(80, [10, 0, 0, 1])));
    done("bind to an address of others", bind(ipv4(0, [192, 0, 2, 1])));
    let sockets: Vec<Outcome> = (0..count).map(|_| call(4, |result| create(IPV4, result))).collect();
    done("the last socket", sockets.into_iter().next_back().unwrap_or(Err("there is none")));
}

fn main() {
    let network = instance_network();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [what, count] = &arguments[..] {
        return by_command(network, what, count.parse().unwrap());
    }
    for family in [IPV4, IPV6] {
        states(network, family);
        options(family);
        streams(network, family);
    }
    addresses(network);
    inheritance(network);
    shutdowns(network);
    reset(network);
    full(network);
    many(network, 100);
    one_after_another(network, 1000);
    drop_network(network);
}

/// Allocates the host's lists. The reader of a long one frees it.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc(_: *mut u8, _: usize, alignment: usize, length: usize) -> *mut u8 {
    // SAFETY: the host asks for alignments that are powers of two, and for a byte at least.
    unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align_unchecked(length.max(1), alignment)) }
}

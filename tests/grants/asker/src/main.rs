//! A command that does something by itself (`self ACTION ARGUMENT`), has the probe do it (`probe ACTION ARGUMENT`), or lends
//! the probe what it needs (`lend-directory PATH`, `lend-network PORT`).

wit_bindgen::generate!({
    path: "../wit",
    world: "asking",
    with: {
        "wasi:filesystem/types@0.2.11": wasip2::filesystem::types,
        "wasi:sockets/network@0.2.11": wasip2::sockets::network,
        "wasi:sockets/tcp@0.2.11": wasip2::sockets::tcp,
    },
});

use test::grants::probe;
use wasip2::filesystem::preopens::get_directories;
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |place: usize| arguments.get(place).map_or("", String::as_str);
    let answer = match word(0) {
        "self" => grants_actions::act(word(1), word(2)),
        "probe" => probe::act(word(1), word(2)),
        "lend-directory" => match get_directories().first() {
            Some((directory, _)) => probe::read_in(directory, word(1)),
            None => String::from("there is nothing to lend"),
        },
        "lend-network" => match (create_tcp_socket(IpAddressFamily::Ipv4), word(1).parse()) {
            (Ok(socket), Ok(port)) => probe::connect_by(&socket, &instance_network(), port),
            _ => String::from("there is nothing to lend"),
        },
        other => {
            println!("{other}: write self, probe, lend-directory or lend-network");
            std::process::exit(1);
        }
    };
    println!("{answer}");
}

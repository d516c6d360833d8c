//! The look-up of a name: questions to the machine's name servers, asked without waiting.
//!
//! For each candidate of the name, both families are asked for at once. A server that doesn't answer in time, or can't,
//! is followed by the next one; [`Lookup::drive`] does what can be done now.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;
use std::os::fd::AsRawFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::dns::{self, A, AAAA, Answer};
use super::names::Resolver;
use super::{Socket, address, create};
use crate::policy::network::Protocol;
use crate::wasi::clocks::{self, SECOND};
use crate::wasi::interfaces::network::{ErrorCode, IpAddressFamily};
use crate::wasi::poll::{Event, Interest};
use crate::wasi::random;
use crate::wasi::streams::fill;

/// A look-up.
pub struct Lookup {
    /// The name that was granted, for what may be talked to afterwards.
    pub name: String,
    progress: Progress,
}

enum Progress {
    Asking(Questions),
    Done(VecDeque<IpAddr>),
    Failed(ErrorCode),
}

struct Questions {
    /// The names to ask for, the first one last.
    candidates: Vec<String>,
    /// The servers to ask, once for each attempt; and how many of them were asked for the candidate.
    servers: Vec<SocketAddr>,
    asked: usize,
    timeout: u64,
    /// The socket to the server that was asked last; none before the first.
    socket: Option<Socket>,
    /// When that server is given up.
    deadline: u64,
    pending: [Question; 2],
    found: Vec<IpAddr>,
    /// Whether a server refused.
    refused: bool,
}

#[derive(Clone, Copy)]
struct Question {
    kind: u16,
    id: u16,
    is_open: bool,
}

/// The most bytes of an answer.
const MESSAGE_BYTES_MAX: usize = 4096;
/// How many messages are looked at in one go: a server that sends without end must not keep the program.
const MESSAGES_MAX: usize = 64;
/// The most addresses of a name.
const ADDRESSES_MAX: usize = 256;

impl Lookup {
    /// A look-up that has its result.
    pub fn done(name: String, addresses: Vec<IpAddr>) -> Lookup {
        Lookup { name, progress: Progress::Done(addresses.into()) }
    }

    /// Looks a valid name up, which nothing but its servers know.
    pub fn start(name: String, resolver: &Resolver) -> Lookup {
        let candidates = resolver.candidates(&name);
        let servers = resolver.servers.iter().copied();
        let count = resolver.servers.len() * resolver.attempts;
        let question = |kind| Question { kind, id: 0, is_open: false };
        let questions = Questions {
            candidates,
            servers: servers.cycle().take(count).collect(),
            asked: 0,
            timeout: resolver.timeout * SECOND,
            socket: None,
            deadline: 0,
            pending: [question(A), question(AAAA)],
            found: Vec::new(),
            refused: false,
        };
        let mut lookup = Lookup { name, progress: Progress::Asking(questions) };
        lookup.drive();
        lookup
    }

    /// Does what can be done now: the addresses that were found just now.
    pub fn drive(&mut self) -> &[IpAddr] {
        let Progress::Asking(questions) = &mut self.progress else { return &[] };
        match questions.drive() {
            Ok(None) => &[],
            Ok(Some(addresses)) => {
                self.progress = Progress::Done(addresses.into());
                let Progress::Done(addresses) = &mut self.progress else { return &[] };
                addresses.make_contiguous()
            }
            Err(error) => {
                self.progress = Progress::Failed(error);
                &[]
            }
        }
    }

    /// The next address; none after the last.
    pub fn next(&mut self) -> Result<Option<IpAddr>, ErrorCode> {
        match &mut self.progress {
            Progress::Asking(_) => Err(ErrorCode::WouldBlock),
            Progress::Done(addresses) => Ok(addresses.pop_front()),
            Progress::Failed(error) => Err(*error),
        }
    }

    /// What would bring it on.
    pub fn event(&self) -> Event {
        match &self.progress {
            Progress::Asking(Questions { socket: Some(socket), deadline, .. }) => {
                Event::InterestUntil(Interest::Readable(socket.file.as_raw_fd()), *deadline)
            }
            _ => Event::Interest(Interest::Ready),
        }
    }
}

impl Questions {
    /// The addresses, once all is known; in the order in which to try them.
    fn drive(&mut self) -> Result<Option<Vec<IpAddr>>, ErrorCode> {
        loop {
            let is_answered = self.receive();
            if is_answered && !self.found.is_empty() {
                return Ok(Some(in_order(core::mem::take(&mut self.found))));
            }
            if is_answered {
                self.candidates.pop();
                self.asked = 0;
                if self.candidates.is_empty() {
                    return Err(ErrorCode::NameUnresolvable);
                }
            } else if self.socket.is_some() && clocks::monotonic() < self.deadline {
                return Ok(None);
            }
            if self.asked == self.servers.len() && !self.found.is_empty() {
                // One family is known, and nobody knows of the other.
                return Ok(Some(in_order(core::mem::take(&mut self.found))));
            }
            self.ask()?;
        }
    }

    /// Asks the next server for what isn't known.
    fn ask(&mut self) -> Result<(), ErrorCode> {
        let (Some(name), Some(server)) = (self.candidates.last(), self.servers.get(self.asked)) else {
            let code =
                if self.refused { ErrorCode::PermanentResolverFailure } else { ErrorCode::TemporaryResolverFailure };
            return Err(code);
        };
        let is_first = self.asked == 0;
        self.asked += 1;
        self.deadline = clocks::monotonic().saturating_add(self.timeout);
        let family = if server.is_ipv4() { IpAddressFamily::Ipv4 } else { IpAddressFamily::Ipv6 };
        let socket = create(family, Protocol::Udp)?;
        if rustix::net::connect(&socket, server).is_err() {
            // Not reachable: as if its time were over.
            self.deadline = 0;
        }
        for question in &mut self.pending {
            question.is_open |= is_first;
            if !question.is_open {
                continue;
            }
            question.id = random::number().map_or(0, |number| number as u16);
            let message = dns::question(question.id, name, question.kind);
            if rustix::net::send(&socket, &message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT).is_err() {
                self.deadline = 0;
            }
        }
        self.socket = Some(socket);
        Ok(())
    }

    /// Takes the answers that are there: whether nothing is open any more.
    fn receive(&mut self) -> bool {
        let (Some(socket), Some(name)) = (&self.socket, self.candidates.last()) else { return false };
        let mut message = Vec::new();
        for _ in 0..MESSAGES_MAX {
            if !self.pending.iter().any(|question| question.is_open) {
                return true;
            }
            message.clear();
            let result = fill(&mut message, MESSAGE_BYTES_MAX, |room| {
                rustix::net::recv(socket, room, RecvFlags::DONTWAIT).map(|(_, received)| received)
            });
            match result {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return false,
                Err(_) => {
                    // Nobody listens there.
                    self.deadline = 0;
                    return false;
                }
            }
            for question in self.pending.iter_mut().filter(|question| question.is_open) {
                match dns::answer(&message, question.id, name, question.kind) {
                    None => continue,
                    Some(Answer::Addresses(addresses)) => {
                        let room = ADDRESSES_MAX - self.found.len();
                        self.found.extend(addresses.into_iter().take(room));
                        question.is_open = false;
                    }
                    Some(Answer::NoName) => question.is_open = false,
                    // Another server may know.
                    Some(Answer::Failed) => self.deadline = 0,
                    Some(Answer::Refused) => {
                        self.refused = true;
                        self.deadline = 0;
                    }
                }
            }
        }
        false
    }
}

/// Addresses of the families that this machine can reach first, and of those IPv6 first.
pub fn in_order(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_by_cached_key(|address| (!is_reachable(*address), address.is_ipv4()));
    addresses
}

/// Whether there is a way to an address: connecting a socket for datagrams sends nothing.
fn is_reachable(address: IpAddr) -> bool {
    let family = if address.is_ipv4() { IpAddressFamily::Ipv4 } else { IpAddressFamily::Ipv6 };
    let remote = SocketAddr::new(address, 9);
    address::check_remote(remote, family).is_ok()
        && create(family, Protocol::Udp).is_ok_and(|socket| rustix::net::connect(&socket, &remote).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasi::poll::poll;
    use std::net::UdpSocket;
    use std::thread::{self, JoinHandle};

    /// A server that gives each of so many questions an answer made by `reply`, or none.
    fn server(
        questions: usize,
        reply: impl Fn(&[u8], bool) -> Option<Vec<u8>> + Send + 'static,
    ) -> (SocketAddr, JoinHandle<()>) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let serve = move || {
            let mut message = [0; 512];
            for _ in 0..questions {
                let (length, from) = socket.recv_from(&mut message).unwrap();
                let question = &message[..length];
                // The question's type lies before its class and the last record.
                let is_ipv4 = question[length - 14] == A as u8;
                if let Some(answer) = reply(question, is_ipv4) {
                    socket.send_to(&answer, from).unwrap();
                }
            }
        };
        (address, thread::spawn(serve))
    }

    /// An answer with this code, and an address.
    fn answer(question: &[u8], code: u8, address: &[u8]) -> Vec<u8> {
        let mut answer = question[..question.len() - 11].to_vec();
        answer[2..4].copy_from_slice(&[0x81, 0x80 | code]);
        answer[10..12].fill(0);
        if !address.is_empty() {
            answer[7] = 1;
            answer.extend([0xc0, 12, 0, if address.len() == 4 { 1 } else { 28 }, 0, 1, 0, 0, 0, 60, 0]);
            answer.push(address.len() as u8);
            answer.extend(address);
        }
        answer
    }

    fn look_up(name: &str, servers: &[SocketAddr], attempts: usize) -> Result<Vec<IpAddr>, ErrorCode> {
        let mut resolver = Resolver::empty();
        (resolver.servers, resolver.attempts) = (servers.to_vec(), attempts);
        let mut lookup = Lookup::start(String::from(name), &resolver);
        let mut addresses = Vec::new();
        loop {
            lookup.drive();
            match lookup.next() {
                Ok(Some(address)) => addresses.push(address),
                Ok(None) => return Ok(addresses),
                Err(ErrorCode::WouldBlock) => poll(&[lookup.event()], true, &mut |_| ()),
                Err(error) => return Err(error),
            }
        }
    }

    #[test]
    fn both_families_are_asked_for() {
        let (server, thread) =
            server(2, |question, is_ipv4| Some(answer(question, 0, if is_ipv4 { &[127, 0, 0, 9] } else { &[0; 0] })));
        assert_eq!(look_up("a.example", &[server], 1), Ok(vec!["127.0.0.9".parse().unwrap()]));
        thread.join().unwrap();
    }

    #[test]
    fn one_family_is_enough() {
        let reply = |question: &[u8], is_ipv4: bool| {
            Some(if is_ipv4 { answer(question, 0, &[127, 0, 0, 9]) } else { answer(question, 2, &[]) })
        };
        let (server, thread) = server(3, reply);
        assert_eq!(look_up("a.example", &[server], 2), Ok(vec!["127.0.0.9".parse().unwrap()]));
        thread.join().unwrap();
    }

    #[test]
    fn the_next_server_is_asked() {
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (failing, first) = server(2, |question, _| Some(answer(question, 2, &[])));
        let (knowing, second) =
            server(2, |question, is_ipv4| Some(answer(question, 0, if is_ipv4 { &[127, 0, 0, 9] } else { &[0; 0] })));
        let found = look_up("a.example", &[gone, failing, knowing], 1);
        assert_eq!(found, Ok(vec!["127.0.0.9".parse().unwrap()]));
        first.join().unwrap();
        second.join().unwrap();
    }

    #[test]
    fn errors() {
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(look_up("a", &[gone], 2), Err(ErrorCode::TemporaryResolverFailure));
        for (code, expected) in [
            (3, ErrorCode::NameUnresolvable),
            (0, ErrorCode::NameUnresolvable),
            (2, ErrorCode::TemporaryResolverFailure),
            (5, ErrorCode::PermanentResolverFailure),
        ] {
            let (server, _) = server(2, move |question, _| Some(answer(question, code, &[])));
            assert_eq!(look_up("a", &[server], 1), Err(expected));
        }
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let (server, thread) = server(2, |_, _| None);
        let mut resolver = Resolver::empty();
        (resolver.servers, resolver.attempts, resolver.timeout) = (vec![server], 1, 0);
        let mut lookup = Lookup::start(String::from("a"), &resolver);
        lookup.drive();
        assert_eq!(lookup.next(), Err(ErrorCode::TemporaryResolverFailure));
        thread.join().unwrap();
    }
}

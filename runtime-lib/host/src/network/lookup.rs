//! The look-up of a name: questions to the machine's name servers, asked without waiting.
//!
//! For each candidate of the name, both families are asked for at once, by datagrams, and by a connection where an answer
//! has no room in one. A server that doesn't answer in time, or can't, is followed by the next one; [`Lookup::drive`] does what can be done now.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;

use super::address;
use super::channel::Channel;
use super::dns::{self, A, AAAA, Answer};
use super::errors::{IpFamily, NetworkError};
use super::names::Resolver;
use super::sockets::create;
use crate::clocks::{self, SECOND};
use crate::files::open_files::OpenFiles;
use crate::policy::network::Protocol;
use crate::poll::{Event, Interest};
use crate::random;

/// A look-up of the addresses of a name.
pub struct Lookup {
    /// The name that was granted, for what may be talked to afterwards.
    pub name: String,
    progress: Progress,
}

#[allow(clippy::large_enum_variant, reason = "a program has few look-ups at a time")]
enum Progress {
    Asking(Questions),
    Done(VecDeque<IpAddr>),
    Failed(Failure),
}

/// The reason for which a look-up failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error that a guest is told.
    pub error: NetworkError,
    /// The name of the code that the servers sent (RFC 1035, 4.1.1); none if none of them answered.
    pub rcode: Option<&'static str>,
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Failure {
        Failure { error, rcode: None }
    }
}

struct Questions {
    open_files: OpenFiles,
    /// The names to ask for, the first one last.
    candidates: Vec<String>,
    /// The servers to ask, once for each attempt; and how many of them were asked for the candidate.
    servers: Vec<SocketAddr>,
    asked: usize,
    timeout: u64,
    /// The way to the server that was asked last; none before the first, and if it can't be reached.
    channel: Option<Channel>,
    /// The moment at which the server is given up.
    deadline: u64,
    pending: [Question; 2],
    found: Vec<IpAddr>,
    /// The beginnings of answers that had no room in a datagram: none if all had.
    cut_off: Option<Vec<IpAddr>>,
    /// The beginnings of answers, while the whole answers are awaited over a connection.
    beginning: Vec<IpAddr>,
    /// True if a server refused to answer.
    is_refused: bool,
    /// The name of the code that the server sent which answered last.
    rcode: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct Question {
    kind: u16,
    id: u16,
    is_open: bool,
}

/// The most messages that are looked at in one go: a server that sends without end must not keep the program.
const MESSAGES_MAX: usize = 64;
/// The most addresses of a name.
const ADDRESSES_MAX: usize = 256;

impl Lookup {
    /// A look-up that has its result.
    pub fn done(name: String, addresses: Vec<IpAddr>) -> Lookup {
        Lookup { name, progress: Progress::Done(addresses.into()) }
    }

    /// Looks a valid name up, which nothing but its servers know.
    pub fn start(name: String, resolver: &Resolver, open_files: &OpenFiles) -> Lookup {
        let candidates = resolver.candidates(&name);
        let servers = resolver.servers.iter().copied();
        let count = resolver.servers.len() * resolver.attempts;
        let question = |kind| Question { kind, id: 0, is_open: false };
        let questions = Questions {
            open_files: open_files.clone(),
            candidates,
            servers: servers.cycle().take(count).collect(),
            asked: 0,
            timeout: resolver.timeout * SECOND,
            channel: None,
            deadline: 0,
            pending: [question(A), question(AAAA)],
            found: Vec::new(),
            cut_off: None,
            beginning: Vec::new(),
            is_refused: false,
            rcode: None,
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
    pub fn next(&mut self) -> Result<Option<IpAddr>, Failure> {
        match &mut self.progress {
            Progress::Asking(_) => Err(NetworkError::WouldBlock.into()),
            Progress::Done(addresses) => Ok(addresses.pop_front()),
            Progress::Failed(failure) => Err(*failure),
        }
    }

    /// The event to wait for before the look-up can go on.
    pub fn event(&self) -> Event {
        match &self.progress {
            Progress::Asking(Questions { channel: Some(channel), deadline, .. }) => {
                Event::InterestUntil(channel.interest(), *deadline)
            }
            _ => Event::Interest(Interest::Ready),
        }
    }
}

/// Opens a channel to a server.
type Open = fn(&OpenFiles, SocketAddr) -> Result<Option<Channel>, NetworkError>;

impl Questions {
    /// The addresses in the order in which to try them, once all are known.
    fn drive(&mut self) -> Result<Option<Vec<IpAddr>>, Failure> {
        loop {
            if self.receive() {
                if !self.found.is_empty() {
                    return Ok(Some(self.take_found()));
                }
                self.candidates.pop();
                self.asked = 0;
                if self.candidates.is_empty() {
                    // A name without addresses has no error of its own.
                    let rcode = self.rcode.or(Some("NOERROR"));
                    return Err(Failure { error: NetworkError::NameUnresolvable, rcode });
                }
            } else if self.channel.is_some() && clocks::monotonic() < self.deadline {
                return Ok(None);
            }
            match self.cut_off.take() {
                // First the rest is asked for; where that fails, the beginning has to do.
                Some(beginning) if !self.channel.as_ref().is_some_and(Channel::is_stream) => {
                    self.beginning = beginning;
                    self.ask_by(Channel::of_stream)?;
                    continue;
                }
                _ => add(&mut self.found, core::mem::take(&mut self.beginning)),
            }
            if self.asked == self.servers.len() && !self.found.is_empty() {
                // One family is known, and nobody knows of the other.
                return Ok(Some(self.take_found()));
            }
            self.ask()?;
        }
    }

    fn take_found(&mut self) -> Vec<IpAddr> {
        in_order(core::mem::take(&mut self.found), &self.open_files)
    }

    /// Asks the next server for what isn't known.
    fn ask(&mut self) -> Result<(), Failure> {
        if self.asked == self.servers.len() {
            let error = if self.is_refused {
                NetworkError::PermanentResolverFailure
            } else {
                NetworkError::TemporaryResolverFailure
            };
            return Err(Failure { error, rcode: self.rcode });
        }
        let is_first = self.asked == 0;
        self.asked += 1;
        for question in &mut self.pending {
            question.is_open |= is_first;
        }
        self.ask_by(Channel::of_datagrams)
    }

    /// Asks the server that is asked now by way of such a channel.
    fn ask_by(&mut self, open: Open) -> Result<(), Failure> {
        let server = self.asked.checked_sub(1).and_then(|index| self.servers.get(index));
        let (Some(name), Some(server)) = (self.candidates.last(), server) else { return Ok(()) };
        self.deadline = clocks::monotonic().saturating_add(self.timeout);
        self.channel = open(&self.open_files, *server)?;
        let Some(channel) = &mut self.channel else {
            // Not reachable: as if its time were over.
            self.deadline = 0;
            return Ok(());
        };
        for question in self.pending.iter_mut().filter(|question| question.is_open) {
            question.id = random::number().map_or(0, |number| number as u16);
            if channel.send(&dns::question(question.id, name, question.kind)).is_err() {
                self.deadline = 0;
            }
        }
        Ok(())
    }

    /// Takes the answers that are there: whether nothing is open any more.
    fn receive(&mut self) -> bool {
        for _ in 0..MESSAGES_MAX {
            if self.asked > 0 && !self.pending.iter().any(|question| question.is_open) {
                return true;
            }
            let Some(channel) = &mut self.channel else { return false };
            match channel.receive() {
                Ok(Some(message)) => self.take(&message),
                Ok(None) => return false,
                Err(_) => {
                    // Nobody listens there, or not any more.
                    self.deadline = 0;
                    return false;
                }
            }
        }
        false
    }

    /// Looks at a message, which may answer a question.
    fn take(&mut self, message: &[u8]) {
        let Some(name) = self.candidates.last() else { return };
        let is_stream = self.channel.as_ref().is_some_and(Channel::is_stream);
        for question in self.pending.iter_mut().filter(|question| question.is_open) {
            match dns::answer(message, question.id, name, question.kind) {
                None => continue,
                Some(Answer::CutOff(addresses)) if !is_stream => {
                    // The same server has more to say, over a connection.
                    add(self.cut_off.get_or_insert_default(), addresses);
                    self.deadline = 0;
                }
                Some(Answer::Addresses(addresses) | Answer::CutOff(addresses)) => {
                    add(&mut self.found, addresses);
                    question.is_open = false;
                }
                Some(Answer::NoName) => {
                    self.rcode = Some("NXDOMAIN");
                    question.is_open = false;
                }
                // Another server may know.
                Some(Answer::Failed) => {
                    self.rcode = Some("SERVFAIL");
                    self.deadline = 0;
                }
                Some(Answer::Refused) => {
                    self.rcode = Some("REFUSED");
                    self.is_refused = true;
                    self.deadline = 0;
                }
            }
        }
    }
}

/// Adds addresses, as many as a name may have.
fn add(list: &mut Vec<IpAddr>, addresses: Vec<IpAddr>) {
    let room = ADDRESSES_MAX.saturating_sub(list.len());
    list.extend(addresses.into_iter().take(room));
}

/// Addresses of the families that this machine can reach first, and of those IPv6 first.
pub fn in_order(mut addresses: Vec<IpAddr>, open_files: &OpenFiles) -> Vec<IpAddr> {
    addresses.sort_by_cached_key(|address| (!is_reachable(*address, open_files), address.is_ipv4()));
    addresses
}

/// Returns true if there is a route to an address. Connecting a socket for datagrams sends nothing.
fn is_reachable(address: IpAddr, open_files: &OpenFiles) -> bool {
    let family = if address.is_ipv4() { IpFamily::Ipv4 } else { IpFamily::Ipv6 };
    let remote = SocketAddr::new(address, 9);
    address::check_remote(remote, family).is_ok()
        && create(open_files, family, Protocol::Udp).is_ok_and(|socket| rustix::net::connect(&socket, &remote).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denied::Denials;
    use crate::poll::{Sources, poll};
    use std::io::{Read, Write};
    use std::net::{TcpListener, UdpSocket};
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

    fn look_up(name: &str, servers: &[SocketAddr], attempts: usize) -> Result<Vec<IpAddr>, Failure> {
        let mut resolver = Resolver::empty();
        (resolver.servers, resolver.attempts) = (servers.to_vec(), attempts);
        let mut lookup = Lookup::start(String::from(name), &resolver, &OpenFiles::new(9, Denials::default()));
        let mut addresses = Vec::new();
        loop {
            lookup.drive();
            match lookup.next() {
                Ok(Some(address)) => addresses.push(address),
                Ok(None) => return Ok(addresses),
                Err(Failure { error: NetworkError::WouldBlock, .. }) => {
                    poll(&Sources::default(), &[lookup.event()], true, &mut |_| ()).unwrap();
                }
                Err(failure) => return Err(failure),
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
        assert_eq!(look_up("a", &[gone], 2), Err(NetworkError::TemporaryResolverFailure.into()));
        for (code, expected, rcode) in [
            (3, NetworkError::NameUnresolvable, "NXDOMAIN"),
            (0, NetworkError::NameUnresolvable, "NOERROR"),
            (2, NetworkError::TemporaryResolverFailure, "SERVFAIL"),
            (5, NetworkError::PermanentResolverFailure, "REFUSED"),
        ] {
            let (server, _) = server(2, move |question, _| Some(answer(question, code, &[])));
            assert_eq!(look_up("a", &[server], 1), Err(Failure { error: expected, rcode: Some(rcode) }));
        }
    }

    /// A server whose datagrams are cut off, with an address in those for IPv4; `answers` go to the questions of a
    /// connection, each in pieces of a few bytes, and then it ends.
    fn cut_off(answers: fn(&[u8], bool) -> Vec<u8>) -> SocketAddr {
        cut_off_with(|question, is_ipv4| answer(question, 0, if is_ipv4 { &[127, 0, 0, 1] } else { &[] }), answers)
    }

    /// Starts a server as [`cut_off`] does, with datagrams made by a function.
    fn cut_off_with(
        datagrams: impl Fn(&[u8], bool) -> Vec<u8> + Send + 'static,
        answers: fn(&[u8], bool) -> Vec<u8>,
    ) -> SocketAddr {
        // The port of one protocol may be taken in the other.
        let (socket, listener) = loop {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            if let Ok(listener) = TcpListener::bind(socket.local_addr().unwrap()) {
                break (socket, listener);
            }
        };
        let address = socket.local_addr().unwrap();
        thread::spawn(move || {
            let mut message = [0; 512];
            for _ in 0..2 {
                let (length, from) = socket.recv_from(&mut message).unwrap();
                let is_ipv4 = message[length - 14] == A as u8;
                let mut reply = datagrams(&message[..length], is_ipv4);
                reply[2] |= 2;
                socket.send_to(&reply, from).unwrap();
            }
        });
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            for _ in 0..2 {
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    return;
                }
                let mut question = vec![0; u16::from_be_bytes(length).into()];
                stream.read_exact(&mut question).unwrap();
                let reply = answers(&question, question[question.len() - 14] == A as u8);
                let framed = [&(reply.len() as u16).to_be_bytes()[..], &reply].concat();
                framed.chunks(7).for_each(|piece| _ = stream.write_all(piece));
            }
        });
        address
    }

    #[test]
    fn what_is_cut_off_comes_over_a_connection() {
        let server = cut_off(|question, is_ipv4| answer(question, 0, if is_ipv4 { &[127, 0, 0, 2] } else { &[0; 16] }));
        let mut found = look_up("a.example", &[server], 1).unwrap();
        found.sort();
        assert_eq!(found, ["127.0.0.2".parse::<IpAddr>().unwrap(), "::".parse().unwrap()]);
    }

    #[test]
    fn without_a_connection_the_beginning_has_to_do() {
        // The first question is answered with nonsense, and the server goes.
        let server = cut_off(|_, _| vec![0; 5]);
        assert_eq!(look_up("a.example", &[server], 1), Ok(vec!["127.0.0.1".parse().unwrap()]));
    }

    #[test]
    fn no_more_addresses_are_kept_than_a_name_may_have() {
        // The beginnings of both answers have more than that, and then the other family has some too.
        let server = |records: usize| {
            move |question: &[u8], _: bool| {
                let mut reply = answer(question, 0, &[]);
                let record = [0xc0, 12, 0, A as u8, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1];
                reply[6..8].copy_from_slice(&(records as u16).to_be_bytes());
                reply.extend(record.repeat(records));
                reply
            }
        };
        let first = cut_off_with(server(2 * ADDRESSES_MAX), |_, _| vec![0; 5]);
        let (second, _) = self::server(2, move |question, is_ipv4| Some(server(3)(question, is_ipv4)));
        assert_eq!(look_up("a.example", &[first, second], 1).unwrap().len(), ADDRESSES_MAX);
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let (server, thread) = server(2, |_, _| None);
        let mut resolver = Resolver::empty();
        (resolver.servers, resolver.attempts, resolver.timeout) = (vec![server], 1, 0);
        let mut lookup = Lookup::start(String::from("a"), &resolver, &OpenFiles::new(9, Denials::default()));
        lookup.drive();
        assert_eq!(lookup.next(), Err(NetworkError::TemporaryResolverFailure.into()));
        thread.join().unwrap();
    }
}

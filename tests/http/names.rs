//! A name server at port 53 of a loopback address, which answers each name in its own way or not at all. It ends with
//! the test.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::sync::OnceLock;
use std::thread;

/// Port of name servers, which only root may bind.
const PORT: u16 = 53;
/// Record type of an IPv4 address.
const A: u16 = 1;
/// Record type of an alias (CNAME).
const CNAME: u16 = 5;

/// Flags of an answer, the second word of the message.
const ANSWER: u16 = 0x8180;
const CUT_OFF: u16 = 0x0200;
const SERVER_FAILURE: u16 = 2;
const NO_SUCH_NAME: u16 = 3;
const REFUSED: u16 = 5;

/// Returns the server's address. The server is started once.
pub fn server() -> Ipv4Addr {
    static SERVER: OnceLock<Ipv4Addr> = OnceLock::new();
    *SERVER.get_or_init(|| {
        // The process id makes the address differ between tests that run at the same time.
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, 53 ^ high, middle, low.max(1));
        let end = SocketAddrV4::new(address, PORT);
        let datagrams = UdpSocket::bind(end).unwrap_or_else(|error| panic!("{end}: {error}"));
        let connections = TcpListener::bind(end).unwrap_or_else(|error| panic!("{end}: {error}"));
        thread::spawn(move || serve_datagrams(&datagrams));
        thread::spawn(move || connections.incoming().flatten().for_each(|stream| _ = serve_connection(stream)));
        address
    })
}

/// A question: the message, the name and the record type.
struct Question<'m> {
    message: &'m [u8],
    name: String,
    kind: u16,
}

impl<'m> Question<'m> {
    fn read(message: &'m [u8]) -> Option<Self> {
        let mut labels = Vec::new();
        let mut at = 12;
        loop {
            let length = usize::from(*message.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(message.get(at..at + length)?).into_owned());
            at += length;
        }
        let kind = u16::from_be_bytes(message.get(at..at + 2)?.try_into().ok()?);
        Some(Self { message: &message[..at + 4], name: labels.join("."), kind })
    }

    /// Makes an answer with these flags and records, each a type and its data.
    fn answer(&self, flags: u16, records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut answer = self.message.to_vec();
        answer[2..4].copy_from_slice(&(ANSWER | flags).to_be_bytes());
        answer[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
        answer[10..12].fill(0);
        for (kind, data) in records {
            answer.extend([0xc0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 60]);
            answer.extend((data.len() as u16).to_be_bytes());
            answer.extend(*data);
        }
        answer
    }

    /// Makes an answer with this machine's address to a question for an IPv4 address; other answers are empty.
    fn here(&self, flags: u16) -> Vec<u8> {
        self.answer(flags, if self.kind == A { &[(A, &[127, 0, 0, 1])] } else { &[] })
    }

    /// Returns the datagrams of the answer, in order.
    fn datagrams(&self) -> Vec<Vec<u8>> {
        let mut of_another = self.here(0);
        of_another[0] ^= 1;
        let mut of_another_name = self.here(0);
        of_another_name[13] ^= 1;
        match self.name.as_str() {
            "good.test" => vec![self.here(0)],
            "alias.test" => vec![self.answer(0, &[(CNAME, b"\x04good\xc0\x12"), (A, &[127, 0, 0, 1])])],
            "long.test" | "longest.test" => vec![self.answer(CUT_OFF, &[])],
            "missing.test" => vec![self.answer(NO_SUCH_NAME, &[])],
            "empty.test" => vec![self.answer(0, &[])],
            "broken.test" => vec![self.answer(SERVER_FAILURE, &[])],
            "refused.test" => vec![self.answer(REFUSED, &[])],
            // Nonsense, answers to other questions, and a name that refers to itself are no answers.
            "noisy.test" => {
                let mut loops = self.answer(0, &[]);
                loops[7] = 1;
                let place = loops.len() as u8;
                loops.extend([0xc0, place, 0, 1, 0, 1, 0, 0, 0, 60, 0, 200]);
                let question = self.message.to_vec();
                let noise = [vec![], vec![0; 12], vec![0xff; 500], question, of_another, of_another_name];
                noise.into_iter().chain([self.here(0), loops]).collect()
            }
            "endless.test" => vec![of_another; 20_000],
            _ => Vec::new(),
        }
    }
}

fn serve_datagrams(socket: &UdpSocket) {
    let mut message = [0; 2048];
    while let Ok((length, from)) = socket.recv_from(&mut message) {
        for answer in Question::read(&message[..length]).iter().flat_map(Question::datagrams) {
            // A client that is gone is no error of the server.
            _ = socket.send_to(&answer, from);
        }
    }
}

fn serve_connection(mut stream: TcpStream) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut message)?;
        let Some(question) = Question::read(&message) else { return Ok(()) };
        let answer = match (question.name.as_str(), question.kind) {
            // The answer exceeds a datagram, and this machine's address is its last record.
            ("longest.test", A) => {
                let mut records: Vec<(u16, &[u8])> = vec![(99, &[7; 255]); 200];
                records.push((A, &[127, 0, 0, 1]));
                question.answer(0, &records)
            }
            _ => question.here(0),
        };
        stream.write_all(&[&(answer.len() as u16).to_be_bytes(), &answer[..]].concat())?;
    }
}

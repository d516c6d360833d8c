//! Messages of the domain name system (RFC 1035): a question for addresses, and what an answer says. The recursive
//! server follows aliases, so every address of an answer is one of the name's.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Type of a record: an IPv4 address.
pub const A: u16 = 1;
/// Type of a record: an IPv6 address (RFC 3596).
pub const AAAA: u16 = 28;

const OPT: u16 = 41;
const INTERNET: u16 = 1;
/// The most bytes of an answer that isn't cut into several packets on its way.
const ANSWER_BYTES: u16 = 1232;

const HEADER_BYTES: usize = 12;
/// Bits of the header's flags.
const RESPONSE: u16 = 0x8000;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const CODE: u16 = 0x000f;

/// The contents of a server's answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The addresses of the name; none if it has none of this type.
    Addresses(Vec<IpAddr>),
    /// These, and more than a packet had room for.
    CutOff(Vec<IpAddr>),
    /// No such name exists.
    NoName,
    /// The server couldn't tell.
    Failed,
    /// The server refuses to tell.
    Refused,
}

/// A question for the records of a type that a valid name has.
pub fn question(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER_BYTES + name.len() + 17);
    // One question, and one further record, which is the last.
    for word in [id, RECURSION_DESIRED, 1, 0, 0, 1] {
        message.extend(word.to_be_bytes());
    }
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.bytes());
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend(INTERNET.to_be_bytes());
    // The root's name, EDNS's type (RFC 6891), the size, no flags, no data.
    message.push(0);
    message.extend(OPT.to_be_bytes());
    message.extend(ANSWER_BYTES.to_be_bytes());
    message.extend([0; 6]);
    message
}

/// The answer in a message to a question for a name and type with this id; none if the message answers another
/// question.
pub fn answer(message: &[u8], id: u16, name: &str, kind: u16) -> Option<Answer> {
    let mut reader = Reader { message, at: 0 };
    let [of, flags, questions, records, _, _] = reader.words()?;
    if of != id || flags & RESPONSE == 0 {
        return None;
    }
    if questions != 0 && (questions != 1 || !reader.is_question(name, kind)?) {
        return None;
    }
    match flags & CODE {
        0 if questions == 1 => {}
        3 => return Some(Answer::NoName),
        5 => return Some(Answer::Refused),
        _ => return Some(Answer::Failed),
    }
    let mut addresses = Vec::new();
    for _ in 0..records {
        // What is cut off or damaged says no more.
        let Some((of, data)) = reader.record() else { break };
        if of == kind {
            addresses.extend(address(data));
        }
    }
    Some(if flags & TRUNCATED == 0 { Answer::Addresses(addresses) } else { Answer::CutOff(addresses) })
}

fn address(data: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(data) {
        return Some(Ipv4Addr::from(bytes).into());
    }
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?);
    address.to_ipv4_mapped().is_none().then_some(address.into())
}

struct Reader<'m> {
    message: &'m [u8],
    at: usize,
}

impl<'m> Reader<'m> {
    fn take(&mut self, bytes: usize) -> Option<&'m [u8]> {
        let taken = self.message.get(self.at..)?.get(..bytes)?;
        self.at += bytes;
        Some(taken)
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn words<const N: usize>(&mut self) -> Option<[u16; N]> {
        let mut words = [0; N];
        for word in &mut words {
            *word = self.word()?;
        }
        Some(words)
    }

    /// Returns true if the next question is the given one. Nobody abbreviates its name.
    fn is_question(&mut self, name: &str, kind: u16) -> Option<bool> {
        let mut is_same = true;
        for label in name.split('.').chain([""]) {
            let length = usize::from(*self.take(1)?.first()?);
            is_same &= length == label.len() && self.take(length)?.eq_ignore_ascii_case(label.as_bytes());
            if !is_same {
                return Some(false);
            }
        }
        Some(self.words()? == [kind, INTERNET])
    }

    /// Skips a name: labels up to an empty one or a reference.
    fn skip_name(&mut self) -> Option<()> {
        loop {
            match *self.take(1)?.first()? {
                0 => return Some(()),
                length @ 1..=63 => _ = self.take(length.into())?,
                0xc0.. => {
                    self.take(1)?;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Type and data of the next record.
    fn record(&mut self) -> Option<(u16, &'m [u8])> {
        self.skip_name()?;
        let [kind, class, _, _, bytes] = self.words()?;
        let data = self.take(bytes.into())?;
        Some((if class == INTERNET { kind } else { 0 }, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with these records: type and data.
    fn reply(id: u16, flags: u16, name: &str, kind: u16, records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = question(id, name, kind);
        message.truncate(message.len() - 11);
        message[2..4].copy_from_slice(&(RESPONSE | flags).to_be_bytes());
        message[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
        message[10..12].fill(0);
        for (kind, data) in records {
            message.extend([0xc0, HEADER_BYTES as u8]);
            message.extend(kind.to_be_bytes());
            message.extend([0, 1, 0, 0, 0, 60]);
            message.extend((data.len() as u16).to_be_bytes());
            message.extend(*data);
        }
        message
    }

    #[test]
    fn addresses_behind_an_alias() {
        let message =
            reply(7, 0, "a.example", A, &[(5, b"\x01b\0"), (A, &[1, 2, 3, 4]), (A, &[5, 6, 7, 8]), (A, b"x")]);
        let expected = ["1.2.3.4", "5.6.7.8"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(answer(&message, 7, "a.example", A), Some(Answer::Addresses(expected)));
        let message = reply(7, 0, "A.EXAMPLE", AAAA, &[(AAAA, &[1; 16]), (A, &[1, 2, 3, 4])]);
        let expected = vec!["101:101:101:101:101:101:101:101".parse().unwrap()];
        assert_eq!(answer(&message, 7, "a.example", AAAA), Some(Answer::Addresses(expected)));
    }

    #[test]
    fn answers_to_other_questions() {
        let message = reply(7, 0, "a.example", A, &[]);
        assert_eq!(answer(&message, 7, "a.example", A), Some(Answer::Addresses(vec![])));
        assert_eq!(answer(&message, 8, "a.example", A), None);
        assert_eq!(answer(&message, 7, "a.example", AAAA), None);
        assert_eq!(answer(&message, 7, "b.example", A), None);
        assert_eq!(answer(&message, 7, "a", A), None);
        assert_eq!(answer(&question(7, "a.example", A), 7, "a.example", A), None);
    }

    #[test]
    fn codes() {
        let code = |code| answer(&reply(7, code, "a", A, &[]), 7, "a", A).unwrap();
        assert_eq!(code(2), Answer::Failed);
        assert_eq!(code(3), Answer::NoName);
        assert_eq!(code(5), Answer::Refused);
        assert_eq!(code(TRUNCATED), Answer::CutOff(vec![]));
    }

    #[test]
    fn what_was_cut_off() {
        let message = reply(7, TRUNCATED, "a", A, &[(A, &[1, 2, 3, 4]), (A, &[5, 6, 7, 8])]);
        let first = vec!["1.2.3.4".parse().unwrap()];
        assert_eq!(answer(&message[..message.len() - 3], 7, "a", A), Some(Answer::CutOff(first)));
    }

    #[test]
    fn damage_never_panics() {
        let message = reply(7, 0, "a.example", A, &[(A, &[1, 2, 3, 4]), (5, b"\xc0\x0c")]);
        for length in 0..message.len() {
            let _ = answer(&message[..length], 7, "a.example", A);
        }
        for index in 0..message.len() {
            for bit in 0..8 {
                let mut damaged = message.clone();
                damaged[index] ^= 1 << bit;
                let _ = answer(&damaged, 7, "a.example", A);
            }
        }
    }
}

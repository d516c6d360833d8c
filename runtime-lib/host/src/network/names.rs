//! Names of hosts: their syntax, and what the machine's files say about them. The files are read when the program
//! starts, before the sandbox takes them away.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use rustix::fs::{Mode, OFlags};

use crate::text::to_text;

/// The sources of names: the contents of `/etc/hosts` and `/etc/resolv.conf`.
pub struct Resolver {
    hosts: Vec<(IpAddr, String)>,
    /// The servers to ask, in this order.
    pub servers: Vec<SocketAddr>,
    search: Vec<String>,
    /// Names with fewer dots are looked up below the domains of `search` first.
    dots: usize,
    /// Seconds until a server is given up.
    pub timeout: u64,
    /// The number of times that all servers are asked.
    pub attempts: usize,
}

/// The most servers and domains that are used, as in C libraries.
const SERVERS_MAX: usize = 3;
const SEARCH_MAX: usize = 6;
/// Larger files are cut off.
const FILE_BYTES_MAX: usize = 1 << 20;

impl Resolver {
    /// The port of name servers.
    pub const PORT: u16 = 53;

    /// The resolver of a machine without these files.
    pub fn empty() -> Resolver {
        Resolver { hosts: Vec::new(), servers: Vec::new(), search: Vec::new(), dots: 1, timeout: 5, attempts: 2 }
    }

    /// Reads the machine's files. One that is missing counts as empty.
    pub fn read() -> Resolver {
        Resolver::parse(&read_file(c"/etc/hosts"), &read_file(c"/etc/resolv.conf"))
    }

    fn parse(hosts: &str, resolv_conf: &str) -> Resolver {
        let mut resolver = Resolver::empty();
        for line in hosts.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            let Some(Ok(address)) = words.next().map(str::parse) else { continue };
            resolver.hosts.extend(words.map(|name| (address, name.to_ascii_lowercase())));
        }
        for line in resolv_conf.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") if resolver.servers.len() < SERVERS_MAX => {
                    let server = words.next().and_then(|word| word.split('%').next()?.parse::<IpAddr>().ok());
                    resolver.servers.extend(server.map(|server| SocketAddr::new(server, Resolver::PORT)));
                }
                Some("search" | "domain") => {
                    resolver.search = words.take(SEARCH_MAX).map(str::to_ascii_lowercase).collect();
                }
                Some("options") => words.for_each(|word| resolver.option(word)),
                _ => {}
            }
        }
        if resolver.servers.is_empty() {
            resolver.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), Resolver::PORT));
        }
        resolver
    }

    fn option(&mut self, word: &str) {
        let Some((name, Ok(value))) = word.split_once(':').map(|(name, value)| (name, value.parse::<u8>())) else {
            return;
        };
        match name {
            "ndots" => self.dots = value.min(15).into(),
            "timeout" => self.timeout = value.clamp(1, 30).into(),
            "attempts" => self.attempts = value.clamp(1, 5).into(),
            _ => {}
        }
    }

    /// The addresses that the machine's own file has for a name.
    pub fn in_hosts(&self, name: &str) -> Vec<IpAddr> {
        let name = name.trim_end_matches('.');
        let found = self.hosts.iter().filter(|(_, known)| known == name).map(|(address, _)| *address);
        let mut addresses: Vec<IpAddr> = found.collect();
        if addresses.is_empty() && (name == "localhost" || name.ends_with(".localhost")) {
            addresses.push(Ipv4Addr::LOCALHOST.into());
        }
        addresses
    }

    /// The names to ask for, the first one last.
    pub fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(name) = name.strip_suffix('.') {
            return vec![String::from(name)];
        }
        let mut candidates: Vec<String> = self.search.iter().rev().map(|domain| [name, ".", domain].concat()).collect();
        let dots = name.bytes().filter(|&byte| byte == b'.').count();
        let first = if dots >= self.dots { candidates.len() } else { 0 };
        candidates.insert(first, String::from(name));
        candidates.retain(|candidate| candidate.len() <= NAME_BYTES_MAX);
        candidates
    }
}

fn read_file(path: &core::ffi::CStr) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = rustix::io::read(&file, &mut part)
            && bytes.len() < FILE_BYTES_MAX
        {
            bytes.extend_from_slice(&part[..read]);
        }
    }
    to_text(&bytes)
}

/// The longest name, and its longest part.
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// A name as it is asked for: in lower case, Unicode in ASCII's form. None if it can't be a name.
///
/// Of IDNA's preparation this does the change to lower case and the other forms of the dot, but no normalisation: what
/// isn't in Unicode's form C must be brought there by the program.
pub fn to_ascii(name: &str) -> Option<String> {
    let mut ascii = String::new();
    let (name, is_absolute) = match name.strip_suffix('.') {
        Some(name) => (name, true),
        None => (name, false),
    };
    for label in name.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']) {
        if !ascii.is_empty() {
            ascii.push('.');
        }
        let start = ascii.len();
        if label.is_ascii() {
            ascii.extend(label.chars().map(|character| character.to_ascii_lowercase()));
        } else {
            let lower: Vec<char> = label.chars().flat_map(char::to_lowercase).collect();
            ascii.push_str("xn--");
            punycode(&lower, &mut ascii)?;
        }
        let label = ascii.get(start..).unwrap_or_default();
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let length = 1..=LABEL_BYTES_MAX;
        if !length.contains(&label.len())
            || !label.bytes().all(is_valid)
            || label.starts_with('-')
            || label.ends_with('-')
        {
            return None;
        }
    }
    if ascii.len() > NAME_BYTES_MAX {
        return None;
    }
    if is_absolute {
        ascii.push('.');
    }
    Some(ascii)
}

/// Adds the Punycode of a label (RFC 3492, section 6.3). None if it has too many characters.
fn punycode(label: &[char], out: &mut String) -> Option<()> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    if label.len() > LABEL_BYTES_MAX {
        return None;
    }
    let basic = label.iter().filter(|character| character.is_ascii());
    let mut handled = basic.clone().count() as u32;
    let basic_count = handled;
    out.extend(basic);
    if handled > 0 {
        out.push('-');
    }
    let (mut next, mut delta, mut bias) = (128u32, 0u32, 72u32);
    while (handled as usize) < label.len() {
        let smallest = label.iter().map(|&character| character as u32).filter(|&code| code >= next).min()?;
        delta = delta.checked_add((smallest - next).checked_mul(handled + 1)?)?;
        next = smallest;
        for code in label.iter().map(|&character| character as u32) {
            if code < next {
                delta = delta.checked_add(1)?;
            }
            if code != next {
                continue;
            }
            let mut rest = delta;
            let mut position = BASE;
            loop {
                let threshold = position.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if rest < threshold {
                    break;
                }
                out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
                rest = (rest - threshold) / (BASE - threshold);
                position += BASE;
            }
            out.push(digit(rest));
            bias = adapted_bias(delta, handled + 1, handled == basic_count);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        next += 1;
    }
    Some(())
}

/// The bias for the next number (RFC 3492, section 6.1).
fn adapted_bias(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut position = 0;
    while delta > 455 {
        delta /= 35;
        position += 36;
    }
    position + 36 * delta / (delta + 38)
}

fn digit(value: u32) -> char {
    char::from(if value < 26 { b'a' + value as u8 } else { b'0' + (value - 26) as u8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ascii() {
        let ascii = |name| to_ascii(name).unwrap();
        assert_eq!(ascii("Example.COM"), "example.com");
        assert_eq!(ascii("example.com."), "example.com.");
        assert_eq!(ascii("BÜCHER.example"), "xn--bcher-kva.example");
        assert_eq!(ascii("münchen。de"), "xn--mnchen-3ya.de");
        assert_eq!(ascii("例え.テスト"), "xn--r8jz45g.xn--zckzah");
        assert_eq!(ascii("_service.a-b"), "_service.a-b");
    }

    #[test]
    fn what_is_no_name() {
        for name in ["", ".", "a..b", "a b", "-a", "a-", "a:80", "a/b", "[::1]", "a\0", &"a".repeat(64)] {
            assert_eq!(to_ascii(name), None, "{name:?}");
        }
        assert_eq!(to_ascii(&["a"; 128].join(".")), None);
        assert_eq!(to_ascii(&"ü".repeat(64)), None);
    }

    #[test]
    fn files_of_the_machine() {
        let hosts = "127.0.0.1 localhost\n# 9.9.9.9 no\n::1\tlocalhost IP6\n1.2.3.4 a.example a # b\nnonsense\n";
        let conf = "search one.example TWO.example\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\noptions ndots:2 timeout:3 attempts:99\n";
        let resolver = Resolver::parse(hosts, conf);
        assert_eq!(resolver.in_hosts("localhost").len(), 2);
        assert_eq!(resolver.in_hosts("a"), ["1.2.3.4".parse::<IpAddr>().unwrap()]);
        assert_eq!(resolver.in_hosts("ip6").len(), 1);
        assert!(resolver.in_hosts("b").is_empty());
        assert_eq!(resolver.servers, ["10.0.0.1:53".parse().unwrap(), "[fe80::1]:53".parse().unwrap()]);
        assert_eq!((resolver.timeout, resolver.attempts), (3, 5));
        assert_eq!(resolver.candidates("a.b"), ["a.b", "a.b.two.example", "a.b.one.example"]);
        assert_eq!(resolver.candidates("a.b.c"), ["a.b.c.two.example", "a.b.c.one.example", "a.b.c"]);
        assert_eq!(resolver.candidates("a."), ["a"]);
    }

    #[test]
    fn no_files() {
        let resolver = Resolver::parse("", "");
        assert_eq!(resolver.servers, ["127.0.0.1:53".parse().unwrap()]);
        assert_eq!(resolver.in_hosts("x.localhost").len(), 1);
    }
}

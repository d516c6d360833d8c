//! The end of a request's body.

/// The most bytes of the line that a chunk begins with.
const LINE_BYTES_MAX: usize = 1024;

/// A body on its way, of which so much has come.
pub enum Framing {
    /// The bytes that are still to come.
    Length(u64),
    /// Chunks (RFC 9112, 7.1).
    Chunked(Chunks),
}

/// The body breaks the rules of its framing.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

impl Framing {
    /// Returns how many of these bytes belong to the body, up to one that breaks the rules.
    pub fn take(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        match self {
            Framing::Length(left) => {
                let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= taken as u64;
                Ok(taken)
            }
            Framing::Chunked(chunks) => chunks.take(bytes),
        }
    }

    /// Returns true once the body is at its end.
    pub fn is_over(&self) -> bool {
        match self {
            Framing::Length(left) => *left == 0,
            Framing::Chunked(chunks) => chunks.state == State::Over,
        }
    }
}

/// The state within a chunked body.
pub struct Chunks {
    state: State,
    /// The size of a chunk, or the bytes of it that are still to come.
    size: u64,
    /// The bytes of a line so far, or of all trailers.
    bytes: usize,
    trailers_bytes_max: usize,
}

/// The part of a body that comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A digit of a chunk's size, or what follows it.
    Size,
    /// The rest of that line.
    Extension,
    /// The LF of that line.
    SizeEnd,
    Data,
    /// The CR behind a chunk.
    DataReturn,
    /// The LF behind it.
    DataEnd,
    /// The first byte of a trailer, or the CR that ends them.
    Trailer,
    /// The rest of a trailer.
    TrailerRest,
    /// The LF of a trailer.
    TrailerEnd,
    /// The last LF.
    End,
    Over,
    Malformed,
}

impl Chunks {
    /// A body that begins, with so many bytes of trailers at most.
    pub fn new(trailers_bytes_max: usize) -> Chunks {
        Chunks { state: State::Size, size: 0, bytes: 0, trailers_bytes_max }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at)
            && self.state != State::Over
        {
            if self.state == State::Data {
                let data = usize::try_from(self.size).map_or(bytes.len() - at, |size| size.min(bytes.len() - at));
                self.size -= data as u64;
                at += data;
                if self.size == 0 {
                    self.state = State::DataReturn;
                }
            } else {
                match self.next(byte) {
                    Ok(state) => self.state = state,
                    Err(malformed) if at == 0 => return Err(malformed),
                    // What came before is right.
                    Err(_) => {
                        self.state = State::Malformed;
                        break;
                    }
                }
                at += 1;
            }
        }
        Ok(at)
    }

    /// Counts a byte of a line that may have so many.
    fn count(&mut self, bytes_max: usize) -> Result<(), Malformed> {
        self.bytes += 1;
        if self.bytes > bytes_max { Err(Malformed) } else { Ok(()) }
    }

    fn next(&mut self, byte: u8) -> Result<State, Malformed> {
        match (self.state, byte) {
            (State::Size, _) => self.next_of_size(byte),
            (State::Extension, b'\r') => Ok(State::SizeEnd),
            (State::Extension, _) if is_text(byte) => self.count(LINE_BYTES_MAX).map(|()| State::Extension),
            (State::SizeEnd, b'\n') => {
                self.bytes = 0;
                Ok(if self.size == 0 { State::Trailer } else { State::Data })
            }
            (State::DataReturn, b'\r') => Ok(State::DataEnd),
            (State::DataEnd, b'\n') => {
                (self.bytes, self.size) = (0, 0);
                Ok(State::Size)
            }
            (State::Trailer, b'\r') => Ok(State::End),
            (State::TrailerRest, b'\r') => Ok(State::TrailerEnd),
            (State::Trailer | State::TrailerRest, _) if is_text(byte) => {
                self.count(self.trailers_bytes_max).map(|()| State::TrailerRest)
            }
            (State::TrailerEnd, b'\n') => Ok(State::Trailer),
            (State::End, b'\n') => Ok(State::Over),
            _ => Err(Malformed),
        }
    }

    fn next_of_size(&mut self, byte: u8) -> Result<State, Malformed> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            // More digits than the largest number has are refused even if they are zeros.
            self.count(16)?;
            self.size = self.size << 4 | u64::from(digit);
            return Ok(State::Size);
        }
        match byte {
            _ if self.bytes == 0 => Err(Malformed),
            b'\r' => Ok(State::SizeEnd),
            b';' | b' ' | b'\t' => Ok(State::Extension),
            _ => Err(Malformed),
        }
    }
}

/// Returns true for a byte that a line may contain.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7F
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a body in pieces of each size: what is behind it, or nothing if it is malformed.
    fn rest(body: &[u8]) -> Option<&[u8]> {
        let of_size = |size: usize| {
            let mut framing = Framing::Chunked(Chunks::new(64));
            let mut at = 0;
            for piece in body.chunks(size) {
                let taken = framing.take(piece).ok()?;
                at += taken;
                if framing.is_over() {
                    break;
                }
                if taken < piece.len() {
                    assert_eq!(framing.take(&piece[taken..]), Err(Malformed));
                    return None;
                }
            }
            framing.is_over().then_some(at)
        };
        let whole = of_size(body.len());
        assert!((1..body.len()).all(|size| of_size(size) == whole), "{}", body.escape_ascii());
        body.get(whole?..)
    }

    #[test]
    fn chunks_end() {
        assert_eq!(rest(b"0\r\n\r\n"), Some(&b""[..]));
        assert_eq!(rest(b"3\r\nabc\r\n0\r\n\r\nGET"), Some(&b"GET"[..]));
        assert_eq!(rest(b"3;x=y;z=\"q\"\r\nabc\r\n00\r\nx-t: 1\r\ny: 2\r\n\r\nG"), Some(&b"G"[..]));
        assert_eq!(rest(b"A\r\n0123456789\r\n0 ;x\r\n\r\n"), Some(&b""[..]));
    }

    #[test]
    fn malformed_chunks() {
        for body in [
            &b"\r\n"[..],
            b"3\nabc\r\n0\r\n\r\n",
            b"3\r\nabcd\r\n0\r\n\r\n",
            b"3\r\nabc\n0\r\n\r\n",
            b"x\r\n",
            b"+3\r\nabc\r\n0\r\n\r\n",
            b"0x3\r\nabc\r\n0\r\n\r\n",
            b"-1\r\n",
            b"10000000000000000\r\n",
            b"3;a\nb\r\nabc\r\n0\r\n\r\n",
            b"0\r\n\n",
            b"0\r\nx: 1\n\r\n",
            b"0\r\nx: \0\r\n\r\n",
            b"0\r\nx: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n\r\n",
        ] {
            assert_eq!(rest(body), None, "{}", body.escape_ascii());
        }
        let mut long = b"3;".to_vec();
        long.resize(2000, b'x');
        assert_eq!(rest(&long), None);
    }

    #[test]
    fn lengths_end() {
        let mut framing = Framing::Length(5);
        assert_eq!(framing.take(b"abc"), Ok(3));
        assert_eq!((framing.take(b"deGET"), framing.is_over()), (Ok(2), true));
    }
}

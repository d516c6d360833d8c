//! A line for each response, in the common format of servers or as JSON, on standard output.

use core::fmt::Write as _;
use core::time::Duration;
use std::time::UNIX_EPOCH;

use crate::stdio::Standard;
use crate::streams::OutputStream;

/// The form of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The common format, with the request's number, the microseconds that it took and whether it is whole at the end.
    Common,
    /// An object of JSON.
    Json,
}

/// The contents of a line.
pub struct Line<'l> {
    /// The number of the request, which the guest's own lines have too.
    pub number: u64,
    /// The client's address without its port.
    pub client: &'l str,
    /// The moment of the response's end, in seconds since 1970.
    pub seconds: u64,
    /// The method of the request.
    pub method: &'l str,
    /// The target of the request.
    pub target: &'l str,
    /// The version of the protocol, such as `HTTP/1.1`.
    pub version: &'l str,
    /// The status of the response.
    pub status: u16,
    /// The bytes of the response's body.
    pub bytes: u64,
    /// The time since the request's head, in microseconds.
    pub microseconds: u64,
    /// True if the response was sent to its end.
    pub is_whole: bool,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Line<'_> {
    /// Writes the line to standard output.
    pub fn write(&self, form: Form) {
        let text = match form {
            Form::Common => self.common(),
            Form::Json => self.json(),
        };
        // Nobody reads it: the server goes on.
        let _ = Standard::Output.write(text.as_bytes());
    }

    fn common(&self) -> String {
        let Date { year, month, day, time } = Date::of(self.seconds);
        let Line { number, client, status, bytes, microseconds, version, .. } = self;
        let (method, target) = (quoted(self.method), quoted(self.target));
        let end = if self.is_whole { "whole" } else { "cut" };
        format!(
            "{client} - - [{day}/{month}/{year}:{time} +0000] \
             \"{method} {target} {version}\" {status} {bytes} {number} {microseconds} {end}\n"
        )
    }

    fn json(&self) -> String {
        let date = Date::of(self.seconds);
        let (month, Date { year, day, time, .. }) = (date.month_number(), &date);
        let Line { number, client, status, bytes, microseconds, version, is_whole, .. } = self;
        let (method, target) = (quoted(self.method), quoted(self.target));
        format!(
            "{{\"request\":{number},\"time\":\"{year}-{month:02}-{day}T{time}Z\",\
             \"client\":\"{client}\",\"method\":\"{method}\",\"target\":\"{target}\",\"version\":\"{version}\",\
             \"status\":{status},\"bytes\":{bytes},\"microseconds\":{microseconds},\"whole\":{is_whole}}}\n"
        )
    }
}

/// Text between quotation marks, of JSON and of the common format alike: what ends or moves a line is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
    }
    quoted
}

/// A moment of the Gregorian calendar, in text.
struct Date {
    year: String,
    /// The name of the month, of three letters.
    month: String,
    day: String,
    /// Hours, minutes and seconds.
    time: String,
}

impl Date {
    /// The date of a moment in seconds since 1970, from the library's text (RFC 9110, 5.6.7).
    fn of(seconds: u64) -> Date {
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let mut words = text.split(' ').skip(1).map(String::from);
        let mut next = || words.next().unwrap_or_default();
        let (day, month, year, time) = (next(), next(), next(), next());
        Date { year, month, day, time }
    }

    fn month_number(&self) -> usize {
        MONTHS.iter().position(|month| *month == self.month).map_or(0, |index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line<'static> = Line {
        number: 7,
        client: "127.0.0.1",
        seconds: 1_796_000_000,
        method: "GET",
        target: "/a\"b\u{e4}",
        version: "HTTP/1.1",
        status: 200,
        bytes: 13,
        microseconds: 55,
        is_whole: true,
    };

    #[test]
    fn lines_of_both_forms() {
        let common = "127.0.0.1 - - [30/Nov/2026:00:53:20 +0000] \"GET /a\\\"b\\u00e4 HTTP/1.1\" 200 13 7 55 whole\n";
        assert_eq!(LINE.common(), common);
        let json = "{\"request\":7,\"time\":\"2026-11-30T00:53:20Z\",\"client\":\"127.0.0.1\",\"method\":\"GET\",\
                    \"target\":\"/a\\\"b\\u00e4\",\"version\":\"HTTP/1.1\",\"status\":200,\"bytes\":13,\
                    \"microseconds\":55,\"whole\":true}\n";
        assert_eq!(LINE.json(), json);
    }
}

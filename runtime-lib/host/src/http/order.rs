//! The order of a head's lines on the wire.
//!
//! The library has the fields of a message in a map, which keeps lines of one name together. Where a guest has others between
//! them, the head gets a mark, by which it is found below the library and put in order: over HTTP/1 here, over HTTP/2 in
//! [`frames`](super::frames). All other heads go out as the library writes them.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::field_list::FieldList;

/// The name of the mark: guests can't set such a field, and it has a meaning only in an upgrade, which there is none of.
const MARK: HeaderName = HeaderName::from_static("http2-settings");
/// The mark in a head of HTTP/1, without its value.
const MARK_LINE: &[u8] = b"\r\nhttp2-settings: ";
/// The digits of a mark's number. The code of each in HPACK is itself in five bits (RFC 7541, Appendix B).
const DIGITS: &[u8; 10] = b"012aceiost";
/// The number of digits: forty bits, which are whole bytes.
const DIGITS_COUNT: usize = 8;
/// The bytes of a mark's value in HPACK.
pub const CODED_BYTES: usize = 5;
/// The most heads that wait, of which some are never sent: more than there are streams at once.
const WAITING_MAX: usize = 256;
const END: &[u8] = b"\r\n\r\n";

/// The order of lines that a map can't keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The names in the order of the lines.
    names: Vec<HeaderName>,
    /// For each line as the map has them, its place.
    places: Vec<usize>,
}

/// The heads of a connection that are to be put in order.
#[derive(Default)]
pub struct Orders {
    next: Cell<u32>,
    waiting: RefCell<VecDeque<(u32, Order)>>,
}

impl Order {
    /// The order of a list of fields, which a map has put into another one; none if it has the same.
    fn of(list: &FieldList, map: &HeaderMap) -> Option<Order> {
        if map.keys_len() == map.len() {
            return None;
        }
        let names: Vec<HeaderName> = list.iter().map(|(name, _)| name.clone()).collect();
        let mut firsts = HashMap::with_capacity(map.keys_len());
        for (place, name) in names.iter().enumerate() {
            firsts.entry(name).or_insert(place);
        }
        let mut places: Vec<usize> = (0..names.len()).collect();
        places.sort_by_key(|&place| names.get(place).and_then(|name| firsts.get(name)));
        if places.is_sorted() { None } else { Some(Order { names, places }) }
    }

    /// Puts lines in order that are in the map's: those beyond the list stay behind it. Returns none if some are missing.
    pub fn arrange<'l>(&self, lines: &[&'l [u8]]) -> Option<Vec<&'l [u8]>> {
        let (listed, others) = lines.split_at_checked(self.places.len())?;
        let mut arranged: Vec<&[u8]> = vec![&[]; listed.len()];
        for (line, &place) in listed.iter().zip(&self.places) {
            *arranged.get_mut(place)? = line;
        }
        arranged.extend(others);
        Some(arranged)
    }

    /// Puts lines of HTTP/1 in order by their names, since the library leaves some out: those of other names come last.
    fn arrange_by_name<'l>(&self, lines: impl Iterator<Item = &'l [u8]>) -> Vec<&'l [u8]> {
        let mut by_name: HashMap<&[u8], VecDeque<(usize, &[u8])>> = HashMap::new();
        for (number, line) in lines.enumerate() {
            let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
            by_name.entry(name).or_default().push_back((number, line));
        }
        let named = self.names.iter().filter_map(|name| by_name.get_mut(name.as_str().as_bytes())?.pop_front());
        let mut arranged: Vec<&[u8]> = named.map(|(_, line)| line).collect();
        let mut others: Vec<(usize, &[u8])> = by_name.into_values().flatten().collect();
        others.sort_by_key(|&(number, _)| number);
        arranged.extend(others.into_iter().map(|(_, line)| line));
        arranged
    }
}

impl Orders {
    /// The fields of a head as the library has them, with a mark if their order has to be mended. None if there are more than
    /// it can have.
    pub fn map_of(&self, list: &FieldList) -> Option<HeaderMap> {
        let map = list.to_map()?;
        match Order::of(list, &map) {
            None => Some(map),
            Some(order) => self.mark(map, order),
        }
    }

    fn mark(&self, fields: HeaderMap, order: Order) -> Option<HeaderMap> {
        let number = self.next.replace(self.next.get().wrapping_add(1)) % 10u32.pow(DIGITS_COUNT as u32);
        let mut map = HeaderMap::try_with_capacity(fields.len() + 1).ok()?;
        map.try_insert(MARK, value_of(number)?).ok()?;
        map.extend(fields);
        // So HPACK refers to no entry of its table that one of these lines makes.
        map.values_mut().for_each(|value| value.set_sensitive(true));
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back((number, order));
        Some(map)
    }

    /// Returns true if no head waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    fn take(&self, number: u32) -> Option<Order> {
        let mut waiting = self.waiting.borrow_mut();
        let at = waiting.iter().position(|(present, _)| *present == number)?;
        waiting.remove(at).map(|(_, order)| order)
    }

    /// The order for the mark with this value in HPACK.
    pub fn take_coded(&self, coded: &[u8; CODED_BYTES]) -> Option<Order> {
        let bits = coded.iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
        let digits = (0..DIGITS_COUNT).rev().map(|digit| (bits >> (5 * digit)) as u32 & 31);
        self.take(digits.fold(0u32, |number, digit| number.wrapping_mul(10).wrapping_add(digit)))
    }

    /// Puts a head of HTTP/1 in order that is at the beginning of what the library writes, behind other heads at most. Returns
    /// the bytes of the library up to its end, and those to send in their place; none if there is no head with a mark.
    pub fn arranged(&self, written: &[u8]) -> Option<(usize, Vec<u8>)> {
        if self.is_empty() {
            return None;
        }
        let mark = find(written, MARK_LINE)?;
        let (before, rest) = written.split_at_checked(mark)?;
        let (value, _) = rest.get(MARK_LINE.len()..)?.split_at_checked(DIGITS_COUNT)?;
        let begin = MARK_LINE.len() + DIGITS_COUNT;
        let end = find(rest, END)?;
        let order = self.take(number_of(value)?)?;
        let lines = rest.get(begin..end).unwrap_or_default().split(|&byte| byte == b'\n').skip(1);
        let lines = order.arrange_by_name(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)));
        let mut own = before.to_vec();
        for line in lines {
            own.extend_from_slice(b"\r\n");
            own.extend_from_slice(line);
        }
        own.extend_from_slice(END);
        Some((mark + end + END.len(), own))
    }
}

fn value_of(number: u32) -> Option<HeaderValue> {
    let digit = |place: usize| DIGITS.get((number / 10u32.pow(place as u32) % 10) as usize).copied();
    let text: Option<Vec<u8>> = (0..DIGITS_COUNT).rev().map(digit).collect();
    HeaderValue::from_bytes(&text?).ok()
}

fn number_of(value: &[u8]) -> Option<u32> {
    let digit = |byte: &u8| DIGITS.iter().position(|digit| digit == byte);
    value.iter().try_fold(0, |number, byte| Some(number * 10 + digit(byte)? as u32))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> FieldList {
        let mut list = FieldList::default();
        for (place, name) in names.iter().enumerate() {
            list.push(name.parse().unwrap(), HeaderValue::from(place));
        }
        list
    }

    /// Writes a head as the library does.
    fn written(map: &HeaderMap) -> String {
        let line = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}\r\n", value.to_str().unwrap());
        format!("HTTP/1.1 200 OK\r\n{}date: now\r\n\r\n", map.iter().map(line).collect::<String>())
    }

    #[test]
    fn only_mixed_names_get_a_mark() {
        let orders = Orders::default();
        for names in [&["b", "a"][..], &["b", "b", "a", "a"], &["a"], &[]] {
            assert!(!orders.map_of(&list(names)).unwrap().contains_key(MARK), "{names:?}");
        }
        assert!(orders.is_empty() && orders.arranged(b"HTTP/1.1 200 OK\r\n\r\n").is_none());
    }

    #[test]
    fn heads_are_put_in_order() {
        let orders = Orders::default();
        for round in 0..3 {
            let names = ["b", "a", "b", "c", "a"];
            let map = orders.map_of(&list(&names)).unwrap();
            let text = format!("HTTP/1.1 100 Continue\r\n\r\n{}rest", written(&map));
            let (taken, own) = orders.arranged(text.as_bytes()).unwrap();
            assert_eq!(&text[taken..], "rest", "{round}");
            assert_eq!(
                String::from_utf8(own).unwrap(),
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nb: 0\r\na: 1\r\nb: 2\r\nc: 3\r\na: 4\r\ndate: now\r\n\r\n"
            );
        }
        assert!(orders.is_empty());
    }

    #[test]
    fn marks_are_numbers() {
        for number in [0, 1, 42, 99_999_999] {
            assert_eq!(number_of(value_of(number).unwrap().as_bytes()), Some(number));
        }
        let orders = Orders::default();
        (0..WAITING_MAX + 10).for_each(|_| _ = orders.map_of(&list(&["a", "b", "a"])).unwrap());
        assert_eq!(orders.waiting.borrow().len(), WAITING_MAX);
        // The digits 00000010, five bits each.
        assert!(orders.take_coded(&[0, 0, 0, 0, 32]).is_some() && orders.take_coded(&[0, 0, 0, 0, 32]).is_none());
    }
}

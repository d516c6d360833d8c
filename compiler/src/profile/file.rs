//! Profiles in files: reading, and writing what an executable's profile begins with.

use super::keys::Key;
use crate::error::{Error, Result, Stage};
use aot_abi::profile::{COUNTER_BYTES_MAX, Function, Head, MARK, VERSION};
use aot_abi::record::Record;

/// A profile that was read, of one run or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name of the file, for messages.
    pub name: String,
    /// The bytes of the file, which determine what it does.
    pub bytes: Vec<u8>,
    pub(super) keys: Vec<Key>,
    /// The counters of each function.
    pub(super) counters: Vec<Box<[u64]>>,
}

impl Profile {
    /// Reads a profile; `name` is for messages.
    ///
    /// # Errors
    /// The bytes aren't a profile of this version, or are damaged: the message names the place.
    pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Self> {
        let damage = |offset: usize, what: &str| {
            let help = "make the profile again: run the executable that --profile-generate makes";
            Error::input(Stage::Decode, format!("the profile {name} {what}"), help).at(offset as u64)
        };
        let Some((head, table)) = Head::split_from(&bytes).filter(|(head, _)| head.mark == MARK) else {
            return Err(damage(0, "is no profile of aot"));
        };
        if head.version != VERSION {
            let what = format!("has version {} of the format, and this aot reads version {VERSION}", head.version);
            return Err(damage(MARK.len(), &what));
        }
        let records = (head.functions as usize).checked_mul(Function::BYTES).and_then(|bytes| table.get(..bytes));
        let records = records.ok_or_else(|| damage(bytes.len(), "ends in its functions"))?;
        let functions = || records.chunks_exact(Function::BYTES).filter_map(Function::read);
        if functions().map(|function| u64::from(function.counters)).sum::<u64>() != u64::from(head.counters) {
            return Err(damage(Head::BYTES, "has functions with another number of counters than its head says"));
        }
        let mut reader = Reader { bytes: &bytes, position: Head::BYTES + records.len() };
        // Each counter has a byte at least.
        if head.counters as usize > bytes.len() - reader.position {
            return Err(damage(bytes.len(), "ends in its counters"));
        }
        let mut profile = Self { name: name.to_string(), bytes: Vec::new(), keys: Vec::new(), counters: Vec::new() };
        for function in functions() {
            let counters = (0..function.counters).map(|_| reader.counter());
            let counters = counters.collect::<std::result::Result<_, _>>();
            profile.counters.push(counters.map_err(|(offset, what)| damage(offset, what))?);
            profile.keys.push(Key { structure: function.structure, name: function.name });
        }
        let end = reader.position;
        if end != bytes.len() {
            return Err(damage(end, "goes on behind its counters"));
        }
        profile.bytes = bytes;
        Ok(profile)
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    position: usize,
}

impl Reader<'_> {
    /// Reads a counter.
    ///
    /// # Errors
    /// Where it is that there is none, and why.
    fn counter(&mut self) -> std::result::Result<u64, (usize, &'static str)> {
        let start = self.position;
        let mut value = 0u64;
        for index in 0..COUNTER_BYTES_MAX {
            let byte = *self.bytes.get(self.position).ok_or((self.position, "ends in its counters"))?;
            self.position += 1;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * index);
            if shifted >> (7 * index) != bits {
                break;
            }
            value |= shifted;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err((start, "has a counter of more than 64 bits"))
    }
}

/// Returns a profile up to its counters, for functions with these keys and numbers of counters.
pub(super) fn table(functions: &[(Key, u32)]) -> Vec<u8> {
    let counters = functions.iter().map(|(_, counters)| counters).sum();
    let head = Head { mark: MARK, version: VERSION, functions: functions.len() as u32, counters };
    let mut bytes = vec![0; Head::BYTES];
    head.write(&mut bytes);
    for (Key { structure, name }, counters) in functions {
        let mut record = [0; Function::BYTES];
        Function { structure: *structure, name: *name, counters: *counters }.write(&mut record);
        bytes.extend_from_slice(&record);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: [(Key, u32); 2] = [(Key { structure: 1, name: 2 }, 2), (Key { structure: 3, name: 0 }, 1)];

    fn whole() -> Vec<u8> {
        [table(&FUNCTIONS), vec![0x05, 0x80, 0x01]].concat().into_iter().chain([0x00]).collect()
    }

    fn error(bytes: Vec<u8>) -> String {
        Profile::parse("p", bytes).unwrap_err().to_string()
    }

    #[test]
    fn counters_are_those_of_their_functions() {
        let profile = Profile::parse("p", whole()).unwrap();
        assert_eq!(profile.keys, FUNCTIONS.map(|(key, _)| key));
        assert_eq!(profile.counters, [Box::from([5, 128]), Box::from([0])]);
    }

    #[test]
    fn every_beginning_of_a_profile_is_refused() {
        let whole = whole();
        for length in 0..whole.len() {
            assert!(error(whole[..length].to_vec()).contains("the profile p"), "{length} bytes");
        }
        assert!(error(whole[..whole.len() - 1].to_vec()).contains("ends in its counters"));
        assert!(error([whole, vec![0]].concat()).contains("goes on behind its counters"));
    }

    #[test]
    fn damage_is_named_with_its_place() {
        let changed = |index: usize, byte: u8| {
            let mut bytes = whole();
            bytes[index] = byte;
            error(bytes)
        };
        assert!(changed(0, b'b').contains("is no profile of aot"));
        assert!(changed(8, 9).contains("has version 9 of the format"));
        assert!(changed(12, 9).contains("ends in its functions"));
        assert!(changed(16, 9).contains("another number of counters"));
        let long = [table(&FUNCTIONS[1..]), vec![0xff; 10]].concat();
        assert!(error(long).contains("a counter of more than 64 bits\n  at offset 0x24"));
    }
}

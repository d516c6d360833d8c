//! Conversion of the contract's records to bytes.

use aot_abi::record::Record;

/// Returns the bytes of one record.
pub(super) fn bytes_of<R: Record>(record: &R) -> Vec<u8> {
    let mut bytes = vec![0; R::BYTES];
    record.write(&mut bytes);
    bytes
}

/// A table of the contract: one record after another.
pub(super) struct Table<R> {
    bytes: Vec<u8>,
    count: u32,
    record: std::marker::PhantomData<R>,
}

impl<R: Record> Table<R> {
    /// Makes an empty table.
    pub fn new() -> Self {
        Self { bytes: Vec::new(), count: 0, record: std::marker::PhantomData }
    }

    /// Appends a record.
    pub fn push(&mut self, record: R) {
        let start = self.bytes.len();
        self.bytes.resize(start + R::BYTES, 0);
        record.write(&mut self.bytes[start..]);
        self.count += 1;
    }

    /// Returns the number of records.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Returns the records as bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl<R: Record> FromIterator<R> for Table<R> {
    fn from_iter<I: IntoIterator<Item = R>>(records: I) -> Self {
        let mut table = Self::new();
        records.into_iter().for_each(|record| table.push(record));
        table
    }
}

/// Returns numbers as little-endian bytes: a table whose records have one field.
pub(super) fn words(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

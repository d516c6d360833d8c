//! A set of ports.

/// Number of ports of a word.
const WORD: usize = u64::BITS as usize;

/// A set of ports.
pub struct Ports([u64; (u16::MAX as usize + 1) / WORD]);

impl Ports {
    /// The ports of these ranges, each with its first and its last.
    pub fn new(ranges: impl Iterator<Item = (u16, u16)>) -> Ports {
        let mut ports = Ports([0; (u16::MAX as usize + 1) / WORD]);
        for (first, last) in ranges {
            for port in first..=last {
                ports.0[usize::from(port) / WORD] |= 1 << (usize::from(port) % WORD);
            }
        }
        ports
    }

    /// The number of ports.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The ports, in order.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        let words = self.0.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(index, word)| {
            (0..WORD).filter(move |bit| word & (1 << bit) != 0).map(move |bit| (index * WORD + bit) as u16)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_there_once() {
        let ports = Ports::new([(443, 443), (80, 82), (443, 443), (65_535, 65_535), (9, 8)].into_iter());
        assert_eq!(ports.iter().collect::<Vec<_>>(), [80, 81, 82, 443, 65_535]);
        assert_eq!(ports.count(), 5);
        assert_eq!(Ports::new([(0, 65_535)].into_iter()).count(), 65_536);
    }
}

//! Intervals of integers, for values of at most 32 bits.
//!
//! A value of `n` bits *is of* an interval if it equals some integer of the interval modulo 2ⁿ. So sums, differences and products are
//! those of integers and never wrap, and a counter from -8 to 0 is of [-8, 0]. To compare, shift right or extend, one asks
//! for the value as an unsigned or a signed number.

/// Greatest distance of a bound from zero: products of two such bounds fit in 128 bits, and no value of 32 bits needs more.
const BOUND_MAX: i64 = 1 << 40;

/// The integers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub low: i64,
    pub high: i64,
}

impl Interval {
    /// Returns the interval between two integers.
    pub fn new(low: i64, high: i64) -> Self {
        Self { low, high }
    }

    /// Returns the unsigned numbers of so many bits, of which every value of this width is.
    pub fn of_bits(bits: u32) -> Self {
        Self { low: 0, high: (1 << bits) - 1 }
    }

    /// Returns the smallest interval around two.
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Returns true if all integers of the interval are unsigned numbers of so many bits.
    pub fn is_unsigned(self, bits: u32) -> bool {
        self.low >= 0 && self.high < 1 << bits
    }

    /// Returns the interval of the unsigned numbers that values of this interval are.
    pub fn unsigned(self, bits: u32) -> Self {
        let modulus = 1_i64 << bits;
        let shift = self.low.div_euclid(modulus) * modulus;
        let moved = Self { low: self.low - shift, high: self.high - shift };
        if moved.is_unsigned(bits) { moved } else { Self::of_bits(bits) }
    }

    /// Returns the interval of the signed numbers that values of this interval are.
    pub fn signed(self, bits: u32) -> Self {
        let half = 1_i64 << (bits - 1);
        let Self { low, high } = Self { low: self.low + half, high: self.high + half }.unsigned(bits);
        Self { low: low - half, high: high - half }
    }

    /// Returns the sums of two integers.
    pub fn add(self, other: Self) -> Option<Self> {
        Self { low: self.low + other.low, high: self.high + other.high }.bounded()
    }

    /// Returns the differences of two integers.
    pub fn sub(self, other: Self) -> Option<Self> {
        Self { low: self.low - other.high, high: self.high - other.low }.bounded()
    }

    /// Returns the products of two integers.
    pub fn mul(self, other: Self) -> Option<Self> {
        let ends = [(self.low, other.low), (self.low, other.high), (self.high, other.low), (self.high, other.high)];
        let products = ends.map(|(left, right)| left.checked_mul(right));
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for product in products {
            low = low.min(product?);
            high = high.max(product?);
        }
        Self { low, high }.bounded()
    }

    /// Returns the interval, unless a bound is too far from zero to go on with.
    fn bounded(self) -> Option<Self> {
        (self.low >= -BOUND_MAX && self.high <= BOUND_MAX).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_values() {
        let interval = Interval::new;
        assert_eq!(interval(-8, -1).unsigned(8), interval(248, 255));
        assert_eq!(interval(-8, 0).unsigned(8), interval(0, 255));
        assert_eq!(interval(250, 255).signed(8), interval(-6, -1));
        assert_eq!(interval(100, 200).signed(8), interval(-128, 127));
        assert_eq!(interval(256, 300).unsigned(8), interval(0, 44));
        assert_eq!(interval(-2, 3).mul(interval(-5, 7)), Some(interval(-15, 21)));
        assert_eq!(interval(1, 2).sub(interval(0, 5)), Some(interval(-4, 2)));
        assert_eq!(interval(0, BOUND_MAX).add(interval(0, 1)), None);
    }
}

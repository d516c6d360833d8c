//! Polynomials with integer coefficients whose terms have at most two factors, and the intervals of their values.
//!
//! Every operation that could exceed the bounds of 128 bits or of the number of terms returns `None`: nothing is proved then.

use cranelift_entity::entity_impl;

/// An integer that a polynomial is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Atom(u32);
entity_impl!(Atom);

impl Atom {
    /// The number 1, as the factor that is missing.
    pub const ONE: Self = Self(0);
}

/// The product of two atoms, the smaller first.
pub type Monomial = [Atom; 2];

/// An interval of integers, with both ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The least integer.
    pub low: i128,
    /// The greatest integer.
    pub high: i128,
}

/// Maximum number of terms.
const TERMS_MAX: usize = 24;

/// A sum of products, each with a coefficient that isn't 0. Sorted, so that equal polynomials are the same.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Polynomial(Vec<(Monomial, i128)>);

impl Polynomial {
    /// Returns the polynomial that is a number.
    pub fn constant(number: i128) -> Self {
        Self::term([Atom::ONE; 2], number)
    }

    /// Returns the polynomial that is an atom.
    pub fn atom(atom: Atom) -> Self {
        Self::term([Atom::ONE, atom], 1)
    }

    /// Returns the polynomial of one term.
    pub fn term(monomial: Monomial, coefficient: i128) -> Self {
        Self(if coefficient == 0 { Vec::new() } else { vec![(monomial, coefficient)] })
    }

    /// Yields the terms.
    pub fn terms(&self) -> impl DoubleEndedIterator<Item = (Monomial, i128)> + ExactSizeIterator + '_ {
        self.0.iter().copied()
    }

    /// Returns the only term.
    pub fn only_term(&self) -> Option<(Monomial, i128)> {
        (self.0.len() == 1).then(|| self.0[0])
    }

    /// Returns the number that the polynomial is.
    pub fn number(&self) -> Option<i128> {
        match *self.0 {
            [] => Some(0),
            [([Atom::ONE, Atom::ONE], number)] => Some(number),
            _ => None,
        }
    }

    /// Returns the sum of two polynomials.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        self.plus_scaled(other, 1)
    }

    /// Returns the sum of this and another polynomial times a number.
    pub fn plus_scaled(&self, other: &Self, factor: i128) -> Option<Self> {
        let mut sum = self.clone();
        for (monomial, coefficient) in other.terms() {
            sum.add_term(monomial, coefficient.checked_mul(factor)?)?;
        }
        (sum.0.len() <= TERMS_MAX).then_some(sum)
    }

    fn add_term(&mut self, monomial: Monomial, coefficient: i128) -> Option<()> {
        match self.0.binary_search_by_key(&monomial, |(monomial, _)| *monomial) {
            Ok(at) => {
                self.0[at].1 = self.0[at].1.checked_add(coefficient)?;
                if self.0[at].1 == 0 {
                    self.0.remove(at);
                }
            }
            Err(at) if coefficient != 0 => self.0.insert(at, (monomial, coefficient)),
            Err(_) => {}
        }
        Some(())
    }

    /// Returns the polynomial times a number.
    pub fn scaled(&self, factor: i128) -> Option<Self> {
        Self::default().plus_scaled(self, factor)
    }

    /// Returns the product of two polynomials, if none of its terms has three factors.
    pub fn times(&self, other: &Self) -> Option<Self> {
        let mut product = Self::default();
        for (left, by) in self.terms() {
            for (right, coefficient) in other.terms() {
                product.add_term(joined(left, right)?, by.checked_mul(coefficient)?)?;
            }
        }
        (product.0.len() <= TERMS_MAX).then_some(product)
    }

    /// Splits the polynomial into a multiple of a power of two, which is returned divided, and the terms that aren't.
    pub fn split(&self, bits: u32) -> (Self, Self) {
        let (multiples, others) = self.terms().partition(|(_, coefficient)| coefficient.trailing_zeros() >= bits);
        let multiples: Vec<_> = multiples;
        (Self(multiples.into_iter().map(|(monomial, by)| (monomial, by >> bits)).collect()), Self(others))
    }

    /// Returns the number of the lowest bits that are 0 in every coefficient.
    pub fn trailing_zeros(&self) -> u32 {
        self.terms().map(|(_, coefficient)| coefficient.trailing_zeros()).min().unwrap_or(i128::BITS)
    }

    /// Returns the polynomial whose coefficients are the remainders modulo 2⁶⁴.
    pub fn modulo_2_64(&self) -> Self {
        let terms = self.terms().map(|(monomial, coefficient)| (monomial, coefficient & i128::from(u64::MAX)));
        Self(terms.filter(|(_, coefficient)| *coefficient != 0).collect())
    }

    /// Returns an interval of which the value is, from those of the atoms.
    pub fn bounds(&self, of: impl Fn(Atom) -> Bounds) -> Option<Bounds> {
        let mut sum = Bounds { low: 0, high: 0 };
        for ([one, other], coefficient) in self.terms() {
            let term = of(one).times(of(other))?.times(Bounds { low: coefficient, high: coefficient })?;
            sum = Bounds { low: sum.low.checked_add(term.low)?, high: sum.high.checked_add(term.high)? };
        }
        Some(sum)
    }
}

impl Bounds {
    /// Returns the interval of the integers from 0 to the greatest of so many bits.
    pub fn of_bits(bits: u32) -> Self {
        Self { low: 0, high: (1 << bits) - 1 }
    }

    /// Returns true if all integers of this interval are of the other.
    pub fn are_within(self, other: Self) -> bool {
        other.low <= self.low && self.high <= other.high
    }

    fn times(self, other: Self) -> Option<Self> {
        let mut bounds: Option<Self> = None;
        for left in [self.low, self.high] {
            for right in [other.low, other.high] {
                let product = left.checked_mul(right)?;
                let known = bounds.unwrap_or(Self { low: product, high: product });
                bounds = Some(Self { low: known.low.min(product), high: known.high.max(product) });
            }
        }
        bounds
    }
}

/// Returns the product of two monomials, if it has at most two factors.
fn joined(left: Monomial, right: Monomial) -> Option<Monomial> {
    match (left, right) {
        ([Atom::ONE, Atom::ONE], other) | (other, [Atom::ONE, Atom::ONE]) => Some(other),
        ([Atom::ONE, one], [Atom::ONE, other]) => Some([one.min(other), one.max(other)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(number: u32) -> Polynomial {
        Polynomial::atom(Atom(number))
    }

    #[test]
    fn products_are_those_of_sums() {
        let sum = atom(1).plus(&atom(2)).unwrap();
        let difference = atom(1).plus_scaled(&atom(2), -1).unwrap();
        let squares = atom(1).times(&atom(1)).unwrap().plus_scaled(&atom(2).times(&atom(2)).unwrap(), -1);
        assert_eq!(sum.times(&difference), squares);
        assert_eq!(squares.unwrap().times(&sum), None, "three factors");
    }

    #[test]
    fn bounds_hold_at_the_edges() {
        let of = |atom: Atom| if atom == Atom::ONE { Bounds { low: 1, high: 1 } } else { Bounds::of_bits(32) };
        let product = atom(1).times(&atom(2)).unwrap();
        let two_more = product.plus_scaled(&atom(3), 2).unwrap();
        assert_eq!(two_more.bounds(of), Some(Bounds::of_bits(64)));
        assert_eq!(atom(1).scaled(-3).unwrap().bounds(of), Some(Bounds { low: -3 * 0xffff_ffff, high: 0 }));
        assert_eq!(product.scaled(i128::MAX).unwrap().bounds(of), None);
    }

    #[test]
    fn a_polynomial_splits_into_multiples_and_others() {
        let sum = atom(1).scaled(-8).unwrap().plus_scaled(&atom(2), 12).unwrap();
        assert_eq!(sum.split(3), (atom(1).scaled(-1).unwrap(), atom(2).scaled(12).unwrap()));
        assert_eq!(sum.trailing_zeros(), 2);
    }
}

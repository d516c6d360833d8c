//! Proofs that a sum is the upper half of a product, or a value its lower half (docs/decisions/0018-wide-arithmetic.md).
//!
//! A product `a·b` is `2⁶⁴·h + l` for exactly one `h` and one `l` of 64 bits. So a sum is the upper half if `a·b − 2⁶⁴·sum`
//! is of the interval of 64 bits, where the sum may be taken modulo 2⁶⁴.

use super::forms::{Forms, Halved, Origin};
use super::polynomial::{Atom, Bounds, Monomial, Polynomial};
use std::collections::HashSet;

/// Maximum number of steps of a proof.
const STEPS_MAX: u32 = 32;

/// The two factors of a product.
pub type Factors = [Halved; 2];

/// Returns true if a sum, taken modulo 2⁶⁴, is the upper half of a product.
pub fn is_upper_half(forms: &Forms, factors: &Factors, sum: &Polynomial) -> Option<bool> {
    let base = base(factors);
    let mut rest = product(factors)?;
    for (monomial, coefficient) in sum.modulo_2_64().terms() {
        let coefficient = if coefficient >> 63 == 0 { coefficient } else { coefficient - (1 << 64) };
        rest = rest.plus(&Polynomial::term(monomial, coefficient.checked_mul(-1 << 64)?))?;
    }
    for _ in 0..STEPS_MAX {
        let Some(next) = without_quotient(forms, &base, &rest) else { break };
        rest = next?;
    }
    Some(forms.bounds(&rest)?.are_within(Bounds::of_bits(64)))
}

/// Replaces the latest quotient by what it is the quotient of, if its coefficient allows. `None` if there is no such.
fn without_quotient(forms: &Forms, base: &HashSet<Atom>, polynomial: &Polynomial) -> Option<Option<Polynomial>> {
    let quotients = polynomial.terms().filter_map(|(monomial, coefficient)| {
        let Origin::Quotient(number) = forms.origin(single(monomial, base)?) else { return None };
        let is_divisible = coefficient.trailing_zeros() >= forms.division(number).bits;
        is_divisible.then_some((number, coefficient))
    });
    let (number, coefficient) = quotients.max_by_key(|(number, _)| *number)?;
    let division = forms.division(number);
    let replace = || {
        let without = polynomial.plus_scaled(&Polynomial::atom(division.quotient), -coefficient)?;
        let difference = division.dividend.plus_scaled(&division.remainder, -1)?;
        without.plus_scaled(&difference, coefficient >> division.bits)
    };
    Some(replace())
}

/// Returns the form modulo 2⁶⁴ that is the same for all ways to compute a lower half: without the remainders of divisions.
/// `base` are the atoms that the halves of factors are made of.
pub fn lower_half(forms: &Forms, base: &HashSet<Atom>, value: &Polynomial) -> Option<Polynomial> {
    let mut rest = value.modulo_2_64();
    for _ in 0..STEPS_MAX {
        let remainders = rest.terms().filter_map(|(monomial, coefficient)| {
            let Origin::Remainder(number) = forms.origin(single(monomial, base)?) else { return None };
            Some((number, coefficient))
        });
        let Some((number, coefficient)) = remainders.max_by_key(|(number, _)| *number) else { break };
        let division = forms.division(number);
        let multiple = Polynomial::term([Atom::ONE, division.quotient], -1_i128.checked_shl(division.bits)?);
        let without = rest.plus_scaled(&division.remainder, -coefficient)?;
        let reduced = division.dividend.plus(&multiple)?.modulo_2_64();
        rest = without.plus_scaled(&reduced, coefficient)?.modulo_2_64();
    }
    Some(rest)
}

/// Returns the atoms that the halves of two factors are made of, which stay as they are.
pub fn base(factors: &Factors) -> HashSet<Atom> {
    let lows = factors.iter().flat_map(|factor| factor.low.terms()).flat_map(|(monomial, _)| monomial);
    lows.chain(factors.iter().map(|factor| factor.high)).collect()
}

/// Returns the product of two factors as a polynomial in their halves.
pub fn product(factors: &Factors) -> Option<Polynomial> {
    let [left, right] =
        factors.each_ref().map(|factor| factor.low.plus(&Polynomial::term([Atom::ONE, factor.high], 1 << 32)));
    left?.times(&right?)
}

/// Returns the only factor of a monomial, if it isn't of `base`.
fn single(monomial: Monomial, base: &HashSet<Atom>) -> Option<Atom> {
    match monomial {
        [Atom::ONE, atom] if atom != Atom::ONE && !base.contains(&atom) => Some(atom),
        _ => None,
    }
}

/// Returns true if all atoms of a polynomial are made of those of `base` by divisions, and none is a remainder besides
/// them: upper halves are sums of quotients and products.
pub fn is_of(forms: &Forms, base: &HashSet<Atom>, polynomial: &Polynomial) -> bool {
    let is_part = |atom: Atom| match forms.origin(atom) {
        _ if atom == Atom::ONE || base.contains(&atom) => true,
        Origin::Quotient(number) => is_made_of(forms, base, &forms.division(number).dividend, STEPS_MAX),
        Origin::Basic | Origin::Remainder(_) => false,
    };
    polynomial.terms().all(|(monomial, _)| monomial.into_iter().all(is_part))
}

fn is_made_of(forms: &Forms, base: &HashSet<Atom>, polynomial: &Polynomial, depth: u32) -> bool {
    let is_part = |atom: Atom| match forms.origin(atom) {
        _ if atom == Atom::ONE || base.contains(&atom) => true,
        Origin::Quotient(number) | Origin::Remainder(number) => {
            depth > 0 && is_made_of(forms, base, &forms.division(number).dividend, depth - 1)
        }
        Origin::Basic => false,
    };
    polynomial.terms().all(|(monomial, _)| monomial.into_iter().all(is_part))
}

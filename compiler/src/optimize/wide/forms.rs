//! Forms of values: the polynomial that each integer of a function is, exactly and not modulo a power of two.
//!
//! Atoms are the halves of values that aren't looked into, and the quotients and remainders of divisions by powers of two.
//! Shifts, masks, sums that wrap and their carries are all such divisions, so that what a compiler writes for one of them
//! has the same form as what another writes. The quotient and the remainder of one division are two atoms that an equation
//! connects: the dividend is 2ᵏ times the quotient, plus the remainder.

use super::polynomial::{Atom, Bounds, Polynomial};
use crate::optimize::ranges::data;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstructionData, Opcode, Type, Value, types};
use cranelift_entity::PrimaryMap;
use std::collections::HashMap;

/// Maximum number of remainders that are replaced in a sum.
const STEPS_MAX: u32 = 32;
/// Maximum number of values between a value and those that its form is made of.
const DEPTH_MAX: u32 = 24;

/// The forms of a function's values, as far as they have been computed.
pub struct Forms {
    atoms: PrimaryMap<Atom, AtomPlan>,
    of_values: HashMap<Value, Polynomial>,
    divisions: Vec<Division>,
    by_dividend: HashMap<(Polynomial, u32), usize>,
}

struct AtomPlan {
    bounds: Bounds,
    origin: Origin,
}

/// The origin of an atom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A part of a value that isn't looked into, or 1.
    Basic,
    /// The quotient of the division with this number.
    Quotient(usize),
    /// The remainder of the division with this number.
    Remainder(usize),
}

/// A division by a power of two.
#[derive(Clone)]
pub struct Division {
    /// The polynomial that is divided.
    pub dividend: Polynomial,
    /// The number of bits that the remainder has.
    pub bits: u32,
    /// The quotient, rounded down.
    pub quotient: Atom,
    /// The remainder, not negative.
    pub remainder: Polynomial,
}

/// A value of 64 bits in two halves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Halved {
    /// The value.
    pub value: Value,
    /// The upper half of the value.
    pub high: Atom,
    /// Lower half of a value.
    pub low: Polynomial,
}

impl Default for Forms {
    fn default() -> Self {
        let mut atoms = PrimaryMap::new();
        atoms.push(AtomPlan { bounds: Bounds { low: 1, high: 1 }, origin: Origin::Basic });
        Self { atoms, of_values: HashMap::new(), divisions: Vec::new(), by_dividend: HashMap::new() }
    }
}

impl Forms {
    /// Returns what an atom is.
    pub fn origin(&self, atom: Atom) -> Origin {
        self.atoms[atom].origin
    }

    /// Returns the division with a number.
    pub fn division(&self, number: usize) -> &Division {
        &self.divisions[number]
    }

    /// Returns an interval of which a polynomial is.
    pub fn bounds(&self, polynomial: &Polynomial) -> Option<Bounds> {
        polynomial.bounds(|atom| self.atoms[atom].bounds)
    }

    /// Returns the form of a value of at most 64 bits: an unsigned number.
    pub fn of_value(&mut self, func: &Function, value: Value) -> Polynomial {
        self.within(func, value, 0)
    }

    /// Returns a value in halves, if its upper half is one atom.
    pub fn halves(&mut self, func: &Function, value: Value) -> Option<Halved> {
        let value = func.dfg.resolve_aliases(value);
        let form = self.of_value(func, value);
        let (high, low) = self.divide(&form, 32)?;
        match high.only_term()? {
            ([Atom::ONE, high], 1) if high != Atom::ONE => Some(Halved { value, high, low }),
            _ => None,
        }
    }

    fn within(&mut self, func: &Function, value: Value, depth: u32) -> Polynomial {
        let value = func.dfg.resolve_aliases(value);
        if let Some(known) = self.of_values.get(&value) {
            return known.clone();
        }
        let found = if depth == DEPTH_MAX { None } else { self.of_instruction(func, value, depth + 1) };
        let form = found.unwrap_or_else(|| self.opaque(func.dfg.value_type(value)));
        self.of_values.insert(value, form.clone());
        form
    }

    /// Returns the form of a value that isn't looked into.
    fn opaque(&mut self, ty: Type) -> Polynomial {
        let mut basic = |bits| {
            let bounds = Bounds::of_bits(bits);
            Polynomial::atom(self.atoms.push(AtomPlan { bounds, origin: Origin::Basic }))
        };
        match ty.bits() {
            64 => {
                let (low, high) = (basic(32), basic(32));
                low.plus_scaled(&high, 1 << 32).unwrap_or_default()
            }
            bits => basic(bits.min(64)),
        }
    }

    fn of_instruction(&mut self, func: &Function, value: Value, depth: u32) -> Option<Polynomial> {
        let ty = func.dfg.value_type(value);
        let inst = func.dfg.value_def(value).inst()?;
        if !func.dfg.inst_args(inst).iter().chain([&value]).all(|value| is_integer(func, *value)) {
            return None;
        }
        match func.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                Some(Polynomial::constant(i128::from(imm.bits()) & Bounds::of_bits(ty.bits()).high))
            }
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => Some(self.within(func, arg, depth)),
            InstructionData::Unary { opcode: Opcode::Ireduce, arg } => {
                let form = self.within(func, arg, depth);
                Some(self.divide(&form, ty.bits())?.1)
            }
            InstructionData::Binary { opcode, args } if ty == types::I64 || ty == types::I32 => {
                self.of_binary(func, opcode, args, depth)
            }
            InstructionData::IntCompare { cond, args, .. } => self.of_comparison(func, cond, args, depth),
            InstructionData::Ternary { opcode: Opcode::Select, args } => self.of_select(func, args, depth),
            _ => None,
        }
    }

    fn of_binary(&mut self, func: &Function, opcode: Opcode, args: [Value; 2], depth: u32) -> Option<Polynomial> {
        let bits = func.dfg.value_type(args[0]).bits();
        if !matches!(
            opcode,
            Opcode::Iadd
                | Opcode::Isub
                | Opcode::Imul
                | Opcode::Ishl
                | Opcode::Ushr
                | Opcode::Band
                | Opcode::Bor
                | Opcode::Bxor
        ) {
            return None;
        }
        let [left, right] = args.map(|arg| self.within(func, arg, depth));
        match opcode {
            Opcode::Iadd => self.wrapped(&left.plus(&right)?, bits),
            Opcode::Isub => self.wrapped(&left.plus_scaled(&right, -1)?, bits),
            Opcode::Imul => self.wrapped(&left.times(&right)?, bits),
            Opcode::Ishl => self.wrapped(&left.scaled(1 << amount(&right, bits)?)?, bits),
            Opcode::Ushr => Some(self.divide(&left, amount(&right, bits)?)?.0),
            Opcode::Band => self.masked(&left, &right).or_else(|| self.masked(&right, &left)),
            _ => self.disjoint(&left, &right).or_else(|| self.disjoint(&right, &left)),
        }
    }

    /// Returns the form of the lower bits of a value, if the mask is such.
    fn masked(&mut self, value: &Polynomial, mask: &Polynomial) -> Option<Polynomial> {
        let limit = mask.number()?.checked_add(1)?;
        if limit.count_ones() != 1 {
            return None;
        }
        Some(self.divide(value, limit.trailing_zeros())?.1)
    }

    /// Returns the form of two values of which no bit is set in both, where one is shifted past the other.
    fn disjoint(&mut self, shifted: &Polynomial, other: &Polynomial) -> Option<Polynomial> {
        let is_below = self.bounds(other)?.are_within(Bounds::of_bits(shifted.trailing_zeros().min(64)));
        if is_below { shifted.plus(other) } else { None }
    }

    /// Returns the form of a comparison: a carry, or what isn't one.
    fn of_comparison(&mut self, func: &Function, cond: IntCC, args: [Value; 2], depth: u32) -> Option<Polynomial> {
        let [left, right] = args;
        let carry = match cond {
            IntCC::UnsignedLessThan | IntCC::UnsignedGreaterThanOrEqual => self.carry(func, left, right, depth),
            IntCC::UnsignedGreaterThan | IntCC::UnsignedLessThanOrEqual => self.carry(func, right, left, depth),
            IntCC::Equal | IntCC::NotEqual => return self.of_truth(func, cond, args, depth),
            _ => None,
        }?;
        if matches!(cond, IntCC::UnsignedLessThan | IntCC::UnsignedGreaterThan) { Some(carry) } else { not(&carry) }
    }

    /// Returns the form of a comparison of a truth value with 0.
    fn of_truth(&mut self, func: &Function, cond: IntCC, args: [Value; 2], depth: u32) -> Option<Polynomial> {
        let [value, zero] = args.map(|arg| self.within(func, arg, depth));
        if zero.number()? != 0 || !self.bounds(&value)?.are_within(Bounds::of_bits(1)) {
            return None;
        }
        if cond == IntCC::NotEqual { Some(value) } else { not(&value) }
    }

    /// Returns the form of `sum < term`: the carry of adding to `term` what gives `sum`.
    fn carry(&mut self, func: &Function, sum: Value, term: Value, depth: u32) -> Option<Polynomial> {
        let bits = func.dfg.value_type(sum).bits();
        let [sum, term] = [sum, term].map(|value| self.within(func, value, depth));
        let added = self.wrapped(&sum.plus_scaled(&term, -1)?, bits)?;
        let dividend = term.plus(&added)?;
        if self.bounds(&dividend)?.are_within(Bounds::of_bits(bits)) {
            return Some(Polynomial::default());
        }
        let division = self.division_of(dividend, bits, Some(sum))?;
        Some(Polynomial::atom(self.divisions[division].quotient))
    }

    fn of_select(&mut self, func: &Function, args: [Value; 3], depth: u32) -> Option<Polynomial> {
        let [condition, then, or_else] = args.map(|arg| self.within(func, arg, depth));
        if !self.bounds(&condition)?.are_within(Bounds::of_bits(1)) {
            return None;
        }
        or_else.plus(&then.plus_scaled(&or_else, -1)?.times(&condition)?)
    }

    /// Returns the form of a polynomial that wraps. Remainders in it whose quotients don't count modulo 2 to the power of `bits`
    /// are replaced by their dividends, so that all ways to add the same up give the same form.
    fn wrapped(&mut self, polynomial: &Polynomial, bits: u32) -> Option<Polynomial> {
        let mut unwrapped = polynomial.clone();
        for _ in 0..STEPS_MAX {
            let remainders = unwrapped.terms().filter_map(|(monomial, coefficient)| {
                let ([Atom::ONE, atom], Origin::Remainder(number)) = (monomial, self.origin(monomial[1])) else {
                    return None;
                };
                let is_lost = coefficient.trailing_zeros() + self.division(number).bits >= bits;
                is_lost.then_some((number, atom, coefficient))
            });
            let Some((number, atom, coefficient)) = remainders.max_by_key(|(number, ..)| *number) else { break };
            let without = unwrapped.plus_scaled(&Polynomial::atom(atom), -coefficient)?;
            unwrapped = without.plus_scaled(&self.division(number).dividend, coefficient)?;
        }
        Some(self.divide(&unwrapped, bits)?.1)
    }

    /// Divides a polynomial by 2 to the power of `bits`, at most 64: the quotient, rounded down, and the remainder.
    pub fn divide(&mut self, dividend: &Polynomial, bits: u32) -> Option<(Polynomial, Polynomial)> {
        let (multiple, rest) = dividend.split(bits);
        if self.bounds(&rest)?.are_within(Bounds::of_bits(bits)) {
            return Some((multiple, rest));
        }
        let common = rest.trailing_zeros();
        let (rest, _) = rest.split(common);
        let division = self.division_of(rest, bits - common, None)?;
        let Division { quotient, remainder, .. } = &self.divisions[division];
        Some((multiple.plus(&Polynomial::atom(*quotient))?, remainder.scaled(1 << common)?))
    }

    /// Returns the number of a division; equal ones have the same. The remainder is an atom if it isn't known.
    fn division_of(&mut self, dividend: Polynomial, bits: u32, known: Option<Polynomial>) -> Option<usize> {
        let key = (dividend, bits);
        if let Some(&known) = self.by_dividend.get(&key) {
            return Some(known);
        }
        let Bounds { low, high } = self.bounds(&key.0)?;
        let number = self.divisions.len();
        let bounds = Bounds { low: low >> bits, high: high >> bits };
        let quotient = self.atoms.push(AtomPlan { bounds, origin: Origin::Quotient(number) });
        let remainder = known.unwrap_or_else(|| {
            let bounds = Bounds::of_bits(bits);
            Polynomial::atom(self.atoms.push(AtomPlan { bounds, origin: Origin::Remainder(number) }))
        });
        self.divisions.push(Division { dividend: key.0.clone(), bits, quotient, remainder });
        self.by_dividend.insert(key, number);
        Some(number)
    }
}

/// Returns the terms of a sum, and their type, if `term` is one of them.
pub fn terms_of_sum(func: &Function, sum: Value, term: Value) -> Option<([Value; 2], Type)> {
    let InstructionData::Binary { opcode: Opcode::Iadd, args } = *data(func, sum)? else { return None };
    let args = args.map(|arg| func.dfg.resolve_aliases(arg));
    args.contains(&func.dfg.resolve_aliases(term)).then(|| (args, func.dfg.value_type(sum)))
}

/// Returns true for an integer of at most 64 bits, which has a form.
fn is_integer(func: &Function, value: Value) -> bool {
    let ty = func.dfg.value_type(value);
    ty.is_int() && ty.bits() <= 64
}

/// Returns the form of what is 0 where a truth value is 1.
fn not(truth: &Polynomial) -> Option<Polynomial> {
    Polynomial::constant(1).plus_scaled(truth, -1)
}

/// Returns the amount of a shift by a constant.
fn amount(amount: &Polynomial, bits: u32) -> Option<u32> {
    Some((amount.number()? % i128::from(bits)) as u32)
}

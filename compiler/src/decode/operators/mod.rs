//! The facts of operators: one table, without which an operator that the parser knows doesn't compile.
//!
//! [`facts`] gives what is the same wherever an operator occurs: its row ([`rows`]), its proposal and its name.
//! [`visit_immediates`] gives the indices that an occurrence has. The number and kinds of both are compared at compile
//! time.

mod facts;
mod immediates;
mod rows;

use super::proposals::Proposal;
use wasmparser::Operator;

pub use facts::{Control, Facts, Objects, TableUse, Use, Values};
pub use immediates::Immediate;

/// Defines what depends on the list of all operators. An operator without a row, an immediate or a proposal that isn't
/// known here: none of them compiles.
macro_rules! define_facts {
    ($(@$proposal:ident $op:ident $({ $($argument:ident: $type:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The facts of each operator, by its name in the parser.
        mod table {
            use super::{Facts, Proposal, immediates, rows};

            $(
                pub static $op: Facts = Facts::new(
                    Proposal::$proposal,
                    stringify!($visit),
                    rows::$op,
                    &[$($(immediates::$argument::KIND),*)?],
                );
            )*
        }

        /// The facts of an operator.
        pub fn facts(operator: &Operator<'_>) -> &'static Facts {
            match operator {
                $(Operator::$op { .. } => &table::$op,)*
                _ => unreachable!("the list has all operators"),
            }
        }

        /// Hands over the immediates of an operator that name something: items in the order of [`Facts::uses`].
        pub fn visit_immediates(operator: &Operator<'_>, mut each: impl FnMut(Immediate)) {
            match operator {
                $(Operator::$op $({ $($argument),* })? => {
                    $($(immediates::$argument::visit($argument, &mut each);)*)?
                })*
                _ => unreachable!("the list has all operators"),
            }
        }

        /// All operators: their names in the parser, and their facts.
        #[cfg(test)]
        pub static ALL: &[(&str, &Facts)] = &[$((stringify!($op), &table::$op)),*];
    };
}
wasmparser::for_each_operator!(define_facts);

#[cfg(test)]
mod tests;

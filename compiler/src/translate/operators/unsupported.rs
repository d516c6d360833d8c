//! The error for operators of proposals that are not translated.

use crate::error::{Error, Stage};
use wasmparser::Operator;

/// The error that names the operator and its proposal.
pub(super) fn unsupported(operator: &Operator<'_>) -> Error {
    let (proposal, name) = proposal_and_name(operator);
    Error::input(
        Stage::Translate,
        format!("{name} of the proposal \"{proposal}\" isn't supported yet"),
        "compile the module without this proposal",
    )
}

macro_rules! define_names {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The proposal and the name of an operator, as wasmparser has them.
        fn names(operator: &Operator<'_>) -> (&'static str, &'static str) {
            match operator {
                $(Operator::$op { .. } => (stringify!($proposal), stringify!($visit)),)*
                _ => ("unknown", "an instruction"),
            }
        }
    };
}
wasmparser::for_each_operator!(define_names);

fn proposal_and_name(operator: &Operator<'_>) -> (String, String) {
    let (proposal, name) = names(operator);
    let name = name.strip_prefix("visit_").unwrap_or(name);
    (proposal.replace('_', "-"), name.replacen('_', ".", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_the_instruction_and_its_proposal() {
        let error = unsupported(&Operator::RefI31);
        assert_eq!(error.message(), "ref.i31 of the proposal \"gc\" isn't supported yet");
        let error = unsupported(&Operator::ThrowRef);
        assert_eq!(error.message(), "throw.ref of the proposal \"exceptions\" isn't supported yet");
    }
}

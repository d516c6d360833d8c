//! The error for operators of proposals that are not translated.

use crate::decode::facts;
use crate::error::{Error, Stage};
use wasmparser::Operator;

/// The error that names the operator and its proposal.
pub(super) fn unsupported(operator: &Operator<'_>) -> Error {
    let facts = facts(operator);
    Error::input(
        Stage::Translate,
        format!("{} of the proposal \"{}\" isn't supported yet", facts.name(), facts.proposal.name()),
        "compile the module without this proposal",
    )
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

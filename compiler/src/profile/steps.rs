//! Operators as far as profiles are concerned: those that change where control goes.

use wasmparser::{Catch, Operator, Result};

/// The meaning of an operator for the flow of control.
pub(super) enum Step {
    /// Opens `block`, or `try_table` or a legacy `try`, whose handlers branch to the constructs of these depths outside of it.
    Open(Vec<u32>),
    /// Opens `loop`.
    Loop,
    /// Opens `if`.
    If,
    /// Begins the second arm of an `if`.
    Else,
    /// Begins a clause of a legacy `try`.
    Clause,
    /// Ends a construct.
    End,
    /// Branches always.
    Jump(u32),
    /// Branches or goes on.
    Branch(u32),
    /// Branches to one of several labels: the different ones in the order of their first entries, without the default; the default.
    Table(Vec<u32>, u32),
    /// Leaves the function.
    Leave,
    /// Calls a function of the module directly.
    Call(u32),
    /// Calls an element of a table.
    CallElement,
    /// Goes on.
    Plain,
}

/// Returns the meaning of an operator.
pub(super) fn step(operator: &Operator<'_>) -> Result<Step> {
    use Operator as Op;
    Ok(match operator {
        Op::Block { .. } | Op::Try { .. } => Step::Open(Vec::new()),
        Op::TryTable { try_table } => Step::Open(try_table.catches.iter().map(label).collect()),
        Op::Loop { .. } => Step::Loop,
        Op::If { .. } => Step::If,
        Op::Else => Step::Else,
        Op::Catch { .. } | Op::CatchAll => Step::Clause,
        Op::End | Op::Delegate { .. } => Step::End,
        Op::Br { relative_depth } => Step::Jump(*relative_depth),
        Op::BrIf { relative_depth }
        | Op::BrOnNull { relative_depth }
        | Op::BrOnNonNull { relative_depth }
        | Op::BrOnCast { relative_depth, .. }
        | Op::BrOnCastFail { relative_depth, .. } => Step::Branch(*relative_depth),
        Op::BrTable { targets } => {
            let mut depths = Vec::new();
            for depth in targets.targets() {
                let depth = depth?;
                if depth != targets.default() && !depths.contains(&depth) {
                    depths.push(depth);
                }
            }
            Step::Table(depths, targets.default())
        }
        Op::Return
        | Op::Unreachable
        | Op::Throw { .. }
        | Op::ThrowRef
        | Op::Rethrow { .. }
        | Op::ReturnCall { .. }
        | Op::ReturnCallIndirect { .. }
        | Op::ReturnCallRef { .. } => Step::Leave,
        Op::Call { function_index } => Step::Call(*function_index),
        Op::CallIndirect { .. } => Step::CallElement,
        _ => Step::Plain,
    })
}

/// The label of a handler, counted from outside of its `try_table`.
fn label(catch: &Catch) -> u32 {
    match *catch {
        Catch::One { label, .. } | Catch::OneRef { label, .. } => label,
        Catch::All { label } | Catch::AllRef { label } => label,
    }
}

//! The vocabulary of facts, and their check against the immediates of an operator.

use super::immediates::Kind;
use crate::decode::proposals::Proposal;

/// The facts of an operator that are the same wherever it occurs.
#[derive(Debug)]
pub struct Facts {
    /// The proposal that adds it; `mvp` for the first version of WebAssembly.
    pub proposal: Proposal,
    /// The operator's part in the nesting of constructs and the flow of control.
    pub control: Control,
    /// The operator's access to objects of the garbage collector.
    pub objects: Objects,
    /// True if the operator throws or catches exceptions.
    pub exceptions: bool,
    /// The number of values that an occurrence stands for.
    pub values: Values,
    /// The uses of the items that the operator names, in the order of its immediates.
    pub uses: &'static [Use],
    /// The parser's name of the method that visits the operator.
    visit: &'static str,
}

/// The facts that a row gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub control: Control,
    pub objects: Objects,
    pub exceptions: bool,
    pub values: Values,
    pub uses: &'static [Use],
}

/// The part of an operator in the nesting of constructs and the flow of control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// No part: control goes on behind the operator, or never does.
    Straight,
    /// Control goes on behind the operator or elsewhere.
    Branch,
    /// The operator begins a construct, which an `end` closes.
    Begin,
    /// The operator begins the next arm of the construct that is open.
    Arm,
    /// The operator ends the construct that is open.
    End,
}

/// The number of values that an operator passes on: to and from a function, between blocks, to the fields of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// A few at most, whatever the operator's immediates are.
    Few,
    /// The operator's parameters and results: a type says how many.
    Arity,
    /// The operator's parameters and results, for each of its labels.
    EachLabel,
    /// A value for each field of the structure that the operator names.
    Fields,
}

/// An access to objects of the garbage collector: structures and arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objects {
    /// The operator doesn't access objects.
    None,
    /// The operator reads or writes an object.
    Access,
    /// The operator makes an object.
    Make,
}

/// A use of an item that an operator names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Calls a function.
    Call,
    /// Makes a reference to a function.
    Reference,
    /// Reads or writes a global.
    Global,
    /// Uses a table in these ways.
    Table(TableUse),
    /// Uses a memory, whose length stays as it is.
    Memory,
    /// Grows a memory.
    MemoryGrow,
    /// Reads or drops a data segment.
    Data,
    /// Reads or drops an element segment.
    Element,
    /// Throws or catches by a tag.
    Tag,
    /// Names a type.
    Type,
    /// Names a field of the structure whose type comes before.
    Field,
}

/// The ways in which an operator uses a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableUse {
    /// The operator calls functions through the table.
    pub called: bool,
    /// Reads its references or its size.
    pub read: bool,
    /// Changes its references.
    pub written: bool,
    /// The operator grows the table.
    pub grown: bool,
}

impl Use {
    /// The kind of the item.
    const fn kind(self) -> Kind {
        match self {
            Self::Call | Self::Reference => Kind::Function,
            Self::Global => Kind::Global,
            Self::Table(_) => Kind::Table,
            Self::Memory | Self::MemoryGrow => Kind::Memory,
            Self::Data => Kind::Data,
            Self::Element => Kind::Element,
            Self::Tag => Kind::Tag,
            Self::Type => Kind::Type,
            Self::Field => Kind::Field,
        }
    }
}

impl Facts {
    /// The facts of an operator whose immediates name items of these kinds, or none.
    pub(super) const fn new(proposal: Proposal, visit: &'static str, row: Row, immediates: &[Option<Kind>]) -> Self {
        let Row { control, objects, exceptions, values, uses } = row;
        assert!(agree(uses, immediates), "the row's uses are not those of the items that the operator names");
        Self { proposal, control, objects, exceptions, values, uses, visit }
    }

    /// Returns true if the operator may use more than the values that it takes: memory, globals, tables, objects, exceptions.
    pub fn uses_state(&self) -> bool {
        let computes = matches!(
            self.proposal,
            Proposal::mvp
                | Proposal::sign_extension
                | Proposal::saturating_float_to_int
                | Proposal::wide_arithmetic
                | Proposal::tail_call
        );
        let only_calls = self.uses.iter().all(|used| matches!(used, Use::Call | Use::Type));
        !computes || !only_calls || self.exceptions || self.objects != Objects::None
    }

    /// The operator's name in messages.
    pub fn name(&self) -> String {
        self.visit.trim_start_matches("visit_").replacen('_', ".", 1)
    }

    /// True if control parts or joins at the operator: a construct, a branch, or one that makes an object.
    pub fn begins_block(&self) -> bool {
        match self.control {
            Control::Begin | Control::Arm | Control::Branch => true,
            Control::Straight | Control::End => self.objects == Objects::Make,
        }
    }
}

/// True if there is a use for each immediate that names an item, of the item's kind.
pub(super) const fn agree(uses: &[Use], immediates: &[Option<Kind>]) -> bool {
    let (mut item, mut immediate) = (0, 0);
    while immediate < immediates.len() {
        if let Some(kind) = immediates[immediate] {
            if item == uses.len() || uses[item].kind() as u8 != kind as u8 {
                return false;
            }
            item += 1;
        }
        immediate += 1;
    }
    item == uses.len()
}

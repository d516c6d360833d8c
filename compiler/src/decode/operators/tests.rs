//! Tests of the table of operators.

use super::facts::agree;
use super::immediates::Kind;
use super::*;

/// The names of the operators for which this holds.
fn those(holds: impl Fn(&Facts) -> bool) -> Vec<&'static str> {
    ALL.iter().filter(|(_, facts)| holds(facts)).map(|(name, _)| *name).collect()
}

#[test]
fn two_operators_grow_something() {
    assert_eq!(those(|facts| facts.uses.contains(&Use::MemoryGrow)), ["MemoryGrow"]);
    let grows_table = |used: &Use| matches!(used, Use::Table(table) if table.grown);
    assert_eq!(those(|facts| facts.uses.iter().any(grows_table)), ["TableGrow"]);
}

#[test]
fn constructs_are_closed_by_end() {
    let compiled = |control| move |facts: &Facts| facts.proposal.is_compiled() && facts.control == control;
    assert_eq!(those(compiled(Control::Begin)), ["Block", "Loop", "If", "TryTable", "Try"]);
    assert_eq!(those(compiled(Control::Arm)), ["Else", "Catch", "CatchAll"]);
    assert_eq!(those(compiled(Control::End)), ["End", "Delegate"]);
}

#[test]
fn what_makes_an_object_begins_a_block() {
    for (name, facts) in ALL {
        assert_eq!(facts.objects == Objects::Make, name.contains("New") && facts.begins_block(), "{name}");
    }
}

#[test]
fn operators_whose_values_a_type_counts_name_a_type_or_a_label() {
    let few = |facts: &Facts| facts.values == Values::Few;
    let straight = |facts: &Facts| facts.control == Control::Straight;
    for (name, facts) in ALL.iter().filter(|(_, facts)| few(facts)) {
        assert!(straight(facts) && !facts.uses.contains(&Use::Call), "{name}");
    }
    let fields = those(|facts| facts.values == Values::Fields);
    assert_eq!(fields, ["StructNewDefault", "StructNewDefaultDesc"]);
    assert_eq!(those(|facts| facts.values == Values::EachLabel), ["BrTable"]);
}

#[test]
fn uses_agree_with_immediates_in_number_order_and_kind() {
    let immediates = [None, Some(Kind::Type), Some(Kind::Table)];
    assert!(agree(&[Use::Type, Use::Table(TableUse::default())], &immediates));
    assert!(!agree(&[Use::Table(TableUse::default()), Use::Type], &immediates));
    assert!(!agree(&[Use::Type], &immediates));
    assert!(!agree(&[Use::Type, Use::Table(TableUse::default()), Use::Tag], &immediates));
}

#[test]
fn immediates_are_handed_over_in_the_order_of_uses() {
    let copy = Operator::TableCopy { dst_table: 3, src_table: 4 };
    let mut indices = Vec::new();
    visit_immediates(&copy, |immediate| match immediate {
        Immediate::Item(index) => indices.push(index),
        other => panic!("{other:?}"),
    });
    assert_eq!(indices, [3, 4]);
    let written = |used: &Use| matches!(used, Use::Table(table) if table.written);
    assert_eq!(facts(&copy).uses.iter().map(written).collect::<Vec<bool>>(), [true, false]);
}

#[test]
fn names_are_those_of_the_operators() {
    assert_eq!(facts(&Operator::RefI31).name(), "ref.i31");
    assert_eq!(facts(&Operator::I32Add).name(), "i32.add");
}

//! The guest's arguments and environment variables.

use std::rc::Rc;

use aot_abi::policy::{RESERVED_PREFIX, TAG_ENVIRONMENT, TAG_ENVIRONMENT_INHERITED};

use crate::c_strings::CStrings;
use crate::grantee::Grantee;
use crate::policy::Policy;
use crate::policy::items::for_each_item;

/// The arguments: the program's name as given, those built in, then those of the command line. Read where they lie.
#[derive(Clone)]
pub struct Arguments {
    command_line: CStrings,
    built_in: Rc<[&'static [u8]]>,
}

impl Arguments {
    /// The arguments of a command line, with those built in after the first.
    pub fn new(command_line: CStrings, built_in: &[&'static [u8]]) -> Arguments {
        Arguments { command_line, built_in: built_in.into() }
    }

    /// The arguments of a server's instances: none, unless some are built in.
    #[cfg(feature = "http")]
    pub fn of_instances(&self) -> Arguments {
        let command_line = if self.built_in.is_empty() { CStrings::none() } else { self.command_line };
        Arguments { command_line, built_in: self.built_in.clone() }
    }

    /// All arguments, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'static [u8]> {
        let first = self.command_line.iter().take(1);
        first.chain(self.built_in.iter().copied()).chain(self.command_line.iter().skip(1))
    }
}

/// The variables: those with a value in the policy, then those passed on from the start of the executable. What they
/// are is found out when a guest asks: few do, and only their executables have the code.
#[derive(Clone)]
pub struct Environment {
    outside: CStrings,
    /// The items of the policy.
    section: &'static [u8],
    /// The names that the start of the executable granted, to the components without grants of their own.
    inherited: Rc<[&'static [u8]]>,
}

impl Environment {
    /// The variables that the policy grants.
    pub fn new(outside: CStrings, policy: &Policy) -> Environment {
        Environment { outside, section: policy.section, inherited: policy.environment_inherited.as_slice().into() }
    }

    /// `NAME=VALUE` of each that a component has. One that the policy gives a value more than once has the last.
    pub fn variables(&self, grantee: Grantee) -> Vec<&'static [u8]> {
        let mut variables: Vec<&'static [u8]> = Vec::new();
        let mut inherited = Vec::new();
        self.for_each(grantee, |tag, payload| match tag {
            TAG_ENVIRONMENT => set(&mut variables, payload),
            _ => inherited.push(payload),
        });
        if grantee == Grantee::default() {
            inherited.extend_from_slice(&self.inherited);
        }
        for name in inherited {
            let is_new = !variables.iter().any(|present| name_of(present) == name);
            let value = self.outside.iter().find(|variable| name_of(variable) == name && variable.contains(&b'='));
            variables.extend(value.filter(|_| is_new));
        }
        variables.retain(|variable| !variable.starts_with(RESERVED_PREFIX.as_bytes()));
        variables
    }

    /// Hands out the tags and payloads of a component's items in the policy.
    fn for_each(&self, grantee: Grantee, mut take: impl FnMut(u32, &'static [u8])) {
        let mut of = Grantee::default();
        // It was whole when the program started.
        let _ = for_each_item(self.section, |tag, payload| {
            of.note(tag);
            if of == grantee && matches!(tag, TAG_ENVIRONMENT | TAG_ENVIRONMENT_INHERITED) {
                take(tag, payload);
            }
            Some(())
        });
    }
}

/// Returns the names of the variables that a policy passes on from the process, to whatever component.
pub fn inherited_names(section: &'static [u8]) -> Vec<&'static [u8]> {
    let mut names = Vec::new();
    // What is damaged was refused when the policy was read.
    let _ = for_each_item(section, |tag, payload| {
        if tag == TAG_ENVIRONMENT_INHERITED {
            names.push(payload);
        }
        Some(())
    });
    names
}

/// Adds a variable, or gives it another value.
fn set(variables: &mut Vec<&'static [u8]>, variable: &'static [u8]) {
    match variables.iter_mut().find(|present| name_of(present) == name_of(variable)) {
        Some(present) => *present = variable,
        None => variables.push(variable),
    }
}

/// The part before the equals sign.
fn name_of(variable: &'static [u8]) -> &'static [u8] {
    split_variable(variable).0
}

/// Name and value.
pub fn split_variable(variable: &'static [u8]) -> (&'static [u8], &'static [u8]) {
    let end = variable.iter().position(|&byte| byte == b'=').unwrap_or(variable.len());
    (&variable[..end], variable.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::policy::TAG_COMPONENT;

    #[test]
    fn each_component_has_its_own() {
        let item = |(tag, payload): (u32, &[u8])| {
            [&tag.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat()
        };
        let items: [(u32, &[u8]); 6] = [
            (TAG_ENVIRONMENT, b"A=1"),
            (TAG_ENVIRONMENT, b"B=2"),
            (TAG_ENVIRONMENT, b"A=3"),
            (TAG_ENVIRONMENT_INHERITED, b"NOT_SET"),
            (TAG_COMPONENT, b"parser"),
            (TAG_ENVIRONMENT, b"C=4"),
        ];
        let section = items.map(item).concat().leak();
        let Ok(policy) = Policy::parse(section) else { panic!("a whole policy") };
        let environment = Environment::new(CStrings::none(), &policy);
        let of = |grantee| environment.variables(Grantee(grantee));
        assert_eq!((of(0), of(1), of(2)), (vec![&b"A=3"[..], b"B=2"], vec![&b"C=4"[..]], vec![]));
    }
}

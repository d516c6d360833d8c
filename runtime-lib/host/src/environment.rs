//! The guest's arguments and environment variables.

use std::rc::Rc;

use aot_abi::policy::RESERVED_PREFIX;

use crate::c_strings::CStrings;
use crate::policy::Policy;

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
    with_values: Rc<[&'static [u8]]>,
    inherited: Rc<[&'static [u8]]>,
}

impl Environment {
    /// The variables that the policy grants.
    pub fn new(outside: CStrings, policy: &Policy) -> Environment {
        Environment {
            outside,
            with_values: policy.environment.as_slice().into(),
            inherited: policy.environment_inherited.as_slice().into(),
        }
    }

    /// `NAME=VALUE` of each. One that the policy gives a value more than once has the last.
    pub fn variables(&self) -> Vec<&'static [u8]> {
        let mut variables: Vec<&'static [u8]> = Vec::new();
        for &variable in &*self.with_values {
            match variables.iter_mut().find(|present| name_of(present) == name_of(variable)) {
                Some(present) => *present = variable,
                None => variables.push(variable),
            }
        }
        for &name in &*self.inherited {
            let is_new = !variables.iter().any(|present| name_of(present) == name);
            let value = self.outside.iter().find(|variable| name_of(variable) == name && variable.contains(&b'='));
            variables.extend(value.filter(|_| is_new));
        }
        variables.retain(|variable| !variable.starts_with(RESERVED_PREFIX.as_bytes()));
        variables
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

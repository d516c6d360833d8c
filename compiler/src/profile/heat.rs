//! Profiles of a program, by its functions.

use super::counts::Counts;
use super::file::Profile;
use super::instruments::{Function, function_of, functions, malformed};
use super::keys::{Key, matches};
use super::shape::{Shape, class};
use crate::decode::{FuncIndex, ModuleIndex, Program};
use crate::error::Result;
use crate::plan::{FuncId, ProgramPlan};
use rayon::prelude::*;
use std::collections::HashMap;

/// The part of all calls that hot ones are.
const HOT_PERCENT: u128 = 99;

/// The executions of a program's functions.
#[derive(Debug, Default)]
pub struct Heat {
    /// The functions that profiles have.
    functions: HashMap<Function, Counts>,
    /// The class of each function for indirect calls.
    classes: HashMap<Function, u8>,
    /// The least count of calls that are counted often.
    hot: u64,
    /// Things that a user should know of the profiles.
    pub warnings: Vec<String>,
}

impl Heat {
    /// Finds the functions of profiles in a program, and adds up what the profiles say of each.
    ///
    /// # Errors
    /// A body is malformed, which validation has excluded.
    pub fn new(program: &Program<'_>, plan: &ProgramPlan, profiles: &[Profile]) -> Result<Self> {
        let functions = functions(program, plan)?;
        let keys: Vec<Key> = functions.iter().map(|(_, key, _)| *key).collect();
        let mut sums: Vec<Option<Vec<u64>>> = vec![None; functions.len()];
        let mut warnings = Vec::new();
        for profile in profiles {
            let found = matches(&profile.keys, &keys);
            let fits = |(entry, function): (usize, &Option<usize>)| {
                function.filter(|function| functions[*function].2.counters as usize == profile.counters[entry].len())
            };
            let found: Vec<Option<usize>> = found.iter().enumerate().map(fits).collect();
            warnings.extend(warning(profile, &found));
            for (entry, function) in found.into_iter().enumerate() {
                if let Some(function) = function {
                    add(&mut sums[function], &profile.counters[entry]);
                }
            }
        }
        Self::of_counters(program, &functions, &sums, warnings)
    }

    /// Invents counts, others for another seed, as no run could have: for tests.
    ///
    /// # Errors
    /// A body is malformed, which validation has excluded.
    pub fn invented(program: &Program<'_>, plan: &ProgramPlan, seed: u64) -> Result<Self> {
        let functions = functions(program, plan)?;
        let mut state = seed;
        let mut counter = || {
            // The generator of Knuth's MMIX.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let scale = [0, 1, 1 << 10, 1 << 40][(state >> 62) as usize];
            (state >> 32 & 0xff) * scale
        };
        let invent = |(_, _, shape): &(Function, Key, Shape)| Some((0..shape.counters).map(|_| counter()).collect());
        let counters: Vec<Option<Vec<u64>>> = functions.iter().map(invent).collect();
        Self::of_counters(program, &functions, &counters, Vec::new())
    }

    fn of_counters(
        program: &Program<'_>,
        functions: &[(Function, Key, Shape)],
        sums: &[Option<Vec<u64>>],
        warnings: Vec<String>,
    ) -> Result<Self> {
        let read = |((function, _, shape), sum): (&(Function, Key, Shape), &Option<Vec<u64>>)| {
            let counters = sum.as_ref()?;
            let body = program.modules[function.0].body(function.1)?;
            Some(Counts::of(&body.reader, shape, counters).map(|counts| (*function, counts)).map_err(malformed))
        };
        let counts: HashMap<_, _> = functions.par_iter().zip(sums).filter_map(read).collect::<Result<_>>()?;
        let classes = functions.iter().map(|(function, key, _)| (*function, class(key.structure))).collect();
        Ok(Self { hot: hot(&counts), functions: counts, classes, warnings })
    }

    /// Returns true if a count is one of the few that most calls are in.
    pub fn is_hot(&self, count: u64) -> bool {
        count >= self.hot
    }

    /// Returns the counts of a function of a module; `None` if no profile has it.
    pub fn counts(&self, module: ModuleIndex, func: FuncIndex) -> Option<&Counts> {
        self.functions.get(&(module, func))
    }

    /// Returns the counts of a function of the plan; `None` if no profile has it.
    pub fn counts_of(&self, plan: &ProgramPlan, func: FuncId) -> Option<&Counts> {
        self.functions.get(&function_of(plan, func)?)
    }

    /// The class of a function of the plan for indirect calls, if it is one of wasm.
    pub fn class_of(&self, plan: &ProgramPlan, func: FuncId) -> Option<u8> {
        self.classes.get(&function_of(plan, func)?).copied()
    }
}

/// Returns the least count of those calls that are [`HOT_PERCENT`] of all, from the most frequent on.
fn hot(functions: &HashMap<Function, Counts>) -> u64 {
    let mut counts: Vec<u64> = functions.values().flat_map(|counts| &counts.calls).map(|(_, count)| *count).collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let all = counts.iter().map(|count| u128::from(*count)).sum::<u128>();
    let mut sum = 0;
    let is_enough = |count: &u64| {
        sum += u128::from(*count);
        sum * 100 >= all * HOT_PERCENT
    };
    counts.into_iter().find(is_enough).unwrap_or(u64::MAX).max(1)
}

fn add(sum: &mut Option<Vec<u64>>, counters: &[u64]) {
    match sum {
        Some(sum) => sum.iter_mut().zip(counters).for_each(|(sum, counter)| *sum = sum.saturating_add(*counter)),
        None => *sum = Some(counters.to_vec()),
    }
}

/// Returns the warning of a profile of which the program lacks functions that were executed.
fn warning(profile: &Profile, found: &[Option<usize>]) -> Option<String> {
    let sum = |counters: &[u64]| counters.iter().fold(0u64, |sum, counter| sum.saturating_add(*counter));
    let executed = profile.counters.iter().zip(found).map(|(counters, found)| (sum(counters), found.is_some()));
    let executed: Vec<(u64, bool)> = executed.filter(|(count, _)| *count != 0).collect();
    let missing: Vec<u64> = executed.iter().filter(|(_, is_found)| !is_found).map(|(count, _)| *count).collect();
    if missing.is_empty() {
        return None;
    }
    let all = executed.iter().fold(0u128, |all, (count, _)| all + u128::from(*count));
    let lost = missing.iter().fold(0u128, |lost, count| lost + u128::from(*count)) * 100 / all;
    Some(format!(
        "the profile {} is of another version of the program: {} of its {} executed functions, with {lost} % of what it \
         counts, are changed or gone",
        profile.name,
        missing.len(),
        executed.len(),
    ))
}

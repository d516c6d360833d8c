//! The needs of a program, found without compiling it: it is decoded and planned.

use super::{Emit, Options, Pipeline, Silent, Subject, decode, threads};
use crate::decode::{Arena, Program, Proposal, Proposals};
use crate::describe;
use crate::error::{Error, Result};
use crate::hosts;
use crate::target::targets;
use std::collections::BTreeSet;

/// The needs of a program.
#[derive(Debug)]
pub struct Check {
    /// The program's kind, in words.
    pub kind: &'static str,
    /// The world of WASI that a component is of, if one is known.
    pub world: Option<String>,
    /// The name of the entry that fits the program.
    pub entry: &'static str,
    /// The purpose of that entry in words, which follow "is" in a sentence.
    pub purpose: &'static str,
    /// The symbols of the runtime's host functions that the program imports.
    pub host_functions: Vec<String>,
    /// The imports that nothing satisfies. Calls of those from `wasi:` packages trap.
    pub missing: Vec<String>,
    /// The proposals that the program uses, dead code included.
    pub proposals: Vec<String>,
    /// The targets by their names, each with the settings of a CPU that the program needs beyond the baseline.
    pub targets: Vec<(&'static str, &'static [String])>,
    /// Things that a user should know.
    pub warnings: Vec<String>,
    /// The error that compiling would end with, if imports that nothing satisfies are all that stands in the way.
    pub error: Option<Error>,
}

/// Checks the binary `input`, as far as that goes without compiling it.
///
/// # Errors
/// Of decoding and planning, but not for imports that nothing satisfies.
pub fn check(input: &[u8], options: &Options) -> Result<Check> {
    threads(options)?.install(|| {
        let arena = Arena::default();
        let (input, program) = decode(Subject::Binary(input), &arena, options)?;
        let plan = |options| pipeline(options).plan(&program, input);
        let stubbed = Options { stub_unknown_imports: true, ..options.clone() };
        let (error, (entry, plan)) = match plan(options) {
            Ok(planned) => (None, planned),
            // If there are more reasons, the first is the one to tell.
            Err(error) => match plan(&stubbed) {
                Ok(planned) => (Some(error), planned),
                Err(_) => return Err(error),
            },
        };
        let has_vectors = plan.has_vectors(&program);
        let names = |names: BTreeSet<&str>| names.into_iter().map(str::to_string).collect();
        Ok(Check {
            kind: describe::kind(&program),
            world: hosts::world_of_program(&program).map(|world| world.name),
            entry: entry.name,
            purpose: entry.purpose,
            host_functions: names(describe::host_functions(&plan)),
            missing: names(describe::missing_imports(&plan)),
            proposals: proposals(&program),
            targets: targets()
                .iter()
                .map(|target| (&*target.name, if has_vectors { &target.cpu_vectors[..] } else { &[] }))
                .collect(),
            warnings: plan.warnings,
            error,
        })
    })
}

fn pipeline(options: &Options) -> Pipeline<'_> {
    Pipeline { options, entry: None, commands: None, emit: &Emit::Executable, progress: &Silent, timings: Vec::new() }
}

/// The names of the proposals that a program's own modules use, besides WebAssembly 1.0.
fn proposals(program: &Program<'_>) -> Vec<String> {
    let (mut of_operators, mut of_memories) = (Proposals::default(), [false; 3]);
    for module in program.modules.values().filter(|module| !module.synthetic) {
        module.bodies.iter().for_each(|body| of_operators.extend(body.uses.proposals));
        of_memories[0] |= module.memories.values().any(|memory| memory.page_log2 != 16);
        of_memories[1] |= module.memories.values().any(|memory| memory.memory64);
        of_memories[2] |= module.memories.len() > 1;
    }
    let names = of_operators.iter().map(Proposal::name).filter(|name| name != "mvp");
    let memories = ["custom-page-sizes", "memory64", "multi-memory"].into_iter().zip(of_memories);
    names.chain(memories.filter(|(_, is_used)| *is_used).map(|(name, _)| name.to_string())).collect()
}

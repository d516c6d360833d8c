//! Batches: instances that share an executable, those that are linked to each other, and as many more as address space allows.

use crate::component;
use crate::script::{Command, Script};
use crate::spectest;
use std::collections::BTreeMap;

/// Memories of an executable that an emulator runs. It notes every page of a reservation: 40 ms and 25 MB a memory.
const MEMORIES_MAX_EMULATED: usize = 32;
/// Memories of an executable for this machine: 4 TiB of address space.
const MEMORIES_MAX: usize = 1024;

/// Instances of one executable.
#[derive(Debug)]
pub struct Batch {
    /// Instances that are linked to each other, a group each.
    pub groups: Vec<Vec<usize>>,
    /// All instances, in order.
    pub instances: Vec<usize>,
}

impl Batch {
    /// A batch of these groups. The stateless part of the host module belongs to every batch.
    pub fn of(groups: Vec<Vec<usize>>) -> Self {
        let mut instances: Vec<usize> = groups.iter().flatten().copied().collect();
        instances.push(spectest::STATELESS);
        instances.sort_unstable();
        instances.dedup();
        Self { groups, instances }
    }

    /// The commands of its instances, in order.
    pub fn commands<'s>(&self, script: &'s Script) -> Vec<&'s Command> {
        script.commands.iter().filter(|command| self.instances.binary_search(&command.instance).is_ok()).collect()
    }
}

/// Splits a script.
pub fn split(script: &Script, emulated: bool) -> Vec<Batch> {
    let limit = if emulated { MEMORIES_MAX_EMULATED } else { MEMORIES_MAX };
    let mut batches = Vec::new();
    let (mut groups, mut memories) = (Vec::new(), 0);
    for group in linked_groups(script) {
        let more: usize = group.iter().map(|instance| script.memories[script.instances[*instance].module]).sum();
        if memories + more > limit && !groups.is_empty() {
            batches.push(Batch::of(std::mem::take(&mut groups)));
            memories = 0;
        }
        memories += more;
        groups.push(group);
    }
    if !groups.is_empty() {
        batches.push(Batch::of(groups));
    }
    batches
}

/// Instances that are linked to each other, directly or through others, unless only to what has no state.
fn linked_groups(script: &Script) -> Vec<Vec<usize>> {
    let links = script.instances.iter().enumerate().flat_map(|(index, instance)| {
        let arguments = instance.arguments.iter().filter(|argument| argument.instance != spectest::STATELESS);
        arguments.map(move |argument| (index, argument.instance))
    });
    // The host module's instances have no commands: alone, they are of no use.
    let hosts = spectest::MODULES.len();
    let groups = groups(script.instances.len(), links).into_iter();
    groups.filter(|group| group.iter().any(|instance| *instance >= hosts)).collect()
}

/// Instances of components that are linked to each other, each group in order.
pub fn groups_of_components(script: &component::Script) -> Vec<Vec<usize>> {
    let links = script.instances.iter().enumerate();
    let links = links.flat_map(|(index, instance)| {
        instance.arguments.iter().filter_map(move |argument| Some((index, argument.source.instance()?)))
    });
    groups(script.instances.len(), links)
}

/// Groups of modules that are linked, directly or through others.
fn groups(count: usize, links: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..count).collect();
    for (one, other) in links {
        let (one, other) = (find(&group_of, one), find(&group_of, other));
        group_of[one.max(other)] = one.min(other);
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..count {
        groups.entry(find(&group_of, index)).or_default().push(index);
    }
    groups.into_values().collect()
}

fn find(group_of: &[usize], mut index: usize) -> usize {
    while group_of[index] != index {
        index = group_of[index];
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Argument, Instance};

    fn script(imports: &[&[usize]]) -> Script {
        let hosts = (0..spectest::MODULES.len()).map(|module| Instance { module, arguments: Vec::new() });
        let others = imports.iter().map(|imports| Instance {
            module: spectest::MODULES.len(),
            arguments: imports.iter().map(|from| Argument { instance: *from, export: String::new() }).collect(),
        });
        let memories = vec![0, 0, 1, 1, 20];
        let instances = hosts.chain(others).collect();
        Script { modules: Vec::new(), memories, instances, commands: Vec::new(), assertions: 0 }
    }

    #[test]
    fn only_what_has_state_ties_instances_together() {
        let script = script(&[&[0], &[0], &[4], &[2], &[2]]);
        assert_eq!(linked_groups(&script), [vec![2, 7, 8], vec![4, 6], vec![5]]);
    }

    #[test]
    fn batches_have_few_memories_but_keep_groups_whole() {
        let script = script(&[&[], &[4], &[], &[]]);
        let batches: Vec<Vec<usize>> = split(&script, true).into_iter().map(|batch| batch.instances).collect();
        assert_eq!(batches, [vec![0, 4, 5], vec![0, 6], vec![0, 7]]);
        assert_eq!(split(&script, false).len(), 1);
    }
}

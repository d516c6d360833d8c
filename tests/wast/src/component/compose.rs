//! One component with all instances of a group inside, each exported under a name of its own.
//!
//! In front of each instance comes an instance of an empty core module, so that the list of core instances, into which
//! the compiler flattens the component, tells to which instance of the script each belongs.
//!
//! An instance that is linked to no other is its own component: its imports and exports stay at the root.

use super::arguments::{Arguments, Present};
use super::outer::Outer;
use super::{Argument, Script, Source};
use std::borrow::Cow;
use std::collections::HashMap;
use wasm_encoder::ComponentExportKind;

/// The component of a group of instances.
pub struct Composed<'s> {
    /// The component in the binary format.
    pub binary: Cow<'s, [u8]>,
    /// True if it is the component of the group's only instance.
    pub is_alone: bool,
}

impl Composed<'_> {
    /// Returns the name under which an instance is exported, which is empty for exports at the root.
    pub fn export_of(&self, instance: usize) -> String {
        if self.is_alone { String::new() } else { name(instance) }
    }
}

/// Returns the component of a group; `called` says which instances are called.
///
/// # Errors
/// As for [`compose`].
pub fn component_of<'s>(
    script: &'s Script,
    group: &[usize],
    called: impl Fn(usize) -> bool,
) -> Result<Composed<'s>, String> {
    if let [alone] = group
        && script.instances[*alone].arguments.iter().all(|argument| argument.source == Source::Nothing)
    {
        return Ok(Composed { binary: script.component_of(*alone).binary.as_slice().into(), is_alone: true });
    }
    Ok(Composed { binary: compose(script, group, called)?.into(), is_alone: false })
}

/// Composes instances.
///
/// # Errors
/// A message about an argument that there isn't.
pub fn compose(script: &Script, instances: &[usize], called: impl Fn(usize) -> bool) -> Result<Vec<u8>, String> {
    let mut outer = Outer::new();
    let mut components: HashMap<usize, u32> = HashMap::new();
    let mut places: HashMap<usize, Present<'_>> = HashMap::new();
    for &index in instances {
        let instance = &script.instances[index];
        let component = script.component_of(index);
        let inner = *components.entry(instance.component).or_insert_with(|| outer.component(&component.binary));
        let mut maker = Arguments::new(&mut outer, &component.types);
        let mut arguments = Vec::new();
        for Argument { name, source } in &instance.arguments {
            let present = source.instance().and_then(|instance| places.get(&instance).copied());
            let is_whole = matches!(source, Source::Instance(_));
            arguments.push((name.as_str(), maker.import(name, present, is_whole)?));
        }
        let mut place = outer.instantiate(inner, arguments);
        // What others export can be of types of this one, which then need names in the component around.
        if called(index) || component.exports_types {
            place = outer.export(&name(index), (ComponentExportKind::Instance, place));
        }
        places.insert(index, Present { instance: place, types: &component.types, nested: None });
    }
    Ok(outer.finish())
}

fn name(instance: usize) -> String {
    format!("instance{instance}")
}

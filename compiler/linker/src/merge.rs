//! The link of an object with archives to one relocatable object: what nothing reaches from the symbols that the object is
//! for is left out, and no other symbol is visible outside. libwild's own relocatable link does neither.

use crate::LinkInput;
use crate::constants::Constants;
use crate::merge_inputs::{Input, Inputs};
use crate::merged::Writer;
use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;

/// Links inputs, which are objects and archives, to one relocatable object that defines the symbols `exported`. All other
/// symbols that the inputs define are local; those that none defines stay undefined, unless they are `needed`.
///
/// # Errors
/// An input that isn't an object, or no input defines an exported or a needed symbol.
pub fn merge(inputs: &[LinkInput], exported: &[String], needed: &[&str]) -> Result<Vec<u8>> {
    let mut objects = Vec::new();
    for input in inputs {
        for bytes in members(&input.bytes).with_context(|| input.name.clone())? {
            objects.push(Input::parse(bytes).with_context(|| input.name.clone())?);
        }
    }
    let inputs = Inputs::new(&objects);
    needed.iter().try_for_each(|name| inputs.definition(name).map(drop))?;
    let live = inputs.live(exported)?;
    let constants = Constants::find(&inputs, &live)?;
    Writer::new(&inputs, &constants)?.write(&live, exported)
}

/// The objects in a file.
fn members(bytes: &[u8]) -> Result<Vec<&[u8]>> {
    if !bytes.starts_with(&object::archive::MAGIC) {
        return Ok(vec![bytes]);
    }
    let archive = ArchiveFile::parse(bytes)?;
    archive.members().map(|member| Ok(member?.data(bytes)?)).collect()
}

//! A gdb script, in the section in which gdb looks for one. It follows the guest's pointers in memory, whose base DWARF
//! can't express. gdb runs it if the user allows it (`add-auto-load-safe-path`).

use super::native::Instance;
use super::sections::DebugSection;
use std::fmt::Write;

/// Marker of a Python script; its name and its text follow.
const PYTHON_TEXT: u8 = 4;

/// Code that uses one memory: its start and end offsets in the text, and the slab offset of the memory.
type Stretch = (u64, u64, u64);

/// Memory of each range of code.
#[derive(Default)]
pub(super) struct Memories(Vec<Stretch>);

impl Memories {
    /// Adds the functions of an instance.
    pub fn add(&mut self, instance: &Instance<'_>) {
        if let Some(memory) = instance.memory {
            let functions = instance.functions.values();
            self.0.extend(functions.map(|function| (function.start, function.start + function.bytes, memory)));
        }
    }

    /// Returns the section, or `None` if no function has a memory.
    pub fn section(mut self) -> Option<DebugSection> {
        self.0.sort_unstable();
        // Code between functions of one memory may count as that memory's too.
        self.0.dedup_by(|next, last| {
            let same = next.2 == last.2;
            last.1 = if same { next.1 } else { last.1 };
            same
        });
        self.0.first()?;
        let mut text = String::from("MEMORIES = [");
        for (start, end, memory) in self.0 {
            // Writing to a string doesn't fail.
            let _ = write!(text, "({start:#x}, {end:#x}, {memory:#x}), ");
        }
        text.push_str("]\n\n");
        text.push_str(include_str!("gdb.py"));
        let bytes = [&[PYTHON_TEXT], b"aot\n".as_slice(), text.as_bytes(), &[0]].concat();
        Some(DebugSection { name: ".debug_gdb_scripts", bytes, relocations: Vec::new() })
    }
}

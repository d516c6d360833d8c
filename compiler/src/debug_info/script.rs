//! A script for gdb, in the section in which it looks for one: it follows the guest's pointers in memory, of which DWARF can't
//! say what they count from. gdb runs it where the user lets it (`add-auto-load-safe-path`).

use super::native::Instance;
use super::sections::DebugSection;
use std::fmt::Write;

/// Marks a script in Python, after which come its name and its text.
const PYTHON_TEXT: u8 = 4;

/// Code that has the same memory: the offset in the text of its beginning and its end, and the slab offset of the memory.
type Stretch = (u64, u64, u64);

/// Which code has which memory.
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

    /// The section; `None` where there is no memory.
    pub fn section(mut self) -> Option<DebugSection> {
        self.0.sort_unstable();
        // What lies between functions of the same memory may belong to it too.
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

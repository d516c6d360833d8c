//! Initial contents of the slab: sparse runs of bytes, sorted by destination.

use crate::decode::Program;
use crate::plan::instantiate::Instantiation;
use crate::plan::program::{GlobalPlace, Images, ProgramPlan, Run, TablePlace};
use aot_abi::program::{MOVED_RUN_BYTES_MIN, PAGE_BYTES_MAX};
use std::collections::BTreeMap;

/// The contents of memories, globals and tables after everything that was resolved at compile time.
pub(super) fn build(plan: &ProgramPlan, program: &Program<'_>, instantiation: &Instantiation) -> Images {
    let mut canvas = Canvas::default();
    for copy in &instantiation.data {
        let (instance, data) = copy.segment;
        let module = &program.modules[plan.instances[instance].module];
        canvas.paint(plan.memories[copy.memory].base + copy.offset, module.data[data].bytes);
    }
    for global in plan.globals.values() {
        if let GlobalPlace::Slab { offset } = global.place {
            canvas.paint(offset, &global.initial.bytes());
        }
    }
    for table in plan.tables.values() {
        if let TablePlace::Slab { base } = table.place {
            let bytes: Vec<u8> = table.elements.iter().flat_map(|value| value.reference().to_le_bytes()).collect();
            canvas.paint(base, &bytes);
        }
    }
    Images { runs: canvas.runs() }
}

const BLOCK_BYTES: u64 = 256;
/// Zeros between blocks that can be written out, so that a run goes on.
const GAP_BYTES_MAX: u64 = 4096;

/// Blocks of bytes where anything was painted; later paint covers earlier.
#[derive(Default)]
struct Canvas {
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl Canvas {
    fn paint(&mut self, mut offset: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (block, within) = (offset / BLOCK_BYTES, (offset % BLOCK_BYTES) as usize);
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES as usize - within));
            let block = self.blocks.entry(block).or_insert_with(|| vec![0; BLOCK_BYTES as usize].into());
            block[within..within + now.len()].copy_from_slice(now);
            offset += now.len() as u64;
            bytes = later;
        }
    }

    /// Blocks that aren't zero, near ones together, and cut where a part can be moved as pages. At most half of a run is
    /// zeros between blocks, so that its size follows that of what was painted.
    fn runs(self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut filled = 0;
        for (block, bytes) in self.blocks {
            if bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            let destination = block * BLOCK_BYTES;
            if let Some(run) = runs.last_mut() {
                let run_bytes = run.bytes.len() as u64;
                let gap = destination - run.destination - run_bytes;
                if gap <= GAP_BYTES_MAX && 2 * filled + gap <= run_bytes {
                    filled += gap;
                    run.bytes.resize((run_bytes + gap) as usize, 0);
                    run.bytes.extend_from_slice(&bytes);
                    continue;
                }
            }
            filled = 0;
            runs.push(Run { destination, bytes: bytes.into_vec() });
        }
        runs.into_iter().flat_map(cut).collect()
    }
}

/// A run as a head and a tail to copy and a middle to move.
fn cut(run: Run) -> Vec<Run> {
    let end = run.destination + run.bytes.len() as u64;
    let middle_start = run.destination.next_multiple_of(PAGE_BYTES_MAX);
    let middle_end = end - end % PAGE_BYTES_MAX;
    if middle_end < middle_start + MOVED_RUN_BYTES_MIN {
        return split_copied(run);
    }
    let mut bytes = run.bytes;
    let tail = bytes.split_off((middle_end - run.destination) as usize);
    let middle = bytes.split_off((middle_start - run.destination) as usize);
    let parts = [(run.destination, bytes), (middle_start, middle), (middle_end, tail)];
    parts
        .into_iter()
        .filter(|(_, bytes)| !bytes.is_empty())
        .flat_map(|(destination, bytes)| match destination {
            _ if destination == middle_start => vec![Run { destination, bytes }],
            _ => split_copied(Run { destination, bytes }),
        })
        .collect()
}

/// A run that is copied, without zeros at its ends, and in pieces each shorter than what is moved.
fn split_copied(run: Run) -> Vec<Run> {
    let Some(first) = run.bytes.iter().position(|byte| *byte != 0) else {
        return Vec::new();
    };
    let last = run.bytes.iter().rposition(|byte| *byte != 0).unwrap_or(first);
    let destination = run.destination + first as u64;
    let piece = MOVED_RUN_BYTES_MIN as usize / 2;
    run.bytes[first..=last]
        .chunks(piece)
        .enumerate()
        .map(|(index, bytes)| Run { destination: destination + (index * piece) as u64, bytes: bytes.to_vec() })
        .collect()
}

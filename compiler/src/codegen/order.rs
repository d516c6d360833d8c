//! The order of functions by what profiles say: those that are executed are together, each beside the one that calls it most.
//!
//! Functions are taken from the most often entered to the least. Each comes behind the functions that lie with its most frequent caller
//! (call-chain clustering, as in Ottoni and Maher's "Optimizing Function Placement for Large-Scale Data-Center Applications").

use super::code::CompiledItem;
use crate::plan::{FuncId, FuncKind};
use crate::profile::Heat;
use crate::translate::{Context, TextItem};
use std::collections::HashMap;

/// Maximum number of bytes of functions that are put together because they call each other.
const CLUSTER_BYTES_MAX: usize = 1 << 16;

/// Sorts the items: functions that were executed, what profiles say nothing of, and functions that were never executed.
pub fn sort(context: &Context<'_>, items: &mut Vec<CompiledItem>) {
    let Some(heat) = &context.heat else { return };
    let entries: Vec<Option<u64>> = items.iter().map(|item| entries(context, heat, item.item)).collect();
    let rank = |index: usize| match entries[index] {
        Some(0) => 2,
        None => 1,
        Some(_) => 0,
    };
    let mut order = clusters(context, heat, items, &entries);
    let rest = |wanted| (0..items.len()).filter(move |index| rank(*index) == wanted);
    order.extend([1, 2].into_iter().flat_map(rest));
    let mut places = vec![0; items.len()];
    order.into_iter().enumerate().for_each(|(place, index)| places[index] = place);
    let mut placed: Vec<(usize, CompiledItem)> = places.into_iter().zip(items.drain(..)).collect();
    placed.sort_by_key(|(place, _)| *place);
    items.extend(placed.into_iter().map(|(_, item)| item));
}

/// Returns the number of times that an item was entered; `None` if profiles don't say.
fn entries(context: &Context<'_>, heat: &Heat, item: TextItem) -> Option<u64> {
    match item {
        TextItem::Func(func) => Some(heat.counts_of(context.plan, func)?.entries),
        _ => None,
    }
}

/// Functions that lie together.
#[derive(Default)]
struct Cluster {
    items: Vec<usize>,
    bytes: usize,
    entries: u64,
}

/// Returns the numbers of the items that were executed, in their order.
fn clusters(context: &Context<'_>, heat: &Heat, items: &[CompiledItem], entries: &[Option<u64>]) -> Vec<usize> {
    let callers = callers(context, heat, items);
    let executed = |index: &usize| entries[*index].is_some_and(|entries| entries != 0);
    let mut waiting: Vec<usize> = (0..items.len()).filter(executed).collect();
    waiting.sort_by_key(|index| std::cmp::Reverse(entries[*index]));
    let mut clusters: Vec<Cluster> = Vec::new();
    clusters.resize_with(items.len(), Cluster::default);
    let mut cluster_of: Vec<usize> = (0..items.len()).collect();
    for &index in &waiting {
        let bytes = items[index].bytes.len();
        clusters[index] = Cluster { items: vec![index], bytes, entries: entries[index].unwrap_or(0) };
    }
    for &index in &waiting {
        let Some(&(caller, _)) = callers.get(&index).filter(|(caller, _)| executed(caller)) else { continue };
        let (from, to) = (cluster_of[index], cluster_of[caller]);
        if from == to || clusters[from].bytes + clusters[to].bytes > CLUSTER_BYTES_MAX {
            continue;
        }
        let moved = std::mem::take(&mut clusters[from]);
        moved.items.iter().for_each(|index| cluster_of[*index] = to);
        let cluster = &mut clusters[to];
        cluster.bytes += moved.bytes;
        cluster.entries = cluster.entries.saturating_add(moved.entries);
        cluster.items.extend(moved.items);
    }
    clusters.retain(|cluster| !cluster.items.is_empty());
    let density = |cluster: &Cluster| cluster.entries as f64 / cluster.bytes.max(1) as f64;
    clusters.sort_by(|one, other| density(other).total_cmp(&density(one)));
    clusters.into_iter().flat_map(|cluster| cluster.items).collect()
}

/// The item that calls each item most, and how often it does.
fn callers(context: &Context<'_>, heat: &Heat, items: &[CompiledItem]) -> HashMap<usize, (usize, u64)> {
    let indices: HashMap<TextItem, usize> = items.iter().enumerate().map(|(index, item)| (item.item, index)).collect();
    let mut callers: HashMap<usize, (usize, u64)> = HashMap::new();
    for (caller, item) in items.iter().enumerate() {
        let TextItem::Func(func) = item.item else { continue };
        for (callee, count) in calls(context, heat, func) {
            let Some(&callee) = indices.get(&TextItem::Func(callee)).filter(|callee| **callee != caller) else {
                continue;
            };
            let most = callers.entry(callee).or_insert((caller, 0));
            if count > most.1 {
                *most = (caller, count);
            }
        }
    }
    callers
}

/// Yields the functions that a function calls directly, and how often.
fn calls<'c>(context: &'c Context<'_>, heat: &'c Heat, func: FuncId) -> impl Iterator<Item = (FuncId, u64)> + 'c {
    let instance = match context.plan.functions[func].kind {
        FuncKind::Wasm { instance, .. } => Some(&context.plan.instances[instance]),
        _ => None,
    };
    let counts = heat.counts_of(context.plan, func);
    instance.zip(counts).into_iter().flat_map(|(instance, counts)| {
        counts.calls.iter().filter_map(|(callee, count)| Some((instance.functions[*callee]?, *count)))
    })
}

//! Files inside the executable: a tree is written in the form of `aot_abi::embedded`. The bytes depend only on names,
//! contents and links.

use super::text::text;
use super::with_head;
use aot_abi::embedded::{self as abi, KIND_DIRECTORY, KIND_FILE, KIND_LINK};
use aot_abi::policy;
use aot_abi::record::Record;
use std::collections::VecDeque;

/// Maximum bytes of all trees together: code must reach its data.
pub const EMBEDDED_BYTES_MAX: u64 = 1 << 30;

/// A directory that the executable contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// Path of the directory in the guest.
    pub guest: String,
    /// Entries of the directory.
    pub tree: Vec<Entry>,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the entry, as bytes: host names need not be UTF-8.
    pub name: Vec<u8>,
    /// File, directory or link that the name refers to.
    pub item: Item,
}

/// A directory, a file or a symbolic link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A directory with its entries.
    Directory(Vec<Entry>),
    /// A file with its contents.
    File(Vec<u8>),
    /// A symbolic link with its target path.
    Link(Vec<u8>),
}

impl Embedded {
    /// Returns the number of files and links, and their bytes.
    pub fn count(&self) -> (usize, u64) {
        let (mut files, mut bytes) = (0, 0);
        let mut waiting: Vec<&[Entry]> = vec![&self.tree];
        while let Some(entries) = waiting.pop() {
            for entry in entries {
                match &entry.item {
                    Item::Directory(entries) => waiting.push(entries),
                    Item::File(contents) | Item::Link(contents) => {
                        files += 1;
                        bytes += contents.len() as u64;
                    }
                }
            }
        }
        (files, bytes)
    }

    /// Returns the directory of a policy item; `None` if the payload is damaged.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let (head, rest) = policy::Embedded::split_from(payload)?;
        let (guest, tree) = rest.split_at_checked(head.guest_bytes as usize)?;
        Some(Self { guest: text(guest), tree: decode(tree)? })
    }

    /// Returns the payload of the policy item.
    pub(super) fn encode(&self) -> Vec<u8> {
        let head = policy::Embedded { guest_bytes: self.guest.len() as u32 };
        with_head(&head, &[self.guest.as_bytes(), &encode(&self.tree)])
    }
}

/// A node whose name and contents have no offsets yet.
struct Node<'t> {
    name: &'t [u8],
    item: NodeItem<'t>,
    parent: u32,
}

enum NodeItem<'t> {
    Directory { first: u32, count: u32 },
    Bytes(u32, &'t [u8]),
}

/// Encodes the tree breadth first, so that the children of a directory are adjacent.
fn encode(tree: &[Entry]) -> Vec<u8> {
    let mut nodes = vec![Node { name: b"", item: NodeItem::Directory { first: 0, count: 0 }, parent: 0 }];
    let mut waiting = VecDeque::from([(0, tree)]);
    while let Some((parent, entries)) = waiting.pop_front() {
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        sorted.sort_by_key(|entry| &entry.name);
        let first = nodes.len() as u32;
        nodes[parent].item = NodeItem::Directory { first, count: sorted.len() as u32 };
        for entry in sorted {
            let item = match &entry.item {
                Item::Directory(entries) => {
                    waiting.push_back((nodes.len(), entries));
                    NodeItem::Directory { first: 0, count: 0 }
                }
                Item::File(contents) => NodeItem::Bytes(KIND_FILE, contents),
                Item::Link(target) => NodeItem::Bytes(KIND_LINK, target),
            };
            nodes.push(Node { name: &entry.name, item, parent: parent as u32 });
        }
    }
    write(&nodes)
}

fn write(nodes: &[Node<'_>]) -> Vec<u8> {
    let mut head = with_head(&abi::Tree { nodes: nodes.len() as u32 }, &[]);
    let mut bytes = Vec::new();
    let bytes_start = head.len() + nodes.len() * abi::Node::BYTES;
    for node in nodes {
        let mut place = |part: &[u8]| {
            let offset = bytes_start + bytes.len();
            bytes.extend_from_slice(part);
            offset as u32
        };
        let name = place(node.name);
        let (kind, data, data_count) = match node.item {
            NodeItem::Directory { first, count } => (KIND_DIRECTORY, first, count),
            NodeItem::Bytes(kind, contents) => (kind, place(contents), contents.len() as u32),
        };
        let name_bytes = node.name.len() as u32;
        let node = abi::Node { kind, name, name_bytes, data, data_count, parent: node.parent };
        head.extend(with_head(&node, &[]));
    }
    head.extend(bytes);
    head
}

/// Deepest nesting of directories that is decoded: more than any path of the system can name.
const DEPTH_MAX: usize = 4096;

/// Decodes a tree. Children come after their directory, so that each node is finished when its directory is made.
fn decode(tree: &[u8]) -> Option<Vec<Entry>> {
    let (abi::Tree { nodes: count }, rest) = Record::split_from(tree)?;
    let nodes: Vec<abi::Node> =
        rest.chunks_exact(abi::Node::BYTES).take(count as usize).map(abi::Node::read).collect::<Option<_>>()?;
    check_sizes(&nodes, tree.len() as u64)?;
    check_depth(&nodes)?;
    let bytes = |offset: u32, count: u32| Some(tree.get(offset as usize..)?.get(..count as usize)?.to_vec());
    let mut entries: Vec<Option<Entry>> = vec![None; nodes.len()];
    for (place, node) in nodes.iter().enumerate().rev() {
        let item = match node.kind {
            KIND_DIRECTORY => {
                let children = entries.get_mut(node.data as usize..)?.get_mut(..node.data_count as usize)?;
                Item::Directory(children.iter_mut().map(Option::take).collect::<Option<_>>()?)
            }
            KIND_FILE => Item::File(bytes(node.data, node.data_count)?),
            KIND_LINK => Item::Link(bytes(node.data, node.data_count)?),
            _ => return None,
        };
        entries[place] = Some(Entry { name: bytes(node.name, node.name_bytes)?, item });
    }
    match entries.into_iter().next()??.item {
        Item::Directory(entries) => Some(entries),
        Item::File(_) | Item::Link(_) => None,
    }
}

/// Returns `None` if names and contents, or the children of directories, are more than the tree has: they overlap.
fn check_sizes(nodes: &[abi::Node], tree_bytes: u64) -> Option<()> {
    let (mut bytes, mut children) = (0, 0);
    for node in nodes {
        bytes += u64::from(node.name_bytes);
        *(if node.kind == KIND_DIRECTORY { &mut children } else { &mut bytes }) += u64::from(node.data_count);
    }
    (bytes <= tree_bytes && children <= nodes.len() as u64).then_some(())
}

/// Returns `None` if directories are nested too deep, or don't precede their children.
fn check_depth(nodes: &[abi::Node]) -> Option<()> {
    let mut depths = vec![0; nodes.len()];
    for (place, node) in nodes.iter().enumerate().filter(|(_, node)| node.kind == KIND_DIRECTORY) {
        let first = node.data as usize;
        if node.data_count > 0 && first <= place {
            return None;
        }
        let depth = depths[place] + 1;
        depths.get_mut(first..)?.get_mut(..node.data_count as usize)?.fill(depth);
        if depth > DEPTH_MAX {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_entries_makes_no_difference() {
        let file = |name: &str| Entry { name: name.into(), item: Item::File(name.into()) };
        let directory = |entries| Entry { name: b"d".to_vec(), item: Item::Directory(entries) };
        let one = encode(&[file("a"), directory(vec![file("x"), file("y")]), file("b")]);
        let other = encode(&[directory(vec![file("y"), file("x")]), file("b"), file("a")]);
        assert_eq!(one, other);
        assert_eq!(u32::from_le_bytes(*one.first_chunk().unwrap()), 6);
        assert_eq!(one.len(), 4 + 6 * abi::Node::BYTES + 2 * 4 + 1);
    }
}

//! Files inside the executable, as `aot_abi::embedded` describes them: a read-only directory for which the system isn't
//! asked anything.
//!
//! Only programs that have some link this module: `aot_part_embedded`.

use core::cell::Cell;

use aot_abi::embedded::{self as abi, KIND_DIRECTORY, KIND_FILE};
use aot_abi::parts;
use aot_abi::record::Record;
use rustix::fs::FileType;
use rustix::io::Errno;

use crate::files::inside::{Contents, Embedded, Entry, Found, OpenEmbedded};
use crate::files::status::{Status, Time};

const _: () = assert!(aot_foundation::same_name("aot_part_embedded", parts::EMBEDDED));
const _: OpenEmbedded = aot_part_embedded;

/// The device number of the first tree; no file of the system's has it.
const DEVICE: u64 = 0x0a07_0000_0000_0000;
/// The most links that are followed for a path, as in Linux.
const LINKS_MAX: u32 = 40;
/// The bounds of names and paths, as in Linux.
const NAME_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 4095;

/// The whole of what one flag embeds.
#[derive(Clone, Copy)]
struct Tree {
    bytes: &'static [u8],
    number: u64,
}

/// A node of a tree.
#[derive(Clone, Copy)]
struct Node {
    index: u32,
    kind: u32,
    name: &'static [u8],
    data: (u32, u32),
    parent: u32,
}

/// A directory of a tree.
struct Directory {
    tree: Tree,
    node: Node,
}

/// The top of the tree that `bytes` are, the executable's tree with this number; none if they are damaged.
#[unsafe(no_mangle)]
fn aot_part_embedded(bytes: &'static [u8], number: usize) -> Option<Box<dyn Embedded>> {
    let tree = Tree { bytes, number: number as u64 };
    let node = tree.node(0).filter(|node| node.kind == KIND_DIRECTORY)?;
    Some(Box::new(Directory { tree, node }))
}

impl Tree {
    fn range(&self, offset: u32, length: u32) -> Option<&'static [u8]> {
        self.bytes.get(offset as usize..)?.get(..length as usize)
    }

    fn node(&self, index: u32) -> Option<Node> {
        let (head, nodes) = abi::Tree::split_from(self.bytes)?;
        if index >= head.nodes {
            return None;
        }
        let node = abi::Node::read(nodes.get(index as usize * abi::Node::BYTES..)?)?;
        let name = self.range(node.name, node.name_bytes)?;
        Some(Node { index, kind: node.kind, name, data: (node.data, node.data_count), parent: node.parent })
    }

    /// Child `number` of a directory.
    fn child(&self, node: &Node, number: u32) -> Option<Node> {
        let (first, count) = node.data;
        if number >= count { None } else { self.node(first.checked_add(number)?) }
    }

    /// The child with this name: a binary search.
    fn named(&self, node: &Node, name: &[u8]) -> Option<Node> {
        let (mut low, mut high) = (0, node.data.1);
        while low < high {
            let middle = low + (high - low) / 2;
            let child = self.child(node, middle)?;
            match child.name.cmp(name) {
                core::cmp::Ordering::Equal => return Some(child),
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn contents(&self, node: &Node) -> Option<&'static [u8]> {
        self.range(node.data.0, node.data.1)
    }

    fn status(&self, node: &Node) -> Status {
        let never = Time(0, 0);
        Status {
            file_type: file_type(node),
            device: DEVICE + self.number,
            inode: u64::from(node.index) + 1,
            links: 1,
            size: if node.kind == KIND_DIRECTORY { 0 } else { node.data.1.into() },
            access: never,
            modification: never,
            change: never,
        }
    }
}

fn file_type(node: &Node) -> FileType {
    match node.kind {
        KIND_DIRECTORY => FileType::Directory,
        KIND_FILE => FileType::RegularFile,
        _ => FileType::Symlink,
    }
}

impl Directory {
    /// The node at a path. It may lead out of this directory nowhere, also not on the way to a place inside.
    fn resolve(&self, path: &str, follow: bool) -> Result<Node, Errno> {
        // What is still to be walked, the next part last.
        let mut rest: Vec<&[u8]> = Vec::new();
        push(&mut rest, path.as_bytes())?;
        let (mut node, mut depth, mut links) = (self.node, 0, 0);
        while let Some(part) = rest.pop() {
            if node.kind != KIND_DIRECTORY {
                return Err(Errno::NOTDIR);
            }
            match part {
                b"." => continue,
                b".." if depth == 0 => return Err(Errno::PERM),
                b".." => {
                    depth -= 1;
                    node = self.tree.node(node.parent).ok_or(Errno::IO)?;
                    continue;
                }
                part if part.len() > NAME_BYTES_MAX => return Err(Errno::NAMETOOLONG),
                _ => {}
            }
            let child = self.tree.named(&node, part).ok_or(Errno::NOENT)?;
            if file_type(&child) != FileType::Symlink || (rest.is_empty() && !follow) {
                node = child;
                depth += 1;
                continue;
            }
            links += 1;
            if links > LINKS_MAX {
                return Err(Errno::LOOP);
            }
            let target = self.tree.contents(&child).ok_or(Errno::IO)?;
            push(&mut rest, target)?;
        }
        Ok(node)
    }
}

/// Adds the parts of a path, the first one last. A slash at the end demands a directory, as `.` does.
fn push<'p>(rest: &mut Vec<&'p [u8]>, path: &'p [u8]) -> Result<(), Errno> {
    if path.is_empty() {
        return Err(Errno::NOENT);
    }
    if path.contains(&0) {
        return Err(Errno::INVAL);
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(Errno::NAMETOOLONG);
    }
    if path.starts_with(b"/") {
        return Err(Errno::PERM);
    }
    if path.ends_with(b"/") {
        rest.push(b".");
    }
    rest.extend(path.split(|&byte| byte == b'/').rev().filter(|part| !part.is_empty()));
    Ok(())
}

impl Embedded for Directory {
    fn find(&self, path: &str, follow: bool) -> Result<Found, Errno> {
        let node = self.resolve(path, follow)?;
        let status = self.tree.status(&node);
        if node.kind == KIND_DIRECTORY {
            return Ok(Found::Directory(Box::new(Directory { tree: self.tree, node })));
        }
        let bytes = self.tree.contents(&node).ok_or(Errno::IO)?;
        Ok(match node.kind {
            KIND_FILE => Found::File(Contents { bytes, position: Cell::new(0), status }),
            _ => Found::Link(bytes, status),
        })
    }

    fn entry(&self, index: u64) -> Option<Entry> {
        let entry = |name, node: &Node| Entry { name, file_type: file_type(node), inode: u64::from(node.index) + 1 };
        match index {
            0 => Some(entry(b".", &self.node)),
            // What lies above is nobody's business.
            1 => Some(entry(b"..", &self.node)),
            _ => {
                let child = self.tree.child(&self.node, u32::try_from(index - 2).ok()?)?;
                Some(entry(child.name, &child))
            }
        }
    }

    fn status(&self) -> Status {
        self.tree.status(&self.node)
    }
}

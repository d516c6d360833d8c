//! The graph of a component's instances: what satisfies which import.

use super::text::Text;
use aot_compiler::describe::{Argument, Binary, Instance};
use std::fmt::{self, Write as _};

/// Width and height of a box, and the space behind it, in pixels.
const BOX: (usize, usize) = (170, 34);
const SPACE: (usize, usize) = (70, 18);
const MARGIN: usize = 8;
/// Most letters of a name in a box.
const LETTERS_MAX: usize = 22;
/// Most instances of a picture. The table has all.
const PICTURED_MAX: usize = 40;

/// Draws the wiring of the outermost component with several instances, and lists that of all.
pub fn draw(out: &mut String, binaries: &[Binary]) -> fmt::Result {
    let wired: Vec<&Binary> = binaries.iter().filter(|binary| !binary.instances.is_empty()).collect();
    let Some(first) = wired.first() else { return Ok(()) };
    writeln!(out, "<h2>What satisfies which import</h2>")?;
    if (2..=PICTURED_MAX).contains(&first.instances.len()) {
        Picture::of(&first.instances, binaries).draw(out)?;
    }
    writeln!(out, "<div class=\"scroll\"><table>\n<tr><th>in</th><th>instance</th><th>import</th><th>from</th></tr>")?;
    for (place, binary) in binaries.iter().enumerate() {
        for instance in &binary.instances {
            for Argument { import, from } in &instance.arguments {
                let (title, name) = (binary.title(place), title(instance, binaries));
                writeln!(
                    out,
                    "<tr><td>{}</td><td>{}: {}</td><td class=\"code\">{}</td><td class=\"code\">{}</td></tr>",
                    Text(&title),
                    Text(&instance.name),
                    Text(&name),
                    Text(import),
                    Text(from)
                )?;
            }
        }
    }
    writeln!(out, "</table></div>")
}

fn title(instance: &Instance, binaries: &[Binary]) -> String {
    instance.binary.and_then(|place| Some(binaries.get(place)?.title(place))).unwrap_or_else(|| instance.of.clone())
}

/// A picture: boxes in columns, each behind those that it imports from.
struct Picture<'i> {
    boxes: Vec<Node<'i>>,
}

/// An instance, or the host as the first.
struct Node<'i> {
    title: String,
    column: usize,
    row: usize,
    /// Imports, and the boxes that satisfy them.
    imports: Vec<(&'i str, usize)>,
}

impl<'i> Picture<'i> {
    fn of(instances: &'i [Instance], binaries: &[Binary]) -> Self {
        let mut boxes = vec![Node { title: String::from("the host"), column: 0, row: 0, imports: Vec::new() }];
        let mut rows = vec![1];
        for instance in instances {
            let source = |argument: &'i Argument| {
                let earlier = &instances[..boxes.len() - 1];
                let is_source = |other: &Instance| {
                    argument.from == other.name || argument.from.ends_with(&format!(" of {}", other.name))
                };
                (argument.import.as_str(), earlier.iter().position(is_source).map_or(0, |place| place + 1))
            };
            let imports: Vec<(&str, usize)> = instance.arguments.iter().map(source).collect();
            let column = imports.iter().map(|(_, source)| boxes[*source].column + 1).max().unwrap_or(0);
            rows.resize(rows.len().max(column + 1), 0);
            boxes.push(Node { title: title(instance, binaries), column, row: rows[column], imports });
            rows[column] += 1;
        }
        Self { boxes }
    }

    fn draw(&self, out: &mut String) -> fmt::Result {
        let end = |of: fn(&Node<'_>) -> usize| self.boxes.iter().map(of).max().unwrap_or(0) + 1;
        let width = end(|node| node.column) * (BOX.0 + SPACE.0) - SPACE.0 + 2 * MARGIN;
        let height = end(|node| node.row) * (BOX.1 + SPACE.1) - SPACE.1 + 2 * MARGIN;
        writeln!(
            out,
            "<div class=\"scroll\"><svg class=\"graph\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
             <title>Instances, each behind those that satisfy its imports; the table below has the same</title>"
        )?;
        for node in &self.boxes {
            let (x, y) = node.corner();
            for (import, source) in &node.imports {
                let (from_x, from_y) = self.boxes[*source].corner();
                let (from_x, from_y, to_y) = (from_x + BOX.0, from_y + BOX.1 / 2, y + BOX.1 / 2);
                let middle = (from_x + x) / 2;
                let title = Text(import);
                writeln!(
                    out,
                    "<path d=\"M{from_x} {from_y}C{middle} {from_y} {middle} {to_y} {x} {to_y}\"><title>{title}</title></path>"
                )?;
            }
        }
        for (place, node) in self.boxes.iter().enumerate() {
            let ((x, y), (width, height)) = (node.corner(), BOX);
            let class = if place == 0 { " class=\"host\"" } else { "" };
            let letters: String = node.title.chars().take(LETTERS_MAX).collect();
            writeln!(
                out,
                "<rect{class} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"><title>{}</title></rect>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                Text(&node.title),
                x + width / 2,
                y + height / 2 + 5,
                Text(&letters)
            )?;
        }
        writeln!(out, "</svg></div>")
    }
}

impl Node<'_> {
    /// Returns the upper left corner of the box.
    fn corner(&self) -> (usize, usize) {
        (MARGIN + self.column * (BOX.0 + SPACE.0), MARGIN + self.row * (BOX.1 + SPACE.1))
    }
}

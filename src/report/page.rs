//! The page of a report, in HTML. Everything is inside of it: its style, its script, and the sizes as JSON.

use super::duties::Duty;
use super::graph;
use super::text::Text;
use anyhow::Result;
use aot_compiler::describe::{Binary, BinaryKind, Changed, Contents, Note, Part};
use std::fmt::{self, Write as _};
use std::time::Duration;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Changed functions that are listed, and parts of a part: the rest is counted.
const ROWS_MAX: usize = 50;
/// Depth of parts in the list: a module, a package, a function.
const DEPTH_MAX: usize = 4;

/// A page about an executable.
pub struct Page<'p> {
    /// Name of the executable.
    pub name: &'p str,
    /// Bytes of the file.
    pub bytes: u64,
    /// The executable's note.
    pub note: &'p Note,
    /// Signs that somebody changed the file.
    pub alarms: &'p [String],
    /// Everything that the program may do.
    pub duties: Vec<Duty>,
    /// Sizes of the parts.
    pub contents: Contents,
    /// Components and modules.
    pub binaries: &'p [Binary],
    /// The time of each stage, if it is known.
    pub timings: &'p [(&'static str, Duration)],
}

impl Page<'_> {
    /// Writes the page.
    pub fn html(&self) -> Result<String> {
        let mut out = String::new();
        self.head(&mut out)?;
        self.duties(&mut out)?;
        self.contents(&mut out)?;
        self.components(&mut out)?;
        self.timings(&mut out)?;
        self.changed(&mut out)?;
        writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")?;
        Ok(out)
    }

    fn head(&self, out: &mut String) -> fmt::Result {
        let (name, note) = (Text(self.name), self.note);
        writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{name}: report</title>")?;
        writeln!(out, "<style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>")?;
        writeln!(
            out,
            "<p class=\"soft\">An executable for {}, {} bytes, made from a {} by aot {}.</p>",
            Text(&note.target),
            self.bytes,
            Text(&note.kind),
            Text(&note.aot_version)
        )?;
        self.alarms.iter().try_for_each(|alarm| writeln!(out, "<p class=\"alarm\">Alarm: {}</p>", Text(alarm)))
    }

    fn duties(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "<h2>What it may do</h2>")?;
        for Duty { text, items } in &self.duties {
            writeln!(out, "<p>{}{}</p>", Text(text), if items.is_empty() { "." } else { ":" })?;
            list(out, items)?;
        }
        if !self.note.missing.is_empty() {
            writeln!(out, "<p>Calls of these imports end it, because nothing satisfies them:</p>")?;
            list(out, &self.note.missing)?;
        }
        Ok(())
    }

    fn contents(&self, out: &mut String) -> Result<()> {
        writeln!(out, "<h2>Where its bytes went</h2>\n<p id=\"path\"></p>\n<div id=\"map\"></div>")?;
        writeln!(out, "<p class=\"soft\">Enter or a click opens a part, Escape goes back. The same as a list:</p>")?;
        part(out, &self.contents.whole, self.bytes, 0)?;
        // Nothing in the JSON can end the element.
        let json = serde_json::to_string(&self.contents.whole)?.replace('<', "\\u003c");
        writeln!(out, "<script type=\"application/json\" id=\"contents\">{json}</script>")?;
        Ok(())
    }

    fn components(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "<h2>What it was made from</h2>\n<div class=\"scroll\"><table>")?;
        writeln!(out, "<tr><th>part</th><th>kind</th><th class=\"n\">bytes of wasm</th><th>SHA-256</th></tr>")?;
        for (place, binary) in self.binaries.iter().enumerate() {
            let depth = std::iter::successors(binary.parent, |parent| self.binaries[*parent].parent).count();
            let kind = match binary.kind {
                BinaryKind::Component => "component",
                BinaryKind::Module => "core module",
            };
            writeln!(
                out,
                "<tr><td style=\"padding-left:{depth}em\">{}</td><td>{kind}</td><td class=\"n\">{}</td><td class=\"code\">{}</td></tr>",
                Text(&binary.title(place)),
                binary.bytes,
                Text(binary.sha256.get(..16).unwrap_or(&binary.sha256))
            )?;
        }
        writeln!(out, "</table></div>")?;
        graph::draw(out, self.binaries)
    }

    fn timings(&self, out: &mut String) -> fmt::Result {
        let most = self.timings.iter().map(|(_, time)| *time).max().unwrap_or_default().as_secs_f64();
        if most == 0.0 {
            return Ok(());
        }
        writeln!(
            out,
            "<h2>Where compile time went</h2>\n<p class=\"soft\">Translation, passes and code generation run side by side: the time of all threads.</p>\n<table>"
        )?;
        for (stage, time) in self.timings {
            let seconds = time.as_secs_f64();
            writeln!(
                out,
                "<tr><td>{}</td><td class=\"n\">{:.1} ms</td><td style=\"width:60%\"><span class=\"bar\" style=\"width:{:.1}%\"></span></td></tr>",
                Text(stage),
                seconds * 1000.0,
                100.0 * seconds / most
            )?;
        }
        writeln!(out, "</table>")
    }

    fn changed(&self, out: &mut String) -> fmt::Result {
        let changed = &self.contents.changed;
        let merged = changed.iter().filter(|function| function.merged_into.is_some()).count();
        let inlined = changed.iter().filter(|function| function.inlined_into > 0).count();
        writeln!(out, "<h2>What became of functions</h2>")?;
        writeln!(out, "<p>{inlined} functions are also inside of others, and {merged} have the code of another.</p>")?;
        if changed.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "<div class=\"scroll\"><table>\n<tr><th>function</th><th class=\"n\">inside of</th><th>same code as</th></tr>"
        )?;
        for Changed { name, inlined_into, merged_into } in changed.iter().take(ROWS_MAX) {
            let same = Text(merged_into.as_deref().unwrap_or_default());
            writeln!(
                out,
                "<tr><td class=\"code\">{}</td><td class=\"n\">{inlined_into}</td><td class=\"code\">{same}</td></tr>",
                Text(name)
            )?;
        }
        writeln!(out, "</table></div>")?;
        match changed.len().saturating_sub(ROWS_MAX) {
            0 => Ok(()),
            more => writeln!(out, "<p class=\"soft\">And {more} more.</p>"),
        }
    }
}

fn list(out: &mut String, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    items.iter().try_for_each(|item| writeln!(out, "<li><code>{}</code></li>", Text(item)))?;
    writeln!(out, "</ul>")
}

/// Writes a part, and those that it consists of behind it.
fn part(out: &mut String, part: &Part, whole: u64, depth: usize) -> fmt::Result {
    let share = 100.0 * part.bytes as f64 / whole.max(1) as f64;
    let name = if depth == 0 { "the file" } else { &part.name };
    let line = format!("{}: {} bytes, {share:.1} %", Text(name), part.bytes);
    if part.parts.is_empty() || depth == DEPTH_MAX {
        return writeln!(out, "<div>{line}</div>");
    }
    writeln!(out, "<details{}><summary>{line}</summary><div>", if depth == 0 { " open" } else { "" })?;
    part.parts.iter().take(ROWS_MAX).try_for_each(|inner| self::part(out, inner, whole, depth + 1))?;
    if let Some(rest) = part.parts.get(ROWS_MAX..).filter(|rest| !rest.is_empty()) {
        let bytes: u64 = rest.iter().map(|part| part.bytes).sum();
        writeln!(out, "<div class=\"soft\">{} more: {bytes} bytes</div>", rest.len())?;
    }
    writeln!(out, "</div></details>")
}

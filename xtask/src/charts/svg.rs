//! Bar charts as SVG, legible on light and dark pages, and for who hears them: each has a title and its numbers as text.

use std::fmt::Write as _;

/// Width of a picture, and where its bars begin and end, in pixels.
const WIDTH: f64 = 760.0;
const BARS: (f64, f64) = (310.0, 690.0);
/// Height of a bar with the space to the next, and of the bar alone.
const ROW: f64 = 24.0;
const BAR: f64 = 15.0;
/// Distance of the base of letters from the upper edge of their bar.
const BASELINE: f64 = 12.0;
/// Height of the head, of a legend below it, and of the margin at the end.
const HEAD: f64 = 58.0;
const LEGEND: f64 = 24.0;
const MARGIN: f64 = 14.0;
/// Width of an entry of the legend.
const ENTRY: f64 = 104.0;

/// Colours of the parts: distinct for who doesn't tell red from green, on both grounds.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}\
.t{font-size:16px;font-weight:600}\
.c,.s{fill:#59636e}\
.c{font:12px ui-monospace,monospace}\
.l{stroke:#59636e;stroke-dasharray:4 3}\
.p0{fill:#2166ac}.p1{fill:#f4a582}.p2{fill:#67a9cf}.p3{fill:#b2182b}.p4{fill:#8c96a0}\
@media(prefers-color-scheme:dark){\
text{fill:#e6edf3}\
.c,.s{fill:#9198a1}\
.l{stroke:#9198a1}\
.p0{fill:#58a6ff}.p1{fill:#f0883e}.p2{fill:#a5d6ff}.p3{fill:#ff7b72}.p4{fill:#6e7681}}";

/// A bar of one or several parts.
pub struct Bar {
    pub label: String,
    pub parts: Vec<f64>,
}

/// A picture of horizontal bars.
pub struct Picture<'a> {
    pub title: &'a str,
    /// The command that measures what is shown.
    pub command: &'a str,
    pub bars: Vec<Bar>,
    /// Names of the parts, if bars have several.
    pub parts: &'a [&'a str],
    /// The unit, as it stands behind each number.
    pub unit: &'a str,
    /// A value with a line across all bars.
    pub line: Option<f64>,
}

impl Picture<'_> {
    /// Draws the picture.
    pub fn svg(&self) -> String {
        let top = HEAD + if self.parts.is_empty() { 0.0 } else { LEGEND };
        let height = top + ROW * self.bars.len() as f64 + MARGIN;
        let totals = self.bars.iter().map(Bar::total);
        let scale = (BARS.1 - BARS.0) / totals.chain(self.line).fold(0.0, f64::max);
        let title = escaped(self.title);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n\
             <text class=\"t\" x=\"10\" y=\"24\">{title}</text>\n<text class=\"c\" x=\"10\" y=\"43\">{}</text>\n",
            escaped(self.command)
        );
        for (part, name) in self.parts.iter().enumerate() {
            let x = BARS.0 + ENTRY * part as f64 - ENTRY;
            _ = writeln!(
                out,
                "<rect class=\"p{part}\" x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\"/><text class=\"s\" x=\"{}\" y=\"{}\">{}</text>",
                HEAD - 2.0,
                x + 17.0,
                HEAD + 9.0,
                escaped(name)
            );
        }
        for (row, bar) in self.bars.iter().enumerate() {
            bar.draw(&mut out, top + ROW * row as f64, scale);
            self.write_total(&mut out, top + ROW * row as f64, BARS.0 + bar.total() * scale, bar.total());
        }
        if let Some(line) = self.line {
            let (x, end) = (BARS.0 + line * scale, height - MARGIN);
            _ = writeln!(out, "<line class=\"l\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{end}\"/>");
        }
        out + "</svg>\n"
    }

    /// Writes the number of a bar behind its end, or behind all bars if the line would cross it.
    fn write_total(&self, out: &mut String, y: f64, end: f64, total: f64) {
        let end = if self.line.is_some() { BARS.1 } else { end };
        let (x, y) = (end + 6.0, y + BASELINE);
        _ = writeln!(out, "<text class=\"s\" x=\"{x:.1}\" y=\"{y}\">{}{}</text>", number(total), self.unit);
    }
}

impl Bar {
    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }

    fn draw(&self, out: &mut String, y: f64, scale: f64) {
        let (mut x, baseline) = (BARS.0, y + BASELINE);
        _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>",
            BARS.0 - 8.0,
            escaped(&self.label)
        );
        for (part, value) in self.parts.iter().enumerate() {
            let width = value * scale;
            _ = writeln!(out, "<rect class=\"p{part}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\"/>");
            x += width;
        }
    }
}

/// Writes a number with as many digits as its table has: two behind the point below 100.
fn number(value: f64) -> String {
    if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_a_scale() {
        let bars = [("a<b", 1.0), ("c", 2.0)].map(|(label, part)| Bar { label: label.to_string(), parts: vec![part] });
        let picture = Picture { title: "T", command: "c", bars: bars.into(), parts: &[], unit: " s", line: Some(1.0) };
        let svg = picture.svg();
        assert!(svg.contains("width=\"190.0\"") && svg.contains("width=\"380.0\"") && svg.contains("a&lt;b"));
        assert!(svg.contains("x1=\"500.0\"") && svg.contains(">2.00 s<"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.947, 1.0, 58.56, 104.0, 236.096].map(number), ["0.95", "1.00", "58.56", "104", "236"]);
    }
}

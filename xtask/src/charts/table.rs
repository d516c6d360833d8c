//! Tables of Markdown documents.

use anyhow::{Context, Result};

/// A table, by rows.
pub struct Table<'d> {
    columns: Vec<&'d str>,
    rows: Vec<Vec<&'d str>>,
}

impl<'d> Table<'d> {
    /// The table with this number below a heading.
    ///
    /// # Errors
    /// There is no such heading, or it has fewer tables.
    pub fn find(document: &'d str, heading: &str, number: usize) -> Result<Self> {
        let mut lines = document.lines().skip_while(|line| *line != heading);
        lines.next().with_context(|| format!("there is no heading {heading:?}"))?;
        let section: Vec<&str> = lines.take_while(|line| !line.starts_with("##")).collect();
        let mut blocks = section.split(|line| !line.starts_with('|')).filter(|block| !block.is_empty());
        let block = blocks.nth(number).with_context(|| format!("{heading:?} has no table {number}"))?;
        let mut rows = block.iter().map(|line| line.trim_matches('|').split('|').map(str::trim).collect());
        let columns = rows.next().context("the table is empty")?;
        // The second line says how columns are aligned.
        Ok(Self { columns, rows: rows.skip(1).collect() })
    }

    /// The rows below the head.
    pub fn rows(&self) -> impl Iterator<Item = &[&'d str]> {
        self.rows.iter().map(Vec::as_slice)
    }

    /// The cell of a row in a column.
    ///
    /// # Errors
    /// There is no such column, or the row is shorter.
    pub fn cell(&self, row: &[&'d str], column: &str) -> Result<&'d str> {
        let place = self.columns.iter().position(|name| *name == column);
        let cell = place.and_then(|place| row.get(place)).with_context(|| format!("there is no column {column:?}"))?;
        Ok(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_by_its_heading() {
        let document = "# A\n\n| n |\n| - |\n| 0 |\n\n### B\n\n| n | m |\n| - | - |\n| 1 | 2 |\n\ntext\n\n| n |\n| - |\n| 3 |\n## C\n";
        let cell = |heading: &str, number: usize, column: &str| {
            let table = Table::find(document, heading, number).ok()?;
            let row = table.rows().next()?;
            table.cell(row, column).ok()
        };
        assert_eq!(cell("### B", 0, "m"), Some("2"));
        assert_eq!(cell("### B", 1, "n"), Some("3"));
        assert_eq!(cell("# A", 0, "n"), Some("0"));
        assert_eq!((cell("### B", 2, "n"), cell("### B", 1, "m"), cell("### D", 0, "n")), (None, None, None));
    }
}

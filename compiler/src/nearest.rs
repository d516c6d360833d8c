//! The word that a user likely meant.

/// Returns `, did you mean …?` for a known word that is much like `word`, or nothing.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map_or_else(String::new, |nearest| format!(", did you mean {nearest}?"))
}

/// Returns the known word that differs least from `word`, if at most a fifth of its letters differ, or one of a short word.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const LETTERS_MAX: usize = 100;
    let word: Vec<char> = word.chars().take(LETTERS_MAX).collect();
    let distance = |known: &str| distance(&word, &known.chars().collect::<Vec<_>>());
    let (distance, nearest) =
        known.into_iter().map(|known| (distance(known), known)).min_by_key(|(distance, _)| *distance)?;
    (word.len() >= 3 && distance <= (word.len() / 5).max(1)).then_some(nearest)
}

/// Returns how many letters are left out, added, replaced or swapped with the next.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, wanted) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != wanted);
            let mut least = replaced.min(last[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *wanted {
                least = least.min(before[column - 1] + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut last, line);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_keyboard_are_near() {
        let known = ["build", "inspect", "aarch64-linux"];
        assert_eq!(nearest("inspct", known), Some("inspect"));
        assert_eq!(nearest("aarhc64-linux", known), Some("aarch64-linux"));
        assert_eq!(nearest("buidl", known), Some("build"));
        assert_eq!(nearest("run", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("sparc64-linux", known), None);
        assert_eq!(did_you_mean("biuld", known), ", did you mean build?");
    }
}

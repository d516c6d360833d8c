//! The files that rules look at: all that git tracks or would, read as text.

use crate::{places, process};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;

pub struct Files {
    pub all: Vec<TextFile>,
}

pub struct TextFile {
    /// The file's path from the repository's top folder, with `/` between folders.
    pub path: String,
    pub text: String,
}

impl Files {
    pub fn of_repository() -> Result<Self> {
        let mut git = Command::new("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let list = process::output(git.current_dir(places::repository()))?;
        let mut all = Vec::new();
        for path in list.lines() {
            let place = places::repository().join(path);
            // What git tracks may be deleted already; what isn't text has no lines to look at.
            if !place.is_file() {
                continue;
            }
            let bytes = fs::read(&place).with_context(|| format!("reading {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                all.push(TextFile { path: path.to_owned(), text });
            }
        }
        Ok(Self { all })
    }

    pub fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a TextFile> {
        self.all.iter().filter(move |file| file.path.rsplit_once('.').is_some_and(|(_, present)| present == extension))
    }
}

impl TextFile {
    /// Lines and their numbers, the first being 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The lines of a Rust source that aren't wholly comment.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The first line that contains `text`, or the first of all.
    pub fn line_of(&self, text: &str) -> usize {
        self.lines().find(|(_, line)| line.contains(text)).map_or(1, |(number, _)| number)
    }
}

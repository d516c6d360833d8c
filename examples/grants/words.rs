//! Counts the words of each file in a directory, and writes the sum to a file there.

use std::io::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

const SUM: &str = "sum.txt";

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1) else {
        eprintln!("usage: words DIRECTORY");
        return ExitCode::FAILURE;
    };
    match count(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("words: {error}");
            ExitCode::FAILURE
        }
    }
}

fn count(folder: &Path) -> Result<(), Error> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != SUM {
            let words = fs::read_to_string(entry.path())?.split_whitespace().count();
            println!("{}: {words}", entry.file_name().display());
            sum += words;
        }
    }
    fs::write(folder.join(SUM), format!("{sum}\n"))
}

//! The command of the composed program: reads a harbor's book from standard input, and prints the bills.

wit_bindgen::generate!({ path: "../wit", world: "billing", generate_all });

use harbor::bills::parser::{Complaint, Mistake, Reader};
use harbor::bills::render::Style;
use harbor::bills::types::Visit;
use harbor::bills::{parser, render, rules};
use std::io::{Read, Write};
use std::process::ExitCode;

/// The bytes that the reader gets at once: few, so that its method is called often.
const PART_BYTES: usize = 7;

fn main() -> ExitCode {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| options.iter().any(|given| given == option);
    let mut book = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut book) {
        eprintln!("standard input: {error}");
        return ExitCode::FAILURE;
    }
    if book.is_empty() {
        return ExitCode::FAILURE;
    }
    let visits = match if has("--semicolon") { in_parts(&book) } else { parser::parse(&book) } {
        Ok(visits) => visits,
        Err(complaint) => {
            eprintln!("{}", text(&complaint));
            return ExitCode::FAILURE;
        }
    };
    eprintln!("{} visits", visits.len());
    let style = if has("--text") { Style::Text } else { Style::Json };
    let bills = render::bills(&rules::charge(&visits), style);
    match std::io::stdout().write_all(bills.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn in_parts(book: &str) -> Result<Vec<Visit>, Complaint> {
    let reader = Reader::new(';');
    book.as_bytes().chunks(PART_BYTES).for_each(|part| reader.push(part));
    reader.finish()
}

fn text(complaint: &Complaint) -> String {
    let mistake = match &complaint.mistake {
        Mistake::Fields(count) => format!("{count} fields instead of 5"),
        Mistake::Number(text) => format!("`{text}` isn't a number"),
        Mistake::Service(name) => format!("there is no service `{name}`"),
    };
    format!("line {}: {mistake}", complaint.line)
}

//! The parser of a harbor's book: a visit a line, whose fields stand between separators.

wit_bindgen::generate!({ path: "../wit", world: "parsing" });

use exports::harbor::bills::parser::{Complaint, Guest, GuestReader, Mistake};
use harbor::bills::types::{Services, Visit};
use std::cell::RefCell;

const FIELDS: usize = 5;
const SEPARATOR: char = ',';

struct Parser;

impl Guest for Parser {
    type Reader = Reader;

    fn parse(text: String) -> Result<Vec<Visit>, Complaint> {
        visits(&text, SEPARATOR)
    }
}

/// A text that arrives in parts, which may end inside a character.
struct Reader {
    separator: char,
    bytes: RefCell<Vec<u8>>,
}

impl GuestReader for Reader {
    fn new(separator: char) -> Self {
        Self { separator, bytes: RefCell::default() }
    }

    fn push(&self, part: Vec<u8>) {
        self.bytes.borrow_mut().extend(part);
    }

    fn finish(&self) -> Result<Vec<Visit>, Complaint> {
        visits(&String::from_utf8_lossy(&self.bytes.take()), self.separator)
    }
}

fn visits(text: &str, separator: char) -> Result<Vec<Visit>, Complaint> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty());
    lines.map(|(number, line)| visit(line, separator).map_err(|mistake| Complaint { line: number, mistake })).collect()
}

fn visit(line: &str, separator: char) -> Result<Visit, Mistake> {
    let fields: Vec<&str> = line.split(separator).map(str::trim).collect();
    let Ok([ship, berth, tonnes, days, services]) = <[&str; FIELDS]>::try_from(fields.as_slice()) else {
        return Err(Mistake::Fields(fields.len() as u32));
    };
    Ok(Visit {
        ship: ship.to_owned(),
        berth: (!berth.is_empty()).then(|| berth.to_owned()),
        tonnes: tonnes.parse().map_err(|_| Mistake::Number(tonnes.to_owned()))?,
        days: days.parse().map_err(|_| Mistake::Number(days.to_owned()))?,
        services: services.split_whitespace().try_fold(Services::empty(), |all, name| Ok(all | service(name)?))?,
    })
}

fn service(name: &str) -> Result<Services, Mistake> {
    match name {
        "pilot" => Ok(Services::PILOT),
        "tug" => Ok(Services::TUG),
        "water" => Ok(Services::WATER),
        _ => Err(Mistake::Service(name.to_owned())),
    }
}

export!(Parser);

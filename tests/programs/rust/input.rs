//! Standard input by lines, and what is left of it as bytes.
//! forms: core component wasip2
//! stdin: 3\n10 20\n-4 7\n1000000 1\nthe rest\nof it

use std::io::{self, BufRead, Read, Write};

fn main() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let count: usize = line.trim().parse().expect("a count");
    for _ in 0..count {
        line.clear();
        input.read_line(&mut line)?;
        let sum: i64 = line.split_whitespace().map(|word| word.parse::<i64>().expect("a number")).sum();
        println!("{sum}");
    }
    let mut rest = Vec::new();
    input.read_to_end(&mut rest)?;
    io::stdout().write_all(&rest)?;
    eprintln!("\nread {} bytes", rest.len());
    io::stdout().flush()
}

//! A command that does the steps of its arguments with interfaces that other runtimes have too, and prints a line for each.

mod steps;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    steps::run_shared(&words, &mut |line| println!("{line}"));
}

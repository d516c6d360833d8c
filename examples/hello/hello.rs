//! A program that prints a line.

fn main() {
    println!("Hello, world!");
}

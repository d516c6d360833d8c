//! A panic prints its message and traps.
//! forms: core component wasip2
//! stderr: last line

fn main() {
    println!("before");
    let numbers = [1, 2, 3];
    let index = std::env::args().count() + 5;
    println!("{}", numbers[index]);
}

//! An error returned from main is told on standard error, with code 1.
//! forms: core component wasip2

fn main() -> Result<(), String> {
    println!("before");
    Err(String::from("it went wrong"))
}

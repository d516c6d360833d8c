//! Calls the component on the main thread and on others.

use process_data::{Error, Instance, Options};

fn main() -> Result<(), Error> {
    println!("{}", Instance::new(Options::default())?.process_data("a b c")?);
    let texts = ["one", "one two", "one two three"];
    let threads = texts.map(|text| std::thread::spawn(move || Instance::new(Options::default())?.process_data(text)));
    for thread in threads {
        println!("{}", thread.join().expect("no panic")?);
    }
    Ok(())
}

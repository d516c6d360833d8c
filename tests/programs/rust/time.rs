//! std::time, sleeping, the environment and arguments as std sees them.
//! forms: core component wasip2
//! args: first second
//! env: GREETING=hello

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    let slept = start.elapsed();
    println!("{} {}", slept >= Duration::from_millis(20), slept < Duration::from_secs(20));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    println!("{}", now.as_secs() > 1_577_836_800);
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("{:?} {:?}", std::env::var("GREETING"), std::env::var("MISSING"));
    println!("{:?}", std::env::vars().map(|(name, _)| name).collect::<Vec<_>>());
}

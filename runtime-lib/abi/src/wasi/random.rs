//! `wasi:random`: secure and insecure random numbers.

/// `wasi:random/random`.
#[macro_export]
macro_rules! wasi_random_random {
    ($callback:ident) => {
        $callback! {
            module random::random: "wasi:random/random", "0.2" or "0.3" {
                "get-random-bytes" => get_random_bytes(len: u64) -> List<u8>;
                "get-random-u64" => get_random_u64() -> u64;
            }
        }
    };
}

/// `wasi:random/insecure`.
#[macro_export]
macro_rules! wasi_random_insecure {
    ($callback:ident) => {
        $callback! {
            module random::insecure: "wasi:random/insecure", "0.2" or "0.3" {
                "get-insecure-random-bytes" => get_insecure_random_bytes(len: u64) -> List<u8>;
                "get-insecure-random-u64" => get_insecure_random_u64() -> u64;
            }
        }
    };
}

/// `wasi:random/insecure-seed`.
#[macro_export]
macro_rules! wasi_random_insecure_seed {
    ($callback:ident) => {
        $callback! {
            module random::insecure_seed: "wasi:random/insecure-seed", "0.2" {
                "insecure-seed" => insecure_seed() -> (u64, u64);
            }
        }
    };
}

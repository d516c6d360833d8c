//! `wasi:random` of 0.3.

/// `wasi:random/insecure-seed`.
#[macro_export]
macro_rules! wasi_p3_random_insecure_seed {
    ($callback:ident) => {
        $callback! {
            module random::insecure_seed: "wasi:random/insecure-seed", "0.3" {
                "get-insecure-seed" => get_insecure_seed() -> (u64, u64);
            }
        }
    };
}

//! `wasi:config`: configuration values by their names.

/// `wasi:config/store`.
#[macro_export]
macro_rules! wasi_config_store {
    ($callback:ident) => {
        $callback! {
            module config::store: "wasi:config/store", "0.2.0-rc.1" or "0.2.0-draft-2024-09-27" or "0.2.0-draft" {
                variant Error {
                    Upstream(String) = "upstream",
                    Io(String) = "io",
                }
                "get" => get(key: Text) -> Result<Option<String>, Error>;
                "get-all" => get_all() -> Result<List<(String, String)>, Error>;
            }
        }
    };
}

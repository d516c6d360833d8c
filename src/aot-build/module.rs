//! A crate's files as one text, which a module of another crate includes.

use std::fs;
use std::io;
use std::path::Path;

/// The files behind the first, and the lines that declare them as modules.
const MODULES: [&str; 3] = ["convert", "ffi", "runtime"];

/// Reads the crate in a folder, as the module with this path.
pub fn text(folder: &Path, path: &str) -> io::Result<String> {
    let read = |name: &str| fs::read_to_string(folder.join("src").join(name)).map(|text| moved(&text, path));
    let mut text = read("lib.rs")?;
    for name in MODULES {
        let module = format!("mod {name} {{\n{}}}\n", read(&format!("{name}.rs"))?);
        text = text.replacen(&format!("mod {name};\n"), &module, 1);
    }
    Ok(text)
}

/// Changes paths from the crate's top, and comments about the file, which a part of another file can't have.
fn moved(text: &str, path: &str) -> String {
    let line = |line: &str| match line.strip_prefix("//!") {
        Some(comment) => format!("//{comment}\n"),
        None => format!("{line}\n").replace("crate::", &format!("{path}::")),
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_module() {
        let text = moved("//! The library.\nuse crate::ffi;\n", "crate::plugin");
        assert_eq!(text, "// The library.\nuse crate::plugin::ffi;\n");
    }
}

//! The options of instances in Rust.

use aot_abi::library::{OPTIONS, SETTINGS, TIMES};
use std::fmt::{Result, Write};

/// Writes the options of instances.
pub(super) fn write(text: &mut String) -> Result {
    let numbers = || OPTIONS.iter().skip(1).chain(TIMES);
    let (settings, meaning) = SETTINGS;
    let meaning = meaning.split_once(',').map_or(meaning, |(meaning, _)| meaning);
    writeln!(
        text,
        "/// Limits of a new instance, and grants to take away from it: they only lower what the library was built with."
    )?;
    writeln!(text, "#[derive(Clone, Debug, Default, PartialEq, Eq)]\npub struct Options {{")?;
    numbers().try_for_each(|(name, doc)| {
        writeln!(text, "    /// Number for {doc}.\n    pub {name}: ::std::option::Option<u64>,")
    })?;
    let pair = "(::std::string::String, ::std::string::String)";
    writeln!(
        text,
        "    /// Variables for {meaning}: names and values.\n    pub {settings}: ::std::vec::Vec<{pair}>,\n}}\n"
    )?;
    writeln!(text, "impl Options {{")?;
    writeln!(
        text,
        "    fn with<T>(&self, call: impl FnOnce(&ffi::Options) -> ::std::result::Result<T, Error>) -> ::std::result::Result<T, Error> {{"
    )?;
    writeln!(text, "        let zero = |_| Error::Start(\"a setting has a zero byte\".to_string());")?;
    writeln!(
        text,
        "        let text = |(name, value): &{pair}| ::std::ffi::CString::new(::std::format!(\"{{name}}={{value}}\")).map_err(zero);"
    )?;
    writeln!(
        text,
        "        let texts = self.{settings}.iter().map(text).collect::<::std::result::Result<::std::vec::Vec<_>, _>>()?;"
    )?;
    writeln!(text, "        let end = ::std::iter::once(::std::ptr::null());")?;
    writeln!(
        text,
        "        let pointers: ::std::vec::Vec<_> = texts.iter().map(|text| text.as_ptr()).chain(end).collect();"
    )?;
    writeln!(text, "        call(&ffi::Options {{\n            size: ::std::mem::size_of::<ffi::Options>() as u64,")?;
    numbers().try_for_each(|(name, _)| writeln!(text, "            {name}: self.{name}.unwrap_or(0),"))?;
    writeln!(
        text,
        "            settings: if texts.is_empty() {{ ::std::ptr::null() }} else {{ pointers.as_ptr() }},\n        }})\n    }}\n}}\n"
    )
}

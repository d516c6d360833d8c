//! Text in HTML.

use aot_compiler::display::shown;
use std::fmt::{self, Display, Write as _};

/// Text between tags and in attributes.
pub struct Text<'t>(pub &'t str);

impl Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in shown(self.0).chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(Text("<b a=\"c\">&amp;").to_string(), "&lt;b a=&quot;c&quot;&gt;&amp;amp;");
    }
}

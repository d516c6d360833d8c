//! The place of a value within an argument, for errors: `input.tags[2]`.

use core::fmt::{self, Display, Formatter};

/// A value within an argument.
#[derive(Clone, Copy)]
pub enum Path<'p> {
    /// An argument with a name.
    Name(&'p str),
    /// The result of a function of JavaScript with this name.
    Result(&'p str),
    /// An argument without a name, by its number, from 1.
    Argument(usize),
    /// A property.
    Property(&'p Path<'p>, &'p str),
    /// An element.
    Element(&'p Path<'p>, u32),
}

impl Display for Path<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Path::Name(name) => out.write_str(name),
            Path::Result(name) => {
                out.write_str("the result of ")?;
                out.write_str(name)
            }
            Path::Argument(number) => {
                out.write_str("argument ")?;
                number.fmt(out)
            }
            Path::Property(outer, name) => {
                outer.fmt(out)?;
                out.write_str(".")?;
                out.write_str(name)
            }
            Path::Element(outer, index) => {
                outer.fmt(out)?;
                out.write_str("[")?;
                index.fmt(out)?;
                out.write_str("]")
            }
        }
    }
}

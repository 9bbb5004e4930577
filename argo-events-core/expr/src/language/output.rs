//! What programs give.

use crate::{gjson::Found, gostrconv};
use std::borrow::Cow;

/// What a program gave.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output<'a> {
    /// A piece of the document, or the absence of one.
    Found(Found<'a>),
    /// No value.
    Null,
    /// A truth.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text, not always UTF-8.
    Text(Cow<'a, [u8]>),
    /// A JSON document.
    Json(Cow<'a, [u8]>),
}

impl Output<'_> {
    /// Tells whether this is the truth `true`, which is what a filter asks for.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// Shows the output to people; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Found(found) => found.text(),
            Self::Null => "null".into(),
            Self::Bool(value) => if *value { "true" } else { "false" }.into(),
            Self::Number(number) => {
                gostrconv::format_float(*number, gostrconv::FloatFormat::General, None).into()
            }
            Self::Text(text) | Self::Json(text) => String::from_utf8_lossy(text),
        }
    }

    /// Cuts the ties to input and program.
    #[must_use]
    pub fn into_owned(self) -> Output<'static> {
        match self {
            Self::Found(found) => Output::Found(found.into_owned()),
            Self::Null => Output::Null,
            Self::Bool(value) => Output::Bool(value),
            Self::Number(number) => Output::Number(number),
            Self::Text(text) => Output::Text(Cow::Owned(text.into_owned())),
            Self::Json(text) => Output::Json(Cow::Owned(text.into_owned())),
        }
    }
}

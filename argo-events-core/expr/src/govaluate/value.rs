//! What variables are bound to and what expressions give.

use super::EvaluateError;
use crate::{
    gjson::{Found, Kind},
    gojson,
};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// A value as expressions know it; texts borrow from the document where they can.
///
/// ```
/// use argo_events_expr::{gjson::Found, govaluate::Value};
/// let found = Found::parse("[1, \"a\"]");
/// let list = Value::of(&found)?;
/// assert_eq!(list, Value::from(vec![Value::from(1.0), Value::from("a")]));
/// # Ok::<(), argo_events_expr::govaluate::EvaluateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// No value.
    #[default]
    Null,
    /// A truth.
    Bool(bool),
    /// A number; there are no others than doubles.
    Number(f64),
    /// A text, not always UTF-8.
    Text(Cow<'v, [u8]>),
    /// The source of a pattern, which is no text; only within `=~` and `!~`.
    Pattern(Cow<'v, [u8]>),
    /// A list.
    List(Arc<[Value<'v>]>),
    /// Values by name.
    Map(Arc<BTreeMap<String, Value<'v>>>),
}

impl<'v> Value<'v> {
    /// Reads what a path found.
    ///
    /// # Errors
    /// When it nests deeper than [`gjson::MAX_NESTING`](crate::gjson::MAX_NESTING).
    pub fn of(found: &'v Found<'_>) -> Result<Self, EvaluateError> {
        Ok(match found.kind() {
            Kind::Null => Self::Null,
            Kind::False => Self::Bool(false),
            Kind::True => Self::Bool(true),
            Kind::Number => Self::Number(found.as_f64()),
            Kind::String => Self::Text(found.text_bytes()),
            Kind::Json => {
                let decoded = found.to_value();
                decoded
                    .map_err(|error| EvaluateError::new(error.to_string()))?
                    .into()
            }
        })
    }

    /// Tells whether the value is the truth `true`, which is what a filter asks for.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// Gives the value again without copying its text.
    pub(super) fn borrowed(&'v self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            Self::Pattern(source) => Self::Pattern(Cow::Borrowed(source)),
            other => other.clone(),
        }
    }

    /// Cuts the tie to the document.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(value) => Value::Number(value),
            Self::Text(text) => Value::Text(text.into_owned().into()),
            Self::Pattern(source) => Value::Pattern(source.into_owned().into()),
            Self::List(elements) => {
                Value::List(elements.iter().cloned().map(Value::into_owned).collect())
            }
            Self::Map(members) => {
                let own =
                    |(name, member): (&String, &Self)| (name.clone(), member.clone().into_owned());
                Value::Map(Arc::new(members.iter().map(own).collect()))
            }
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Cow::Borrowed(value.as_bytes()))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value.into_bytes()))
    }
}

impl<'v> From<Vec<Value<'v>>> for Value<'v> {
    fn from(values: Vec<Value<'v>>) -> Self {
        Self::List(values.into())
    }
}

impl From<gojson::Value> for Value<'_> {
    /// Takes over a decoded document, which nests no deeper than its decoder allows.
    fn from(value: gojson::Value) -> Self {
        match value {
            gojson::Value::Null => Self::Null,
            gojson::Value::Bool(value) => Self::Bool(value),
            gojson::Value::Number(value) => Self::Number(value),
            gojson::Value::String(value) => value.into(),
            gojson::Value::Array(elements) => {
                Self::List(elements.into_iter().map(Self::from).collect())
            }
            gojson::Value::Object(members) => {
                let own = |(name, member)| (name, Self::from(member));
                Self::Map(Arc::new(members.into_iter().map(own).collect()))
            }
        }
    }
}

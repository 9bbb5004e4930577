//! To and from the trees of `gojson`, and from JSON text.

use super::{List, Numbers, Object, Text, Value, decode, encode_limited};
use crate::gojson;

impl Value {
    /// Reads a JSON document; its numbers become doubles.
    ///
    /// # Errors
    /// When the document is not JSON, has a number that no double can hold, or nests deeper than
    /// [`MAX_NESTING`](super::MAX_NESTING).
    pub fn from_json(document: &[u8]) -> Result<Self, gojson::Error> {
        decode(document, Numbers::Doubles)
    }

    /// Writes the value as programs see it: NaN is null, infinities are the largest doubles.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        encode_limited(self, usize::MAX)
    }
}

impl From<&gojson::Value> for Value {
    fn from(value: &gojson::Value) -> Self {
        match value {
            gojson::Value::Null => Self::Null,
            gojson::Value::Bool(truth) => Self::Bool(*truth),
            gojson::Value::Number(number) => Self::Float(*number),
            gojson::Value::String(text) => Self::from(text.as_str()),
            gojson::Value::Array(elements) => {
                Self::Array(List::new(elements.iter().map(Self::from).collect()))
            }
            gojson::Value::Object(members) => {
                let member = |(name, value): (&String, &gojson::Value)| {
                    (Text::from(name.as_str()), Self::from(value))
                };
                Self::Object(Object::new(members.iter().map(member).collect()))
            }
        }
    }
}

//! Decodes what was found into a tree.

use super::{Entry, Found, Kind, LimitError, MAX_NESTING, entries::Items};
use crate::gojson::Value;
use std::collections::BTreeMap;

impl Found<'_> {
    /// Decodes the value: numbers are doubles, the first of repeated names wins.
    ///
    /// ```
    /// use argo_events_expr::{gjson::Found, gojson::Value};
    /// let found = Found::parse("[1, null]");
    /// assert_eq!(found.to_value(), Ok(Value::Array(vec![Value::Number(1.0), Value::Null])));
    /// ```
    ///
    /// # Errors
    /// When it nests deeper than [`MAX_NESTING`].
    pub fn to_value(&self) -> Result<Value, LimitError> {
        decode(self, MAX_NESTING)
    }
}

fn decode(found: &Found<'_>, depth: usize) -> Result<Value, LimitError> {
    Ok(match found.kind() {
        Kind::Null => Value::Null,
        Kind::False => Value::Bool(false),
        Kind::True => Value::Bool(true),
        Kind::Number => Value::Number(found.as_f64()),
        Kind::String => Value::String(found.text().into_owned()),
        Kind::Json => {
            let depth = depth.checked_sub(1).ok_or(LimitError::Nesting)?;
            container(found, depth)?
        }
    })
}

fn container(found: &Found<'_>, depth: usize) -> Result<Value, LimitError> {
    let mut items = Items::within(found.raw());
    if found.is_array() {
        let elements = items.map(|item| decode(&item.value(), depth));
        return Ok(Value::Array(elements.collect::<Result<_, _>>()?));
    }
    let mut members = BTreeMap::new();
    while let (Some(name), Some(member)) = (items.next(), items.next()) {
        let member = decode(&member.value(), depth)?;
        members.entry(name_of(&name)).or_insert(member);
    }
    Ok(Value::Object(members))
}

/// Gives a member's name; in broken documents something else than a string can stand in its place.
fn name_of(item: &Entry<'_>) -> String {
    let name = item.value();
    if name.kind() == Kind::String {
        name.text().into_owned()
    } else {
        String::new()
    }
}

//! Documents that are read only as far as somebody looks.

use super::{List, Map, Text, Value};
use crate::gjson::{Entry, Found, Items, Kind};
use std::{borrow::Cow, collections::BTreeMap};

/// Gives a document's value as gjson does: leniently, numbers are doubles.
pub(super) fn value(document: &Text) -> Value {
    of(document, &Found::parse(document))
}

fn of(source: &Text, found: &Found<'_>) -> Value {
    match found.kind() {
        Kind::Null => Value::Nil,
        Kind::False => Value::Bool(false),
        Kind::True => Value::Bool(true),
        Kind::Number => Value::Float(found.as_f64()),
        Kind::String => Value::String(text(source, found)),
        Kind::Json if found.is_array() => Value::List(List::lazy(source.piece(found.raw()))),
        Kind::Json => Value::Map(Map::lazy(source.piece(found.raw()))),
    }
}

fn text(source: &Text, found: &Found<'_>) -> Text {
    match found.text_bytes() {
        Cow::Borrowed(text) => source.piece(text),
        Cow::Owned(text) => text.into(),
    }
}

/// Decodes the elements of an array, containers among them only later.
pub(super) fn elements(array: &Text) -> Vec<Value> {
    let items = Items::within(array);
    items.map(|item| of(array, &item.value())).collect()
}

/// Decodes the members of an object, containers among them only later; the first of repeated names
/// wins.
pub(super) fn members(object: &Text) -> BTreeMap<Text, Value> {
    let mut members = BTreeMap::new();
    let mut items = Items::within(object);
    while let (Some(name), Some(member)) = (items.next(), items.next()) {
        let member = of(object, &member.value());
        members.entry(name_of(object, &name)).or_insert(member);
    }
    members
}

/// Gives a member's name; in broken documents something else than a string can stand in its place.
fn name_of(object: &Text, item: &Entry<'_>) -> Text {
    let name = item.value();
    if name.kind() == Kind::String {
        text(object, &name)
    } else {
        Text::default()
    }
}

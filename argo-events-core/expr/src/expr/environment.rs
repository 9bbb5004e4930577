//! The names of an expression: the payload's members, and the reference's functions.
//!
//! In names `-` became `_`, and names with dots became maps within maps. A function wins over a
//! member of the same name.

pub(super) use super::document::Piece;

use super::{document::Document, functions, machine::Item};
use crate::{
    gojson,
    govalue::{Failure, Map, Run, Text, Value},
};
use std::collections::BTreeMap;

/// What an expression sees of one payload.
pub(super) struct Environment {
    document: Document,
    names: Names,
}

enum Names {
    /// The payload is `null`.
    None,
    /// The payload's members as they are.
    Plain(Piece),
    /// Members that were renamed or put into maps.
    Changed(BTreeMap<Text, Slot>),
}

#[derive(Clone)]
enum Slot {
    Piece(Piece),
    Map(BTreeMap<Text, Slot>),
}

impl Environment {
    /// Reads a payload.
    pub(super) fn new(payload: Text) -> Result<Self, gojson::Error> {
        let document = Document::new(payload)?;
        let root = document.root();
        let names = match document.first_byte(root) {
            b'{' if document.has_name_with(root, [b'-', b'.']) => {
                Names::Changed(changed(document.members(root)))
            }
            b'{' => Names::Plain(root),
            b'n' => Names::None,
            other => return Err(gojson::Error::NotAnObject(kind_of(other))),
        };
        Ok(Self { document, names })
    }

    /// Returns what a name stands for; a name that is nowhere stands for nil.
    pub(super) fn get(&self, name: &[u8]) -> Result<Item, Failure> {
        if name == b"sprig" {
            return Ok(Item::Sprig);
        }
        if let Some(function) = functions::find(name) {
            return Ok(Item::Value(Value::Function(function)));
        }
        let slot = match &self.names {
            Names::None => None,
            Names::Plain(root) => self.document.member(*root, name).map(Slot::Piece),
            Names::Changed(names) => names.get(name).cloned(),
        };
        match slot {
            Some(Slot::Piece(piece)) => self.item(piece),
            Some(map) => self.slot(&map).map(Item::Value),
            None => Ok(Item::Value(Value::Nil)),
        }
    }

    /// Decodes a simple value; lists and maps wait until somebody looks.
    fn item(&self, piece: Piece) -> Result<Item, Failure> {
        match self.document.first_byte(piece) {
            b'{' | b'[' => Ok(Item::Piece(piece)),
            _ => self.decode(piece).map(Item::Value),
        }
    }

    pub(super) fn decode(&self, piece: Piece) -> Result<Value, Failure> {
        let value = self.document.decode(piece);
        value.map_err(|error| Failure::from(error.to_string()))
    }

    pub(super) fn is_object(&self, piece: Piece) -> bool {
        self.document.first_byte(piece) == b'{'
    }

    /// Returns a member of a map in the payload, or nil.
    pub(super) fn member(&self, map: Piece, name: &[u8]) -> Result<Item, Failure> {
        match self.document.member(map, name) {
            Some(piece) => self.item(piece),
            None => Ok(Item::Value(Value::Nil)),
        }
    }

    /// Returns all names with what they stand for.
    pub(super) fn all(&self, run: &mut Run) -> Result<Value, Failure> {
        run.charge(self.document.root().len().saturating_mul(2))?;
        let mut members = BTreeMap::new();
        match &self.names {
            Names::None => {}
            Names::Plain(root) => {
                for (name, piece) in self.document.members(*root) {
                    members.insert(name, self.decode(piece)?);
                }
            }
            Names::Changed(names) => {
                for (name, slot) in names {
                    members.insert(name.clone(), self.slot(slot)?);
                }
            }
        }
        for function in &functions::ALL {
            members.insert(function.name.into(), Value::Function(function));
        }
        members.insert("sprig".into(), functions::sprig());
        Ok(Value::Map(Map::new(members)))
    }

    fn slot(&self, slot: &Slot) -> Result<Value, Failure> {
        match slot {
            Slot::Piece(piece) => self.decode(*piece),
            Slot::Map(slots) => {
                let mut members = BTreeMap::new();
                for (name, slot) in slots {
                    members.insert(name.clone(), self.slot(slot)?);
                }
                Ok(Value::Map(Map::new(members)))
            }
        }
    }
}

fn kind_of(first: u8) -> &'static str {
    match first {
        b'[' => "array",
        b'"' => "string",
        b't' | b'f' => "bool",
        _ => "number",
    }
}

/// How many maps one name may make; what is deeper keeps its dots.
const MOST_LEVELS: usize = 100;

/// Renames members and makes maps of names with dots.
fn changed(members: BTreeMap<Text, Piece>) -> BTreeMap<Text, Slot> {
    let mut renamed = BTreeMap::new();
    for (name, piece) in members {
        let changed: Vec<u8> = name.iter().map(|byte| dash_to_bar(*byte)).collect();
        // Of two names that become one the reference takes either; the one that needed no change
        // wins here.
        let is_same = changed == name[..];
        if is_same || !renamed.contains_key(&changed[..]) {
            renamed.insert(Text::from(changed), piece);
        }
    }
    let names: Vec<_> = renamed.keys().cloned().collect();
    for pair in names.windows(2) {
        let rest = pair[1].strip_prefix(&pair[0][..]);
        if rest.is_some_and(|rest| rest.first() == Some(&b'.')) {
            renamed.remove(&pair[0]);
        }
    }
    let mut expanded = BTreeMap::new();
    for (name, piece) in renamed {
        put(&mut expanded, &name, piece, 0);
    }
    expanded
}

fn dash_to_bar(byte: u8) -> u8 {
    match byte {
        b'-' => b'_',
        other => other,
    }
}

/// Puts a member where its name leads; what is there already stays.
///
/// A name that begins with a dot ends the reference's process; here it keeps its dots.
fn put(slots: &mut BTreeMap<Text, Slot>, name: &[u8], piece: Piece, level: usize) {
    let dot = name.iter().position(|byte| *byte == b'.');
    let Some(dot) = dot.filter(|dot| level < MOST_LEVELS && (*dot > 0 || level > 0)) else {
        slots.entry(name.into()).or_insert(Slot::Piece(piece));
        return;
    };
    let map = Slot::Map(BTreeMap::new());
    if let Slot::Map(inner) = slots.entry(name[..dot].into()).or_insert(map) {
        put(inner, &name[dot + 1..], piece, level + 1);
    }
}

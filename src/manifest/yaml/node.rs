//! A value with its place.

use argo_events_core::problem::Step;
use serde_json::{Map, Value};
use std::{ops::Range, sync::Arc};

/// A value and where it stands. Shared, since aliases make two of one.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    /// The bytes that it was read from, quotes included.
    pub(crate) span: Range<usize>,
    /// How many values there are in it, aliases written out.
    pub(super) weight: u64,
    /// How many levels there are in it, aliases written out.
    pub(super) depth: usize,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Content {
    /// Null, a truth value, a number or a text, with the notation of the text.
    Scalar { value: Value, style: Style },
    /// A list.
    List(Vec<Arc<Node>>),
    /// An object; no key is there twice.
    Map(Vec<Entry>),
}

/// The notation of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes; the word decides what it is.
    Plain,
    /// In quotes.
    Quoted,
    /// In a block that keeps its lines.
    Literal,
    /// In a block whose lines are joined.
    Folded,
}

/// A member of an object.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Arc<Node>,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) node: &'a Node,
    /// The key of the last member on the way.
    pub(crate) key_span: Option<Range<usize>>,
    /// Whether the whole path was there.
    pub(crate) complete: bool,
}

impl Node {
    /// Returns the value without places. Depth was limited when the node was made.
    pub(crate) fn value(&self) -> Value {
        match &self.content {
            Content::Scalar { value, .. } => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(|item| item.value()).collect()),
            Content::Map(entries) => {
                let members = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// Returns the member of an object.
    pub(crate) fn member(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Returns the text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { value, .. } => value.as_str(),
            _ => None,
        }
    }

    /// Follows a path as far as it goes.
    pub(crate) fn follow(&self, steps: &[Step]) -> Found<'_> {
        let mut found = Found {
            node: self,
            key_span: None,
            complete: true,
        };
        for step in steps {
            match (step, &found.node.content) {
                (Step::Field(name), Content::Map(_)) if found.node.member(name).is_some() => {
                    if let Some(entry) = found.node.member(name) {
                        found.key_span = Some(entry.key_span.clone());
                        found.node = &entry.value;
                    }
                }
                (Step::Index(index), Content::List(items)) if *index < items.len() => {
                    found.key_span = None;
                    found.node = &items[*index];
                }
                _ => {
                    found.complete = false;
                    break;
                }
            }
        }
        found
    }
}

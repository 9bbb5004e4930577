//! The data of a file's events: `{"name": …, "op": …, "metadata": …}`.

use super::Operation;
use crate::kit::payload::ObjectWriter;
use std::collections::BTreeMap;

/// What happened to a file.
#[derive(Clone, Debug)]
pub struct FileEventData<'a> {
    /// Path of the file; its name alone when the directory is looked through.
    pub name: &'a str,
    /// What happened.
    pub operation: Operation,
    /// Null if absent, unlike with other kinds.
    pub metadata: Option<&'a BTreeMap<String, String>>,
}

impl FileEventData<'_> {
    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut object = ObjectWriter::default();
        object.string("name", self.name);
        object.number("op", self.operation.bits());
        match self.metadata {
            Some(metadata) => object.strings("metadata", metadata),
            None => object.null("metadata"),
        }
        object.finish()
    }
}

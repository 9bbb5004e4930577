//! What a join writes to a checkpoint: what ended, and of each changed key the events that are new.
//!
//! Restoring adds them by the same rules as observing, so that what they displace need not be written.

use super::{
    super::{
        bytes::{Reader, put_bytes, put_count, put_event, put_number, put_time},
        journal::Changes,
    },
    group::Waiting,
    keys::Key,
};
use argo_events_core::{Result, Timestamp, resolver::Shape};
use bytes::Bytes;
use std::sync::Arc;

/// What is written beside journal and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    pub(super) reset: Option<Timestamp>,
    pub(super) forgotten: Vec<u16>,
}

pub(super) fn put_orders(out: &mut Vec<u8>, orders: &Orders) {
    out.push(u8::from(orders.reset.is_some()));
    if let Some(reset) = orders.reset {
        put_time(out, reset);
    }
    put_count(out, orders.forgotten.len());
    for place in &orders.forgotten {
        put_number(out, (*place).into());
    }
}

pub(super) fn put_removed(out: &mut Vec<u8>, removed: &[Box<[u8]>]) {
    put_count(out, removed.len());
    for text in removed {
        put_bytes(out, text);
    }
}

/// Appends a key with those of its events that no checkpoint has.
pub(super) fn put_key(out: &mut Vec<u8>, key: &Key) {
    put_bytes(out, &key.text);
    put_number(out, key.turn.number);
    put_time(out, key.turn.started);
    let unstored = || key.group.events().iter().filter(|waiting| !waiting.stored);
    put_count(out, unstored().count());
    for waiting in unstored() {
        put_number(out, waiting.dependency.into());
        put_time(out, waiting.at);
        put_event(out, &waiting.event);
    }
}

/// A record, read as a whole before any of it is applied.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) everything: bool,
    pub(super) journal: Changes,
    pub(super) orders: Orders,
    pub(super) removed: Vec<Bytes>,
    pub(super) keys: Vec<KeyRecord>,
}

#[derive(Debug)]
pub(super) struct KeyRecord {
    pub(super) text: Bytes,
    pub(super) number: u64,
    pub(super) started: Timestamp,
    pub(super) added: Vec<Waiting>,
}

impl Record {
    pub(super) fn read(record: &Bytes, shape: &Arc<Shape>) -> Result<Self> {
        let places = shape.dependencies.len();
        let mut reader = Reader::new(record);
        let everything = reader.head()?;
        let journal = Changes::read(&mut reader, shape)?;
        let reset = reader.flag()?.then(|| reader.time()).transpose()?;
        let forgotten = reader.list(|reader| reader.place(places))?;
        let removed = reader.list(Reader::bytes)?;
        let keys = reader.list(|reader| KeyRecord::read(reader, places))?;
        reader.end()?;
        Ok(Self {
            everything,
            journal,
            orders: Orders { reset, forgotten },
            removed,
            keys,
        })
    }
}

impl KeyRecord {
    fn read(reader: &mut Reader, places: usize) -> Result<Self> {
        let (text, number, started) = (reader.bytes()?, reader.serial()?, reader.time()?);
        let added = reader.list(|reader| {
            let (dependency, at) = (reader.place(places)?, reader.time()?);
            Ok(Waiting {
                event: reader.event()?,
                at,
                dependency,
                stored: true,
            })
        })?;
        Ok(Self {
            text,
            number,
            started,
            added,
        })
    }
}

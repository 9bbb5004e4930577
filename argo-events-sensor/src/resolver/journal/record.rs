//! What a journal writes: numbers that were closed, firings that are open, with their events.

use super::{
    super::bytes::{Reader, invalid, put_bytes, put_count, put_event, put_number},
    Entry,
};
use argo_events_core::{
    Result,
    resolver::{Held, Shape},
};
use std::sync::Arc;

pub(super) fn write(entry: &Entry, out: &mut Vec<u8>) {
    let Some(held) = &entry.held else { return };
    put_number(out, entry.number);
    let names = entry
        .shape
        .as_ref()
        .map_or(&[][..], |shape| &shape.dependencies);
    put_count(out, names.len());
    for name in names {
        put_bytes(out, name.as_bytes());
    }
    put_count(out, held.len());
    for held in held.iter() {
        put_number(out, held.dependency.into());
        put_event(out, &held.event);
    }
}

/// What a record says of a journal.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(super) closed: Vec<u64>,
    pub(super) opened: Vec<Entry>,
}

impl Changes {
    /// Reads the part of a record that `write_changes` or `write_all` appended.
    pub(crate) fn read(reader: &mut Reader, shape: &Arc<Shape>) -> Result<Self> {
        let closed = reader.list(Reader::number)?;
        let opened = reader.list(|reader| read(reader, shape))?;
        Ok(Self { closed, opened })
    }
}

fn read(reader: &mut Reader, shape: &Arc<Shape>) -> Result<Entry> {
    let number = reader.serial()?;
    let names = reader.list(Reader::text)?;
    let shape_of_its_own = (!names.is_empty()).then(|| {
        let (sensor, trigger) = (shape.sensor.clone(), shape.trigger.clone());
        Arc::new(Shape {
            sensor,
            trigger,
            dependencies: names,
        })
    });
    let places = shape_of_its_own
        .as_ref()
        .unwrap_or(shape)
        .dependencies
        .len();
    let held = reader.list(|reader| {
        Ok(Held {
            dependency: reader.place(places)?,
            event: reader.event()?,
        })
    })?;
    match (number, held.is_empty()) {
        (0, _) | (_, true) => Err(invalid("a firing has no number or no event")),
        _ => Ok(Entry {
            number,
            held: Some(held.into()),
            shape: shape_of_its_own,
        }),
    }
}

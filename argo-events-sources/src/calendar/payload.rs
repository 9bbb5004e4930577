//! The data of a calendar's events: `{"eventTime": …, "metadata": …}`.

use crate::kit::payload::ObjectWriter;
use std::collections::BTreeMap;

/// What a calendar publishes.
#[derive(Clone, Debug)]
pub struct CalendarEventData<'a, V> {
    /// When the event was due, as Go prints times.
    pub event_time: &'a [u8],
    /// Left out when empty.
    pub metadata: &'a BTreeMap<String, V>,
}

impl<V: AsRef<[u8]>> CalendarEventData<'_, V> {
    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut object = ObjectWriter::default();
        object.string("eventTime", self.event_time);
        object.metadata(self.metadata);
        object.finish()
    }
}

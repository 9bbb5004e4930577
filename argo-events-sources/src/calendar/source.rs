//! Publishes an event at each tick.

use super::{CalendarConfig, Ticks, payload::CalendarEventData};
use crate::kit::poll::{Found, Poll, Poller};
use argo_events_core::{
    Draft, Error, ErrorKind, EventSource, Result, SourceContext, Timestamp, registry::BuildSource,
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

impl BuildSource for CalendarConfig {
    fn build(self) -> Result<Arc<dyn EventSource>> {
        let ticks = Ticks::of(&self)?;
        let (catchup, remembers) = (self.catchup(), self.persistence.is_some());
        let metadata = self.metadata;
        Ok(Arc::new(Poll::new(Calendar {
            ticks,
            catchup,
            remembers,
            metadata,
        })))
    }
}

struct Calendar {
    ticks: Ticks,
    /// How far back missed events are published; `None` leaves them missed.
    catchup: Option<Duration>,
    remembers: bool,
    metadata: BTreeMap<String, String>,
}

impl Calendar {
    fn after(&self, at: Timestamp) -> Result<Timestamp> {
        let next = self
            .ticks
            .next(instant(at))
            .map(|next| next.as_nanosecond());
        let next = next.and_then(|nanoseconds| i64::try_from(nanoseconds).ok());
        next.map(Timestamp::from_nanos).ok_or_else(|| {
            let message = "the schedule names no time that comes within five years";
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })
    }
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.as_nanos().into())
        .expect("every i64 of nanoseconds lies within jiff's range")
}

#[async_trait]
impl Poller for Calendar {
    /// When the last event was due.
    type Mark = Timestamp;

    fn kind(&self) -> &'static str {
        "calendar"
    }

    fn keeps_mark(&self) -> bool {
        self.remembers
    }

    fn next_due(&self, mark: Option<&Timestamp>, now: Timestamp) -> Result<Timestamp> {
        let Some(&last) = mark else {
            return self.after(now);
        };
        let next = self.after(last)?;
        match self.catchup {
            _ if next >= now => Ok(next),
            Some(limit) if now.since(last) <= limit => Ok(next),
            Some(limit) => self.after(now - limit),
            None => self.after(now),
        }
    }

    async fn collect(
        &self,
        due: Timestamp,
        _: Option<&Timestamp>,
        context: &SourceContext,
    ) -> Result<Found<Timestamp>> {
        let event_time = self.ticks.event_time(instant(due));
        let data = CalendarEventData {
            event_time: event_time.as_bytes(),
            metadata: &self.metadata,
        };
        let id = format!("{}:{}:{due}", context.source(), context.event());
        let draft = Draft::json(data.encode()).with_id(id);
        Ok(Found {
            drafts: vec![draft],
            mark: Some(due),
        })
    }
}

//! The one end at which the log grows: appends batches, begins segments, drops old ones.

use super::{
    Catalog, Log, Segment,
    frame::Frame,
    segment::{PREAMBLE, Writer, path_of},
};
use crate::{LocalConfig, lock::lock};
use argo_events_core::Timestamp;
use std::{fs, io, sync::Arc, time::Duration};

/// What is kept, and how it is cut into segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    max_age: Option<Duration>,
    max_bytes: u64,
    segment_bytes: u64,
    segment_age: Option<Duration>,
}

impl Limits {
    /// A segment is an eighth of what is kept, but no larger than this.
    const LARGEST_SEGMENT: u64 = 8 * 1024 * 1024;

    /// Returns the limits that settings ask for.
    pub(crate) fn of(config: &LocalConfig) -> Self {
        let (max_age, max_bytes) = (config.max_age(), config.max_bytes());
        let segment_bytes = (max_bytes / 8).min(Self::LARGEST_SEGMENT);
        Self {
            max_age,
            max_bytes,
            segment_bytes,
            segment_age: max_age.map(|age| age / 8),
        }
    }
}

/// Appends to a log; there is one.
#[derive(Debug)]
pub(crate) struct Appender {
    log: Arc<Log>,
    limits: Limits,
    writer: Writer,
    /// When the first event of the current segment arrived.
    oldest: Option<Timestamp>,
    buffer: Vec<u8>,
}

impl Appender {
    /// The buffer is not kept when it has grown beyond this.
    const USUAL_BUFFER: usize = 256 * 1024;

    pub(super) fn new(
        log: Arc<Log>,
        limits: Limits,
        writer: Writer,
        oldest: Option<Timestamp>,
    ) -> Self {
        Self {
            log,
            limits,
            writer,
            oldest,
            buffer: Vec::new(),
        }
    }

    /// Returns the log.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Returns the sequence that the next event gets.
    pub(crate) fn end(&self) -> u64 {
        self.log.end()
    }

    /// Appends events, all of them or none, and returns once they are on the disk.
    /// They get the sequences from [`Self::end`] on.
    pub(crate) fn append<'a>(
        &mut self,
        frames: impl Iterator<Item = &'a Frame> + Clone,
        arrived_at: Timestamp,
    ) -> io::Result<()> {
        let bytes: usize = frames.clone().map(Frame::len).sum();
        self.begin_segment_if_due(bytes as u64, arrived_at)?;
        self.buffer.clear();
        let first = self.end();
        let mut next = first;
        for frame in frames {
            frame.append_to(&mut self.buffer, self.writer.mark(), next, arrived_at);
            next += 1;
        }
        let appended = self.writer.append(&self.buffer);
        self.buffer.shrink_to(Self::USUAL_BUFFER);
        appended?;
        self.oldest.get_or_insert(arrived_at);
        self.publish(next, arrived_at);
        Ok(())
    }

    /// Makes what is on the disk visible.
    fn publish(&self, end: u64, arrived_at: Timestamp) {
        let mut catalog = lock(&self.log.catalog);
        catalog.end = end;
        if let Some(current) = catalog.segments.back_mut() {
            current.length = self.writer.length();
            current.newest = arrived_at;
        }
    }

    fn begin_segment_if_due(&mut self, bytes: u64, now: Timestamp) -> io::Result<()> {
        let is_empty = self.writer.length() == PREAMBLE;
        let too_large = self.writer.length() + bytes > self.limits.segment_bytes;
        if !self.writer.is_usable() || !is_empty && (too_large || self.is_old(now)) {
            self.begin_segment(now)?;
        }
        Ok(())
    }

    fn is_old(&self, now: Timestamp) -> bool {
        let age = self.oldest.map(|oldest| now.since(oldest));
        age.is_some_and(|age| self.limits.segment_age.is_some_and(|most| age >= most))
    }

    fn begin_segment(&mut self, now: Timestamp) -> io::Result<()> {
        let first = self.end();
        self.writer = Writer::create(&self.log.directory, first)?;
        self.oldest = None;
        let mut catalog = lock(&self.log.catalog);
        // One that never got an event has the same name and was replaced.
        catalog.segments.retain(|segment| segment.first != first);
        catalog.segments.push_back(Segment {
            first,
            length: PREAMBLE,
            newest: now,
        });
        Ok(())
    }

    /// Drops whole segments that are beyond the limits, read or not.
    pub(crate) fn trim(&mut self, now: Timestamp) -> io::Result<()> {
        if self.writer.length() > PREAMBLE && self.is_old(now) {
            self.begin_segment(now)?;
        }
        loop {
            let dropped = {
                let mut catalog = lock(&self.log.catalog);
                if !catalog.has_too_much(&self.limits, now) {
                    return Ok(());
                }
                catalog.segments.pop_front()
            };
            let Some(segment) = dropped else {
                return Ok(());
            };
            tracing::debug!(
                first = segment.first,
                bytes = segment.length,
                "segment dropped"
            );
            fs::remove_file(path_of(&self.log.directory, segment.first))?;
        }
    }
}

impl Catalog {
    /// Tells whether the oldest segment has to go. The current one stays.
    fn has_too_much(&self, limits: &Limits, now: Timestamp) -> bool {
        let Some(oldest) = self.segments.front().filter(|_| self.segments.len() > 1) else {
            return false;
        };
        let bytes: u64 = self.segments.iter().map(|segment| segment.length).sum();
        let expired = limits
            .max_age
            .is_some_and(|age| now.since(oldest.newest) >= age);
        expired || bytes > limits.max_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{super::open, *};
    use argo_events_core::Event;
    use std::collections::HashSet;
    use tempfile::TempDir;

    const KILOBYTE: usize = 1024;

    fn config(json: &str) -> Limits {
        Limits::of(&serde_json::from_str(json).unwrap())
    }

    fn opened(limits: Limits) -> (TempDir, Arc<Log>, Appender) {
        let directory = tempfile::tempdir().unwrap();
        let opened = open(directory.path(), limits).unwrap();
        (directory, opened.log, opened.appender)
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH + Duration::from_secs(seconds)
    }

    fn append(appender: &mut Appender, bytes: usize, now: Timestamp) {
        let event = Event::builder("1", "shop", "paid")
            .data(vec![b'x'; bytes])
            .build();
        appender
            .append([Frame::of(&event).unwrap()].iter(), now)
            .unwrap();
    }

    #[test]
    fn segments_beyond_the_size_are_dropped_oldest_first() {
        let (_directory, log, mut appender) = opened(config(r#"{"maxBytes":"1Mi","maxAge":0}"#));
        for _ in 0..2000 {
            append(&mut appender, KILOBYTE, at(0));
            appender.trim(at(0)).unwrap();
        }
        let extent = log.extent();
        assert!(extent.bytes <= 1 << 20, "{extent:?}");
        assert!(
            extent.bytes > (1 << 20) * 3 / 4,
            "no more than needed is dropped: {extent:?}"
        );
        assert_eq!(log.start() + extent.events, 2001);
    }

    #[test]
    fn events_beyond_the_age_are_dropped_even_if_none_comes() {
        let (_directory, log, mut appender) = opened(config(r#"{"maxAge":"80s"}"#));
        append(&mut appender, KILOBYTE, at(0));
        appender.trim(at(79)).unwrap();
        assert_eq!(log.extent().events, 1);
        appender.trim(at(80)).unwrap();
        assert_eq!(log.extent().events, 0);
        assert_eq!(log.end(), 2);
    }

    #[test]
    fn a_young_event_keeps_its_segment_and_no_older_ones() {
        let (_directory, log, mut appender) = opened(config(r#"{"maxAge":"80s"}"#));
        for seconds in [0, 5, 20, 25] {
            append(&mut appender, KILOBYTE, at(seconds));
        }
        appender.trim(at(90)).unwrap();
        assert_eq!(log.start(), 3);
    }

    #[test]
    fn a_reader_of_what_was_dropped_goes_on_with_the_oldest_and_learns_how_much_it_missed() {
        let (_directory, log, mut appender) = opened(config(r#"{"maxBytes":"1Mi"}"#));
        for _ in 0..1500 {
            append(&mut appender, KILOBYTE, at(0));
            appender.trim(at(0)).unwrap();
        }
        let wanted = Arc::new(HashSet::from([argo_events_core::Subject::new(
            "shop", "paid",
        )]));
        let page = log.read(1, None, &wanted).unwrap();
        assert_eq!(page.missed, log.start() - 1);
        assert_eq!(page.events[0].sequence, log.start());
    }
}

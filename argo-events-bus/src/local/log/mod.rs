//! The log: all events that are kept, in a row of segments; the oldest segments are dropped whole.
//!
//! [`Log`] is what everybody may read, at any time, without disturbing the one thread that appends
//! with an [`Appender`]. Only what is on the disk is visible here.

mod appender;
pub(super) mod frame;
mod open;
mod scan;
mod segment;

pub(super) use {
    appender::{Appender, Limits},
    open::open,
};

use crate::group::{Stored, Subjects, wants};
use crate::lock::lock;
use argo_events_core::Timestamp;
use scan::{Found, Scan};
use segment::path_of;
use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// The events that are kept.
#[derive(Debug)]
pub(super) struct Log {
    directory: PathBuf,
    catalog: Mutex<Catalog>,
}

#[derive(Debug, Default)]
struct Catalog {
    segments: VecDeque<Segment>,
    /// The sequence that the next event gets.
    end: u64,
}

/// What is known of a segment without opening it.
#[derive(Clone, Copy, Debug)]
struct Segment {
    first: u64,
    length: u64,
    /// When its newest event arrived.
    newest: Timestamp,
}

/// Where a reader of the log stopped, so that it goes on without searching.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bookmark {
    segment: u64,
    offset: u64,
    sequence: u64,
}

/// What a reader got.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The events wanted.
    pub(super) events: Vec<Stored>,
    /// Where to go on.
    pub(super) next: u64,
    /// How to find that place.
    pub(super) bookmark: Option<Bookmark>,
    /// How many places had been dropped before they were read.
    pub(super) missed: u64,
    /// How many bytes could not be read.
    pub(super) damaged: u64,
}

impl Page {
    /// No page has more events.
    const MOST_EVENTS: usize = 128;
    /// No page has more bytes, one event aside.
    const MOST_BYTES: usize = 512 * 1024;
    /// No page takes more reading, so that one that wants little gives way now and then.
    const MOST_READ: u64 = 16 * 1024 * 1024;
}

/// How much the log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) events: u64,
    pub(super) bytes: u64,
}

impl Log {
    /// Returns where the segments are.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the sequence that the next event gets.
    pub(super) fn end(&self) -> u64 {
        lock(&self.catalog).end
    }

    /// Returns the sequence of the oldest event kept.
    pub(super) fn start(&self) -> u64 {
        let catalog = lock(&self.catalog);
        catalog
            .segments
            .front()
            .map_or(catalog.end, |segment| segment.first)
    }

    /// Returns how much there is.
    pub(super) fn extent(&self) -> Extent {
        let catalog = lock(&self.catalog);
        let start = catalog
            .segments
            .front()
            .map_or(catalog.end, |segment| segment.first);
        let bytes = catalog.segments.iter().map(|segment| segment.length).sum();
        Extent {
            events: catalog.end - start,
            bytes,
        }
    }

    /// Reads on from a place: some of the events wanted, and where to go on.
    pub(super) fn read(
        &self,
        from: u64,
        bookmark: Option<Bookmark>,
        wanted: &Subjects,
    ) -> io::Result<Page> {
        let mut page = Page {
            next: from,
            ..Page::default()
        };
        let Some((segment, end)) = self.segment_of(from) else {
            return Ok(page);
        };
        page.next = from.max(segment.first);
        page.missed = page.next - from;
        let here = bookmark.filter(|it| it.segment == segment.first && it.sequence == page.next);
        match self.scan(&segment, here.map(|it| it.offset))? {
            Some(mut scan) => {
                page.fill(&mut scan, &segment, end, wanted)?;
                page.damaged += scan.damaged();
            }
            None if self.start() > segment.first => {
                // Dropped while we were looking.
                page.missed += end - page.next;
                page.next = end;
            }
            None => {
                page.damaged = segment.length;
                page.next = end;
            }
        }
        Ok(page)
    }

    /// Reads single events, by ascending sequence; those that are not there are left out.
    pub(super) fn read_each(
        &self,
        sequences: impl IntoIterator<Item = u64>,
    ) -> io::Result<Vec<Stored>> {
        let (mut found, mut left) = (Vec::new(), sequences.into_iter().peekable());
        while let Some(sequence) = left.peek() {
            let Some((segment, end)) = self.segment_of(*sequence) else {
                break;
            };
            if let Some(mut scan) = self.scan(&segment, None)? {
                while left.peek().is_some_and(|sequence| *sequence < end)
                    && let Some(frame) = scan.next()?
                {
                    while left
                        .next_if(|sequence| *sequence < frame.header.sequence)
                        .is_some()
                    {}
                    if left.next_if_eq(&frame.header.sequence).is_some() {
                        found.extend(stored(frame));
                    }
                }
            }
            while left.next_if(|sequence| *sequence < end).is_some() {}
        }
        Ok(found)
    }

    /// Begins to read a segment; `None` if it is gone, or is none.
    fn scan(&self, segment: &Segment, from: Option<u64>) -> io::Result<Option<Scan>> {
        match Scan::open(
            &path_of(&self.directory, segment.first),
            from,
            segment.length,
        ) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            scan => scan,
        }
    }

    /// Finds the segment with a place, or the oldest if the place was dropped, and where it ends.
    fn segment_of(&self, sequence: u64) -> Option<(Segment, u64)> {
        let catalog = lock(&self.catalog);
        if sequence >= catalog.end {
            return None;
        }
        let after = catalog
            .segments
            .partition_point(|segment| segment.first <= sequence);
        let index = after.saturating_sub(1);
        let end = catalog
            .segments
            .get(index + 1)
            .map_or(catalog.end, |next| next.first);
        Some((*catalog.segments.get(index)?, end))
    }
}

impl Page {
    fn fill(
        &mut self,
        scan: &mut Scan,
        segment: &Segment,
        end: u64,
        wanted: &Subjects,
    ) -> io::Result<()> {
        let (mut bytes, mut read) = (0, 0);
        while self.events.len() < Self::MOST_EVENTS
            && bytes < Self::MOST_BYTES
            && read < Self::MOST_READ
        {
            let Some(frame) = scan.next()? else {
                self.next = end;
                return Ok(());
            };
            let (sequence, offset) = (frame.header.sequence, frame.end);
            if sequence >= end {
                // Frames that were written but never accepted, before the next segment was begun.
                self.next = end;
                return Ok(());
            }
            if sequence < self.next {
                continue;
            }
            read += frame.header.frame_length();
            if is_wanted(&frame, wanted) {
                let length = frame.header.frame_length();
                match stored(frame) {
                    Some(stored) => {
                        bytes += stored.weight();
                        self.events.push(stored);
                    }
                    None => self.damaged += length,
                }
            }
            self.next = sequence + 1;
            self.bookmark = Some(Bookmark {
                segment: segment.first,
                offset,
                sequence: self.next,
            });
        }
        Ok(())
    }
}

fn is_wanted(frame: &Found, wanted: &Subjects) -> bool {
    let identity = frame.body.identity();
    identity.is_some_and(|(source, event, _)| wants(wanted, source, event))
}

fn stored(frame: Found) -> Option<Stored> {
    let Found { header, body, .. } = frame;
    let event = Arc::new(body.event()?);
    Some(Stored {
        sequence: header.sequence,
        arrived_at: header.arrived_at,
        event,
    })
}

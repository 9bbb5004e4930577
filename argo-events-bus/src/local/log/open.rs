//! Opens a log: finds its segments, cuts a torn end off, remembers what was accepted lately.

use super::{
    Appender, Catalog, Limits, Log, Segment,
    frame::Body,
    scan::{Scan, first_arrival},
    segment::{PREAMBLE, Writer, first_of, path_of, put_aside},
};
use crate::{local::directory::create_private, lock::lock};
use argo_events_core::Timestamp;
use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex},
};

/// A log that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) log: Arc<Log>,
    pub(crate) appender: Appender,
}

/// Opens the log in a directory, or begins one. Only the newest segment is read.
pub(crate) fn open(directory: &Path, limits: Limits) -> io::Result<Opened> {
    create_private(directory)?;
    let mut catalog = Catalog {
        end: 1,
        ..Catalog::default()
    };
    for first in sequences(directory)? {
        let length = fs::metadata(path_of(directory, first))?.len();
        catalog.segments.push_back(Segment {
            first,
            length,
            newest: Timestamp::EPOCH,
        });
    }
    let (writer, oldest) = resume(directory, &mut catalog)?;
    date(directory, &mut catalog)?;
    let log = Arc::new(Log {
        directory: directory.to_owned(),
        catalog: Mutex::new(catalog),
    });
    let appender = Appender::new(Arc::clone(&log), limits, writer, oldest);
    Ok(Opened { log, appender })
}

fn sequences(directory: &Path) -> io::Result<Vec<u64>> {
    let mut sequences = Vec::new();
    for entry in fs::read_dir(directory)? {
        sequences.extend(first_of(&entry?.path()));
    }
    sequences.sort_unstable();
    Ok(sequences)
}

/// Goes on with the newest segment, or begins one.
fn resume(directory: &Path, catalog: &mut Catalog) -> io::Result<(Writer, Option<Timestamp>)> {
    while let Some(segment) = catalog.segments.back().copied() {
        catalog.end = segment.first;
        let path = path_of(directory, segment.first);
        let Some(scan) = Scan::open(&path, None, segment.length)? else {
            catalog.segments.pop_back();
            // The process ended while it made this file, or the disk forgot what was in it.
            if segment.length > PREAMBLE {
                put_aside(&path)?
            } else {
                fs::remove_file(&path)?
            }
            continue;
        };
        return resume_segment(directory, catalog, segment, scan);
    }
    let (first, newest) = (catalog.end, Timestamp::EPOCH);
    catalog.segments.push_back(Segment {
        first,
        length: PREAMBLE,
        newest,
    });
    Ok((Writer::create(directory, first)?, None))
}

fn resume_segment(
    directory: &Path,
    catalog: &mut Catalog,
    mut segment: Segment,
    mut scan: Scan,
) -> io::Result<(Writer, Option<Timestamp>)> {
    let (mut intact, mut oldest) = (PREAMBLE, None);
    while let Some(frame) = scan.next()? {
        intact = frame.end;
        catalog.end = frame.header.sequence + 1;
        oldest.get_or_insert(frame.header.arrived_at);
        segment.newest = frame.header.arrived_at;
    }
    if intact < segment.length {
        let cut = segment.length - intact;
        tracing::warn!(
            segment = segment.first,
            bytes = cut,
            "unfinished write cut off"
        );
    }
    let writer = Writer::resume(directory, segment.first, scan.mark(), intact)?;
    segment.length = intact;
    if let Some(last) = catalog.segments.back_mut() {
        *last = segment;
    }
    Ok((writer, oldest))
}

/// Finds out when the newest event of each older segment arrived: just before the next segment's
/// first one, which is cheap to read.
fn date(directory: &Path, catalog: &mut Catalog) -> io::Result<()> {
    let mut newest = catalog
        .segments
        .back()
        .map_or(Timestamp::EPOCH, |segment| segment.newest);
    for index in (0..catalog.segments.len().saturating_sub(1)).rev() {
        let next = catalog.segments[index + 1];
        newest = first_arrival(&path_of(directory, next.first))?.unwrap_or(newest);
        catalog.segments[index].newest = newest;
    }
    Ok(())
}

impl Log {
    /// Calls with the latest events, at most so many, and none that arrived earlier; oldest first.
    pub(crate) fn recall(
        &self,
        most: u64,
        since: Timestamp,
        mut call: impl FnMut(Timestamp, &Body),
    ) -> io::Result<()> {
        let start = self.end().saturating_sub(most);
        let segments = lock(&self.catalog).segments.clone();
        for (index, segment) in segments.iter().enumerate() {
            let is_before = segments
                .get(index + 1)
                .is_some_and(|next| next.first <= start);
            if is_before || segment.newest < since {
                continue;
            }
            let Some(mut scan) = self.scan(segment, None)? else {
                continue;
            };
            while let Some(frame) = scan.next()? {
                if frame.header.sequence >= start && frame.header.arrived_at >= since {
                    call(frame.header.arrived_at, &frame.body);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::frame::Frame, *};
    use crate::LocalConfig;
    use argo_events_core::Event;
    use std::time::Duration;

    fn reopen(directory: &Path) -> Opened {
        open(directory, Limits::of(&LocalConfig::default())).unwrap()
    }

    fn append(opened: &mut Opened, ids: &[&str], seconds: u64) {
        let frames: Vec<_> = ids
            .iter()
            .map(|id| Frame::of(&Event::builder(*id, "shop", "paid").build()).unwrap())
            .collect();
        let now = Timestamp::EPOCH + Duration::from_secs(seconds);
        opened.appender.append(frames.iter(), now).unwrap();
    }

    fn recalled(opened: &Opened, most: u64, since: u64) -> Vec<String> {
        let mut ids = Vec::new();
        let since = Timestamp::EPOCH + Duration::from_secs(since);
        opened
            .log
            .recall(most, since, |_, body| {
                ids.push(body.identity().unwrap().2.to_owned())
            })
            .unwrap();
        ids
    }

    #[test]
    fn a_log_goes_on_after_it_was_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        append(&mut reopen(directory.path()), &["1", "2"], 0);
        let mut opened = reopen(directory.path());
        assert_eq!(opened.log.end(), 3);
        append(&mut opened, &["3"], 0);
        assert_eq!(recalled(&opened, 10, 0), ["1", "2", "3"]);
    }

    #[test]
    fn a_torn_end_is_cut_off_and_its_place_used_again() {
        let directory = tempfile::tempdir().unwrap();
        append(&mut reopen(directory.path()), &["1", "2"], 0);
        let path = path_of(directory.path(), 1);
        let length = fs::metadata(&path).unwrap().len();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(length - 1)
            .unwrap();
        let mut opened = reopen(directory.path());
        assert_eq!(opened.log.end(), 2);
        append(&mut opened, &["3"], 0);
        assert_eq!(recalled(&reopen(directory.path()), 10, 0), ["1", "3"]);
    }

    #[test]
    fn a_segment_that_was_never_finished_is_begun_again() {
        let directory = tempfile::tempdir().unwrap();
        append(&mut reopen(directory.path()), &["1"], 0);
        fs::write(path_of(directory.path(), 2), b"AE").unwrap();
        assert_eq!(reopen(directory.path()).log.end(), 2);
    }

    #[test]
    fn a_segment_whose_beginning_is_damaged_is_put_aside() {
        let directory = tempfile::tempdir().unwrap();
        append(&mut reopen(directory.path()), &["1"], 0);
        let path = path_of(directory.path(), 1);
        let mut content = fs::read(&path).unwrap();
        content[0] = 0;
        fs::write(&path, content).unwrap();
        let opened = reopen(directory.path());
        assert_eq!(opened.log.extent().events, 0);
        assert!(path.with_extension("damaged").exists());
    }

    #[test]
    fn single_events_are_found_and_missing_ones_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let mut opened = reopen(directory.path());
        append(&mut opened, &["1", "2", "3", "4", "5"], 0);
        let path = path_of(directory.path(), 1);
        let mut content = fs::read(&path).unwrap();
        // The last byte of the third of five frames of one length.
        let frame = (content.len() - PREAMBLE as usize) / 5;
        content[PREAMBLE as usize + 3 * frame - 1] ^= 1;
        fs::write(&path, content).unwrap();
        let found = opened.log.read_each([0, 2, 3, 4, 9]).unwrap();
        let sequences: Vec<_> = found.iter().map(|stored| stored.sequence).collect();
        assert_eq!(sequences, [2, 4]);
    }

    #[test]
    fn only_the_latest_events_are_recalled() {
        let directory = tempfile::tempdir().unwrap();
        let mut opened = reopen(directory.path());
        append(&mut opened, &["1", "2"], 10);
        append(&mut opened, &["3", "4"], 20);
        assert_eq!(recalled(&opened, 3, 0), ["2", "3", "4"]);
        assert_eq!(recalled(&opened, 3, 20), ["3", "4"]);
    }
}

//! Reads the frames of a segment one after the other and steps over damage.
//!
//! Damage is what the disk or a torn write left behind. A frame whose header is intact is stepped
//! over as a whole; otherwise the next header is looked for.

use super::{
    frame::{Body, HEADER, Header, MAX_EVENT_BYTES},
    segment::{PREAMBLE, read_mark},
};
use argo_events_core::Timestamp;
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, BufReader, Read as _, Seek as _, SeekFrom},
    path::Path,
};

const CHUNK: usize = 64 * 1024;

/// A frame that is intact.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) header: Header,
    pub(crate) body: Body,
    /// Where the next frame begins.
    pub(crate) end: u64,
}

/// Iterates over the intact frames of a segment.
#[derive(Debug)]
pub(crate) struct Scan {
    file: BufReader<File>,
    mark: u32,
    offset: u64,
    end: u64,
    damaged: u64,
}

impl Scan {
    /// Begins at an offset, or at the first frame; ends at `end`. `None` if this is no segment.
    pub(crate) fn open(path: &Path, from: Option<u64>, end: u64) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let Some(mark) = read_mark(&mut file)? else {
            return Ok(None);
        };
        let offset = from.unwrap_or(PREAMBLE);
        file.seek(SeekFrom::Start(offset))?;
        let file = BufReader::with_capacity(CHUNK, file);
        Ok(Some(Self {
            file,
            mark,
            offset,
            end,
            damaged: 0,
        }))
    }

    /// Returns the mark of the segment.
    pub(crate) fn mark(&self) -> u32 {
        self.mark
    }

    /// Returns how many bytes had to be stepped over so far.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Returns the next intact frame.
    pub(crate) fn next(&mut self) -> io::Result<Option<Found>> {
        loop {
            if self.offset + HEADER as u64 > self.end {
                return Ok(None);
            }
            let Some(header) = self.header()? else {
                if self.find_header()? {
                    continue;
                }
                return Ok(None);
            };
            let start = self.offset;
            let body = self.body(&header)?;
            self.offset = start + header.frame_length();
            if header.fits(&body) {
                return Ok(Some(Found {
                    header,
                    body: Body::new(body),
                    end: self.offset,
                }));
            }
            self.damaged += header.frame_length();
        }
    }

    /// Reads a header, if there is one here and its body ends within the segment.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut bytes = [0; HEADER];
        self.file.read_exact(&mut bytes)?;
        let within = |header: &Header| {
            header.length as usize <= MAX_EVENT_BYTES
                && self.offset + header.frame_length() <= self.end
        };
        Ok(Header::parse(&bytes, self.mark).filter(within))
    }

    fn body(&mut self, header: &Header) -> io::Result<Bytes> {
        let mut body = vec![0; header.length as usize];
        self.file.read_exact(&mut body)?;
        Ok(body.into())
    }

    /// Moves to the next place after this one that begins like a frame.
    fn find_header(&mut self) -> io::Result<bool> {
        let mark = self.mark.to_le_bytes();
        let mut chunk = vec![0; CHUNK];
        let mut at = self.offset + 1;
        while at + HEADER as u64 <= self.end {
            self.file.seek(SeekFrom::Start(at))?;
            let length = CHUNK.min(usize::try_from(self.end - at).unwrap_or(CHUNK));
            self.file.read_exact(&mut chunk[..length])?;
            if let Some(found) = chunk[..length]
                .windows(mark.len())
                .position(|bytes| bytes == mark)
            {
                self.step_to(at + found as u64)?;
                return Ok(true);
            }
            // A mark may lie across two chunks.
            at += (length - (mark.len() - 1)) as u64;
        }
        self.damaged += self.end - self.offset;
        self.offset = self.end;
        Ok(false)
    }

    fn step_to(&mut self, offset: u64) -> io::Result<()> {
        self.damaged += offset - self.offset;
        self.offset = offset;
        self.file.seek(SeekFrom::Start(offset))?;
        Ok(())
    }
}

/// Returns when the first event of a segment arrived, if there is one that is intact.
pub(crate) fn first_arrival(path: &Path) -> io::Result<Option<Timestamp>> {
    let mut file = File::open(path)?;
    let Some(mark) = read_mark(&mut file)? else {
        return Ok(None);
    };
    let mut bytes = [0; HEADER];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Header::parse(&bytes, mark).map(|header| header.arrived_at)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            frame::Frame,
            segment::{Writer, path_of},
        },
        *,
    };
    use argo_events_core::Event;
    use std::{fs, path::PathBuf};

    fn segment(directory: &Path, count: u64) -> (PathBuf, Vec<u64>) {
        let mut writer = Writer::create(directory, 1).unwrap();
        let mut offsets = Vec::new();
        for sequence in 1..=count {
            offsets.push(writer.length());
            let event = Event::builder(sequence.to_string(), "shop", "paid")
                .data("{}")
                .build();
            let mut bytes = Vec::new();
            let frame = Frame::of(&event).unwrap();
            frame.append_to(&mut bytes, writer.mark(), sequence, Timestamp::EPOCH);
            writer.append(&bytes).unwrap();
        }
        (path_of(directory, 1), offsets)
    }

    fn sequences(path: &Path) -> (Vec<u64>, u64) {
        let end = fs::metadata(path).unwrap().len();
        let mut scan = Scan::open(path, None, end).unwrap().unwrap();
        let mut found = Vec::new();
        while let Some(frame) = scan.next().unwrap() {
            found.push(frame.header.sequence);
        }
        (found, scan.damaged())
    }

    #[test]
    fn frames_are_found_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let (path, _) = segment(directory.path(), 3);
        assert_eq!(sequences(&path), (vec![1, 2, 3], 0));
    }

    #[test]
    fn one_damaged_byte_costs_one_event_wherever_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let (path, offsets) = segment(directory.path(), 3);
        let intact = fs::read(&path).unwrap();
        for at in offsets[1]..offsets[2] {
            let mut damaged = intact.clone();
            damaged[usize::try_from(at).unwrap()] ^= 0xff;
            fs::write(&path, damaged).unwrap();
            assert_eq!(
                sequences(&path),
                (vec![1, 3], offsets[2] - offsets[1]),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_torn_end_is_not_an_event() {
        let directory = tempfile::tempdir().unwrap();
        let (path, offsets) = segment(directory.path(), 2);
        let intact = fs::read(&path).unwrap();
        for length in usize::try_from(offsets[1]).unwrap()..intact.len() {
            fs::write(&path, &intact[..length]).unwrap();
            assert_eq!(sequences(&path).0, [1], "cut at {length}");
        }
    }

    #[test]
    fn a_hole_of_zeros_is_stepped_over() {
        let directory = tempfile::tempdir().unwrap();
        let (path, offsets) = segment(directory.path(), 3);
        let mut content = fs::read(&path).unwrap();
        let hole = vec![0; 3 * CHUNK];
        let at = usize::try_from(offsets[2]).unwrap();
        content.splice(at..at, hole);
        fs::write(&path, content).unwrap();
        assert_eq!(sequences(&path), (vec![1, 2, 3], 3 * CHUNK as u64));
    }

    #[test]
    fn what_is_no_segment_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        fs::write(&path, "short").unwrap();
        assert!(Scan::open(&path, None, 5).unwrap().is_none());
    }
}

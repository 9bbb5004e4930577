//! One file of the log: eight bytes that name it, then frames, in order, only ever appended.
//!
//! The second half of those bytes is the segment's *mark*, a random number that begins each of its
//! frames. When damage has to be skipped, bytes that merely look like a frame, such as a body that
//! somebody sent, are not taken for one.

use super::super::directory::sync_names;
use std::{
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// Length of what precedes the first frame.
pub(crate) const PREAMBLE: u64 = 8;

const KIND: [u8; 4] = *b"AEL1";

/// Returns the file of the segment that begins with a sequence.
pub(crate) fn path_of(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.log"))
}

/// Returns the first sequence of the segment in a file; `None` if it is not a segment.
pub(crate) fn first_of(path: &Path) -> Option<u64> {
    if path.extension()? != "log" {
        return None;
    }
    path.file_stem()?
        .to_str()
        .filter(|stem| stem.len() == 20)?
        .parse()
        .ok()
}

/// Reads the mark of a segment; `None` if the preamble is damaged.
pub(crate) fn read_mark(file: &mut File) -> io::Result<Option<u32>> {
    let mut bytes = [0; PREAMBLE as usize];
    match file.read_exact(&mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let (kind, mark) = bytes.split_at(4);
    Ok((kind == KIND).then(|| u32::from_le_bytes([mark[0], mark[1], mark[2], mark[3]])))
}

/// The segment that is appended to.
#[derive(Debug)]
pub(crate) struct Writer {
    file: File,
    path: PathBuf,
    mark: u32,
    length: u64,
    usable: bool,
}

impl Writer {
    /// Makes an empty segment. One of that name can only be a left-over without events.
    pub(crate) fn create(directory: &Path, first: u64) -> io::Result<Self> {
        let path = path_of(directory, first);
        let mark = u32::try_from(RandomState::new().hash_one(first) >> 32).unwrap_or(u32::MAX);
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        file.write_all(&KIND)?;
        file.write_all(&mark.to_le_bytes())?;
        file.sync_all()?;
        sync_names(directory)?;
        Ok(Self {
            file,
            path,
            mark,
            length: PREAMBLE,
            usable: true,
        })
    }

    /// Goes on with a segment whose intact frames end at `length`; what follows is cut off.
    pub(crate) fn resume(directory: &Path, first: u64, mark: u32, length: u64) -> io::Result<Self> {
        let path = path_of(directory, first);
        let mut file = File::options().write(true).open(&path)?;
        file.set_len(length)?;
        file.sync_all()?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Self {
            file,
            path,
            mark,
            length,
            usable: true,
        })
    }

    /// Returns the mark its frames begin with.
    pub(crate) fn mark(&self) -> u32 {
        self.mark
    }

    /// Returns how long the segment is.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Tells whether appending makes sense; otherwise a new segment must be made.
    pub(crate) fn is_usable(&self) -> bool {
        self.usable
    }

    /// Appends frames and returns once they are on the disk. On an error none of them counts.
    pub(crate) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(frames) {
            self.undo();
            return Err(error);
        }
        if let Err(error) = self.file.sync_data() {
            // What reached the disk is unknown, and a second sync would not tell: leave this file.
            self.undo();
            self.usable = false;
            return Err(error);
        }
        self.length += frames.len() as u64;
        Ok(())
    }

    fn undo(&mut self) {
        let undone = self
            .file
            .set_len(self.length)
            .and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
        if let Err(error) = undone {
            tracing::warn!(path = %self.path.display(), %error, "segment given up");
            self.usable = false;
        }
    }
}

/// Puts a file aside whose frames cannot be read, so that somebody can look at it.
pub(crate) fn put_aside(path: &Path) -> io::Result<()> {
    let aside = path.with_extension("damaged");
    tracing::error!(path = %path.display(), aside = %aside.display(), "segment is unreadable: put aside");
    fs::rename(path, aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_the_first_sequence() {
        let path = path_of(Path::new("/bus/events"), 42);
        assert_eq!(first_of(&path), Some(42));
        for other in ["42.log", "00000000000000000042.damaged", "lock", ".log"] {
            assert_eq!(first_of(Path::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_resumed_segment_ends_where_it_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(directory.path(), 1).unwrap();
        writer.append(b"intact").unwrap();
        writer.append(b"torn").unwrap();
        let mut writer = Writer::resume(directory.path(), 1, writer.mark(), PREAMBLE + 6).unwrap();
        writer.append(b"!").unwrap();
        let content = fs::read(path_of(directory.path(), 1)).unwrap();
        assert_eq!(&content[PREAMBLE as usize..], b"intact!");
    }
}

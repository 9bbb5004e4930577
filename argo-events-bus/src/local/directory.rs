//! The directory that a bus owns: one process at a time.
//!
//! The lock is the operating system's and ends with the process, however it ends.

use argo_events_core::{Error, ErrorKind, Result};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// A directory that no other process can open as a bus, as long as this value lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory if need be and takes possession of it.
    pub(super) fn claim(path: &Path) -> Result<Self> {
        let fail = |error: io::Error| cannot("open", path, error);
        create_private(path).map_err(fail)?;
        let lock_path = path.join("lock");
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock_path)
            .map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path, &mut lock)),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // The number is only for the message of whoever comes second.
        lock.set_len(0).and_then(|()| lock.rewind()).map_err(fail)?;
        write!(lock, "{}", std::process::id()).map_err(fail)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Returns the path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a directory that only the owner can look into: bodies of events may be confidential.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes names of files durable, which syncing the files alone does not.
pub(super) fn sync_names(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Makes the error of an operation on the files of a bus.
pub(super) fn cannot(operation: &'static str, path: &Path, error: io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "the disk of the local bus is full".to_owned()
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            return Error::permanent(
                ErrorKind::ConfigInvalid,
                "the local bus may not write to its directory",
            )
            .during(operation)
            .with("directory", path.display())
            .caused_by(error);
        }
        _ => format!("the files of the local bus cannot be used: {error}"),
    };
    Error::transient(ErrorKind::Unavailable, message)
        .during(operation)
        .with("directory", path.display())
        .caused_by(error)
}

fn in_use(path: &Path, lock: &mut File) -> Error {
    let mut owner = String::new();
    // An owner that cannot be read is left out of the message.
    let _ = lock.take(20).read_to_string(&mut owner);
    let who = if owner.is_empty() {
        "another process".to_owned()
    } else {
        format!("process {owner}")
    };
    let message = format!("{who} uses this directory; stop it, or choose another directory");
    Error::permanent(ErrorKind::Conflict, message)
        .during("open")
        .with("directory", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_told_who_the_first_is() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("bus");
        let first = Directory::claim(&path).unwrap();
        let error = Directory::claim(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(
            error.message().contains(&std::process::id().to_string()),
            "{error}"
        );
        drop(first);
        Directory::claim(&path).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Directory::claim(&file.path().join("bus")).unwrap_err();
        assert!(error.to_string().contains("directory="), "{error}");
    }
}

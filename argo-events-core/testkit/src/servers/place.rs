//! A folder that outlasts the process of a server, and what can go wrong with files.

use argo_events_core::{Error, ErrorKind, Result};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Makes a folder of temporary files; it goes when dropped.
pub(super) fn folder(program: &str) -> Result<TempDir> {
    let made = TempDir::with_prefix(format!("argo-events-{program}-"));
    made.map_err(|error| failed(&env::temp_dir(), error))
}

/// Returns where the data of a server lie.
pub(super) fn store(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// Writes a file.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| failed(path, error))
}

/// Deletes a folder, if it is there.
pub(super) fn delete(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::permanent(
        ErrorKind::Unavailable,
        "the files of a server cannot be written",
    )
    .with("path", path.display())
    .with("reason", &error)
    .caused_by(error)
}

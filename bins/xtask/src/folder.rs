//! Folders for what is measured or tried.

use std::{env, fs, path::PathBuf, process};

/// An empty folder of its own, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Makes one; `purpose` tells it from others of this process.
    pub(crate) fn new(purpose: &str) -> Result<Self, String> {
        let path = env::temp_dir().join(format!("argo-events-{purpose}-{}", process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! Notices that manifests changed, by looking at them once a second.
//!
//! Looking is enough for a few files, works on every file system, and needs no library.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

const INTERVAL: Duration = Duration::from_secs(1);

type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Files and folders, and how they were when last looked at.
#[derive(Debug)]
pub(crate) struct Changes {
    paths: Vec<PathBuf>,
    seen: Seen,
}

impl Changes {
    pub(crate) fn of(paths: Vec<PathBuf>) -> Self {
        let seen = look(&paths);
        Self { paths, seen }
    }

    /// Resolves when something changed and stayed as it is for one look. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = look(&self.paths);
            if now == self.seen {
                continue;
            }
            // An editor may be in the middle of writing.
            tokio::time::sleep(INTERVAL / 4).await;
            let settled = look(&self.paths);
            if settled == now {
                self.seen = now;
                return;
            }
        }
    }
}

fn look(paths: &[PathBuf]) -> Seen {
    let mut seen = Seen::new();
    for path in paths {
        look_at(path, 0, &mut seen);
    }
    seen
}

/// Folders are looked into as deep as they are read, hidden ones not at all.
const MOST_FOLDERS: usize = 16;

fn look_at(path: &Path, depth: usize, seen: &mut Seen) {
    // What cannot be read now counts as absent, and as a change when it can be read again.
    let Ok(metadata) = std::fs::metadata(path) else {
        return;
    };
    if !metadata.is_dir() {
        seen.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else {
        return;
    };
    for entry in entries.flatten().filter(|_| depth < MOST_FOLDERS) {
        if !entry.file_name().to_string_lossy().starts_with('.') {
            look_at(&entry.path(), depth + 1, seen);
        }
    }
}

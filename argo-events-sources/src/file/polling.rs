//! Looks through a directory ten times a second and publishes what changed.

use super::{Operation, source::Wanted};
use crate::kit::poll::{Found, Poller};
use argo_events_core::{Error, ErrorKind, Result, SourceContext, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// How long to wait between two looks, as in the reference.
const PAUSE: Duration = Duration::from_millis(100);

/// Files by name, as they were at the last look.
pub(super) type Snapshot = BTreeMap<String, Facts>;

/// What is compared of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    modified: Option<SystemTime>,
    mode: u32,
    /// Device and number, which a file keeps when it is renamed.
    identity: Option<(u64, u64)>,
    /// When it came to be, where the file system tells: numbers are given to other files again.
    born: Option<SystemTime>,
}

impl Facts {
    /// Tells whether this is the other file under another name.
    fn is_renamed(&self, before: &Self) -> bool {
        let same_number = before.identity.is_some() && self.identity == before.identity;
        // Where no birth is told, a file that is not written to is taken for the same.
        let same_file = match (before.born, self.born) {
            (Some(before), Some(now)) => before == now,
            _ => self.modified == before.modified,
        };
        same_number && same_file
    }
}

/// Looks for changes.
pub(super) struct Polling(Wanted);

impl Polling {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self(wanted)
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        let directory = PathBuf::from(self.0.directory());
        let looked = tokio::task::spawn_blocking(move || look(&directory)).await;
        let looked = looked.map_err(io::Error::other).and_then(|result| result);
        looked.map_err(|error| {
            let message = format!("cannot look through the directory: {error}");
            Error::transient(ErrorKind::Unavailable, message).with("directory", self.0.directory())
        })
    }
}

#[async_trait]
impl Poller for Polling {
    /// What was there at the last look.
    type Mark = Snapshot;

    fn kind(&self) -> &'static str {
        "file"
    }

    async fn begin(&self) -> Result<Option<Snapshot>> {
        self.snapshot().await.map(Some)
    }

    fn next_due(&self, _: Option<&Snapshot>, now: Timestamp) -> Result<Timestamp> {
        Ok(now + PAUSE)
    }

    async fn collect(
        &self,
        _: Timestamp,
        before: Option<&Snapshot>,
        _: &SourceContext,
    ) -> Result<Found<Snapshot>> {
        let now = self.snapshot().await?;
        let changes = before
            .map(|before| changes(before, &now))
            .unwrap_or_default();
        let drafts = changes
            .iter()
            .filter_map(|(name, operation)| self.0.draft(name, *operation));
        Ok(Found {
            drafts: drafts.collect(),
            mark: Some(now),
        })
    }
}

fn look(directory: &std::path::Path) -> io::Result<Snapshot> {
    let mut snapshot = Snapshot::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // A file that is gone by now was never there.
        if let Ok(metadata) = entry.metadata() {
            snapshot.insert(
                entry.file_name().to_string_lossy().into_owned(),
                facts(&metadata),
            );
        }
    }
    Ok(snapshot)
}

#[cfg(unix)]
fn facts(metadata: &Metadata) -> Facts {
    use std::os::unix::fs::MetadataExt as _;
    let identity = Some((metadata.dev(), metadata.ino()));
    Facts {
        modified: metadata.modified().ok(),
        mode: metadata.mode(),
        identity,
        born: metadata.created().ok(),
    }
}

#[cfg(not(unix))]
fn facts(metadata: &Metadata) -> Facts {
    let mode = u32::from(metadata.permissions().readonly());
    Facts {
        modified: metadata.modified().ok(),
        mode,
        identity: None,
        born: metadata.created().ok(),
    }
}

/// Compares two looks. A file that has another name now is reported under its old one.
fn changes(before: &Snapshot, now: &Snapshot) -> Vec<(String, Operation)> {
    let mut created: BTreeMap<_, _> = now
        .iter()
        .filter(|(name, _)| !before.contains_key(*name))
        .collect();
    let mut changes = Vec::new();
    for (name, facts) in before {
        let operation = match now.get(name) {
            Some(after) => changed(facts, after),
            None => Some(gone(facts, &mut created)),
        };
        changes.extend(operation.map(|operation| (name.clone(), operation)));
    }
    let created = created
        .into_keys()
        .map(|name| (name.clone(), Operation::CREATE));
    changes.extend(created);
    changes
}

fn changed(before: &Facts, now: &Facts) -> Option<Operation> {
    if before.modified != now.modified {
        return Some(Operation::WRITE);
    }
    (before.mode != now.mode).then_some(Operation::CHMOD)
}

/// Takes the file from those that came, if it came under another name.
fn gone(before: &Facts, created: &mut BTreeMap<&String, &Facts>) -> Operation {
    match created
        .iter()
        .find(|(_, after)| after.is_renamed(before))
        .map(|(name, _)| *name)
    {
        Some(name) => {
            created.remove(name);
            Operation::RENAME
        }
        None => Operation::REMOVE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(files: &[(&str, u64, u32, u64)]) -> Snapshot {
        let facts = |&(name, modified, mode, number): &(&str, u64, u32, u64)| {
            let modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(modified));
            (
                name.to_owned(),
                Facts {
                    modified,
                    mode,
                    identity: Some((1, number)),
                    born: None,
                },
            )
        };
        files.iter().map(facts).collect()
    }

    #[test]
    fn each_change_between_two_looks_has_its_operation() {
        let before = snapshot(&[
            ("a", 1, 0, 1),
            ("b", 1, 0, 2),
            ("c", 1, 0, 3),
            ("d", 1, 0, 4),
            ("e", 1, 0, 5),
        ]);
        let now = snapshot(&[
            ("a", 2, 0, 1),
            ("b", 1, 7, 2),
            ("x", 1, 0, 3),
            ("e", 1, 0, 5),
            ("y", 1, 0, 6),
        ]);
        let shown: Vec<_> = changes(&before, &now)
            .into_iter()
            .map(|(name, it)| format!("{name} {it}"))
            .collect();
        assert_eq!(
            shown,
            ["a WRITE", "b CHMOD", "c RENAME", "d REMOVE", "y CREATE"]
        );
    }

    #[test]
    fn a_number_that_another_file_got_is_no_rename() {
        let (before, mut now) = (snapshot(&[("a", 1, 0, 1)]), snapshot(&[("b", 2, 0, 1)]));
        let shown = |before: &Snapshot, now: &Snapshot| {
            let changes = changes(before, now).into_iter();
            changes
                .map(|(name, it)| format!("{name} {it}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&before, &now), ["a REMOVE", "b CREATE"]);
        // The same time of writing, as with `cp -p`, and another birth.
        let mut before = snapshot(&[("a", 1, 0, 1)]);
        before.get_mut("a").unwrap().born = Some(SystemTime::UNIX_EPOCH);
        let file = now.get_mut("b").unwrap();
        file.modified = before["a"].modified;
        file.born = Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(1));
        assert_eq!(shown(&before, &now), ["a REMOVE", "b CREATE"]);
        now.get_mut("b").unwrap().born = before["a"].born;
        assert_eq!(shown(&before, &now), ["a RENAME"]);
    }
}

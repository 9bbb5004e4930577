//! Which objects are known, and how that and the watched version survive the process.
//!
//! Objects are kept in parts, so that one that comes or goes does not rewrite all of them. A change
//! of an object is not written down: its version is compared with the watched one instead.

use super::object::Object;
use crate::kit::Kept;
use argo_events_core::{Result, SourceContext, fingerprint::fnv1a};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// How many parts there are. One that outgrows a value of the store is no longer kept.
const PARTS: usize = 32;
/// How long what happened may wait to be written down. What comes again after a crash has the same id.
const DELAY: Duration = Duration::from_secs(1);

/// An object as it was last seen.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) uid: Box<str>,
    pub(super) version: Box<str>,
    /// Whether the filter kept it.
    pub(super) is_kept: bool,
    /// What it said; absent if that is not needed, or was known to another process only.
    pub(super) last: Option<Last>,
    seen: u64,
}

/// What an object said.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) json: Bytes,
    pub(super) digest: u64,
}

/// The objects that are known, by `<namespace>/<name>`.
#[derive(Debug, Default)]
pub(super) struct Known {
    entries: BTreeMap<Box<str>, Entry>,
    changed: [bool; PARTS],
    round: u64,
}

impl Known {
    /// Returns an object as it was last seen.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Remembers an object; what it says only if asked to.
    pub(super) fn put(&mut self, object: Object, is_kept: bool, with_content: bool) {
        let (json, digest) = (object.json, object.digest);
        let entry = Entry {
            uid: object.uid,
            version: object.version,
            is_kept,
            last: with_content.then_some(Last { json, digest }),
            seen: self.round,
        };
        let place = place(&object.key);
        let before = self.entries.insert(object.key, entry);
        let is_new = before.is_none_or(|it| it.is_kept != is_kept);
        self.changed[place] |= is_new;
    }

    /// Forgets an object.
    pub(super) fn remove(&mut self, key: &str) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.changed[place(key)] = true;
        Some(entry)
    }

    /// Begins a round in which every object that is still there is put or touched.
    pub(super) fn begin_round(&mut self) {
        self.round += 1;
    }

    /// Takes note that an object is still there.
    pub(super) fn touch(&mut self, key: &str) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.seen = self.round;
        }
    }

    /// Returns the objects that this round has not seen.
    pub(super) fn unseen(&self) -> Vec<Box<str>> {
        let unseen = self.entries.iter().filter(|(_, it)| it.seen != self.round);
        unseen.map(|(key, _)| key.clone()).collect()
    }

    fn part(&self, place: usize, of: &str) -> Part {
        let mut objects = BTreeMap::new();
        for (key, it) in &self.entries {
            if self::place(key) == place {
                let record = (it.uid.clone(), it.version.clone(), it.is_kept);
                objects.insert(key.clone(), record);
            }
        }
        let of = of.to_owned();
        Part { of, objects }
    }

    fn restore(&mut self, part: Part) {
        for (key, (uid, version, is_kept)) in part.objects {
            let entry = Entry {
                uid,
                version,
                is_kept,
                last: None,
                seen: self.round,
            };
            self.entries.insert(key, entry);
        }
    }
}

/// Returns the part of an object; the same in every process.
fn place(key: &str) -> usize {
    usize::from((fnv1a(key) >> 16) as u16) % PARTS
}

/// Tells whether a version is later than another; unknown forms count as later.
pub(super) fn is_later(version: &str, than: &str) -> bool {
    match (version.parse::<u64>(), than.parse::<u64>()) {
        (Ok(version), Ok(than)) => version > than,
        _ => version != than,
    }
}

/// How far the watch is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// What is watched: another collection begins anew.
    of: String,
    pub(super) version: String,
}

#[derive(Serialize, Deserialize)]
struct Part {
    of: String,
    objects: BTreeMap<Box<str>, (Box<str>, Box<str>, bool)>,
}

/// Mark and known objects in the state store.
pub(super) struct Shelf {
    of: String,
    mark: Kept,
    parts: Vec<Kept>,
    due: Option<Instant>,
}

impl Shelf {
    /// Opens the shelf of an event for a collection.
    pub(super) fn open(of: String, context: &SourceContext) -> Self {
        let part = |place| Kept::part("known", "resource", &format!("/{place:02}"), context);
        Self {
            of,
            mark: Kept::mark("resource", true, context),
            parts: (0..PARTS).map(part).collect(),
            due: None,
        }
    }

    /// Returns what was kept; the mark is absent for another collection.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(super) async fn load(&mut self) -> Result<(Option<Mark>, Known)> {
        let mark: Option<Mark> = self.mark.load().await?;
        let mut known = Known::default();
        for part in &mut self.parts {
            let part: Option<Part> = part.load().await?;
            part.into_iter()
                .filter(|part| part.of == self.of)
                .for_each(|part| known.restore(part));
        }
        Ok((mark.filter(|mark| mark.of == self.of), known))
    }

    /// Takes note that there is something to write down.
    pub(super) fn touch(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + DELAY);
    }

    /// Resolves when something is to be written down; never while nothing is. Cancel-safe.
    pub(super) async fn due(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Writes down what has changed, and returns the mark if it is kept now.
    pub(super) async fn save(&mut self, version: &str, known: &mut Known) -> Option<Mark> {
        self.due.take()?;
        // The objects first: a mark that is ahead of them would leave out what came in between. One part
        // that cannot be stored does not hold the mark back, since it may be too large for good.
        for (place, kept) in self.parts.iter_mut().enumerate() {
            if known.changed[place] {
                known.changed[place] = !kept.save(&known.part(place, &self.of)).await;
            }
        }
        let mark = Mark {
            of: self.of.clone(),
            version: version.to_owned(),
        };
        self.mark.save(&mark).await.then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_are_numbers_where_they_can_be() {
        assert!(is_later("10", "9"));
        assert!(!is_later("9", "9"));
        assert!(!is_later("9", "10"));
        assert!(is_later("a", "b"));
        assert!(!is_later("a", "a"));
    }

    #[test]
    fn every_part_has_its_share() {
        let mut used = [false; PARTS];
        for number in 0..1000 {
            used[place(&format!("shop/web-{number}"))] = true;
        }
        assert!(used.iter().all(|used| *used));
    }
}

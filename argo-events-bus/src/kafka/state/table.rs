//! What is stored, and who judges a record: pure data, the same for everybody who reads the log.
//!
//! A version is the offset of the record that stored the value, plus one. A record that expected another
//! version has lost; being the last of its key it would outlive the winner in compaction, so it *shadows*
//! the key until somebody says again what is stored. A reader that comes after compaction may
//! miss the winner's record and take a loser for a winner; the restatement names the losers and so puts it right.

use super::record::Wish;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Scope and key.
pub(super) type Place = (String, String);

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts; the version is what is stored since.
    Won(u64),
    /// Another version was there.
    Lost,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The version; of a deletion too.
    pub(super) version: u64,
    /// The value; `None` for a key that was deleted.
    pub(super) value: Option<Bytes>,
    /// Offsets of records that lost and were not answered by a restatement.
    pub(super) losers: Vec<i64>,
}

/// The values, by scope and key.
#[derive(Debug, Default)]
pub(super) struct Table {
    cells: BTreeMap<Place, Cell>,
    shadowed: BTreeSet<Place>,
    /// Deleted keys in the order of their deletion, with when that was.
    deleted: std::collections::VecDeque<(i64, Place, u64)>,
}

impl Table {
    /// For how long, by the log's time, a deletion is remembered: longer than a record may be on its way.
    const REMEMBERED_MILLIS: i64 = 10 * 60 * 1000;

    /// Returns what is known of a key.
    pub(super) fn cell(&self, place: &Place) -> Option<&Cell> {
        self.cells.get(place)
    }

    /// Returns the keys of a scope that begin with a prefix, in byte order.
    pub(super) fn keys(&self, scope: &str, prefix: &str) -> Vec<String> {
        let from = (scope.to_owned(), prefix.to_owned());
        self.cells
            .range(from..)
            .take_while(|((found, key), _)| found == scope && key.starts_with(prefix))
            .filter(|(_, cell)| cell.value.is_some())
            .map(|((_, key), _)| key.clone())
            .collect()
    }

    /// Returns the keys whose last record is one that lost.
    pub(super) fn shadowed(&self) -> impl Iterator<Item = &Place> {
        self.shadowed.iter()
    }

    /// Judges the next record of the log. `at` is the log's time in milliseconds.
    pub(super) fn apply(
        &mut self,
        place: Place,
        offset: i64,
        at: i64,
        wish: Wish,
        value: Option<Bytes>,
    ) -> Verdict {
        self.forget_deleted(at);
        let cell = self.cells.remove(&place);
        let (cell, verdict) = match wish {
            Wish::Change {
                expected,
                is_delete,
            } => change(cell, offset, expected, value.filter(|_| !is_delete)),
            Wish::Restate {
                version,
                is_absent,
                losers,
            } => restate(cell, offset, version, value.filter(|_| !is_absent), &losers),
        };
        if cell.losers.is_empty() {
            self.shadowed.remove(&place);
        } else {
            self.shadowed.insert(place.clone());
        }
        if cell.value.is_none() {
            self.deleted.push_back((at, place.clone(), cell.version));
        }
        self.cells.insert(place, cell);
        verdict
    }

    fn forget_deleted(&mut self, now: i64) {
        while let Some((at, place, version)) = self.deleted.front() {
            if now - at < Self::REMEMBERED_MILLIS {
                return;
            }
            let is_same = |cell: &Cell| cell.version == *version && cell.value.is_none();
            if self
                .cells
                .get(place)
                .is_some_and(|cell| is_same(cell) && cell.losers.is_empty())
            {
                self.cells.remove(place);
            }
            self.deleted.pop_front();
        }
    }
}

fn version_of(offset: i64) -> u64 {
    u64::try_from(offset).map_or(0, |offset| offset + 1)
}

/// Judges a write. Of a key that nothing is known of the record counts: compaction has removed
/// what it expected.
fn change(
    cell: Option<Cell>,
    offset: i64,
    expected: Option<u64>,
    value: Option<Bytes>,
) -> (Cell, Verdict) {
    let version = version_of(offset);
    let Some(mut cell) = cell else {
        let losers = Vec::new();
        let cell = Cell {
            version,
            value,
            losers,
        };
        return (cell, Verdict::Won(version));
    };
    let found = cell.value.as_ref().map(|_| cell.version);
    if found != expected {
        cell.losers.push(offset);
        return (cell, Verdict::Lost);
    }
    (cell.version, cell.value) = (version, value);
    (cell, Verdict::Won(version))
}

/// Judges a restatement: it counts unless something newer is there that is not a loser itself.
fn restate(
    cell: Option<Cell>,
    offset: i64,
    version: u64,
    value: Option<Bytes>,
    answered: &[i64],
) -> (Cell, Verdict) {
    let Some(mut cell) = cell else {
        let losers = Vec::new();
        let cell = Cell {
            version,
            value,
            losers,
        };
        return (cell, Verdict::Won(version));
    };
    let was_misjudged = answered
        .iter()
        .any(|loser| version_of(*loser) == cell.version);
    if version < cell.version && !was_misjudged {
        cell.losers.push(offset);
        return (cell, Verdict::Lost);
    }
    if version != cell.version {
        (cell.version, cell.value) = (version, value);
        // What was judged before the truth was known.
        cell.losers.retain(|loser| version_of(*loser) > version);
    }
    cell.losers.retain(|loser| !answered.contains(loser));
    (cell, Verdict::Won(version))
}

#[cfg(test)]
mod tests;

//! Overwrites everything that a path with operators leads to.

use super::Error;
use crate::gjson::{self, Found};
use std::cmp::Reverse;

/// How many bytes may be moved for values that lie within one another.
const MAX_MOVED: usize = 1 << 28;

/// A piece of the document that is replaced.
struct Piece {
    start: usize,
    length: usize,
}

/// Overwrites what exists; what does not is not made.
pub(super) fn set(json: &[u8], path: &gjson::Path, raw: &[u8]) -> Result<Vec<u8>, Error> {
    let found = path.try_get(json).map_err(Error::Limit)?;
    let pieces = pieces(&found).unwrap_or_default();
    let apart = pieces
        .windows(2)
        .all(|pair| pair[1].start + pair[1].length <= pair[0].start);
    if apart {
        replace_apart(json, &pieces, raw)
    } else {
        replace_one_by_one(json, &pieces, raw)
    }
}

/// Gives the places of what was found, the last element of a list first; nothing if a list does
/// not know where its elements are.
fn pieces(found: &Found<'_>) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    if found.index != 0 {
        pieces.push(Piece {
            start: found.index,
            length: found.raw().len(),
        });
    }
    let Some(starts) = found.indexes.as_ref().filter(|indexes| !indexes.is_empty()) else {
        return Some(pieces);
    };
    let lengths: Vec<_> = found
        .entries()
        .map(|entry| entry.raw_value().len())
        .collect();
    if starts.len() != lengths.len() {
        return None;
    }
    let mut elements: Vec<_> = starts
        .iter()
        .zip(lengths)
        .map(|(start, length)| Piece {
            start: *start,
            length,
        })
        .collect();
    elements.sort_by_key(|piece| Reverse(piece.start));
    pieces.extend(elements);
    Some(pieces)
}

/// Replaces pieces that do not touch one another, the last first, and copies the rest once.
fn replace_apart(json: &[u8], pieces: &[Piece], raw: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(json.len() + pieces.len() * raw.len());
    let mut at = 0;
    for piece in pieces.iter().rev() {
        out.extend_from_slice(json.get(at..piece.start).ok_or(Error::NoPlace)?);
        out.extend_from_slice(raw);
        at = piece.start + piece.length;
    }
    out.extend_from_slice(json.get(at..).ok_or(Error::NoPlace)?);
    Ok(out)
}

/// Replaces one piece after the other, each in what the last replacement gave.
fn replace_one_by_one(json: &[u8], pieces: &[Piece], raw: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = json.to_vec();
    let mut moved = 0_usize;
    for piece in pieces {
        moved = moved.saturating_add(out.len());
        let place = piece.start..piece.start + piece.length;
        if moved > MAX_MOVED || place.end > out.len() {
            return Err(Error::NoPlace);
        }
        out.splice(place, raw.iter().copied());
    }
    Ok(out)
}

//! Goes down a document along keys and indexes to the place that changes.

use super::{Error, insert, path::Part, remove};
use crate::gjson::{self, Found};
use std::ops::Range;

/// Where the way of a path ends.
enum Reached<'p> {
    /// At a value.
    Value(Range<usize>),
    /// At a container or a scalar that lacks the first of these parts.
    Gap(Range<usize>, &'p [Part]),
}

/// Replaces a value, or makes it and all that leads to it.
pub(super) fn set(json: &[u8], parts: &[Part], raw: &[u8]) -> Result<Vec<u8>, Error> {
    let (place, new) = match reach(json, parts, |part, json| part.lookup.try_get(json))? {
        Reached::Value(place) => (place, raw.to_vec()),
        Reached::Gap(place, missing) => {
            let new = insert::insert(&json[place.clone()], missing, raw)?;
            (place, new)
        }
    };
    Ok([&json[..place.start], &new, &json[place.end..]].concat())
}

/// Removes a value if it is there.
pub(super) fn delete(json: &[u8], parts: &[Part]) -> Result<Vec<u8>, Error> {
    match reach(json, parts, existing)? {
        Reached::Value(place) => Ok(remove::remove(json, place)),
        Reached::Gap(..) => Ok(json.to_vec()),
    }
}

type Lookup = for<'j> fn(&Part, &'j [u8]) -> Result<Found<'j>, gjson::LimitError>;

fn reach<'p>(json: &[u8], parts: &'p [Part], look_up: Lookup) -> Result<Reached<'p>, Error> {
    let mut place = 0..json.len();
    for (depth, part) in parts.iter().enumerate() {
        let found = look_up(part, &json[place.clone()]).map_err(Error::Limit)?;
        // Every member and element stands behind a bracket, so a value at 0 is none of them.
        if found.index == 0 {
            return Ok(Reached::Gap(place, &parts[depth..]));
        }
        let start = place.start + found.index;
        place = start..start + found.raw().len();
    }
    Ok(Reached::Value(place))
}

/// Finds what is there to be removed; -1 is the last element.
fn existing<'j>(part: &Part, json: &'j [u8]) -> Result<Found<'j>, gjson::LimitError> {
    if part.appends() {
        let count = look_up("#", json)?.as_i64();
        if count > 0 {
            return look_up(&(count - 1).to_string(), json);
        }
    }
    part.lookup.try_get(json)
}

fn look_up<'j>(path: &str, json: &'j [u8]) -> Result<Found<'j>, gjson::LimitError> {
    gjson::Path::parse(path)
        .expect("a short path has no depth")
        .try_get(json)
}

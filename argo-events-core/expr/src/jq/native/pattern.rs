//! Regular expressions: what `match`, `test` and their like are made of.

use super::{
    Host, Outcome,
    fail::{expected_array, not_for_2},
};
use crate::{
    gostrconv::quote,
    jq::{
        Failure,
        value::{List, Object, Text, Value},
    },
    re2::{Captures, Regex},
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// How many compiled patterns a program keeps.
const KEPT: usize = 32;

/// How much memory a compiled pattern may take.
const PATTERN_BYTES: usize = 4 << 20;

/// The patterns that a program has compiled so far, by their text with its flags.
#[derive(Debug, Default)]
pub(in crate::jq) struct Patterns(Mutex<HashMap<Vec<u8>, Regex>>);

impl Patterns {
    fn get(&self, host: &Host<'_>, pattern: &[u8], flags: &[u8]) -> Result<Regex, Failure> {
        if flags.iter().any(|flag| !b"gim".contains(flag)) {
            let flags = quote(flags);
            return Err(format!("unsupported regular expression flag: {flags}").into());
        }
        let mut full = Vec::new();
        if flags.contains(&b'm') {
            full.extend_from_slice(b"(?s)");
        }
        if flags.contains(&b'i') {
            full.extend_from_slice(b"(?i)");
        }
        full.extend_from_slice(pattern);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = kept.get(&full) {
            return Ok(regex.clone());
        }
        host.meter.work(1_000 + full.len() * 16)?;
        let regex = Regex::with_limit(&full, PATTERN_BYTES).map_err(|error| {
            let pattern = quote(&full);
            Failure::from(format!("invalid regular expression {pattern}: {error}"))
        })?;
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(full, regex.clone());
        Ok(regex)
    }
}

/// Searches a text; gives the matches, or only whether there is one.
pub(super) fn matches(host: &Host<'_>, value: &Value, arguments: &[Value]) -> Outcome {
    let [pattern, flags, testing] = arguments else {
        return Ok(Value::Null);
    };
    let testing = matches!(testing, Value::Bool(true));
    let name = if testing { "test" } else { "match" };
    let flag_bytes = match flags {
        Value::Null => &[][..],
        Value::Text(text) => &text[..],
        _ => return Err(not_for_2(name, value, pattern, flags)),
    };
    let (Value::Text(text), Value::Text(restr)) = (value, pattern) else {
        return Err(not_for_2(name, value, pattern, flags));
    };
    let regex = host.patterns.get(host, restr, flag_bytes)?;
    host.meter.work(text.len() / 16 * (1 + restr.len() / 64))?;
    if testing {
        return Ok(Value::Bool(regex.is_match(text)));
    }
    let most = if flag_bytes.contains(&b'g') {
        usize::MAX
    } else {
        1
    };
    let places = Places::of(host, text)?;
    let mut found = Vec::new();
    for captures in regex.all_captures(text).take(most) {
        host.meter.work(16 * captures.groups().len())?;
        host.meter.elements(20 * captures.groups().len())?;
        found.push(describe(&regex, &captures, text, &places));
        if host.meter.is_census_due() && found.len() * 1_000 > host.meter.room() {
            return Err(host.meter.out_of_memory().into());
        }
    }
    Ok(Value::Array(List::new(found)))
}

/// Turns byte places into character places.
enum Places {
    Same,
    Counted(Vec<u32>),
}

impl Places {
    fn of(host: &Host<'_>, text: &Text) -> Result<Self, Failure> {
        if text.is_ascii() {
            return Ok(Self::Same);
        }
        host.meter.allocate(4 * text.len())?;
        host.meter.work(text.len() / 4)?;
        let mut counted = Vec::with_capacity(text.len() + 1);
        for (place, rune) in (0..).zip(crate::gostrconv::runes(text)) {
            counted.extend(std::iter::repeat_n(place, rune.width));
        }
        counted.push(counted.last().map_or(0, |last| last + 1));
        Ok(Self::Counted(counted))
    }

    fn character(&self, place: usize) -> i64 {
        match self {
            Self::Same => place as i64,
            Self::Counted(counted) => counted.get(place).copied().unwrap_or_default().into(),
        }
    }
}

fn describe(regex: &Regex, captures: &Captures, text: &Text, places: &Places) -> Value {
    let names = regex.group_names();
    let groups = captures.groups().iter().enumerate().skip(1);
    let groups = groups.map(|(place, group)| {
        let name = names.get(place).filter(|name| !name.is_empty());
        let name = name.map_or(Value::Null, |name| Value::from(name.as_str()));
        let mut members = range_members(group.as_ref(), text, places);
        members.insert(Text::from("name"), name);
        Value::Object(Object::new(members))
    });
    let groups = Value::Array(List::new(groups.collect()));
    let mut members = range_members(Some(&captures.range()), text, places);
    members.insert(Text::from("captures"), groups);
    Value::Object(Object::new(members))
}

/// Describes what matched; a group that took no part has no text and lies before the start.
fn range_members(
    range: Option<&Range<usize>>,
    text: &Text,
    places: &Places,
) -> BTreeMap<Text, Value> {
    let (offset, length, string) = match range {
        None => (-1, 0, Value::Null),
        Some(range) => {
            let (start, end) = (places.character(range.start), places.character(range.end));
            (start, end - start, Value::text(&text[range.clone()]))
        }
    };
    BTreeMap::from([
        (Text::from("offset"), Value::Int(offset)),
        (Text::from("length"), Value::Int(length)),
        (Text::from("string"), string),
    ])
}

/// Makes an object of the groups that have names.
pub(super) fn captures(value: &Value) -> Outcome {
    let Value::Array(groups) = value else {
        return Err(expected_array(value));
    };
    let named = groups.as_slice().iter().filter_map(|group| match group {
        Value::Object(group) => match group.get(b"name") {
            Some(Value::Text(name)) => {
                let string = group.get(b"string").cloned().unwrap_or_default();
                Some((name.clone(), string))
            }
            _ => None,
        },
        _ => None,
    });
    Ok(Value::Object(Object::new(named.collect())))
}

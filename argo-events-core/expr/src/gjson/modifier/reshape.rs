//! Modifiers that take a document apart and put its pieces together in another way.

use super::super::{Entries, Found, LimitError, MAX_NESTING, scan};
use std::{borrow::Cow, collections::HashMap};

/// Appends a comma unless a bracket was just opened.
pub(super) fn separate(out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.push(b',');
    }
}

fn push_member(out: &mut Vec<u8>, raw_name: Option<&[u8]>, raw: &[u8]) {
    out.extend_from_slice(raw_name.unwrap_or_default());
    out.push(b':');
    out.extend_from_slice(raw);
}

pub(super) fn reverse(json: &[u8]) -> Cow<'_, [u8]> {
    let found = Found::parse(json);
    if !found.is_array() && !found.is_object() {
        return Cow::Borrowed(json);
    }
    let mut entries: Vec<_> = found.entries().collect();
    entries.reverse();
    let mut out = vec![if found.is_array() { b'[' } else { b'{' }];
    for entry in entries {
        separate(&mut out);
        if found.is_object() {
            push_member(&mut out, entry.raw_name(), entry.raw_value());
        } else {
            out.extend_from_slice(entry.raw_value());
        }
    }
    out.push(if found.is_array() { b']' } else { b'}' });
    Cow::Owned(out)
}

pub(super) fn keys(json: &[u8]) -> Vec<u8> {
    let mut out = vec![b'['];
    for entry in Found::parse(json).entries() {
        separate(&mut out);
        out.extend_from_slice(entry.raw_name().unwrap_or(b"null"));
    }
    out.push(b']');
    out
}

pub(super) fn values(json: &[u8]) -> Cow<'_, [u8]> {
    let found = Found::parse(json);
    if found.is_array() {
        return Cow::Borrowed(json);
    }
    let mut out = vec![b'['];
    for entry in found.entries() {
        separate(&mut out);
        out.extend_from_slice(entry.raw_value());
    }
    out.push(b']');
    Cow::Owned(out)
}

/// Puts elements of inner arrays in their place: of the next level as they are written, or of all.
pub(super) fn flatten(json: &[u8], deep: bool) -> Result<Cow<'_, [u8]>, LimitError> {
    let found = Found::parse(json);
    if !found.is_array() {
        return Ok(Cow::Borrowed(json));
    }
    let mut out = vec![b'['];
    let mut open = vec![found.entries()];
    while let Some(entries) = open.last_mut() {
        let Some(entry) = entries.next() else {
            open.pop();
            continue;
        };
        let piece = match entry.raw_value() {
            raw @ [b'[', ..] if deep => {
                if open.len() >= MAX_NESTING {
                    return Err(LimitError::Nesting);
                }
                open.push(Entries::within(raw));
                continue;
            }
            raw @ [b'[', ..] => unwrap(raw),
            raw => raw,
        };
        let piece = trim_text(piece);
        if !piece.is_empty() {
            separate(&mut out);
            out.extend_from_slice(piece);
        }
    }
    out.push(b']');
    Ok(Cow::Owned(out))
}

/// Takes the first and the last byte off a container.
fn unwrap(raw: &[u8]) -> &[u8] {
    match scan::trim(raw) {
        [b'[' | b'{', inner @ .., _] => inner,
        other => other,
    }
}

/// Strips white space of any script from both ends.
fn trim_text(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Ok(text) => text.trim().as_bytes(),
        Err(_) => text.trim_ascii(),
    }
}

/// Joins the objects of an array; the last of repeated names wins, in the place of the first,
/// unless all are to be preserved.
pub(super) fn join(json: &[u8], preserve: bool) -> Cow<'_, [u8]> {
    let found = Found::parse(json);
    if !found.is_array() {
        return Cow::Borrowed(json);
    }
    let objects = found
        .entries()
        .map(|entry| entry.raw_value())
        .filter(|raw| raw.starts_with(b"{"));
    let mut out = vec![b'{'];
    if preserve {
        let inner: Vec<_> = objects.map(unwrap).collect();
        out.extend_from_slice(&inner.join(&b','));
    } else {
        for (raw_name, raw) in distinct(objects) {
            separate(&mut out);
            push_member(&mut out, raw_name, raw);
        }
    }
    out.push(b'}');
    Cow::Owned(out)
}

type RawMember<'a> = (Option<&'a [u8]>, &'a [u8]);

fn distinct<'a>(objects: impl Iterator<Item = &'a [u8]>) -> Vec<RawMember<'a>> {
    let mut members: Vec<RawMember<'a>> = Vec::new();
    let mut places = HashMap::new();
    for entry in objects.flat_map(Entries::within) {
        let place = *places.entry(entry.name()).or_insert(members.len());
        if place == members.len() {
            members.push((entry.raw_name(), entry.raw_value()));
        }
        members[place].1 = entry.raw_value();
    }
    members
}

/// Makes the nth object of the nth elements of all lists; what is no list is left out.
pub(super) fn group(json: &[u8]) -> Vec<u8> {
    let found = Found::parse(json);
    if !found.is_object() {
        return Vec::new();
    }
    let mut objects: Vec<Vec<u8>> = Vec::new();
    for member in found
        .entries()
        .filter(|entry| entry.raw_value().starts_with(b"["))
    {
        for (place, element) in Entries::within(member.raw_value()).enumerate() {
            if place == objects.len() {
                objects.push(vec![b'{']);
            }
            let object = &mut objects[place];
            separate(object);
            push_member(object, member.raw_name(), element.raw_value());
        }
    }
    for object in &mut objects {
        object.push(b'}');
    }
    [&b"["[..], &objects.join(&b','), b"]"].concat()
}

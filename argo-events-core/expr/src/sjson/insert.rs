//! Adds a member or an element that is missing, with all that leads to it.

use super::{Error, MAX_PADDING, path::Part, push_string};
use crate::gjson::{Found, Items, Kind};

/// Gives a container with one more value; what is no container is replaced by one.
pub(super) fn insert(json: &[u8], parts: &[Part], raw: &[u8]) -> Result<Vec<u8>, Error> {
    let Some(first) = parts.first() else {
        return Ok(raw.to_vec());
    };
    let found = Found::parse(json);
    let container = match found.kind() {
        Kind::Json => found.raw(),
        _ if first.index().is_some() => b"[]",
        _ => b"{}",
    };
    let mut builder = Builder {
        out: Vec::with_capacity(json.len() + raw.len()),
        nulls: 0,
    };
    if container.starts_with(b"{") {
        builder.out.extend_from_slice(before_last(container, b'}'));
        builder.separate(container);
        builder.member(parts, raw)?;
        builder.out.push(b'}');
    } else {
        builder.element(container, first)?;
        builder.value(&parts[1..], raw)?;
        builder.out.push(b']');
    }
    Ok(builder.out)
}

fn before_last(container: &[u8], bracket: u8) -> &[u8] {
    let end = container
        .iter()
        .rposition(|byte| *byte == bracket)
        .unwrap_or(0);
    &container[..end]
}

struct Builder {
    out: Vec<u8>,
    /// How many nulls were written.
    nulls: usize,
}

impl Builder {
    /// Appends a comma unless the container is empty.
    fn separate(&mut self, container: &[u8]) {
        let first = container[1..].iter().find(|byte| **byte > b' ');
        if !matches!(first, None | Some(b'}' | b']')) {
            self.out.push(b',');
        }
    }

    /// Copies an array up to where a new element can follow.
    fn element(&mut self, array: &[u8], part: &Part) -> Result<(), Error> {
        if part.appends() {
            let end = array
                .iter()
                .rposition(|byte| *byte > b' ')
                .map_or(0, |last| last + 1);
            let trimmed = &array[..end];
            self.out
                .extend_from_slice(trimmed.strip_suffix(b"]").unwrap_or(trimmed));
            self.separate(array);
            return Ok(());
        }
        let Some(index) = part.index() else {
            let part = String::from_utf8_lossy(&part.key).into_owned();
            return Err(Error::NotAnIndex { part });
        };
        let elements: Vec<_> = Items::within(array).map(|item| item.raw_value()).collect();
        let missing = missing(index).saturating_sub(elements.len());
        self.out.push(b'[');
        self.out.extend_from_slice(&elements.join(&b','));
        if elements.is_empty() {
            self.pad(missing, b"null,")
        } else {
            self.pad(missing, b",null")?;
            self.separate(array);
            Ok(())
        }
    }

    /// Appends the value itself, within the containers that the parts ask for.
    fn value(&mut self, parts: &[Part], raw: &[u8]) -> Result<(), Error> {
        let mut closing = Vec::new();
        for part in parts {
            match part.index() {
                None if !part.appends() => {
                    self.out.push(b'{');
                    self.name(part);
                    closing.push(b'}');
                }
                index => {
                    self.out.push(b'[');
                    self.pad(missing(index.unwrap_or(0)), b"null,")?;
                    closing.push(b']');
                }
            }
        }
        self.out.extend_from_slice(raw);
        self.out.extend(closing.iter().rev());
        Ok(())
    }

    fn member(&mut self, parts: &[Part], raw: &[u8]) -> Result<(), Error> {
        self.name(&parts[0]);
        self.value(&parts[1..], raw)
    }

    fn name(&mut self, part: &Part) {
        push_string(&mut self.out, &part.key);
        self.out.push(b':');
    }

    fn pad(&mut self, count: usize, null: &[u8]) -> Result<(), Error> {
        self.nulls = self.nulls.saturating_add(count);
        if self.nulls > MAX_PADDING {
            return Err(Error::Padding { nulls: self.nulls });
        }
        for _ in 0..count {
            self.out.extend_from_slice(null);
        }
        Ok(())
    }
}

/// Counts the elements in front of an index; one that wrapped around to below 0 has none.
fn missing(index: i64) -> usize {
    usize::try_from(index).unwrap_or(0)
}

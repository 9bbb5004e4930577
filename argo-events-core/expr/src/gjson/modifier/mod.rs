//! Modifiers: what makes another document of a document.
//!
//! Their names and arguments are read when the path is compiled. Those that only reorder are in
//! `reshape`, layout is in `pretty`.

mod pretty;
mod reshape;
mod sort;

pub(super) use pretty::Style;

use super::{
    Entries, Found, LimitError, MAX_NESTING, evaluate::Machine, program::LookupId, scan, text,
    valid,
};
use crate::gojson;
use std::borrow::Cow;

/// A modifier with its argument.
#[derive(Clone, Debug)]
pub(super) enum Modifier {
    /// Lays out in lines.
    Pretty(Style),
    /// Drops blanks.
    Ugly,
    /// Turns the order of elements or members round.
    Reverse,
    /// Changes nothing.
    This,
    /// Puts the elements of inner arrays in their place.
    Flatten { deep: bool },
    /// Makes one object of many.
    Join { preserve: bool },
    /// Empties what is not JSON.
    Valid,
    /// Lists names.
    Keys,
    /// Lists members.
    Values,
    /// Encodes the document as a string.
    ToString,
    /// Takes a string's text as the document.
    FromString,
    /// Makes a list of objects of an object of lists.
    Group,
    /// Looks into everything at every depth.
    Dig(LookupId),
}

/// Applies a modifier to a document.
pub(super) fn apply<'j>(
    modifier: &Modifier,
    machine: &mut Machine<'_>,
    json: &'j [u8],
) -> Result<Cow<'j, [u8]>, LimitError> {
    let made = match modifier {
        Modifier::This => Cow::Borrowed(json),
        Modifier::Valid => Cow::Borrowed(if valid(json) { json } else { b"" }),
        Modifier::Pretty(style) => {
            pretty::lay_out(json, style, machine.allowance.buildable())?.into()
        }
        Modifier::Ugly => pretty::without_blanks(json).into(),
        Modifier::Reverse => reshape::reverse(json),
        Modifier::Flatten { deep } => reshape::flatten(json, *deep)?,
        Modifier::Join { preserve } => reshape::join(json, *preserve),
        Modifier::Keys => reshape::keys(json).into(),
        Modifier::Values => reshape::values(json),
        Modifier::ToString => gojson::encode_string(json).into(),
        Modifier::FromString => from_string(json),
        Modifier::Group => reshape::group(json).into(),
        Modifier::Dig(lookup) => dig(json, *lookup, machine)?.into(),
    };
    if let Cow::Owned(made) = &made {
        machine.allowance.build(made.len())?;
    }
    Ok(made)
}

/// Gives the text of the document, which keeps its place in it if it is a piece of it.
fn from_string(json: &[u8]) -> Cow<'_, [u8]> {
    match scan::document(json) {
        Some((kind, place)) if valid(json) => text::form(kind, &json[place]),
        _ => Cow::Borrowed(b""),
    }
}

/// Carries out a lookup in a document and in everything within it, outer values first.
fn dig(json: &[u8], lookup: LookupId, machine: &mut Machine<'_>) -> Result<Vec<u8>, LimitError> {
    let mut out = vec![b'['];
    let root = Found::parse(json);
    let mut look_up = |raw: &[u8]| -> Result<(), LimitError> {
        let found = machine.look_up(lookup, raw)?;
        if found.exists() {
            machine.allowance.build(found.raw().len() + 1)?;
            reshape::separate(&mut out);
            out.extend_from_slice(found.raw());
        }
        Ok(())
    };
    look_up(root.raw())?;
    let mut open = vec![Entries::within(root.raw())];
    while let Some(entries) = open.last_mut() {
        let Some(entry) = entries.next() else {
            open.pop();
            continue;
        };
        look_up(entry.raw_value())?;
        if let [b'{' | b'[', ..] = entry.raw_value() {
            if open.len() >= MAX_NESTING {
                return Err(LimitError::Nesting);
            }
            open.push(Entries::within(entry.raw_value()));
        }
    }
    out.push(b']');
    Ok(out)
}

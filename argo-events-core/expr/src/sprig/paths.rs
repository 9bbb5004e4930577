//! Paths with slashes, of URLs and of files: on Unix they are the same.

use super::{Outcome, arguments::text};
use crate::govalue::{Function, Run, Type, Value};

const TEXT: &[Type] = &[Type::String];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base", TEXT, base),
    Function::new("osBase", TEXT, base),
    Function::new("dir", TEXT, dir),
    Function::new("osDir", TEXT, dir),
    Function::new("clean", TEXT, clean),
    Function::new("osClean", TEXT, clean),
    Function::new("ext", TEXT, ext),
    Function::new("osExt", TEXT, ext),
    Function::new("isAbs", TEXT, is_abs),
    Function::new("osIsAbs", TEXT, is_abs),
];

/// Gives the last element.
fn base(run: &mut Run, arguments: &[Value]) -> Outcome {
    let path = text(run, arguments, 0)?;
    if path.is_empty() {
        return Ok(".".into());
    }
    let end = path
        .iter()
        .rposition(|byte| *byte != b'/')
        .map_or(0, |last| last + 1);
    let (_, last) = split(&path[..end]);
    if last.is_empty() {
        return Ok("/".into());
    }
    Ok(path.piece(last).into())
}

/// Gives all but the last element, cleaned.
fn dir(run: &mut Run, arguments: &[Value]) -> Outcome {
    let path = text(run, arguments, 0)?;
    let (before, _) = split(path);
    run.charge(before.len())?;
    Ok(cleaned(before).into())
}

fn clean(run: &mut Run, arguments: &[Value]) -> Outcome {
    let path = text(run, arguments, 0)?;
    run.charge(path.len())?;
    Ok(cleaned(path).into())
}

/// Gives the last element's ending from its last point on.
fn ext(run: &mut Run, arguments: &[Value]) -> Outcome {
    let path = text(run, arguments, 0)?;
    let (_, last) = split(path);
    let point = last
        .iter()
        .rposition(|byte| *byte == b'.')
        .unwrap_or(last.len());
    Ok(path.piece(&last[point..]).into())
}

fn is_abs(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(text(run, arguments, 0)?.starts_with(b"/").into())
}

/// Cuts a path after its last slash.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    path.split_at(slash.map_or(0, |place| place + 1))
}

/// Gives the shortest path to the same place, by the names alone.
fn cleaned(path: &[u8]) -> Vec<u8> {
    let is_rooted = path.starts_with(b"/");
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." if names.last().is_some_and(|last| last != b"..") => drop(names.pop()),
            b".." if is_rooted => {}
            _ => names.push(name),
        }
    }
    let relative = names.join(&b'/');
    match (is_rooted, relative.is_empty()) {
        (true, _) => [b"/", relative.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => relative,
    }
}

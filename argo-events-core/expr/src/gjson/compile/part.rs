//! Reads one part of a path, up to the dot or pipe that ends it.

use super::{
    super::{scan, value::wrapping_digits},
    condition::QueryText,
    modifier,
};

/// What stands behind a part.
#[derive(Clone, Copy)]
pub(super) enum Following<'t> {
    Nothing,
    /// Another part, behind a dot.
    Part(&'t [u8]),
    /// A path behind a pipe, or behind a dot if it is a modifier or a multipath.
    Pipe(&'t [u8]),
}

impl<'t> Following<'t> {
    fn dot(rest: &'t [u8]) -> Self {
        if modifier::begins(rest) {
            Self::Pipe(rest)
        } else {
            Self::Part(rest)
        }
    }
}

/// A part as an object reads it.
pub(super) struct KeyPart<'t> {
    /// The name without the backslashes of escapes; wildcards that were escaped lose theirs too.
    pub(super) name: Vec<u8>,
    pub(super) wild: bool,
    pub(super) following: Following<'t>,
}

impl<'t> KeyPart<'t> {
    pub(super) fn read(path: &'t [u8]) -> Self {
        let mut part = Self {
            name: Vec::new(),
            wild: false,
            following: Following::Nothing,
        };
        let mut rest = path;
        while let [byte, after @ ..] = rest {
            rest = after;
            match byte {
                b'|' => {
                    part.following = Following::Pipe(rest);
                    break;
                }
                b'.' => {
                    part.following = Following::dot(rest);
                    break;
                }
                b'\\' => {
                    part.name.extend(rest.first());
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
                b'*' | b'?' => part.wild = true,
                _ => {}
            }
            part.name.push(*byte);
        }
        part
    }
}

/// Which elements a part means.
pub(super) enum Range<'t> {
    None,
    Index(i64),
    Count,
    Project(&'t [u8]),
    Query(QueryText<'t>),
}

/// A part as an array reads it.
pub(super) struct ElementPart<'t> {
    pub(super) range: Range<'t>,
    pub(super) following: Following<'t>,
}

impl<'t> ElementPart<'t> {
    pub(super) fn read(path: &'t [u8]) -> Self {
        let mut at = 0;
        let mut query = None;
        if let [b'#', b'(' | b'[', ..] = path {
            let Some((text, end)) = QueryText::read(path) else {
                let range = Range::Query(QueryText::default());
                return Self {
                    range,
                    following: Following::Nothing,
                };
            };
            query = Some(text);
            at = end;
        }
        let end = path[at..]
            .iter()
            .position(|byte| matches!(byte, b'.' | b'|'));
        let end = end.map_or(path.len(), |found| at + found);
        let hash = path[..end].contains(&b'#');
        let following = match path.get(end) {
            None => Following::Nothing,
            Some(b'.') if !hash => Following::dot(&path[end + 1..]),
            Some(b'.') => Following::Part(&path[end + 1..]),
            Some(_) => Following::Pipe(&path[end + 1..]),
        };
        let range = match (query, &path[..end], following) {
            (Some(query), ..) => Range::Query(query),
            (None, b"#", Following::Part(rest)) => Range::Project(rest),
            (None, b"#", _) => Range::Count,
            (None, part, _) if !hash => Range::Index(wrapping_digits(part).unwrap_or(-1)),
            _ => Range::None,
        };
        Self { range, following }
    }
}

/// Splits a path at the first pipe that stands outside queries and escapes.
pub(super) fn split_pipe(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = match path {
        _ if !path.contains(&b'|') => return None,
        [b'{', rest @ ..] => {
            let end = scan::enclosed(rest) + 1;
            return (path.get(end) == Some(&b'|')).then(|| (&path[..end], &path[end + 1..]));
        }
        _ => 0,
    };
    loop {
        match path.get(at..)? {
            [b'\\', ..] => at += 1,
            [b'.'] | [b'.', b'#'] => return None,
            [b'.', b'#', b'(', ..] => at = balanced(path, at + 3, b'(', b')'),
            [b'.', b'#', b'[', ..] => at = balanced(path, at + 3, b'[', b']'),
            [b'.', b'#', ..] => at += 2,
            [b'|', ..] => return Some((&path[..at], &path[at + 1..])),
            _ => {}
        }
        at += 1;
    }
}

/// Finds the bracket that closes the one before `at`, or the end.
fn balanced(path: &[u8], mut at: usize, open: u8, close: u8) -> usize {
    let mut depth = 1_usize;
    while let Some(byte) = path.get(at) {
        match *byte {
            b'\\' => at += 1,
            b'"' => at = quoted_end(path, at),
            byte if byte == open => depth += 1,
            byte if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    path.len()
}

/// Finds the quote that closes the one at `at`, or the end.
pub(super) fn quoted_end(path: &[u8], at: usize) -> usize {
    scan::string_end(path, at).map_or(path.len(), |end| end - 1)
}

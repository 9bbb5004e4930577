//! Reads modifiers such as `@pretty:{"indent":"\t"}`, and literals such as `!"text"`.

use super::{
    super::{
        Found, bracket,
        modifier::{Modifier, Style},
        scan,
    },
    Compiler, Outcome, Reach,
};

/// A modifier as it is written.
pub(super) struct Call<'t> {
    name: &'t [u8],
    argument: &'t [u8],
    pub(super) rest: &'t [u8],
}

const NAMES: &[&[u8]] = &[
    b"pretty", b"ugly", b"reverse", b"this", b"flatten", b"join", b"valid", b"keys", b"values",
    b"tostr", b"fromstr", b"group", b"dig",
];

fn name_end(path: &[u8]) -> usize {
    path.iter()
        .position(|byte| matches!(byte, b'.' | b'|' | b':'))
        .unwrap_or(path.len())
}

/// Tells whether a path begins with what a dot joins like a pipe: a modifier or a multipath.
pub(super) fn begins(path: &[u8]) -> bool {
    match path {
        [b'@', name @ ..] => NAMES.contains(&&name[..name_end(name)]),
        [b'[' | b'{', ..] => true,
        _ => false,
    }
}

/// Reads a path that begins with `@`; nothing if no modifier has that name.
pub(super) fn call(path: &[u8]) -> Option<Call<'_>> {
    let (name, rest) = path[1..].split_at(name_end(&path[1..]));
    if !NAMES.contains(&name) {
        return None;
    }
    let (argument, rest) = match rest {
        [b':', rest @ ..] => rest.split_at(argument_end(rest)),
        rest => (&rest[..0], rest),
    };
    Some(Call {
        name,
        argument,
        rest,
    })
}

/// Finds the end of an argument: of a JSON value if it begins like one, else the next pipe.
fn argument_end(rest: &[u8]) -> usize {
    if let [b'{' | b'[' | b'"', ..] = rest {
        return scan::enclosed(rest);
    }
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'|' => return at,
            b'{' | b'[' | b'"' | b'(' => at += scan::enclosed(&rest[at..]),
            _ => at += 1,
        }
    }
    rest.len()
}

/// Reads a path that begins with `!`; gives the literal and what follows it.
pub(super) fn literal(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = &path[1..];
    if let [b'{' | b'[' | b'"' | b'+' | b'-' | b'0'..=b'9', ..] = text {
        let end = bracket::container_next(text, 0).min(text.len());
        return Some(text.split_at(end));
    }
    let end = text
        .iter()
        .position(|byte| matches!(byte, b'.' | b'|'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let known = [&b"true"[..], b"false", b"null", b"nan", b"inf"];
    known
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
        .then_some((word, rest))
}

impl Compiler {
    pub(super) fn modifier(&mut self, call: &Call<'_>, here: &mut Reach) -> Outcome<Modifier> {
        Ok(match call.name {
            b"pretty" => Modifier::Pretty(style(call.argument)),
            b"ugly" => Modifier::Ugly,
            b"reverse" => Modifier::Reverse,
            b"flatten" => Modifier::Flatten {
                deep: flag(call.argument, b"deep"),
            },
            b"join" => Modifier::Join {
                preserve: flag(call.argument, b"preserve"),
            },
            b"valid" => Modifier::Valid,
            b"keys" => Modifier::Keys,
            b"values" => Modifier::Values,
            b"tostr" => Modifier::ToString,
            b"fromstr" => Modifier::FromString,
            b"group" => Modifier::Group,
            b"dig" => Modifier::Dig(self.lookup(call.argument, here)?),
            _ => Modifier::This,
        })
    }
}

/// Reads a flag of an argument that is an object; the last of repeated ones counts.
fn flag(argument: &[u8], wanted: &[u8]) -> bool {
    let mut set = false;
    each_option(argument, |name, value| {
        if name == wanted {
            set = value.as_bool();
        }
    });
    set
}

fn style(argument: &[u8]) -> Style {
    let mut style = Style::default();
    each_option(argument, |name, value| match name {
        b"sortKeys" => style.sort = value.as_bool(),
        b"indent" => style.indent = blanks(&value.text_bytes()),
        b"prefix" => style.prefix = blanks(&value.text_bytes()),
        b"width" => style.width = value.as_i64(),
        _ => {}
    });
    style
}

fn each_option(argument: &[u8], mut take: impl FnMut(&[u8], &Found<'_>)) {
    let argument = Found::parse(argument);
    for entry in argument.entries() {
        if let Some(name) = entry.name() {
            take(&name, &entry.value());
        }
    }
}

/// Keeps white space only, so that indenting cannot change what the document says.
fn blanks(text: &[u8]) -> Box<[u8]> {
    text.iter()
        .copied()
        .filter(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        .collect()
}

//! Reads multipaths: `[name,age]` and `{name,"years":age}`.

use super::{
    super::{program::Member, valid},
    Compiler, Outcome, Reach,
    part::quoted_end,
};
use crate::gojson;

/// The members of a multipath.
pub(super) struct Members<'t> {
    pub(super) list: Vec<MemberText<'t>>,
    /// What stands behind the closing bracket.
    pub(super) rest: &'t [u8],
}

/// One member as it is written.
pub(super) struct MemberText<'t> {
    name: &'t [u8],
    path: &'t [u8],
}

/// Splits a path that begins with a bracket, or gives nothing if that is never closed.
pub(super) fn split(path: &[u8]) -> Option<Members<'_>> {
    let mut list = Vec::new();
    let mut member = Reading {
        start: 1,
        colon: None,
        modified: false,
    };
    let mut depth = 1_usize;
    let mut at = 1;
    loop {
        match path.get(at)? {
            b'\\' => at += 1,
            b'@' if matches!(path[at - 1], b'.' | b'|') => member.modified = true,
            // The colon of a modifier's argument names nothing.
            b':' if depth == 1 && !member.modified && member.colon.is_none() => {
                member.colon = Some(at);
            }
            b',' if depth == 1 => {
                list.push(member.text(path, at));
                member = Reading {
                    start: at + 1,
                    colon: None,
                    modified: false,
                };
            }
            b'"' => at = quoted_end(path, at),
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    list.push(member.text(path, at));
                    return Some(Members {
                        list,
                        rest: &path[at + 1..],
                    });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

struct Reading {
    start: usize,
    colon: Option<usize>,
    modified: bool,
}

impl Reading {
    fn text<'t>(&self, path: &'t [u8], end: usize) -> MemberText<'t> {
        match self.colon {
            Some(colon) => MemberText {
                name: &path[self.start..colon],
                path: &path[colon + 1..end],
            },
            None => MemberText {
                name: b"",
                path: &path[self.start..end],
            },
        }
    }
}

impl MemberText<'_> {
    /// Gives the encoded name and a colon.
    fn prefix(&self) -> Vec<u8> {
        let mut prefix = match self.name {
            [] => gojson::encode_string(own_name(self.path)),
            quoted @ [b'"', ..] if valid(quoted) => quoted.to_vec(),
            name => gojson::encode_string(name),
        };
        prefix.push(b':');
        prefix
    }
}

/// Names a member without a name by the last part of its path, or `_` if that is no plain key.
fn own_name(path: &[u8]) -> &[u8] {
    let ends =
        |at: &usize| matches!(path[*at], b'.' | b'|') && (*at == 0 || path[*at - 1] != b'\\');
    let last = match (0..path.len()).rev().find(ends) {
        Some(at) => &path[at + 1..],
        None => path,
    };
    let odd = |byte: &u8| {
        matches!(
            byte,
            0..=0x1f | b'[' | b']' | b'{' | b'}' | b'(' | b')' | b'#' | b'|' | b'!'
        )
    };
    if last.iter().any(odd) { b"_" } else { last }
}

impl Compiler {
    pub(super) fn members(
        &mut self,
        open: u8,
        list: &[MemberText<'_>],
        here: &mut Reach,
    ) -> Outcome<Box<[Member]>> {
        let member = |member: &MemberText<'_>| {
            let prefix = if open == b'{' {
                member.prefix()
            } else {
                Vec::new()
            };
            Ok(Member {
                prefix: prefix.into(),
                lookup: self.lookup(member.path, here)?,
            })
        };
        list.iter().map(member).collect()
    }
}

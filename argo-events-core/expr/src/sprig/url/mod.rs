//! URLs taken apart into maps and put together again.

mod escape;
mod parse;

use super::{
    Outcome,
    arguments::{map, text},
    lists::NIL_POINTER,
};
use crate::govalue::{Failure, Function, Map, Run, Text, Type, Value};
use parse::{Url, User};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("urlParse", &[Type::String], url_parse),
    Function::new("urlJoin", &[Type::ANY_MAP], url_join),
];

fn url_parse(run: &mut Run, arguments: &[Value]) -> Outcome {
    let text = text(run, arguments, 0)?;
    run.charge(text.len().saturating_mul(4))?;
    let url = Url::parse(text).map_err(|error| format!("unable to parse url: {error}"))?;
    let hostname = url.hostname().to_vec();
    let userinfo = url.user.map(|user| user.written()).unwrap_or_default();
    let parts: [(&str, Vec<u8>); 8] = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", userinfo),
    ];
    Ok(Value::map(parts.map(|(name, part)| (name, part.into()))))
}

fn url_join(run: &mut Run, arguments: &[Value]) -> Outcome {
    let parts = map(arguments, 0)?.cloned().unwrap_or_default();
    let part = |name| part(&parts, name);
    let url = Url {
        scheme: part("scheme")?.to_vec(),
        host: part("host")?.to_vec(),
        path: part("path")?.to_vec(),
        query: part("query")?.to_vec(),
        opaque: part("opaque")?.to_vec(),
        fragment: part("fragment")?.to_vec(),
        user: user(&part("userinfo")?)?,
    };
    run.charge(url.length().saturating_mul(4))?;
    Ok(url.written().into())
}

/// Gives a part, which must be a text; a missing one is empty.
fn part(parts: &Map, name: &str) -> Result<Text, Failure> {
    match parts.get(name.as_bytes()) {
        None => Ok(Text::default()),
        Some(Value::String(text)) => Ok(text),
        Some(Value::Nil) => Err(NIL_POINTER.into()),
        Some(other) => {
            let found = other.kind().name();
            let problem = format!("must be of type string, but {found} found");
            Err(format!("unable to parse {name} key, {problem}").into())
        }
    }
}

fn user(written: &[u8]) -> Result<Option<User>, Failure> {
    if written.is_empty() {
        return Ok(None);
    }
    let url = [b"proto://", written, b"@host"].concat();
    let url = Url::parse(&url);
    let url = url.map_err(|error| format!("unable to parse userinfo in dict: {error}"))?;
    Ok(url.user)
}

//! References to resources as Go's `net/url` reads and writes them again.
//!
//! Event sources put the name of an object where CloudEvents want a URI reference, and the name
//! goes through that parser on both sides: `a b` travels as `a%20b`, `1:2` does not travel.

use std::borrow::Cow;

/// Returns the reference as Go writes it after reading it; `None` where Go refuses it.
///
/// The empty text is refused too, as the reference's types do.
pub(super) fn normalized(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(is_name_byte) {
        return Some(Cow::Borrowed(text));
    }
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return None;
    }
    let (rest, fragment) = match text.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (text, None),
    };
    let mut out = hierarchy(rest)?;
    if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
        out.push('#');
        out.push_str(&recoded(fragment, Part::Fragment)?);
    }
    Some(Cow::Owned(out))
}

/// Bytes that never need a second look: such a text is a path without a scheme.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    User,
    Fragment,
}

/// Rewrites everything before the fragment.
fn hierarchy(text: &str) -> Option<String> {
    let (scheme, rest) = split_scheme(text)?;
    let mut out = scheme.to_ascii_lowercase();
    if !scheme.is_empty() {
        out.push(':');
    }
    let (rest, query) = split_query(rest);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            // An opaque reference such as `urn:x:y`, which Go leaves as it is.
            out.push_str(rest);
            push_query(&mut out, query);
            return Some(out);
        }
        if rest
            .split('/')
            .next()
            .is_some_and(|segment| segment.contains(':'))
        {
            return None;
        }
    }
    let path = match rest
        .strip_prefix("//")
        .filter(|_| !scheme.is_empty() || !rest.starts_with("///"))
    {
        Some(authority) => {
            let end = authority.find('/').unwrap_or(authority.len());
            out.push_str("//");
            push_authority(&mut out, &authority[..end])?;
            &authority[end..]
        }
        None => rest,
    };
    out.push_str(&recoded(path, Part::Path)?);
    push_query(&mut out, query);
    Some(out)
}

/// Splits `scheme:rest`; a text that begins with a colon is refused.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Some(("", text))
}

/// Splits off a query; a question mark with nothing after it stays too.
fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (text, None),
    }
}

fn push_query(out: &mut String, query: Option<&str>) {
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
}

fn push_authority(out: &mut String, authority: &str) -> Option<()> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if let Some(user) = user {
        if !user.bytes().all(is_user_byte) {
            return None;
        }
        let (name, password) = match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        };
        out.push_str(&escaped(&decoded(name, Part::User)?, Part::User));
        if let Some(password) = password {
            out.push(':');
            out.push_str(&escaped(&decoded(password, Part::User)?, Part::User));
        }
        out.push('@');
    }
    push_host(out, host)
}

fn is_user_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
}

fn push_host(out: &mut String, host: &str) -> Option<()> {
    let port = match host.strip_prefix('[') {
        Some(_) => &host[host.rfind(']')? + 1..],
        None => host.rfind(':').map_or("", |at| &host[at..]),
    };
    let digits = port.strip_prefix(':').unwrap_or_default();
    if !(port.is_empty() || port.starts_with(':')) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    out.push_str(&escaped(&decoded(host, Part::Host)?, Part::Host));
    Some(())
}

/// Returns the part as written if it is properly encoded, else with the escapes it needs.
fn recoded(text: &str, part: Part) -> Option<Cow<'_, str>> {
    let decoded = decoded(text, part)?;
    let proper = text
        .bytes()
        .all(|byte| byte == b'%' || !needs_escape(byte, part) || is_kept(byte));
    if proper {
        return Some(Cow::Borrowed(text));
    }
    Some(Cow::Owned(escaped(&decoded, part)))
}

/// Bytes that Go would escape, but leaves alone where somebody wrote them.
fn is_kept(byte: u8) -> bool {
    b"!'()*[]".contains(&byte)
}

/// Resolves `%xx`; `None` if what follows a per cent sign is no hexadecimal number.
fn decoded(text: &str, part: Part) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            if part == Part::Host && *first < 0x80 && needs_escape(*first, part) {
                return None;
            }
            out.push(*first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let byte = u8::from_str_radix(digits, 16).ok()?;
        if part == Part::Host && byte < 0x80 && byte != b'%' {
            return None;
        }
        out.push(byte);
        rest = &after[2..];
    }
    Some(out)
}

fn escaped(bytes: &[u8], part: Part) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() + 8);
    for byte in bytes {
        if needs_escape(*byte, part) {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

fn needs_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    !match part {
        Part::Path => b"$&+,/:;=@".contains(&byte),
        Part::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::User => b"$&+,;=".contains(&byte),
        Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_written_as_go_writes_them() {
        for (text, wanted) in [
            ("shop", "shop"),
            ("a b", "a%20b"),
            ("é", "%C3%A9"),
            ("\"q\"", "%22q%22"),
            ("<x>&", "%3Cx%3E&"),
            ("%41", "%41"),
            ("http://h/p?q=1", "http://h/p?q=1"),
            ("HTTP://u:p@h:80/a b#é", "http://u:p@h:80/a%20b#%C3%A9"),
            ("urn:x:y", "urn:x:y"),
            ("//h", "//h"),
            ("http://[::1]:80/", "http://[::1]:80/"),
            ("?q", "?q"),
            ("#f", "#f"),
        ] {
            assert_eq!(normalized(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn references_that_go_refuses_are_refused() {
        for text in [
            "",
            "1:2",
            ":bad",
            "%zz",
            "[::1]",
            "tab\t",
            "http://[::1",
            "http://h:x/",
            "http://h/%z",
        ] {
            assert_eq!(normalized(text), None, "{text}");
        }
    }
}

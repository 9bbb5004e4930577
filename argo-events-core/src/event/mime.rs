//! Reads content types as Go's `mime` package does.
//!
//! Only the type is wanted. Parameters are read because two values for one name leave no type, while
//! a parameter that is malformed leaves it alone. What the codecs take for JSON is their own business.

use std::collections::HashMap;

/// Characters that no token has, beside blanks and what is not ASCII.
const SPECIAL: &[u8] = b"()<>@,;:\\\"/[]?=";

/// Returns the type of a content type in lower case; `None` where its parameters contradict.
pub(super) fn media_type(content_type: &str) -> Option<String> {
    let base = content_type.split(';').next().unwrap_or_default();
    let mut rest = &content_type[base.len()..];
    let mut seen = HashMap::new();
    while let Some((name, value, after)) = parameter(rest) {
        if let Some(earlier) = seen.insert(name, value.clone())
            && earlier != value
        {
            return None;
        }
        rest = after;
    }
    Some(base.trim().to_lowercase())
}

/// Reads `; name=value`; gives what follows too.
fn parameter(text: &str) -> Option<(String, String, &str)> {
    let text = text.trim_start().strip_prefix(';')?.trim_start();
    let (name, text) = token(text)?;
    let text = text.trim_start().strip_prefix('=')?.trim_start();
    let (value, rest) = match text.strip_prefix('"') {
        Some(quoted) => rest_of_quoted(quoted)?,
        None => token(text).map(|(value, rest)| (value.to_owned(), rest))?,
    };
    Some((name.to_ascii_lowercase(), value, rest))
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |byte: &u8| byte.is_ascii_graphic() && !SPECIAL.contains(byte);
    let length = text.bytes().take_while(is_token).count();
    (length > 0).then(|| text.split_at(length))
}

/// Reads up to the closing quote. A backslash counts only before what needs one.
fn rest_of_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\r' | '\n' => return None,
            '\\' => {
                let special =
                    |next: &(usize, char)| next.1.is_ascii() && SPECIAL.contains(&(next.1 as u8));
                value.push(characters.next_if(special).map_or('\\', |next| next.1));
            }
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_spoil_the_type_only_if_they_contradict() {
        let cases = [
            (" Text/PLAIN ; charset=utf-8", Some("text/plain")),
            ("application/json;x", Some("application/json")),
            (
                "text/plain; a=\"x;y\\\"\"; A=\"x;y\\\"\"",
                Some("text/plain"),
            ),
            ("text/plain; a=\"x\\y\"; a=xy", None),
            ("text/plain; a=1; A=2", None),
            ("text/plain; =; a=1; a=2", Some("text/plain")),
            ("text/plain; a=\"1; a=2", Some("text/plain")),
            ("", Some("")),
        ];
        for (text, wanted) in cases {
            assert_eq!(media_type(text).as_deref(), wanted, "{text}");
        }
    }
}

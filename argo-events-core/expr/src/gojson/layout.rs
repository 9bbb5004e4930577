//! Changes the blanks of a document and leaves its values as written.

use super::{
    Error,
    scan::{Scanner, Token},
    skim::stays_as_it_is,
};

/// Removes all blanks between tokens.
///
/// # Errors
/// When the document is not JSON.
pub fn compact(document: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(document.len());
    compact_into(&mut out, document)?;
    Ok(out)
}

/// Appends a document without blanks; after an error what was there before stays.
///
/// # Errors
/// When the document is not JSON.
pub fn compact_into(out: &mut Vec<u8>, document: &[u8]) -> Result<(), Error> {
    write_compact(out, document, |_| false)
}

/// Appends a raw message as it stands inside an encoded value: without blanks, and with
/// `<`, `>`, `&` and the line separators escaped.
///
/// # Errors
/// When the message is not JSON.
pub fn raw_message_into(out: &mut Vec<u8>, message: &[u8]) -> Result<(), Error> {
    if stays_as_it_is(message) {
        out.extend_from_slice(message);
        return Ok(());
    }
    write_compact(out, message, needs_escape).map_err(|error| Error::RawMessage(error.into()))
}

/// Appends a document without blanks, and with those bytes of strings escaped.
///
/// What needs no change is appended in pieces as large as they come, often in one.
fn write_compact(
    out: &mut Vec<u8>,
    document: &[u8],
    escapes: impl Fn(&u8) -> bool,
) -> Result<(), Error> {
    let before = out.len();
    let (mut scanner, mut unwritten, mut end) = (Scanner::new(document), 0, 0);
    loop {
        let token = match scanner.next() {
            Ok(Some(token)) => token,
            Ok(None) => break,
            Err(error) => {
                out.truncate(before);
                return Err(error);
            }
        };
        let start = scanner.at() - spelling(token).len();
        if start > end {
            out.extend_from_slice(&document[unwritten..end]);
            unwritten = start;
        }
        end = scanner.at();
        if let Token::Key(literal) | Token::String(literal) = token
            && literal.iter().any(&escapes)
        {
            out.extend_from_slice(&document[unwritten..start]);
            push_escaped(out, literal);
            unwritten = end;
        }
    }
    out.extend_from_slice(&document[unwritten..end]);
    Ok(())
}

/// Tells whether a character that HTML or JavaScript could misread may begin with a byte.
fn needs_escape(byte: &u8) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | 0xe2)
}

/// Puts every member and element on a line of its own, one `step` further in per level.
///
/// Blanks after the document stay, those before it go, as in Go.
///
/// ```
/// use argo_events_expr::gojson::indent;
/// assert_eq!(indent(br#"{"a":[],"b":1}"#, "  ")?, b"{\n  \"a\": [],\n  \"b\": 1\n}");
/// # Ok::<(), argo_events_expr::gojson::Error>(())
/// ```
///
/// # Errors
/// When the document is not JSON.
pub fn indent(document: &[u8], step: &str) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(document.len() * 2);
    let mut depth = 0;
    // An opened container gets its line break only once it turns out not to be empty.
    let mut opened = false;
    let mut scanner = Scanner::new(document);
    while let Some(token) = scanner.next()? {
        let closes = matches!(token, Token::ObjectEnd | Token::ArrayEnd);
        if closes {
            depth -= 1;
        }
        if opened != closes {
            break_line(&mut out, step, depth);
        }
        opened = matches!(token, Token::ObjectStart | Token::ArrayStart);
        if opened {
            depth += 1;
        }
        out.extend_from_slice(spelling(token));
        match token {
            Token::Comma => break_line(&mut out, step, depth),
            Token::Colon => out.push(b' '),
            _ => {}
        }
    }
    out.extend_from_slice(scanner.rest());
    Ok(out)
}

fn break_line(out: &mut Vec<u8>, step: &str, depth: usize) {
    out.push(b'\n');
    for _ in 0..depth {
        out.extend_from_slice(step.as_bytes());
    }
}

fn spelling(token: Token<'_>) -> &[u8] {
    match token {
        Token::ObjectStart => b"{",
        Token::ObjectEnd => b"}",
        Token::ArrayStart => b"[",
        Token::ArrayEnd => b"]",
        Token::Comma => b",",
        Token::Colon => b":",
        Token::True => b"true",
        Token::False => b"false",
        Token::Null => b"null",
        Token::Key(literal) | Token::String(literal) | Token::Number(literal) => literal,
    }
}

/// Appends a string literal with the characters escaped that HTML or JavaScript could misread.
fn push_escaped(out: &mut Vec<u8>, literal: &[u8]) {
    let mut rest = literal;
    while let Some(&byte) = rest.first() {
        let (escape, width): (&[u8], usize) = match rest {
            [b'<', ..] => (b"\\u003c", 1),
            [b'>', ..] => (b"\\u003e", 1),
            [b'&', ..] => (b"\\u0026", 1),
            [0xe2, 0x80, 0xa8, ..] => (b"\\u2028", 3),
            [0xe2, 0x80, 0xa9, ..] => (b"\\u2029", 3),
            _ => {
                out.push(byte);
                rest = &rest[1..];
                continue;
            }
        };
        out.extend_from_slice(escape);
        rest = &rest[width..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_go_and_spellings_stay() {
        let document = b" { \"\\u0061\" : [ 1.50 , \"<\xff\" ] } \n";
        assert_eq!(
            compact(document),
            Ok(b"{\"\\u0061\":[1.50,\"<\xff\"]}".to_vec())
        );
    }

    #[test]
    fn raw_messages_are_escaped_and_checked() {
        let mut out = b"x".to_vec();
        assert_eq!(
            raw_message_into(&mut out, "[\"<\u{2028}\"]".as_bytes()),
            Ok(())
        );
        assert_eq!(out, br#"x["\u003c\u2028"]"#);
        let error = raw_message_into(&mut out, b"[1,").map_err(|error| error.to_string());
        let message = "json: error calling MarshalJSON for type json.RawMessage: \
                       unexpected end of JSON input";
        assert_eq!(error, Err(message.to_owned()));
        assert_eq!(out, br#"x["\u003c\u2028"]"#);
    }

    #[test]
    fn escapes_and_blanks_may_alternate() {
        let message = " { \"<\" : \"a\" ,\"b\":[ \"c&\",\"d\" ] , \"é…\" : 1 } ";
        let mut out = Vec::new();
        assert_eq!(raw_message_into(&mut out, message.as_bytes()), Ok(()));
        let wanted = r#"{"\u003c":"a","b":["c\u0026","d"],"é…":1}"#;
        assert_eq!(String::from_utf8_lossy(&out), wanted);
    }

    #[test]
    fn indenting_keeps_the_blanks_at_the_end() {
        let document = b" [1,{\"a\":{}},[[]]] \n";
        let indented = "[\n\t1,\n\t{\n\t\t\"a\": {}\n\t},\n\t[\n\t\t[]\n\t]\n] \n";
        assert_eq!(indent(document, "\t"), Ok(indented.into()));
    }

    proptest! {
        #[test]
        fn indenting_and_compacting_cancel_out(document in r#"[\[\]{}",:0-9a-e]{0,12}"#) {
            if let Ok(small) = compact(document.as_bytes()) {
                let large = indent(&small, "  ").expect("still valid");
                prop_assert_eq!(compact(&large), Ok(small));
            }
        }
    }
}

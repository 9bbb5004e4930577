//! How names of this project become names of NATS: subjects, consumers, keys.
//!
//! A subject of NATS is made of tokens between dots, so a name that holds a dot, a blank or a
//! wildcard cannot be part of one; that is said rather than changed, since other implementations
//! read the same subjects.

use super::STREAM;
use argo_events_core::{Error, ErrorKind, Result, Subject};
use std::fmt::Write as _;

/// Most bytes of a group that are kept readable in the name of its consumer.
const READABLE: usize = 60;

/// Returns the NATS subject of a source and an event name.
///
/// # Errors
/// `ConfigInvalid`, permanent, naming what does not fit.
pub(super) fn subject(source: &str, event: &str) -> Result<String> {
    fits("the name of the event source", source)?;
    fits("the event name", event)?;
    Ok(format!("{STREAM}.{source}.{event}"))
}

/// Returns the NATS subjects of a subscription, each once.
///
/// # Errors
/// As [`subject`].
pub(super) fn subjects(wanted: &[Subject]) -> Result<Vec<String>> {
    let mut subjects = wanted
        .iter()
        .map(|wanted| subject(&wanted.source, &wanted.event))
        .collect::<Result<Vec<_>>>()?;
    subjects.sort();
    subjects.dedup();
    Ok(subjects)
}

fn fits(what: &str, name: &str) -> Result<()> {
    let reason = match name.chars().find(|&sign| !fits_token(sign)) {
        None if name.is_empty() => "is empty".to_owned(),
        None => return Ok(()),
        Some('.') => "holds a dot".to_owned(),
        Some(sign @ ('*' | '>')) => format!("holds the wildcard {sign}"),
        Some(sign) if sign.is_whitespace() => "holds a blank".to_owned(),
        Some(_) => "holds a control character".to_owned(),
    };
    let message =
        format!("{what} {name:?} {reason}, so it cannot be part of a NATS subject; rename it");
    Err(Error::permanent(ErrorKind::ConfigInvalid, message).with("name", format!("{name:?}")))
}

fn fits_token(sign: char) -> bool {
    !matches!(sign, '.' | '*' | '>') && !sign.is_whitespace() && !sign.is_control()
}

/// Returns the name of a group's consumer: what can be read of the group, and a hash of all of it.
pub(super) fn consumer(group: &str) -> String {
    let mut name: String = group
        .chars()
        .take(READABLE)
        .map(|sign| if is_plain(sign) { sign } else { '-' })
        .collect();
    // Writing to a string cannot fail.
    let _ = write!(name, "-{:016x}", fnv(group.as_bytes()));
    name
}

fn is_plain(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_')
}

/// Hashes bytes as FNV-1a with 64 bits.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Writes a key, or a scope, as tokens of a subject: `/` separates them, what a token may not hold
/// is `=` and two hexadecimal digits, and an empty token is a lone `=`.
pub(super) fn encode_key(key: &str) -> String {
    let mut subject = String::with_capacity(key.len() + 8);
    for (index, token) in key.split('/').enumerate() {
        if index > 0 {
            subject.push('.');
        }
        encode_token(&mut subject, token);
    }
    subject
}

/// Writes a whole key as one token.
pub(super) fn encode_scope(scope: &str) -> String {
    let mut subject = String::with_capacity(scope.len() + 8);
    encode_token(&mut subject, scope);
    subject
}

fn encode_token(subject: &mut String, token: &str) {
    if token.is_empty() {
        subject.push('=');
    }
    for byte in token.bytes() {
        if is_plain(char::from(byte)) {
            subject.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(subject, "={byte:02X}");
        }
    }
}

/// Reads a key written by [`encode_key`]; `None` if it was written by somebody else.
pub(super) fn decode_key(subject: &str) -> Option<String> {
    let tokens = subject.split('.').map(decode_token);
    Some(tokens.collect::<Option<Vec<_>>>()?.join("/"))
}

fn decode_token(token: &str) -> Option<String> {
    if token == "=" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'=' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// Returns the subject filter under which every key with a prefix lies, and others may.
pub(super) fn filter_of_prefix(root: &str, prefix: &str) -> String {
    match prefix.rsplit_once('/') {
        Some((folder, _)) => format!("{root}.{}.>", encode_key(folder)),
        None => format!("{root}.>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_as_they_went_in() {
        for key in ["a", "a/1", "a.b=c/", "b/", "/", "x//y", "", "A_-9"] {
            let subject = encode_key(key);
            assert!(
                subject.split('.').all(|token| !token.is_empty()
                    && token.bytes().all(|b| is_plain(b.into()) || b == b'=')),
                "{subject}"
            );
            assert_eq!(decode_key(&subject).as_deref(), Some(key), "{subject}");
        }
    }

    #[test]
    fn a_prefix_is_searched_in_its_folder() {
        assert_eq!(filter_of_prefix("s", "a/b/1"), "s.a.b.>");
        assert_eq!(filter_of_prefix("s", "a"), "s.>");
        assert_eq!(filter_of_prefix("s", "a/"), "s.a.>");
    }

    #[test]
    fn names_that_fit_no_subject_are_named_with_the_reason() {
        for (source, event, wanted) in [
            ("shop.eu", "paid", "event source \"shop.eu\" holds a dot"),
            (
                "shop",
                "paid twice",
                "event name \"paid twice\" holds a blank",
            ),
            ("shop", "*", "holds the wildcard *"),
            ("", "paid", "event source \"\" is empty"),
        ] {
            let error = subject(source, event).unwrap_err();
            assert!(error.message().contains(wanted), "{error}");
            assert_eq!(
                (error.kind(), error.is_transient()),
                (ErrorKind::ConfigInvalid, false)
            );
        }
        assert_eq!(subject("shop", "paid-é").unwrap(), "default.shop.paid-é");
    }

    #[test]
    fn a_consumer_is_named_after_its_group_and_no_other() {
        let name = consumer("sensor/ns/pay.eu/shared");
        assert!(name.starts_with("sensor-ns-pay-eu-shared-"), "{name}");
        assert_ne!(name, consumer("sensor/ns/pay-eu/shared"));
    }
}

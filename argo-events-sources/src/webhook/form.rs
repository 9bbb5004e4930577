//! Reads queries and forms as Go does: pairs split at `&`, never at `;`.

use std::{collections::BTreeMap, fmt};

/// Values by key, in order of appearance.
pub(super) type Values = BTreeMap<Vec<u8>, Option<Vec<Vec<u8>>>>;

/// What is wrong with a pair, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    Semicolon,
    Escape(Vec<u8>),
}

impl fmt::Display for FormError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Semicolon => formatter.write_str("invalid semicolon separator in query"),
            Self::Escape(escape) => {
                write!(
                    formatter,
                    "invalid URL escape {:?}",
                    String::from_utf8_lossy(escape)
                )
            }
        }
    }
}

/// Reads pairs; a bad one is left out and the first fault reported beside the rest.
pub(super) fn read(text: &[u8]) -> (Values, Option<FormError>) {
    let (mut values, mut fault) = (Values::new(), None);
    for pair in text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        match read_pair(pair) {
            Ok((key, value)) => values
                .entry(key)
                .or_default()
                .get_or_insert_default()
                .push(value),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    (values, fault)
}

fn read_pair(pair: &[u8]) -> Result<(Vec<u8>, Vec<u8>), FormError> {
    if pair.contains(&b';') {
        return Err(FormError::Semicolon);
    }
    let at = pair.iter().position(|byte| *byte == b'=');
    let (key, value) = match at {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, &[][..]),
    };
    Ok((unescape(key)?, unescape(value)?))
}

fn unescape(text: &[u8]) -> Result<Vec<u8>, FormError> {
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'+' => plain.push(b' '),
            b'%' => {
                let escape = &text[at - 1..text.len().min(at + 2)];
                plain.push(hex(escape).ok_or_else(|| FormError::Escape(escape.to_vec()))?);
                at += 2;
            }
            _ => plain.push(byte),
        }
    }
    Ok(plain)
}

fn hex(escape: &[u8]) -> Option<u8> {
    let [_, high, low] = escape else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|it| u8::try_from(it).ok())
    };
    Some(digit(*high)? << 4 | digit(*low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let (values, fault) = read(text.as_bytes());
        let mut pairs: Vec<String> = Vec::new();
        for (key, list) in values {
            let list: Vec<_> = list
                .iter()
                .flatten()
                .map(|value| String::from_utf8_lossy(value))
                .collect();
            pairs.push(format!(
                "{}={}",
                String::from_utf8_lossy(&key),
                list.join("|")
            ));
        }
        pairs.extend(fault.map(|fault| fault.to_string()));
        pairs.join(" ")
    }

    #[test]
    fn pairs_are_read_as_go_reads_them() {
        let cases = [
            ("a=1&b=2&a=3", "a=1|3 b=2"),
            ("a", "a="),
            ("=", "="),
            ("&&", ""),
            ("a=b=c", "a=b=c"),
            ("a+b=%20", "a b= "),
            ("a=1;b=2&c=3", "c=3 invalid semicolon separator in query"),
            ("a=%zz&b=1", "b=1 invalid URL escape \"%zz\""),
            ("a=%1", "invalid URL escape \"%1\""),
        ];
        for (text, wanted) in cases {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }
}

//! What a key and a value of a state store may be; the same for every store of this crate.

use argo_events_core::{Error, ErrorKind, Result};

/// The longest key, in bytes.
const LONGEST_KEY: usize = 512;

/// Refuses a key that another bus could not store.
pub(crate) fn check_key(key: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=./".contains(&byte);
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(allowed) {
        let message = "a key has 1 to 512 of the characters a-z A-Z 0-9 - _ = . /";
        return Err(Error::permanent(ErrorKind::PayloadInvalid, message).with("key", key));
    }
    Ok(())
}

/// Refuses a value that is larger than the store takes.
pub(crate) fn check_value(key: &str, length: usize, most: usize) -> Result<()> {
    if length > most {
        let message = format!("the value has {length} bytes, the most is {most}");
        return Err(Error::permanent(ErrorKind::TooLarge, message)
            .during("put")
            .with("key", key));
    }
    Ok(())
}

/// Makes the error of a write that expected another version.
pub(crate) fn conflict(key: &str, expected: Option<u64>, found: Option<u64>) -> Error {
    let name = |version: Option<u64>| version.map_or("none".to_owned(), |it| it.to_string());
    Error::permanent(ErrorKind::Conflict, "another version is stored")
        .with("key", key)
        .with("expected", name(expected))
        .with("found", name(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_outside_the_alphabet_are_refused() {
        for key in ["", "a b", "ä", "a\0", "a*", &"k".repeat(513)] {
            assert_eq!(
                check_key(key).unwrap_err().kind(),
                ErrorKind::PayloadInvalid,
                "{key:?}"
            );
        }
    }

    #[test]
    fn keys_within_the_alphabet_are_taken() {
        for key in ["a", "shard/0/log/12", "Az09-_=./", &"k".repeat(512)] {
            assert!(check_key(key).is_ok(), "{key:?}");
        }
    }
}

//! Texts, which need not be UTF-8: `@base64d` may give any bytes.

use crate::gostrconv::runes;
use std::{borrow::Borrow, borrow::Cow, fmt, ops::Deref, sync::Arc};

/// A shared text; bytes that are no character count one each, as U+FFFD.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<[u8]>);

impl Text {
    /// Gives the text with broken characters replaced.
    #[must_use]
    pub fn to_str(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Counts the characters.
    pub(in crate::jq) fn length(&self) -> usize {
        match std::str::from_utf8(&self.0) {
            Ok(text) => text.chars().count(),
            Err(_) => runes(&self.0).count(),
        }
    }

    /// Gives the place of a character, or the end of the text if there are fewer.
    pub(in crate::jq) fn place(&self, characters: usize) -> usize {
        match std::str::from_utf8(&self.0) {
            Ok(text) => match text.char_indices().nth(characters) {
                Some((place, _)) => place,
                None => self.0.len(),
            },
            Err(_) => runes(&self.0).take(characters).map(|rune| rune.width).sum(),
        }
    }

    pub(super) fn shares(&self) -> (usize, bool) {
        (self.0.as_ptr().addr(), Arc::strong_count(&self.0) > 1)
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(Arc::from(&b""[..]))
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str(), formatter)
    }
}

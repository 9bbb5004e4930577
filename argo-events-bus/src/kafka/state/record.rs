//! A record of the state's topic: the key is scope and key, a header says what the record wants.
//!
//! `w <nonce> <expected>` writes the value, `d …` deletes, which is a tombstone to compaction. `r <nonce>
//! <version> <losers>` says again what is stored after records that wanted the wrong version, so
//! that the last record of a key is never one of those; `a …` says so of a key that is absent.

use rdkafka::message::{Header, Headers, OwnedHeaders};

/// Name of the header.
const NAME: &str = "argo-events-state";
const NOTHING: &str = "-";

/// What a record wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Store the value, or delete, if this version is there.
    Change {
        expected: Option<u64>,
        is_delete: bool,
    },
    /// Say again what is stored since a version, after these records that lost.
    Restate {
        version: u64,
        is_absent: bool,
        losers: Vec<i64>,
    },
}

impl Wish {
    /// Tells whether the record has no value.
    pub(super) fn is_tombstone(&self) -> bool {
        match self {
            Self::Change { is_delete, .. } => *is_delete,
            Self::Restate { is_absent, .. } => *is_absent,
        }
    }

    /// Writes the header.
    pub(super) fn headers(&self, nonce: u64) -> OwnedHeaders {
        let text = self.text(nonce);
        OwnedHeaders::new_with_capacity(1).insert(Header {
            key: NAME,
            value: Some(&text),
        })
    }

    fn text(&self, nonce: u64) -> String {
        match self {
            Self::Change {
                expected,
                is_delete,
            } => {
                let kind = if *is_delete { 'd' } else { 'w' };
                let expected = expected.map_or(NOTHING.to_owned(), |it| it.to_string());
                format!("{kind} {nonce:x} {expected}")
            }
            Self::Restate {
                version,
                is_absent,
                losers,
            } => {
                let kind = if *is_absent { 'a' } else { 'r' };
                let losers: Vec<_> = losers.iter().map(ToString::to_string).collect();
                format!("{kind} {nonce:x} {version} {}", losers.join(","))
            }
        }
    }

    /// Reads the header; `None` if the record is nobody's of ours.
    pub(super) fn read(headers: &impl Headers) -> Option<(u64, Self)> {
        let header = headers.iter().find(|header| header.key == NAME)?;
        Self::parse(std::str::from_utf8(header.value?).ok()?)
    }

    fn parse(text: &str) -> Option<(u64, Self)> {
        let mut words = text.split(' ');
        let kind = words.next()?;
        let nonce = u64::from_str_radix(words.next()?, 16).ok()?;
        let number = words.next()?;
        let wish = match kind {
            "w" | "d" => Self::Change {
                expected: match number {
                    NOTHING => None,
                    version => Some(version.parse().ok()?),
                },
                is_delete: kind == "d",
            },
            "r" | "a" => Self::Restate {
                version: number.parse().ok()?,
                is_absent: kind == "a",
                losers: offsets(words.next()?)?,
            },
            _ => return None,
        };
        Some((nonce, wish))
    }
}

fn offsets(text: &str) -> Option<Vec<i64>> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words.map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let wishes = [
            Wish::Change {
                expected: None,
                is_delete: false,
            },
            Wish::Change {
                expected: Some(7),
                is_delete: true,
            },
            Wish::Restate {
                version: 9,
                is_absent: false,
                losers: vec![10, 12],
            },
            Wish::Restate {
                version: 9,
                is_absent: true,
                losers: vec![],
            },
        ];
        for wish in wishes {
            assert_eq!(Wish::read(&wish.headers(0xfe)), Some((0xfe, wish)));
        }
    }

    #[test]
    fn records_of_others_are_recognised() {
        for text in ["", "w", "w 1", "x 1 2", "w z 1", "r 1 2", "r 1 2 a"] {
            assert_eq!(Wish::parse(text), None, "{text}");
        }
    }
}

//! What happened to a file, as a set of bits.

use std::fmt;

/// What happened to a file; several things at once may have.
///
/// ```
/// use argo_events_sources::file::Operation;
///
/// assert_eq!(Operation::parse("WRITE|CREATE").to_string(), "CREATE|WRITE");
/// assert_eq!(Operation::WRITE.bits(), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operation(u8);

/// Names in the order in which they are written, which is not that of the bits.
const NAMES: [(&str, Operation); 5] = [
    ("CREATE", Operation::CREATE),
    ("REMOVE", Operation::REMOVE),
    ("WRITE", Operation::WRITE),
    ("RENAME", Operation::RENAME),
    ("CHMOD", Operation::CHMOD),
];

impl Operation {
    /// The file came to be, or was moved here.
    pub const CREATE: Self = Self(1);
    /// Its content changed.
    pub const WRITE: Self = Self(2);
    /// It was removed.
    pub const REMOVE: Self = Self(4);
    /// It has another name now, or was moved away.
    pub const RENAME: Self = Self(8);
    /// Its attributes changed.
    pub const CHMOD: Self = Self(16);

    /// Reads names separated by `|`; what is no name is passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let names = text.split('|');
        let known = names.filter_map(|name| NAMES.iter().find(|(known, _)| *known == name));
        Self(known.fold(0, |bits, (_, operation)| bits | operation.0))
    }

    /// Returns the bits, which are what events carry.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }
}

/// Writes the names, separated by `|`.
impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = NAMES
            .iter()
            .filter(|(_, operation)| self.0 & operation.0 != 0);
        for (index, (name, _)) in present.enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            write!(formatter, "{separator}{name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_exactly() {
        let cases = [
            ("", 0, ""),
            ("WRITE|CREATE", 3, "CREATE|WRITE"),
            ("CREATE,WRITE", 0, ""),
            ("CREATE | WRITE", 0, ""),
            ("CREATE|CREATE", 1, "CREATE"),
            ("CHMOD|x|REMOVE", 20, "REMOVE|CHMOD"),
        ];
        for (text, bits, shown) in cases {
            let operation = Operation::parse(text);
            assert_eq!(
                (operation.bits(), &*operation.to_string()),
                (bits, shown),
                "{text}"
            );
        }
    }
}

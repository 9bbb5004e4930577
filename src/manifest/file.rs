//! The text of a manifest and the places in it.

use std::{fmt, sync::Arc};

/// A text with its name, which is usually a path.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
    /// Nobody named it: it was found in a folder.
    pub(crate) found: bool,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl File {
    pub(crate) fn new(name: String, text: String) -> Arc<Self> {
        Arc::new(Self::read(name, text, false))
    }

    /// Makes a file that was found in a folder, and may be no manifest at all.
    pub(crate) fn found(name: String, text: String) -> Arc<Self> {
        Arc::new(Self::read(name, text, true))
    }

    fn read(name: String, text: String, found: bool) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        Self {
            name,
            text,
            found,
            lines,
        }
    }

    /// Returns line and column of a byte, both counted from 1; columns count characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }

    /// Returns where a line begins, by its number from 1.
    pub(crate) fn line_start(&self, line: usize) -> Option<usize> {
        self.lines.get(line.checked_sub(1)?).copied()
    }
}

/// A place in a manifest, such as `sensor.yaml:31:17`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let file = File::new("a".into(), "é: b\nc: d".into());
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position("é: ".len()), (1, 4));
        assert_eq!(file.position("é: b\nc".len()), (2, 2));
        assert_eq!(file.position(usize::MAX), (2, 5));
    }
}

//! A quick look over JSON: is it sound, and where do its lists and maps end.
//!
//! It refuses more than is wrong, such as numbers that may be too large, but takes nothing that
//! Go's decoder refuses; who is refused asks `gojson` for the reason.

use crate::gojson::lanes::before_special;

/// How deep lists and maps may nest here.
const MOST_LEVELS: usize = 1_000;

/// Returns the start and end of every list and map, in the order of their starts, or nothing if
/// the document needs a closer look.
pub(super) fn containers(document: &[u8]) -> Option<Vec<(usize, usize)>> {
    let mut scan = Scan {
        document,
        at: 0,
        containers: Vec::new(),
        open: Vec::new(),
    };
    scan.document()?;
    Some(scan.containers)
}

struct Scan<'d> {
    document: &'d [u8],
    at: usize,
    containers: Vec<(usize, usize)>,
    /// The places in `containers` of what is open, and whether it is a map.
    open: Vec<(usize, bool)>,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.document.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        self.at = blanks(self.document, self.at);
    }

    fn document(&mut self) -> Option<()> {
        self.skip_blanks();
        self.value()?;
        while let Some((place, is_map)) = self.open.last().copied() {
            self.skip_blanks();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.skip_blanks();
                    if is_map {
                        self.name()?;
                    }
                    self.value()?;
                }
                close if close == if is_map { b'}' } else { b']' } => self.close(place),
                _ => return None,
            }
        }
        self.skip_blanks();
        (self.at == self.document.len()).then_some(())
    }

    fn close(&mut self, place: usize) {
        self.at += 1;
        self.containers[place].1 = self.at;
        self.open.pop();
    }

    /// Reads a value, or the beginning of one with everything up to its first simple value.
    fn value(&mut self) -> Option<()> {
        loop {
            match self.peek()? {
                b'"' => return self.text(),
                b'-' | b'0'..=b'9' => return self.number(),
                b't' => return self.word(b"true"),
                b'f' => return self.word(b"false"),
                b'n' => return self.word(b"null"),
                b'{' => {
                    if self.open(true, b'}')? {
                        return Some(());
                    }
                    self.name()?;
                }
                b'[' => {
                    if self.open(false, b']')? {
                        return Some(());
                    }
                }
                _ => return None,
            }
        }
    }

    /// Opens a list or map and tells whether it is empty, and closed again.
    fn open(&mut self, is_map: bool, close: u8) -> Option<bool> {
        if self.open.len() == MOST_LEVELS {
            return None;
        }
        let place = self.containers.len();
        self.containers.push((self.at, 0));
        self.open.push((place, is_map));
        self.at += 1;
        self.skip_blanks();
        if self.peek()? == close {
            self.close(place);
            return Some(true);
        }
        Some(false)
    }

    fn name(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.text()?;
        self.skip_blanks();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.skip_blanks();
        Some(())
    }

    fn text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at = special(self.document, self.at);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.document.get(self.at + 1)? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => self.at += 2,
            b'u' => {
                let digits = self.document.get(self.at + 2..self.at + 6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 6;
            }
            _ => return None,
        }
        Some(())
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits()? > 300 {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            // With a longer exponent, or a large one, the number may be too large.
            let start = self.at;
            self.digits()?;
            let exponent = str::from_utf8(&self.document[start..self.at]).ok()?;
            if !matches!(exponent.parse::<u32>(), Ok(..=7)) {
                return None;
            }
        }
        Some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.document[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }
}

/// Returns the place of what follows blanks.
pub(super) fn blanks(document: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\r' | b'\n') = document.get(at) {
        at += 1;
    }
    at
}

/// Returns the place of the next quote, backslash or control character, or the end.
fn special(document: &[u8], mut at: usize) -> usize {
    let eight = |at| document.get(at..).and_then(<[u8]>::first_chunk);
    while let Some(chunk) = eight(at) {
        match before_special(*chunk) {
            Some(plain) => return at + plain,
            None => at += chunk.len(),
        }
    }
    while let Some(byte) = document.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..0x20) {
            break;
        }
        at += 1;
    }
    at
}

/// Returns the place behind a text in quotes that has been judged.
pub(super) fn text_end(document: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        at = special(document, at);
        match document.get(at) {
            None => return document.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at = (at + 2).min(document.len()),
            Some(_) => at += 1,
        }
    }
}

/// Returns the place behind a number or word that has been judged.
pub(super) fn word_end(document: &[u8], start: usize) -> usize {
    let rest = document.get(start..).unwrap_or_default();
    let ends = |byte: &u8| {
        matches!(
            byte,
            b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' | b':'
        )
    };
    start + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Returns the place behind a list or map that has been judged.
pub(super) fn container_end(document: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(byte) = document.get(at) {
        match byte {
            b'"' => {
                at = text_end(document, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

//! Lays a document out in lines, and takes all blanks out of one.
//!
//! Arrays of scalars share a line if they fit in one. Broken documents are laid out as far as they go.

use super::{
    super::{LimitError, MAX_NESTING, scan},
    sort::{Member, sort},
};

/// How a document is laid out.
#[derive(Clone, Debug)]
pub(in super::super) struct Style {
    /// The column up to which an array may share a line; with 0 none does, with -1 its elements are
    /// not even set apart.
    pub(in super::super) width: i64,
    /// What begins every line.
    pub(in super::super) prefix: Box<[u8]>,
    /// What is added to it for each level.
    pub(in super::super) indent: Box<[u8]>,
    /// Whether members are sorted by name.
    pub(in super::super) sort: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 80,
            prefix: (*b"").into(),
            indent: (*b"  ").into(),
            sort: false,
        }
    }
}

/// Drops every blank outside strings.
pub(super) fn without_blanks(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        let end = if *byte == b'"' {
            scan::string_end(json, at).unwrap_or(json.len())
        } else {
            at + 1
        };
        if *byte > b' ' {
            out.extend_from_slice(&json[at..end]);
        }
        at = end;
    }
    out
}

/// Lays a document out, unless that takes more than `most` bytes.
pub(super) fn lay_out(json: &[u8], style: &Style, most: usize) -> Result<Vec<u8>, LimitError> {
    let mut printer = Printer {
        json,
        style,
        most,
        out: style.prefix.to_vec(),
        line: 0,
        at: 0,
    };
    printer.value(Mode::Lines, 0)?;
    if !printer.out.is_empty() {
        printer.out.push(b'\n');
    }
    Ok(printer.out)
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Each member and element in a line of its own.
    Lines,
    /// All in one line, unless the output grows beyond this length.
    OneLine(usize),
}

/// Tells whether a value was written as the mode wants it.
type Written = Result<bool, LimitError>;

struct Printer<'a> {
    json: &'a [u8],
    style: &'a Style,
    most: usize,
    out: Vec<u8>,
    /// Where the current line begins in the output.
    line: usize,
    at: usize,
}

impl Printer<'_> {
    fn value(&mut self, mode: Mode, depth: usize) -> Written {
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                b'"' => self.string(),
                b'{' if mode != Mode::Lines => return Ok(false),
                b'{' => return self.object(depth),
                b'[' => return self.array(mode, depth),
                b't' => self.word(b"true"),
                b'f' => self.word(b"false"),
                b'n' if matches!(self.json.get(self.at + 1), None | Some(b'u')) => {
                    self.word(b"null")
                }
                b'0'..=b'9' | b'-' | b'+' | b'i' | b'I' | b'N' | b'n' => self.number(),
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            break;
        }
        Ok(true)
    }

    fn string(&mut self) {
        let end = scan::string_end(self.json, self.at).unwrap_or(self.json.len());
        self.copy(end);
    }

    fn number(&mut self) {
        let ends = |byte: &u8| matches!(byte, 0..=b' ' | b',' | b':' | b']' | b'}');
        let rest = &self.json[self.at + 1..];
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.copy(self.at + 1 + length);
    }

    fn copy(&mut self, end: usize) {
        self.out.extend_from_slice(&self.json[self.at..end]);
        self.at = end;
    }

    fn word(&mut self, word: &[u8]) {
        self.out.extend_from_slice(word);
        self.at += word.len();
    }

    fn array(&mut self, mode: Mode, depth: usize) -> Written {
        if mode != Mode::Lines {
            return self.elements(mode, depth);
        }
        let used = i64::try_from(self.out.len() - self.line).unwrap_or(i64::MAX);
        let room = self.style.width.saturating_sub(used);
        if self.style.width > 0 && room > 3 {
            let (begun, at) = (self.out.len(), self.at);
            let limit = begun.saturating_add(usize::try_from(room).unwrap_or(usize::MAX));
            if self.elements(Mode::OneLine(limit), depth)? && self.out.len() <= limit {
                return Ok(true);
            }
            self.out.truncate(begun);
            self.at = at;
        }
        self.elements(mode, depth)
    }

    fn elements(&mut self, mode: Mode, depth: usize) -> Written {
        self.open(b'[', depth)?;
        let mut first = true;
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                0..=b' ' => self.at += 1,
                b']' => {
                    self.close(b']', mode, first, depth);
                    break;
                }
                _ => {
                    if !first {
                        self.out.extend_from_slice(if self.style.width == -1 {
                            b","
                        } else {
                            b", "
                        });
                    }
                    first = false;
                    if mode == Mode::Lines {
                        self.new_line();
                        self.indent(depth + 1);
                    }
                    if !self.value(mode, depth + 1)? || !self.fits(mode)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn object(&mut self, depth: usize) -> Written {
        self.open(b'{', depth)?;
        let mut members = Vec::new();
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                b'}' => {
                    if self.style.sort {
                        sort(self.json, &mut self.out, &mut members);
                    }
                    self.close(b'}', Mode::Lines, members.is_empty(), depth);
                    break;
                }
                b'"' => {
                    if !members.is_empty() {
                        self.out.push(b',');
                    }
                    members.push(self.member(depth)?);
                    self.fits(Mode::Lines)?;
                }
                _ => self.at += 1,
            }
        }
        Ok(true)
    }

    fn member(&mut self, depth: usize) -> Result<Member, LimitError> {
        self.new_line();
        let (name, line) = (self.at, self.out.len());
        self.indent(depth + 1);
        self.string();
        let name = name..self.at;
        self.out.extend_from_slice(b": ");
        self.value(Mode::Lines, depth + 1)?;
        Ok(Member {
            name,
            line: line..self.out.len(),
        })
    }

    fn open(&mut self, bracket: u8, depth: usize) -> Result<(), LimitError> {
        if depth >= MAX_NESTING {
            return Err(LimitError::Nesting);
        }
        self.out.push(bracket);
        self.at += 1;
        Ok(())
    }

    fn close(&mut self, bracket: u8, mode: Mode, empty: bool, depth: usize) {
        if mode == Mode::Lines && !empty {
            self.new_line();
            self.indent(depth);
        }
        self.out.push(bracket);
        self.at += 1;
    }

    /// Begins a line, in the place of a blank if the last one ends with one.
    fn new_line(&mut self) {
        self.line = self.out.len();
        match self.out.last_mut() {
            Some(last @ b' ') => *last = b'\n',
            _ => self.out.push(b'\n'),
        }
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend_from_slice(&self.style.prefix);
        for _ in 0..depth {
            self.out.extend_from_slice(&self.style.indent);
        }
    }

    fn fits(&self, mode: Mode) -> Written {
        match mode {
            Mode::Lines if self.out.len() > self.most => Err(LimitError::Work),
            Mode::OneLine(limit) => Ok(self.out.len() <= limit),
            Mode::Lines => Ok(true),
        }
    }
}

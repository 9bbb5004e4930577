//! Reads what opens and closes a group, and flags.

use super::Parser;
use crate::re2::{Error, ErrorKind};

impl<'p> Parser<'p> {
    pub(super) fn open_group(&mut self) -> Result<(), Error> {
        let start = self.rest;
        if self.rest.get(1) != Some(&b'?') {
            self.skip(1);
            self.open_capture(String::new());
            return Ok(());
        }
        // A name has to be there at all: without one these are flags, and wrong ones.
        match start {
            [b'(', b'?', b'P', b'<', _, ..] => self.named_group(start, b"(?P<".len()),
            [b'(', b'?', b'<', _, ..] => self.named_group(start, b"(?<".len()),
            _ => self.flag_group(start),
        }
    }

    fn named_group(&mut self, start: &'p [u8], prefix: usize) -> Result<(), Error> {
        let Some(end) = start.iter().position(|byte| *byte == b'>') else {
            self.check_utf8(start)?;
            return Err(self.error_at(ErrorKind::InvalidGroupName, start));
        };
        let name = &start[prefix..end];
        self.check_utf8(name)?;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if name.is_empty() || !name.iter().all(is_word) {
            return Err(self.error_at(ErrorKind::InvalidGroupName, &start[..=end]));
        }
        self.skip(end + 1);
        self.open_capture(String::from_utf8_lossy(name).into_owned());
        Ok(())
    }

    fn open_capture(&mut self, name: String) {
        let index = u32::try_from(self.names.len()).ok();
        self.names.push(name);
        self.stack.open(self.flags, index);
    }

    /// Reads `(?flags)` or `(?flags:`.
    fn flag_group(&mut self, start: &'p [u8]) -> Result<(), Error> {
        self.skip(b"(?".len());
        let mut flags = self.flags;
        let (mut on, mut any) = (true, false);
        while let Some(character) = self.next_char()? {
            match character {
                'i' => flags.fold_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_matches_newline = on,
                'U' => flags.swap_greed = on,
                '-' if on => {
                    (on, any) = (false, false);
                    continue;
                }
                ':' | ')' if on || any => {
                    if character == ':' {
                        self.stack.open(self.flags, None);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            any = true;
        }
        Err(self.error_since(ErrorKind::InvalidGroup, start))
    }

    pub(super) fn close_group(&mut self) -> Result<(), Error> {
        let Some((piece, flags)) = self.stack.close() else {
            return Err(self.whole(ErrorKind::UnexpectedParenthesis));
        };
        if !piece.fits() {
            return Err(self.whole(ErrorKind::NestedTooDeeply));
        }
        self.skip(1);
        self.flags = flags;
        self.stack.push(piece);
        Ok(())
    }
}

//! Reads a JSON text from the front, checks all of it, and keeps only where values begin and end.
//!
//! Accepts exactly what Go's `encoding/json` accepts. Does not recurse; nesting has Go's limit.

use argo_events_expr::gojson::MAX_DEPTH;

/// The text is not JSON; holds the byte at which that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson(pub(super) usize);

/// What a value is, told by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    True,
    False,
    Null,
    Object,
    Array,
}

/// A value of the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Where the blanks before the value begin.
    pub(super) before: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A position in a document.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

type Result<T> = std::result::Result<T, NotJson>;

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Reads the value that comes next.
    pub(super) fn value(&mut self) -> Result<Token> {
        let before = self.at;
        let first = self.next_mark()?;
        self.at -= 1;
        let start = self.at;
        let kind = match first {
            b'{' | b'[' => self.container()?,
            _ => self.scalar()?,
        };
        Ok(Token {
            kind,
            before,
            start,
            end: self.at,
        })
    }

    /// Reads the mark that opens an object; `false`, with nothing read, if something else is next.
    pub(super) fn opens_object(&mut self) -> Result<bool> {
        let opens = self.next_mark()? == b'{';
        if !opens {
            self.at -= 1;
        }
        Ok(opens)
    }

    /// Reads up to the name of the next member, or past the end of the object.
    pub(super) fn member(&mut self, first: bool) -> Result<Option<Token>> {
        match (self.next_mark()?, first) {
            (b'}', _) => return Ok(None),
            (b'"', true) => self.at -= 1,
            (b',', false) => {}
            _ => return Err(NotJson(self.at - 1)),
        }
        self.name().map(Some)
    }

    /// Checks that nothing but blanks follows.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.skip_blanks();
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(NotJson(self.at))
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn next_byte(&mut self) -> Result<u8> {
        let byte = self.text.get(self.at).ok_or(NotJson(self.at))?;
        self.at += 1;
        Ok(*byte)
    }

    /// Reads the first byte that is no blank.
    fn next_mark(&mut self) -> Result<u8> {
        self.skip_blanks();
        self.next_byte()
    }

    /// Reads a member's name and the colon after it.
    fn name(&mut self) -> Result<Token> {
        self.skip_blanks();
        let start = self.at;
        if self.next_byte()? != b'"' {
            return Err(NotJson(start));
        }
        self.string()?;
        let token = Token {
            kind: Kind::Text,
            before: start,
            start,
            end: self.at,
        };
        match self.next_mark()? {
            b':' => Ok(token),
            _ => Err(NotJson(self.at - 1)),
        }
    }

    /// Reads a list or an object with all that is in it.
    fn container(&mut self) -> Result<Kind> {
        let kind = if self.text[self.at] == b'{' {
            Kind::Object
        } else {
            Kind::Array
        };
        let mut open = Vec::new();
        loop {
            match self.next_mark()? {
                mark @ (b'{' | b'[') => {
                    if open.len() == MAX_DEPTH {
                        return Err(NotJson(self.at));
                    }
                    if self.begin(mark, &mut open)? {
                        continue;
                    }
                }
                _ => {
                    self.at -= 1;
                    self.scalar()?;
                }
            }
            if self.after_value(&mut open)? {
                return Ok(kind);
            }
        }
    }

    /// Steps into a list or object; tells whether a value must follow, which is so unless it is empty.
    fn begin(&mut self, mark: u8, open: &mut Vec<u8>) -> Result<bool> {
        let close = mark + 2;
        self.skip_blanks();
        if self.text.get(self.at) == Some(&close) {
            self.at += 1;
            return Ok(false);
        }
        open.push(close);
        if mark == b'{' {
            self.name()?;
        }
        Ok(true)
    }

    /// Reads closing marks and a comma; tells whether everything is closed.
    fn after_value(&mut self, open: &mut Vec<u8>) -> Result<bool> {
        while let Some(close) = open.last() {
            match self.next_mark()? {
                b',' if *close == b'}' => return self.name().map(|_| false),
                b',' => return Ok(false),
                mark if mark == *close => open.pop(),
                _ => return Err(NotJson(self.at - 1)),
            };
        }
        Ok(true)
    }

    fn scalar(&mut self) -> Result<Kind> {
        match self.next_byte()? {
            b'"' => self.string().map(|()| Kind::Text),
            b't' => self.word(b"rue").map(|()| Kind::True),
            b'f' => self.word(b"alse").map(|()| Kind::False),
            b'n' => self.word(b"ull").map(|()| Kind::Null),
            b'-' => {
                let first = self.next_byte()?;
                self.number(first).map(|()| Kind::Number)
            }
            first => self.number(first).map(|()| Kind::Number),
        }
    }

    fn word(&mut self, rest: &[u8]) -> Result<()> {
        for expected in rest {
            if self.next_byte()? != *expected {
                return Err(NotJson(self.at - 1));
            }
        }
        Ok(())
    }

    fn number(&mut self, first: u8) -> Result<()> {
        match first {
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return Err(NotJson(self.at - 1)),
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<()> {
        if !self.next_byte()?.is_ascii_digit() {
            return Err(NotJson(self.at - 1));
        }
        self.skip_digits();
        Ok(())
    }

    fn skip_digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    /// Reads a string after its opening quote.
    fn string(&mut self) -> Result<()> {
        loop {
            self.at += plain_prefix(&self.text[self.at..]);
            match self.next_byte()? {
                b'"' => return Ok(()),
                b'\\' => match self.next_byte()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => self.four_hex_digits()?,
                    _ => return Err(NotJson(self.at - 1)),
                },
                byte if byte >= b' ' => {}
                _ => return Err(NotJson(self.at - 1)),
            }
        }
    }

    fn four_hex_digits(&mut self) -> Result<()> {
        for _ in 0..4 {
            if !self.next_byte()?.is_ascii_hexdigit() {
                return Err(NotJson(self.at - 1));
            }
        }
        Ok(())
    }
}

/// Counts bytes that need no look of their own, many at a time; stops early, never late.
fn plain_prefix(text: &[u8]) -> usize {
    let (wide, _) = text.as_chunks::<32>();
    let count = 32 * wide.iter().take_while(|chunk| is_plain(chunk)).count();
    count + plain_words(&text[count..])
}

/// Looks at all bytes without a branch, which processors do for sixteen or more at a time.
fn is_plain(chunk: &[u8; 32]) -> bool {
    let is_marked =
        |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    let marked = chunk.iter().fold(0, |found, byte| found | is_marked(*byte));
    marked == 0
}

/// Counts such bytes by eight.
fn plain_words(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut count = 0;
    for chunk in text.chunks_exact(8) {
        let word = u64::from_ne_bytes(chunk.try_into().expect("chunks have eight bytes"));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let quote = zero_byte(word ^ (ONES * u64::from(b'"')));
        let escape = zero_byte(word ^ (ONES * u64::from(b'\\')));
        if control | quote | escape != 0 {
            break;
        }
        count += 8;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_json(text: &[u8]) -> bool {
        let mut reader = Reader::new(text);
        reader.value().and_then(|_| reader.finish()).is_ok()
    }

    #[test]
    fn values_are_told_from_what_is_none() {
        for text in [
            "0",
            "-0.5e+7",
            "\"\\u00e9\\/\"",
            "[]",
            "{}",
            "[[],{}]",
            r#"{"a":[1,{"b":null}],"c":true}"#,
            " \t\r\n{ \"a\" : [ 1 , 2 ] } ",
            "\"a text that is longer than eight bytes\"",
        ] {
            assert!(is_json(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "tru",
            "nul",
            "[1,]",
            "{,}",
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            "{'a':1}",
            "[1}",
            "{\"a\":1]",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"",
            "1 2",
            "[",
            "]",
            "\"a text with a control \u{1} character\"",
        ] {
            assert!(!is_json(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn agrees_with_gos_scanner() {
        let alphabet = b"{}[]\",:01-.eE+tfn\\u a";
        let mut seed = 7_u32;
        for _ in 0..50_000 {
            let mut text = Vec::new();
            for _ in 0..seed % 9 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push(alphabet[(seed >> 16) as usize % alphabet.len()]);
            }
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wanted = argo_events_expr::gojson::valid(&text);
            assert_eq!(is_json(&text), wanted, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(is_json(&nested(MAX_DEPTH)));
        assert!(!is_json(&nested(MAX_DEPTH + 1)));
    }
}

//! Finds out quickly that a document is what it would be written as: most are.
//!
//! Knows the common case alone: no blanks, no escapes, nothing that HTML could misread. Whatever
//! else there is, and what is wrong with a document, is told by the scanner.

/// How deep containers may nest here.
const MAX_DEPTH: u32 = u64::BITS;

/// Tells whether a document is JSON that a raw message keeps byte for byte.
///
/// `false` says nothing: it may be kept all the same.
pub(super) fn stays_as_it_is(document: &[u8]) -> bool {
    let skimmer = Skimmer {
        document,
        at: 0,
        depth: 0,
        objects: 0,
    };
    skimmer.document().is_some()
}

/// Reads from the front; `None` is an end without a result.
struct Skimmer<'a> {
    document: &'a [u8],
    at: usize,
    depth: u32,
    /// Which of the open containers are objects, the innermost in the lowest bit.
    objects: u64,
}

impl Skimmer<'_> {
    fn document(mut self) -> Option<()> {
        loop {
            if self.value()? {
                continue;
            }
            while self.depth > 0 && !self.next_member()? {}
            if self.depth == 0 {
                return (self.at == self.document.len()).then_some(());
            }
        }
    }

    /// Reads a value; tells whether it is a container that has one itself, which comes next.
    fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'{' => self.open(true)?,
            b'[' => self.open(false)?,
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => return None,
        }
        let opened = matches!(self.document[self.at - 1], b'[' | b':' | b'{');
        Some(opened)
    }

    fn open(&mut self, is_object: bool) -> Option<()> {
        self.at += 1;
        let end = if is_object { b'}' } else { b']' };
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(is_object);
        if is_object { self.name() } else { Some(()) }
    }

    /// Reads what follows a value in a container; tells whether that is a comma, and not the end.
    fn next_member(&mut self) -> Option<bool> {
        let is_object = self.objects & 1 == 1;
        match (self.peek()?, is_object) {
            (b',', true) => {
                self.at += 1;
                self.name()?;
                Some(true)
            }
            (b',', false) => {
                self.at += 1;
                Some(true)
            }
            (b'}', true) | (b']', false) => {
                self.at += 1;
                self.depth -= 1;
                self.objects >>= 1;
                Some(false)
            }
            _ => None,
        }
    }

    fn name(&mut self) -> Option<()> {
        self.string()?;
        self.byte(b':')
    }

    fn string(&mut self) -> Option<()> {
        self.byte(b'"')?;
        let rest = self.document[self.at..].iter();
        self.at += rest.take_while(|byte| STAYS[usize::from(**byte)]).count();
        self.byte(b'"')
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.document[self.at..].iter();
        let count = rest.take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        let found = self.document[self.at..].starts_with(word);
        self.at += word.len();
        found.then_some(())
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let found = self.peek()? == wanted;
        self.at += 1;
        found.then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.document.get(self.at).copied()
    }
}

/// The bytes of a string that stand for themselves and are written as they are.
const STAYS: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = false;
        byte += 1;
    }
    let others = *b"\"\\<>&\xe2";
    let mut place = 0;
    while place < others.len() {
        table[others[place] as usize] = false;
        place += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{super::valid, *};
    use proptest::prelude::*;

    #[test]
    fn common_documents_are_known() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for document in [
            "0",
            "-1.5e+3",
            "\"é\"",
            "[]",
            "{}",
            "[[],{},[1,{\"a\":[null]}]]",
            r#"{"a":{"b":true},"c":[false,0.1],"d":""}"#,
            &nested(64),
        ] {
            assert!(stays_as_it_is(document.as_bytes()), "{document}");
        }
        for document in [
            "",
            " 1",
            "1 ",
            "01",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "[1}",
            "{\"a\":1,}",
            "tru",
            "\"a",
            "\"<\"",
            "\"\\n\"",
            "\"\u{2028}\"",
            "1.",
            "-",
            "1e",
            "[1]]",
            "[",
            "]",
            "[:1]",
            &nested(66),
        ] {
            assert!(!stays_as_it_is(document.as_bytes()), "{document}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_documents_is_known(document in r#"[\[\]{}",:\\0-9a-eu. -]{0,12}"#) {
            prop_assert!(!stays_as_it_is(document.as_bytes()) || valid(document.as_bytes()));
        }

        #[test]
        fn plain_trees_are_known(numbers in proptest::collection::vec(any::<(bool, f32, String)>(), 0..9)) {
            let text = serde_json::to_string(&numbers).expect("it has a form in JSON");
            let plain = text.bytes().all(|byte| byte != b'\\' && !b"<>&\xe2".contains(&byte));
            prop_assert_eq!(stays_as_it_is(text.as_bytes()), plain);
        }
    }
}

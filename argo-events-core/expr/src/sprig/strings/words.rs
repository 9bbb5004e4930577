//! Names of several words, written with underscores, hyphens or capitals.
//!
//! The rules are those of `xstrings`, wherever a word begins: `HTTP20xOK` is `http_20x_ok`.

use super::super::{
    Outcome,
    arguments::text,
    unicode::{is_letter, is_number, is_punctuation, is_upper, to_lower, to_upper},
};
use crate::{
    gostrconv::runes,
    govalue::{Run, Value},
};

pub(super) fn snakecase(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    run.charge(whole.len().saturating_mul(4))?;
    Ok(Splitter::new(whole, '_').run().into())
}

pub(super) fn kebabcase(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    run.charge(whole.len().saturating_mul(4))?;
    Ok(Splitter::new(whole, '-').run().into())
}

/// Joins words, each with a capital; connectors at the start and doubled ones stay.
pub(super) fn camelcase(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    run.charge(whole.len().saturating_mul(3))?;
    let mut out = String::with_capacity(whole.len());
    let mut characters = super::characters(whole);
    let Some(first) = characters.by_ref().find(|found| {
        let leads = is_connector(*found);
        if leads {
            out.push(*found);
        }
        !leads
    }) else {
        // A text of connectors alone has its last one doubled.
        let last = out.chars().last();
        out.extend(last);
        return Ok(out.into());
    };
    let mut after_upper = is_upper(first);
    let mut last = to_upper(first);
    for next in characters {
        let before = std::mem::replace(&mut last, next);
        if is_connector(next) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            after_upper = is_upper(next);
            last = to_upper(next);
            continue;
        }
        if after_upper && is_upper(next) {
            last = to_lower(next);
        } else {
            after_upper = false;
        }
        out.push(before);
    }
    out.push(last);
    Ok(out.into())
}

/// What a run of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// There is none.
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Writes words in small letters, with a connector between them.
struct Splitter<'a> {
    rest: &'a [u8],
    connector: char,
    out: Vec<u8>,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a [u8], connector: char) -> Self {
        Self {
            rest: text,
            connector,
            out: Vec::with_capacity(text.len()),
        }
    }

    fn run(mut self) -> Vec<u8> {
        let mut word = self.next();
        while !self.rest.is_empty() {
            if word.0 != Word::Connector {
                self.push(word);
            }
            let before = word;
            word = self.next();
            word = match before.0 {
                Word::Number => self.after_number(word),
                Word::Connector => {
                    self.push(before);
                    word
                }
                Word::Punctuation => word,
                _ => self.after_letters(word),
            };
        }
        self.push(word);
        self.out
    }

    /// Keeps small letters with the number before them.
    fn after_number(&mut self, mut word: (Word, &'a [u8])) -> (Word, &'a [u8]) {
        while matches!(word.0, Word::Alphabet | Word::Number) {
            self.push(word);
            word = self.next();
        }
        self.connect_unless(word.0, &[Word::None, Word::Punctuation, Word::Connector]);
        word
    }

    /// Keeps a number with the letters before it, unless small letters follow.
    fn after_letters(&mut self, word: (Word, &'a [u8])) -> (Word, &'a [u8]) {
        if word.0 != Word::Number {
            self.connect_unless(word.0, &[Word::Connector, Word::Punctuation]);
            return word;
        }
        if self.rest.is_empty() {
            return word;
        }
        let number = word;
        let word = self.next();
        if word.0 != Word::Alphabet {
            self.push(number);
            self.connect_unless(word.0, &[Word::Connector, Word::Punctuation]);
            return word;
        }
        self.push_connector();
        self.push(number);
        self.after_number(word)
    }

    fn connect_unless(&mut self, next: Word, exceptions: &[Word]) {
        if !exceptions.contains(&next) {
            self.push_connector();
        }
    }

    fn push_connector(&mut self) {
        self.out
            .extend(self.connector.encode_utf8(&mut [0; 4]).bytes());
    }

    fn push(&mut self, (word, text): (Word, &[u8])) {
        if !matches!(word, Word::Upper | Word::Connector) {
            self.out.extend_from_slice(text);
            return;
        }
        for character in super::characters(text) {
            if is_connector(character) {
                self.push_connector();
                continue;
            }
            let lower = if is_upper(character) {
                to_lower(character)
            } else {
                character
            };
            self.out.extend(lower.encode_utf8(&mut [0; 4]).bytes());
        }
    }

    /// Takes the next word.
    fn next(&mut self) -> (Word, &'a [u8]) {
        let (word, length) = next_word(self.rest);
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        (word, text)
    }
}

/// Returns what a text begins with and how long that is.
fn next_word(text: &[u8]) -> (Word, usize) {
    let Some((first, width)) = next_valid(text) else {
        return (Word::None, text.len());
    };
    let while_it = |belongs: fn(char) -> bool| end_of(text, width, belongs);
    if is_connector(first) {
        return (Word::Connector, while_it(is_connector));
    }
    if is_punctuation(first) {
        return (Word::Punctuation, while_it(is_punctuation));
    }
    if is_upper(first) {
        return (Word::Upper, end_of_upper(text, width));
    }
    if is_alphabet(first) {
        return (Word::Alphabet, while_it(is_small));
    }
    if is_number(first) {
        return (Word::Number, while_it(is_number));
    }
    (Word::Other, while_it(is_other))
}

/// Returns the end of a word that begins with a capital: `HTTP` of `HTTPServer`, or `Server`.
fn end_of_upper(text: &[u8], start: usize) -> usize {
    let Some((second, width)) = next_valid(&text[start..]) else {
        // Only broken bytes follow, and they count as what was before them.
        return text.len();
    };
    if !is_upper(second) {
        return if is_alphabet(second) {
            end_of(text, start, is_small)
        } else {
            start
        };
    }
    let (mut end, mut last_width) = (start + width, width);
    while end < text.len() {
        let Some((next, width)) = next_valid(&text[end..]) else {
            return text.len();
        };
        if !is_upper(next) {
            // The last capital begins the next word.
            return if is_alphabet(next) {
                end - last_width
            } else {
                end
            };
        }
        end += width;
        last_width = width;
    }
    end
}

/// Returns where characters end that belong to the word; broken bytes go with what is before.
fn end_of(text: &[u8], start: usize, belongs: fn(char) -> bool) -> usize {
    let mut end = start;
    while let Some((next, width)) = next_valid(&text[end..]) {
        if !belongs(next) {
            return end;
        }
        end += width;
    }
    text.len()
}

/// Returns the first character that is not broken, and where it ends.
fn next_valid(text: &[u8]) -> Option<(char, usize)> {
    let mut end = 0;
    for rune in runes(text) {
        end += rune.width;
        if rune.character != char::REPLACEMENT_CHARACTER {
            return Some((rune.character, end));
        }
    }
    None
}

fn is_connector(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}

/// Tells whether a character is a letter of a script with words, which Chinese is not.
fn is_alphabet(character: char) -> bool {
    let is_chinese = matches!(
        u32::from(character),
        0x3400..=0x4d85 | 0x4e00..=0x9fcc | 0x2_0000..=0x2_b81d
    );
    is_letter(character) && !is_chinese
}

fn is_small(character: char) -> bool {
    is_alphabet(character) && !is_upper(character)
}

fn is_other(character: char) -> bool {
    !(is_connector(character)
        || is_alphabet(character)
        || is_number(character)
        || is_punctuation(character))
}

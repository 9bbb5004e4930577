//! Cuts an expression into pieces.

use super::{
    ParseError,
    character::{begins_lower, is_hex_digit, is_letter, is_name, is_numeric, is_quote, is_symbol},
    date, hint,
    symbol::{Level, Symbol},
    syntax,
    token::{Part, Token},
};
use crate::gostrconv::{parse_float, parse_uint};

/// Cuts a text into pieces.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut lexer = Lexer {
        text,
        characters: text.char_indices().collect(),
        position: 0,
    };
    let mut tokens: Vec<Token> = Vec::new();
    while let Some(token) = lexer.next(tokens.last())? {
        tokens.push(token);
    }
    balanced(&tokens)?;
    Ok(tokens)
}

fn balanced(tokens: &[Token]) -> Result<(), ParseError> {
    let mut open = Vec::new();
    for token in tokens {
        match token.part {
            Part::Open => open.push(token),
            // One that closes nothing here may still be made up for later, as in `a) (b`.
            Part::Close if open.pop().is_none() => return closes_nothing(tokens, token),
            _ => {}
        }
    }
    open.last().map_or(Ok(()), |token| {
        let error = ParseError::new(UNBALANCED, token.offset).over(1);
        Err(error.expected("a `)` for this `(`"))
    })
}

const UNBALANCED: &str = "Unbalanced parenthesis";

/// Judges by numbers alone, as the library does.
fn closes_nothing(tokens: &[Token], first: &Token) -> Result<(), ParseError> {
    let count = |wanted: fn(&Part) -> bool| tokens.iter().filter(|t| wanted(&t.part)).count();
    if count(|part| matches!(part, Part::Open)) == count(|part| matches!(part, Part::Close)) {
        return Ok(());
    }
    let error = ParseError::new(UNBALANCED, first.offset).over(1);
    Err(error.expected("a `(` for this `)`, or none of them"))
}

struct Lexer<'a> {
    text: &'a str,
    characters: Vec<(usize, char)>,
    position: usize,
}

/// How characters up to the end of a piece are read.
#[derive(Clone, Copy)]
struct Until {
    keeps_blanks: bool,
    ends_at_blank: bool,
    holds: fn(char) -> bool,
}

impl Until {
    fn word(holds: fn(char) -> bool) -> Self {
        Self {
            keeps_blanks: false,
            ends_at_blank: true,
            holds,
        }
    }

    fn quoted(holds: fn(char) -> bool) -> Self {
        Self {
            keeps_blanks: true,
            ends_at_blank: false,
            holds,
        }
    }
}

impl Lexer<'_> {
    fn next(&mut self, last: Option<&Token>) -> Result<Option<Token>, ParseError> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let offset = self.offset();
        let part = self.part(first, last);
        // A blank that ended the piece was passed over.
        let end = offset + self.text[offset..self.offset()].trim_end().len();
        let part = part.map_err(|error| error.over(end - offset))?;
        Ok(Some(Token { part, offset, end }))
    }

    fn part(&mut self, first: char, last: Option<&Token>) -> Result<Part, ParseError> {
        if is_numeric(first) {
            return self.number(first);
        }
        if is_letter(first) {
            return self.word();
        }
        if !matches!(first, ',' | '[' | '(' | ')') && !is_quote(first) {
            return self.symbol(last);
        }
        let offset = self.offset();
        self.position += 1;
        match first {
            ',' => Ok(Part::Separator),
            '(' => Ok(Part::Open),
            ')' => Ok(Part::Close),
            '[' => {
                let (name, ended) = self.read(Until::quoted(|character| character != ']'))?;
                self.close(ended, "Unclosed parameter bracket", offset, "a `]`")?;
                Ok(Part::Variable(name))
            }
            _ => {
                let (text, ended) = self.read(Until::quoted(|character| !is_quote(character)))?;
                self.close(ended, "Unclosed string literal", offset, "a closing quote")?;
                Ok(match date::read(&text) {
                    Some(time) => Part::Time(time),
                    None => Part::Text(text),
                })
            }
        }
    }

    fn close(
        &mut self,
        ended: bool,
        message: &str,
        offset: usize,
        expected: &'static str,
    ) -> Result<(), ParseError> {
        if !ended {
            return Err(ParseError::new(message, offset).expected(expected));
        }
        self.position += 1;
        Ok(())
    }

    fn number(&mut self, first: char) -> Result<Part, ParseError> {
        let offset = self.offset();
        let following = |ahead: usize| self.characters.get(self.position + ahead);
        let is_hex =
            first == '0' && following(1).is_some_and(|(_, x)| *x == 'x') && following(2).is_some();
        if is_hex {
            self.position += 2;
            let (digits, _) = self.read(Until::word(is_hex_digit))?;
            let message = || format!("Unable to parse hex value '{digits}' to uint64\n");
            let number = parse_uint(&digits, 16);
            return number
                .map(|number| Part::Number(number as f64))
                .map_err(|_| ParseError::new(message(), offset).expected("digits such as 0x1F"));
        }
        let (digits, _) = self.read(Until::word(is_numeric))?;
        let message = || format!("Unable to parse numeric value '{digits}' to float64\n");
        parse_float(&digits)
            .map(Part::Number)
            .map_err(|_| ParseError::new(message(), offset).expected("a number such as 12.5"))
    }

    fn word(&mut self) -> Result<Part, ParseError> {
        let offset = self.offset();
        let (name, _) = self.read(Until::word(is_name))?;
        match name.as_str() {
            "true" => return Ok(Part::Bool(true)),
            "false" => return Ok(Part::Bool(false)),
            "in" | "IN" => return Ok(Part::Comparator(Symbol::In)),
            _ => {}
        }
        if name.find('.').is_none_or(|dot| dot == 0) {
            return Ok(Part::Variable(name));
        }
        let mistake = |message| {
            let error = ParseError::new(message, offset);
            Err(error.expected("a plain name; write a name with dots in brackets, as [a.b]"))
        };
        if name.ends_with('.') {
            return mistake(format!("Hanging accessor on token '{name}'"));
        }
        let names: Vec<String> = name.split('.').map(str::to_owned).collect();
        if let Some(hidden) = names[1..].iter().find(|name| begins_lower(name)) {
            return mistake(format!(
                "Unable to access unexported field '{hidden}' in token '{name}'"
            ));
        }
        Ok(Part::Accessor(names))
    }

    fn symbol(&mut self, last: Option<&Token>) -> Result<Part, ParseError> {
        let offset = self.offset();
        let (text, _) = self.read(Until::word(is_symbol))?;
        if syntax::may_begin_operand(last.map(|token| &token.part))
            && let Some(symbol) = Symbol::prefix(&text)
        {
            return Ok(Part::Prefix(symbol));
        }
        let Some(symbol) = Symbol::infix(&text) else {
            let error = ParseError::new(format!("Invalid token: '{text}'"), offset);
            return Err(error.expected(hint::for_symbol(&text)));
        };
        Ok(match symbol.level() {
            Level::Comparator => Part::Comparator(symbol),
            Level::Or | Level::And => Part::Logical(symbol),
            Level::Ternary => Part::Ternary(symbol),
            _ => Part::Modifier(symbol),
        })
    }

    /// Reads up to a character that is no part of the piece; tells whether there was one.
    ///
    /// A backslash makes any character a part; a blank that ends a piece is passed over.
    fn read(&mut self, until: Until) -> Result<(String, bool), ParseError> {
        let mut piece = String::new();
        while let Some(character) = self.peek() {
            if character == '\\' {
                piece.push(self.escaped()?);
                continue;
            }
            if character.is_whitespace() {
                if until.ends_at_blank && !piece.is_empty() {
                    self.position += 1;
                    return Ok((piece, true));
                }
                if !until.keeps_blanks {
                    self.position += 1;
                    continue;
                }
            }
            if !(until.holds)(character) {
                return Ok((piece, true));
            }
            self.position += 1;
            piece.push(character);
        }
        Ok((piece, false))
    }

    fn escaped(&mut self) -> Result<char, ParseError> {
        let offset = self.offset();
        self.position += 1;
        let escaped = self.peek().ok_or_else(|| {
            let error = ParseError::new("Unexpected end of expression after a backslash", offset);
            error.expected("a character after the backslash")
        })?;
        self.position += 1;
        Ok(escaped)
    }

    fn peek(&self) -> Option<char> {
        let character = self.characters.get(self.position);
        character.map(|(_, character)| *character)
    }

    /// Gives the place of the next character, in bytes.
    fn offset(&self) -> usize {
        let character = self.characters.get(self.position);
        character.map_or(self.text.len(), |(offset, _)| *offset)
    }
}

//! Says what may follow what.

use super::{
    ParseError, hint,
    token::{Part, Token},
};

/// What a piece can be followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Open,
    Close,
    /// After a number, a truth, a text or a variable.
    Operand,
    Date,
    Modifier,
    Comparator,
    Logical,
    Prefix,
    Ternary,
    Accessor,
    Separator,
}

impl State {
    fn after(part: Option<&Part>) -> Self {
        match part {
            None => Self::Start,
            Some(Part::Open) => Self::Open,
            Some(Part::Close) => Self::Close,
            Some(Part::Modifier(_)) => Self::Modifier,
            Some(Part::Comparator(_)) => Self::Comparator,
            Some(Part::Logical(_)) => Self::Logical,
            Some(Part::Prefix(_)) => Self::Prefix,
            Some(Part::Ternary(_)) => Self::Ternary,
            Some(Part::Accessor(_)) => Self::Accessor,
            Some(Part::Separator) => Self::Separator,
            Some(Part::Time(_)) => Self::Date,
            Some(_) => Self::Operand,
        }
    }

    fn allows(self, next: &Part) -> bool {
        let is_operator = next.infix().is_some();
        match self {
            Self::Start | Self::Separator => begins_operand(next),
            Self::Open | Self::Logical | Self::Comparator => {
                begins_operand(next) || matches!(next, Part::Close)
            }
            Self::Close => {
                let never = matches!(next, Part::Prefix(_) | Part::Accessor(_));
                !never
            }
            Self::Operand => is_operator || matches!(next, Part::Close),
            Self::Date if matches!(next, Part::Ternary(_)) => false,
            Self::Date => is_operator || matches!(next, Part::Close),
            Self::Accessor => is_operator || matches!(next, Part::Open | Part::Close),
            Self::Modifier => {
                let is_time = matches!(next, Part::Time(_));
                (begins_operand(next) && !is_time) || matches!(next, Part::Close)
            }
            Self::Prefix => match next {
                Part::Text(_) | Part::Time(_) | Part::Prefix(_) => false,
                next => begins_operand(next) || matches!(next, Part::Close),
            },
            Self::Ternary => begins_operand(next) || matches!(next, Part::Separator),
        }
    }

    fn may_end(self) -> bool {
        matches!(
            self,
            Self::Close | Self::Operand | Self::Date | Self::Accessor
        )
    }

    fn expects(self) -> &'static str {
        match self {
            Self::Operand => "an operator or `)`",
            Self::Date => "an operator, but none of ? : ??, after a date",
            Self::Close | Self::Accessor => "an operator",
            Self::Modifier => "a number, a text that is no date, a name or `(`",
            Self::Prefix => "a number, a truth, a name or `(`",
            _ => "a value, a name or `(`",
        }
    }
}

fn begins_operand(part: &Part) -> bool {
    part.infix().is_none() && !matches!(part, Part::Close)
}

/// Tells whether a sign after this piece belongs to what follows it.
pub(super) fn may_begin_operand(last: Option<&Part>) -> bool {
    let state = State::after(last);
    !matches!(
        state,
        State::Close | State::Operand | State::Date | State::Accessor | State::Prefix
    )
}

/// Checks that every piece may follow the one before.
pub(super) fn check(tokens: &[Token], end: usize) -> Result<(), ParseError> {
    let mut last: Option<&Token> = None;
    for token in tokens {
        let state = State::after(last.map(|token| &token.part));
        if !state.allows(&token.part) {
            let expected = expectation(state, &token.part);
            let error = ParseError::new(transition(last, token), token.offset);
            return Err(error.over(token.end - token.offset).expected(expected));
        }
        last = Some(token);
    }
    let state = State::after(last.map(|token| &token.part));
    if !state.may_end() {
        return Err(ParseError::new("Unexpected end of expression", end).expected(state.expects()));
    }
    Ok(())
}

fn transition(last: Option<&Token>, next: &Token) -> String {
    if let (Some(Part::Variable(name)), Part::Open) = (last.map(|token| &token.part), &next.part) {
        return format!("Undefined function {name}");
    }
    let (kind, value) = match last.map(|token| &token.part) {
        Some(part) => (part.kind(), part.show()),
        None => ("UNKNOWN", "<nil>".to_owned()),
    };
    format!(
        "Cannot transition token types from {kind} [{value}] to {} [{}]",
        next.part.kind(),
        next.part.show()
    )
}

fn expectation(state: State, next: &Part) -> &'static str {
    let meant = match next {
        Part::Variable(word) => hint::for_word(word),
        Part::Open if state == State::Operand => Some("an operator; there are no functions here"),
        _ => None,
    };
    meant.unwrap_or(state.expects())
}

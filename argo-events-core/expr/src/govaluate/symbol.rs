//! Operators, how tightly they bind, and how they are written.

use Symbol::{
    Add, And, BitAnd, BitNot, BitOr, BitXor, Coalesce, Divide, Else, Equal, Greater,
    GreaterOrEqual, In, Less, LessOrEqual, Matches, Modulus, Multiply, Negate, Not, NotEqual,
    NotMatches, Or, Power, Separate, ShiftLeft, ShiftRight, Subtract, Then,
};

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Matches,
    NotMatches,
    In,
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
    Power,
    Negate,
    Not,
    BitNot,
    /// `?`
    Then,
    /// `:`
    Else,
    /// `??`
    Coalesce,
    /// `,`
    Separate,
}

/// How tightly operators bind; the later, the tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Separator,
    Ternary,
    Or,
    And,
    Comparator,
    Bitwise,
    Shift,
    Additive,
    Multiplicative,
    Power,
    /// What stands alone or before one operand.
    Operand,
}

impl Level {
    /// Gives the level that binds more tightly than this one.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Separator => Self::Ternary,
            Self::Ternary => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Comparator,
            Self::Comparator => Self::Bitwise,
            Self::Bitwise => Self::Shift,
            Self::Shift => Self::Additive,
            Self::Additive => Self::Multiplicative,
            Self::Multiplicative => Self::Power,
            Self::Power | Self::Operand => Self::Operand,
        }
    }
}

impl Symbol {
    /// Reads an operator that stands before its operand.
    pub(super) fn prefix(text: &str) -> Option<Self> {
        Some(match text {
            "-" => Negate,
            "!" => Not,
            "~" => BitNot,
            _ => return None,
        })
    }

    /// Reads an operator that stands between operands.
    pub(super) fn infix(text: &str) -> Option<Self> {
        Some(match text {
            "+" => Add,
            "-" => Subtract,
            "*" => Multiply,
            "/" => Divide,
            "%" => Modulus,
            "**" => Power,
            "&" => BitAnd,
            "|" => BitOr,
            "^" => BitXor,
            ">>" => ShiftRight,
            "<<" => ShiftLeft,
            "&&" => And,
            "||" => Or,
            "==" => Equal,
            "!=" => NotEqual,
            ">" => Greater,
            ">=" => GreaterOrEqual,
            "<" => Less,
            "<=" => LessOrEqual,
            "=~" => Matches,
            "!~" => NotMatches,
            "?" => Then,
            ":" => Else,
            "??" => Coalesce,
            _ => return None,
        })
    }

    pub(super) fn level(self) -> Level {
        match self {
            Separate => Level::Separator,
            Then | Else | Coalesce => Level::Ternary,
            Or => Level::Or,
            And => Level::And,
            Equal | NotEqual | Greater | GreaterOrEqual | Less | LessOrEqual | Matches
            | NotMatches | In => Level::Comparator,
            BitAnd | BitOr | BitXor => Level::Bitwise,
            ShiftLeft | ShiftRight => Level::Shift,
            Add | Subtract => Level::Additive,
            Multiply | Divide | Modulus => Level::Multiplicative,
            Power => Level::Power,
            Negate | Not | BitNot => Level::Operand,
        }
    }

    /// Gives the operator as it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Equal => "==",
            NotEqual => "!=",
            Greater => ">",
            GreaterOrEqual => ">=",
            Less => "<",
            LessOrEqual => "<=",
            Matches => "=~",
            NotMatches => "!~",
            In => "in",
            And => "&&",
            Or => "||",
            BitAnd => "&",
            BitOr => "|",
            BitXor => "^",
            ShiftLeft => "<<",
            ShiftRight => ">>",
            Add => "+",
            Subtract | Negate => "-",
            Multiply => "*",
            Divide => "/",
            Modulus => "%",
            Power => "**",
            Not => "!",
            BitNot => "~",
            Then => "?",
            Else => ":",
            Coalesce => "??",
            Separate => ",",
        }
    }
}

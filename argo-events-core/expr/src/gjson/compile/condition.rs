//! Reads the query of a part such as `#(age>=18)#`.

use super::{
    super::{
        query::{Condition, Operand, Operator},
        scan, text,
    },
    part::quoted_end,
};

/// A query as it is written.
#[derive(Default)]
pub(super) struct QueryText<'t> {
    /// What is compared; empty for the element itself.
    pub(super) path: &'t [u8],
    /// Whether every match is wanted.
    pub(super) all: bool,
    operator: Operator,
    operand: &'t [u8],
    /// Whether a quoted text within has escapes.
    escaped: bool,
}

impl<'t> QueryText<'t> {
    /// Reads a part that begins with `#(` or `#[`, and says where its closing bracket is passed.
    pub(super) fn read(part: &'t [u8]) -> Option<(Self, usize)> {
        let bounds = Bounds::find(part)?;
        let all = part.get(bounds.close + 1) == Some(&b'#');
        let mut query = Self {
            all,
            escaped: bounds.escaped,
            ..Self::default()
        };
        match bounds.operator {
            Some(at) => {
                query.path = scan::trim(&part[2..at]);
                let (operator, operand) = Operator::split(scan::trim(&part[at..bounds.close]));
                query.operator = operator;
                query.operand = scan::trim(operand);
            }
            None => query.path = scan::trim(&part[2..bounds.close]),
        }
        Some((query, bounds.close + 1))
    }

    /// Gives what is asked of the value.
    pub(super) fn condition(&self) -> Condition {
        let operand = match self.operand {
            [b'"', inner @ .., b'"'] if self.escaped => text::unescape(inner),
            [b'"', inner @ .., b'"'] => inner.to_vec(),
            bare => bare.to_vec(),
        };
        Condition {
            operator: self.operator,
            operand: Operand::of(&operand),
        }
    }
}

/// Where the pieces of a query are.
struct Bounds {
    operator: Option<usize>,
    close: usize,
    escaped: bool,
}

impl Bounds {
    fn find(part: &[u8]) -> Option<Self> {
        let mut bounds = Self {
            operator: None,
            close: 2,
            escaped: false,
        };
        let mut depth = 1_usize;
        loop {
            match *part.get(bounds.close)? {
                b'!' | b'=' | b'<' | b'>' | b'%' if depth == 1 && bounds.operator.is_none() => {
                    bounds.operator = Some(bounds.close);
                }
                b'\\' => bounds.close += 1,
                b'[' | b'(' => depth += 1,
                b']' | b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(bounds);
                    }
                }
                b'"' => {
                    let end = quoted_end(part, bounds.close);
                    bounds.escaped |= part[bounds.close..end].contains(&b'\\');
                    bounds.close = end;
                }
                _ => {}
            }
            bounds.close += 1;
        }
    }
}

//! Evaluates arguments to the types that parameters want.

use super::{Item, Result, State};
use crate::{
    gotemplate::{
        number::Number,
        tree::{Operand, OperandKind},
    },
    govalue::{Kind, Type, Value},
};

impl<'p> State<'p, '_> {
    /// Evaluates an argument; without a type anything is right.
    pub(super) fn argument(
        &mut self,
        dot: &Item,
        wanted: Option<Type>,
        operand: &'p Operand,
    ) -> Result<Item> {
        self.step()?;
        self.look_at(operand.start, operand);
        let item = match &operand.kind {
            OperandKind::Dot => dot.clone(),
            OperandKind::Nil => return self.nil(wanted),
            OperandKind::Field(_) | OperandKind::Variable(..) | OperandKind::Chain(..) => {
                self.fields_of(dot, operand, &[], None)?
            }
            OperandKind::Pipe(pipe) => self.pipeline(dot, pipe)?,
            OperandKind::Function(name, callee) => {
                self.call(dot, callee, (operand.start, operand), name, &[], None)?
            }
            OperandKind::Truth(_) | OperandKind::Number(_) | OperandKind::String { .. } => {
                return self.constant(wanted.unwrap_or(Type::Any), operand);
            }
        };
        match wanted {
            Some(wanted) => self.validate(item, wanted),
            None => Ok(item),
        }
    }

    fn nil(&self, wanted: Option<Type>) -> Result<Item> {
        let wanted = wanted.unwrap_or(Type::Any);
        match Item::nil(wanted) {
            Some(nil) => Ok(nil),
            None => Err(self.fail(format_args!("cannot assign nil to {}", wanted.name()))),
        }
    }

    /// Makes sure that a value fits a parameter.
    pub(super) fn validate(&self, item: Item, wanted: Type) -> Result<Item> {
        if let Item::Absent = item {
            return match Item::nil(wanted) {
                Some(nil) => Ok(nil),
                None => Err(self.fail(format_args!("invalid value; expected {}", wanted.name()))),
            };
        }
        if wanted == Type::Reflect || item.fits(wanted) {
            return Ok(item);
        }
        let item = match item {
            Item::Open(Value::Nil) => item,
            item => item.known(),
        };
        if item.fits(wanted) {
            return Ok(item);
        }
        let (wanted, got) = (wanted.name(), item.type_name());
        Err(self.fail(format_args!(
            "wrong type for value; expected {wanted}; got {got}"
        )))
    }

    /// Reads a constant as the type that a parameter wants.
    fn constant(&mut self, wanted: Type, operand: &'p Operand) -> Result<Item> {
        let number = match &operand.kind {
            OperandKind::Number(number) => Some(number),
            _ => None,
        };
        let (read, expected) = match wanted.kind() {
            _ if matches!(wanted, Type::Any | Type::Reflect) => {
                return number.map_or_else(|| self.word(operand), |number| self.number(number));
            }
            Kind::Bool | Kind::String => {
                let word = self.word(operand).ok();
                let fitting = word.filter(|word| word.fits(wanted));
                (fitting.map(Item::into_value), wanted.name())
            }
            _ => match (number_of(wanted, number), expected_number(wanted.kind())) {
                (read, Some(expected)) => (read, expected.into()),
                (_, None) => {
                    let wanted = wanted.name();
                    let message = format!("can't handle {operand} for arg of type {wanted}");
                    return Err(self.fail(message));
                }
            },
        };
        match read {
            Some(value) => Ok(Item::Known(value)),
            None => Err(self.fail(format_args!("expected {expected}; found {operand}"))),
        }
    }

    /// Gives a constant that is a truth or a text.
    fn word(&self, operand: &Operand) -> Result<Item> {
        match &operand.kind {
            OperandKind::Truth(truth) => Ok(Item::Known(Value::Bool(*truth))),
            OperandKind::String { text, .. } => Ok(Item::Known(Value::String(text.clone()))),
            _ => Err(self.fail(format_args!(
                "can't handle assignment of {operand} to empty interface argument"
            ))),
        }
    }
}

/// Says what is expected where a number of a kind is wanted.
fn expected_number(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Complex128 => Some("complex"),
        Kind::Float64 => Some("float"),
        kind if kind.is_signed() => Some("integer"),
        kind if kind.is_unsigned() => Some("unsigned integer"),
        _ => None,
    }
}

/// Gives a constant the type wanted, if that can hold it.
fn number_of(wanted: Type, number: Option<&Number>) -> Option<Value> {
    let number = number?;
    match wanted.kind() {
        Kind::Complex128 => {
            let (real, imaginary) = number.complex?;
            Some(Value::Complex(real, imaginary))
        }
        Kind::Float64 => number.float.map(Value::Float),
        kind if kind.is_signed() => number.signed.map(|number| signed_of(wanted, number)),
        _ => number.unsigned.map(|number| unsigned_of(wanted, number)),
    }
}

/// Gives a number the type wanted; what is too large is cut as in Go.
fn signed_of(wanted: Type, number: i64) -> Value {
    match wanted {
        Type::Int32 => Value::Int32(number as i32),
        Type::Int64 => Value::Int64(number),
        Type::Duration => Value::Duration(crate::gotime::Duration(number)),
        _ => Value::Int(number),
    }
}

fn unsigned_of(wanted: Type, number: u64) -> Value {
    match wanted {
        Type::Uint8 => Value::Uint8(number as u8),
        Type::Uint32 => Value::Uint32(number as u32),
        _ => Value::Uint64(number),
    }
}

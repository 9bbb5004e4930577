//! What each operation does.

use super::{
    super::{compile::Op, functions},
    Failure, Item, Machine, Order, Value, arithmetic, compare, expect_text, fetch, loops,
    unexpected,
};
use crate::{govalue::List, re2::Regex};

impl Machine<'_> {
    pub(super) fn step(&mut self, op: Op) -> Result<(), Failure> {
        match op {
            Op::Push(constant) => {
                let value = self.constant(constant)?;
                self.push(value)
            }
            Op::Int(number) => self.push(Value::Int(number)),
            Op::True => self.push(Value::Bool(true)),
            Op::False => self.push(Value::Bool(false)),
            Op::Nil => self.push(Value::Nil),
            Op::Pop => self.pop_item().map(drop),
            Op::Store(variable) => {
                self.variables[variable as usize] = self.pop_item()?;
                Ok(())
            }
            Op::LoadVariable(variable) => {
                let item = self.variables[variable as usize].clone();
                self.push(item)
            }
            Op::LoadName(name) => {
                let item = self.environment.get(self.name(name))?;
                self.push(item)
            }
            Op::LoadEnvironment => {
                let value = self.environment.all(&mut self.run)?;
                self.push(value)
            }
            Op::Fetch | Op::FetchName(_) | Op::Method(_) | Op::Slice | Op::Len => self.access(op),
            Op::Jump(_)
            | Op::JumpIfTrue(_)
            | Op::JumpIfFalse(_)
            | Op::JumpIfNil(_)
            | Op::JumpIfNotNil(_)
            | Op::JumpIfEnd(_) => self.jump(op),
            Op::Negate | Op::Not => self.unary(op),
            Op::Call(_) | Op::CallTyped(_) | Op::CallFunction(..) | Op::CallOne(_) => self.call(op),
            Op::Array(count) => {
                self.grow(count as usize)?;
                let values = self.pop_many(count)?;
                self.push(Value::from(values))
            }
            Op::ArrayOfCount => self.array_of_count(),
            Op::Map(count) => self.map(count),
            Op::MatchesRegex(_) | Op::Matches | Op::Contains | Op::StartsWith | Op::EndsWith => {
                self.text(op)
            }
            Op::InSet(set) => self.in_set(set),
            Op::In | Op::Equal | Op::EqualInt | Op::EqualText => self.equality(op),
            Op::Less | Op::More | Op::LessOrEqual | Op::MoreOrEqual => self.order(op),
            Op::Add
            | Op::Subtract
            | Op::Multiply
            | Op::Divide
            | Op::Modulo
            | Op::Exponent
            | Op::Range => self.arithmetic(op),
            _ => self.loop_step(op),
        }
    }

    fn jump(&mut self, op: Op) -> Result<(), Failure> {
        let (jumps, target) = match op {
            Op::JumpIfTrue(target) => (self.peek_bool()?, target),
            Op::JumpIfFalse(target) => (!self.peek_bool()?, target),
            Op::JumpIfNil(target) => (is_nil(self.peek()?), target),
            Op::JumpIfNotNil(target) => (!is_nil(self.peek()?), target),
            Op::JumpIfEnd(target) => (self.is_at_end()?, target),
            Op::Jump(target) => (true, target),
            _ => return Ok(()),
        };
        if jumps {
            self.next = target as usize;
        }
        Ok(())
    }

    fn unary(&mut self, op: Op) -> Result<(), Failure> {
        let value = match op {
            Op::Not => Value::Bool(!self.pop_bool()?),
            _ => arithmetic::negate(&self.pop()?)?,
        };
        self.push(value)
    }

    fn array_of_count(&mut self) -> Result<(), Failure> {
        let count = match self.pop()? {
            Value::Int(count) => u32::try_from(count).unwrap_or(u32::MAX),
            other => return Err(unexpected(&other, "int")),
        };
        self.step(Op::Array(count))
    }

    fn map(&mut self, count: u32) -> Result<(), Failure> {
        self.grow(count as usize)?;
        let values = self.pop_many(count.saturating_mul(2))?;
        let mut members = std::collections::BTreeMap::new();
        // The library takes the pairs from the last to the first, so the first of equal names
        // stays.
        for pair in values.chunks_exact(2).rev() {
            match &pair[0] {
                Value::String(name) => drop(members.insert(name.clone(), pair[1].clone())),
                other => return Err(unexpected(other, "string")),
            }
        }
        self.push(Value::Map(crate::govalue::Map::new(members)))
    }

    fn text(&mut self, op: Op) -> Result<(), Failure> {
        let holds = if let Op::MatchesRegex(regex) = op {
            let text = self.pop()?;
            let text = expect_text(&text)?;
            self.work(text.len().saturating_mul(8))?;
            self.code.regexes[regex as usize].is_match(text)
        } else {
            let (left, right) = self.pop_two()?;
            // The library looks at the pattern of `matches` first, else at the left side.
            let (left, right) = match op {
                Op::Matches => {
                    let right = expect_text(&right)?;
                    (expect_text(&left)?, right)
                }
                _ => (expect_text(&left)?, expect_text(&right)?),
            };
            self.work(left.len().saturating_mul(8).saturating_add(right.len()))?;
            match op {
                Op::StartsWith => left.starts_with(right),
                Op::EndsWith => left.ends_with(right),
                Op::Contains => contains(left, right),
                _ => {
                    self.run.step(100)?;
                    let regex = Regex::new(right);
                    regex
                        .map_err(|error| Failure::from(error.to_string()))?
                        .is_match(left)
                }
            }
        };
        self.push(Value::Bool(holds))
    }

    fn equality(&mut self, op: Op) -> Result<(), Failure> {
        let (left, right) = self.pop_two()?;
        let holds = match (op, &left, &right) {
            (Op::In, ..) => compare::is_in(self, &left, &right)?,
            (Op::EqualInt, Value::Int(left), Value::Int(right)) => left == right,
            (Op::EqualInt, Value::Int(_), other) | (Op::EqualInt, other, _) => {
                return Err(unexpected(other, "int"));
            }
            (Op::EqualText, ..) => expect_text(&left)? == expect_text(&right)?,
            _ => {
                self.work(compare::size(&left))?;
                compare::equal(&left, &right)
            }
        };
        self.push(Value::Bool(holds))
    }

    fn order(&mut self, op: Op) -> Result<(), Failure> {
        let (left, right) = self.pop_two()?;
        let order = match op {
            Op::Less => Order::Less,
            Op::More => Order::More,
            Op::LessOrEqual => Order::LessOrEqual,
            _ => Order::MoreOrEqual,
        };
        let holds = compare::compare(order, &left, &right)?;
        self.push(Value::Bool(holds))
    }

    fn arithmetic(&mut self, op: Op) -> Result<(), Failure> {
        let (left, right) = self.pop_two()?;
        if let (Op::Add, Value::String(left), Value::String(right)) = (op, &left, &right) {
            self.run.charge(left.len() + right.len())?;
            return self.push(Value::from([&left[..], &right[..]].concat()));
        }
        if let Op::Range = op {
            let (first, last) = (arithmetic::to_int(&left)?, arithmetic::to_int(&right)?);
            let size = last.wrapping_sub(first).wrapping_add(1);
            let length = usize::try_from(size).unwrap_or(0);
            self.grow(length)?;
            return self.push(loops::range(first, length));
        }
        let value = arithmetic::calculate(op, &left, &right)?;
        self.push(value)
    }

    fn access(&mut self, op: Op) -> Result<(), Failure> {
        let item = match op {
            Op::FetchName(name) => {
                let base = self.pop_item()?;
                self.fetch_name(base, name)?
            }
            Op::Fetch => {
                let property = self.pop()?;
                let base = self.pop()?;
                fetch::fetch(&base, &property)?.into()
            }
            Op::Method(name) => {
                let base = self.pop()?;
                fetch::method(&base, self.name(name))?.into()
            }
            Op::Slice => {
                let from = self.pop()?;
                let to = self.pop()?;
                let base = self.pop()?;
                let slice = fetch::slice(&base, &from, &to)?;
                if let Value::List(list) = &slice {
                    self.run.charge_elements(list.values().len())?;
                }
                slice.into()
            }
            _ => {
                let item = self.peek()?.clone();
                let value = self.value(item)?;
                let length = fetch::length(&value)?;
                // What was decoded stays decoded.
                self.stack.pop();
                self.push(value)?;
                Value::Int(length).into()
            }
        };
        self.push(item)
    }

    fn fetch_name(&mut self, base: Item, name: u32) -> Result<Item, Failure> {
        let key = self.name(name);
        match base {
            Item::Piece(piece) if self.environment.is_object(piece) => {
                self.run.step(piece.len() / 256)?;
                self.environment.member(piece, key)
            }
            Item::Sprig => Ok(Item::Value(functions::of_sprig(key))),
            other => {
                let base = self.value(other)?;
                let key = Value::from(key.to_vec());
                fetch::fetch(&base, &key).map(Item::from)
            }
        }
    }
}

fn is_nil(item: &Item) -> bool {
    match item {
        Item::Value(value) => compare::is_nil(value),
        Item::Piece(_) | Item::Sprig => false,
    }
}

fn contains(text: &[u8], piece: &[u8]) -> bool {
    memchr::memmem::find(text, piece).is_some()
}

/// Cuts a piece out of a list.
pub(super) fn cut(list: &List, from: usize, to: usize) -> Value {
    let values = list.values()[from..to].to_vec();
    Value::List(List::typed(list.element(), values))
}

//! Loops over collections.

use super::{
    super::compile::Op, Failure, Item, Keyed, Loop, Machine, Value, constant::kind_name, unexpected,
};
use crate::govalue::{List, Type};

/// Makes an `[]int` that counts up.
pub(super) fn range(first: i64, length: usize) -> Value {
    let numbers = (first..).take(length).map(Value::Int);
    Value::List(List::typed(Type::Int, numbers.collect()))
}

impl Machine<'_> {
    fn current(&mut self) -> Result<&mut Loop, Failure> {
        let none = || Failure::from(super::super::NIL_POINTER);
        self.loops.last_mut().ok_or_else(none)
    }

    pub(super) fn is_at_end(&mut self) -> Result<bool, Failure> {
        let current = self.current()?;
        Ok(current.index >= current.length)
    }

    pub(super) fn loop_step(&mut self, op: Op) -> Result<(), Failure> {
        match op {
            Op::Begin => self.begin(),
            Op::End => {
                self.loops.pop();
                Ok(())
            }
            Op::Pointer => {
                let element = self.element()?;
                self.push(element)
            }
            Op::IncrementIndex => self.current().map(|current| current.index += 1),
            Op::DecrementIndex => self.current().map(|current| current.index -= 1),
            Op::IncrementCount => self.current().map(|current| current.count += 1),
            Op::GetIndex => self.get(|current| current.index),
            Op::GetCount => self.get(|current| current.count),
            Op::GetLength => self.get(|current| current.length),
            Op::SetIndex => match self.pop()? {
                Value::Int(index) => self.current().map(|current| current.index = index),
                other => Err(unexpected(&other, "int")),
            },
            Op::GroupBy => self.group(),
            Op::GetGroups => self.groups(),
            Op::GetAccumulator => {
                let item = self.current()?.accumulator.clone();
                self.push(item)
            }
            Op::SetAccumulator => {
                let item = self.pop_item()?;
                self.current().map(|current| current.accumulator = item)
            }
            Op::OutOfRange => Err("reflect: slice index out of range".into()),
            _ => Ok(()),
        }
    }

    fn get(&mut self, number: impl Fn(&Loop) -> i64) -> Result<(), Failure> {
        let number = number(self.current()?);
        self.push(Value::Int(number))
    }

    fn begin(&mut self) -> Result<(), Failure> {
        let collection = self.pop()?;
        let length = match &collection {
            Value::List(list) => list.values().len(),
            Value::String(text) => text.len(),
            Value::Map(map) => map.len(),
            Value::Object(object) if Keyed::of(&**object).is_some() => {
                Keyed::of(&**object).map_or(0, Keyed::len)
            }
            other => {
                let kind = kind_name(other);
                return Err(format!("reflect: call of reflect.Value.Len on {kind} Value").into());
            }
        };
        self.loops.push(Loop {
            collection,
            index: 0,
            length: i64::try_from(length).unwrap_or(i64::MAX),
            count: 0,
            groups: None,
            accumulator: Item::Value(Value::Nil),
        });
        Ok(())
    }

    fn element(&mut self) -> Result<Value, Failure> {
        let current = self.current()?;
        let index = usize::try_from(current.index).ok();
        match &current.collection {
            Value::List(list) => index
                .and_then(|index| list.values().get(index).cloned())
                .ok_or_else(|| "reflect: slice index out of range".into()),
            Value::String(text) => index
                .and_then(|index| text.get(index).copied())
                .map(Value::Uint8)
                .ok_or_else(|| "reflect: string index out of range".into()),
            _ => Err("reflect: call of reflect.Value.Index on map Value".into()),
        }
    }

    fn group(&mut self) -> Result<(), Failure> {
        let element = self.element()?;
        let name = self.pop()?;
        self.run.charge_elements(2)?;
        let groups = self.current()?.groups.get_or_insert_with(Keyed::groups);
        groups.append(name, element)
    }

    fn groups(&mut self) -> Result<(), Failure> {
        let groups = self.current()?.groups.take();
        self.push(groups.unwrap_or_else(Keyed::groups).finish())
    }
}

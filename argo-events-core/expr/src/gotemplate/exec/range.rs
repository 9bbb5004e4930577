//! Repeats a list of nodes for each element.

use super::{Item, Result, State, Stop};
use crate::{gofmt, gotemplate::tree::Branch, govalue::Value};

impl<'p> State<'p, '_> {
    pub(super) fn range(&mut self, dot: &Item, branch: &'p Branch) -> Result<()> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?.into_value();
        let done = match self.elements(&value, branch) {
            Ok(false) => match &branch.otherwise {
                Some(otherwise) => self.list(dot, otherwise),
                None => Ok(()),
            },
            Ok(true) | Err(Stop::Break) => Ok(()),
            Err(stop) => Err(stop),
        };
        self.variables.truncate(mark);
        done
    }

    /// Goes through the elements and tells whether there was any.
    fn elements(&mut self, value: &Value, branch: &'p Branch) -> Result<bool> {
        match value {
            Value::Nil => Ok(false),
            Value::List(list) => {
                for (place, element) in list.values().iter().enumerate() {
                    let index = Item::Known(Value::Int(place as i64));
                    let element = Item::element(element.clone(), list.element());
                    self.iteration(branch, index, element)?;
                }
                Ok(!list.values().is_empty())
            }
            Value::Map(map) => {
                let entries = map.entries();
                let charged = self.run.charge_elements(entries.len());
                charged.map_err(|failure| self.failure(failure))?;
                let is_any = !entries.is_empty();
                for (name, member) in entries {
                    let member = Item::element(member, map.member());
                    self.iteration(branch, Item::Known(Value::String(name)), member)?;
                }
                Ok(is_any)
            }
            _ if is_whole(value) => self.count(value, branch),
            _ => {
                let shown = gofmt::sprint(std::slice::from_ref(value)).unwrap_or_default();
                let shown = String::from_utf8_lossy(&shown).into_owned();
                Err(self.fail(format_args!("range can't iterate over {shown}")))
            }
        }
    }

    /// Counts from 0 up to a number.
    fn count(&mut self, value: &Value, branch: &'p Branch) -> Result<bool> {
        let end = value.as_integer().unwrap_or(0);
        if branch.pipe.variables.len() > 1 {
            let message = format!("can't use {end} to iterate over more than one variable");
            return Err(self.fail(message));
        }
        for number in 0..end.max(0) {
            let Some(number) = of_same_type(value, number) else {
                break;
            };
            self.iteration(branch, Item::Absent, Item::Known(number))?;
        }
        Ok(end > 0)
    }

    fn iteration(&mut self, branch: &'p Branch, index: Item, element: Item) -> Result<()> {
        self.step()?;
        let mark = self.variables.len();
        let pipe = &branch.pipe;
        match (&pipe.variables[..], pipe.assigns) {
            ([variable], true) => self.assign(variable, element.clone())?,
            ([first, second], true) => {
                self.assign(first, index)?;
                self.assign(second, element.clone())?;
            }
            ([_], false) => self.variables[mark - 1].1 = element.clone(),
            ([_, _], false) => {
                self.variables[mark - 1].1 = element.clone();
                self.variables[mark - 2].1 = index;
            }
            _ => {}
        }
        let done = self.list(&element, &branch.list);
        self.variables.truncate(mark);
        match done {
            Err(Stop::Continue) => Ok(()),
            done => done,
        }
    }
}

fn is_whole(value: &Value) -> bool {
    let kind = value.kind();
    value.as_integer().is_some() && (kind.is_signed() || kind.is_unsigned())
}

fn of_same_type(like: &Value, number: i128) -> Option<Value> {
    Some(match like {
        Value::Int64(_) => Value::Int64(number.try_into().ok()?),
        Value::Int32(_) => Value::Int32(number.try_into().ok()?),
        Value::Uint8(_) => Value::Uint8(number.try_into().ok()?),
        Value::Uint32(_) => Value::Uint32(number.try_into().ok()?),
        Value::Uint64(_) => Value::Uint64(number.try_into().ok()?),
        Value::Duration(_) => Value::Duration(crate::gotime::Duration(number.try_into().ok()?)),
        _ => Value::Int(number.try_into().ok()?),
    })
}

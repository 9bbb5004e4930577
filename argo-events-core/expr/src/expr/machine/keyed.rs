//! Maps whose names are any values: what `groupBy` and `fromPairs` give.

use super::{Failure, Value};
use crate::govalue::{Kind, Object};
use std::{any::Any, borrow::Cow, collections::BTreeMap, rc::Rc};

/// A `map[interface {}]interface {}`, or a `map[interface {}][]interface {}` of groups.
#[derive(Debug, Default)]
pub(in super::super) struct Keyed {
    holds_lists: bool,
    /// Members by a text that differs wherever Go tells the names apart.
    members: BTreeMap<Vec<u8>, (Value, Member)>,
}

#[derive(Debug)]
enum Member {
    Value(Value),
    Group(Vec<Value>),
}

impl Keyed {
    /// Makes an empty map of groups.
    pub(super) fn groups() -> Self {
        Self {
            holds_lists: true,
            ..Self::default()
        }
    }

    /// Returns the map that an object is.
    pub(super) fn of(object: &dyn Object) -> Option<&Self> {
        object.as_any().downcast_ref()
    }

    pub(in super::super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Adds a value to the group with a name.
    pub(super) fn append(&mut self, name: Value, value: Value) -> Result<(), Failure> {
        let group = || (name.clone(), Member::Group(Vec::new()));
        let member = self.members.entry(key(&name)?).or_insert_with(group);
        if let Member::Group(group) = &mut member.1 {
            group.push(value);
        }
        Ok(())
    }

    pub(in super::super) fn insert(&mut self, name: Value, value: Value) -> Result<(), Failure> {
        let key = key(&name)?;
        self.members.insert(key, (name, Member::Value(value)));
        Ok(())
    }

    /// Makes a value of what was put together.
    pub(in super::super) fn finish(mut self) -> Value {
        for (_, member) in self.members.values_mut() {
            if let Member::Group(group) = member {
                *member = Member::Value(Value::from(std::mem::take(group)));
            }
        }
        Value::Object(Rc::new(self))
    }

    pub(super) fn get(&self, name: &Value) -> Result<Option<Value>, Failure> {
        let member = self.members.get(&key(name)?);
        Ok(member.map(|(_, member)| member.value()))
    }

    /// Returns what a name stands for that is not there.
    pub(super) fn missing(&self) -> Value {
        match self.holds_lists {
            true => Value::List(crate::govalue::List::nil(crate::govalue::Type::Any)),
            false => Value::Nil,
        }
    }

    pub(in super::super) fn entries(&self) -> impl Iterator<Item = (Value, Value)> {
        let members = self.members.values();
        members.map(|(name, member)| (name.clone(), member.value()))
    }
}

impl Member {
    fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Group(_) => Value::Nil,
        }
    }
}

/// Returns a text that differs for names which Go tells apart.
fn key(name: &Value) -> Result<Vec<u8>, Failure> {
    let mut key = name.type_name().as_bytes().to_vec();
    key.push(0);
    match name {
        Value::String(text) => key.extend_from_slice(text),
        // Both zeros are one name.
        Value::Float(number) => key.extend((number + 0.0).to_bits().to_be_bytes()),
        Value::List(_) | Value::Map(_) | Value::Function(_) => return Err(unhashable(name)),
        Value::Object(object) if matches!(object.kind(), Kind::Map | Kind::Func) => {
            return Err(unhashable(name));
        }
        other => key.extend_from_slice(format!("{other:?}").as_bytes()),
    }
    Ok(key)
}

fn unhashable(name: &Value) -> Failure {
    format!(
        "runtime error: hash of unhashable type {}",
        name.type_name()
    )
    .into()
}

impl Object for Keyed {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.holds_lists {
            true => "map[interface {}][]interface {}",
            false => "map[interface {}]interface {}",
        })
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn text(&self) -> Option<String> {
        let members = self.entries().map(|(name, member)| {
            let text = crate::gofmt::sprintf("%v:%v", &[name, member]);
            text.map_or_else(
                |_| String::new(),
                |text| String::from_utf8_lossy(&text).into(),
            )
        });
        Some(format!("map[{}]", members.collect::<Vec<_>>().join(" ")))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

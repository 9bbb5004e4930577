//! Operators between two values.

use super::{
    super::{
        ast::{Kind, NodeId, NodeKind},
        error::Error,
        types::{Type, comparable, shown},
    },
    Checker, Found, Visited,
};
use crate::{gofmt, re2::Regex};
use std::sync::Arc;

/// A class of types that an operator takes.
type Class = fn(&Type) -> bool;

fn is_bool(found: &Type) -> bool {
    found.kind() == Kind::Bool
}

fn is_text(found: &Type) -> bool {
    found.kind() == Kind::Text
}

fn is_time(found: &Type) -> bool {
    *found == Type::Time
}

fn is_duration(found: &Type) -> bool {
    *found == Type::Duration
}

const NUMBER: Class = Type::is_number;
const INTEGER: Class = Type::is_integer;

fn both(left: &Found, right: &Found, class: Class) -> bool {
    left.as_ref().is_some_and(class) && right.as_ref().is_some_and(class)
}

/// Tells whether one side is unknown and the other unknown or of one of the classes.
fn open(left: &Found, right: &Found, classes: &[Class]) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return false;
    };
    let fits = |found: &Type| found.is_any() || classes.iter().any(|class| class(found));
    left.is_any() && fits(right) || right.is_any() && fits(left)
}

fn combined(left: &Type, right: &Type) -> Type {
    if left.kind() == right.kind() {
        left.clone()
    } else if left.kind() == Kind::Float || right.kind() == Kind::Float {
        Type::Float
    } else {
        Type::Int
    }
}

impl Checker<'_> {
    /// Judges a chain of operators from the innermost on the left outwards, without recursion.
    pub(super) fn binary(&mut self, id: NodeId) -> Result<Visited, Error> {
        let mut chain = Vec::new();
        let mut innermost = id;
        while let NodeKind::Binary { left, .. } = self.tree.kind(innermost) {
            chain.push(innermost);
            innermost = *left;
        }
        let mut visited = self.visit(innermost)?;
        while let Some(id) = chain.pop() {
            let NodeKind::Binary {
                operator, right, ..
            } = *self.tree.kind(id)
            else {
                continue;
            };
            let right = (right, self.visit(right)?);
            visited = self.operator(id, operator, visited.found, right)?.into();
            self.tree.get_mut(id).found.clone_from(&visited.found);
        }
        Ok(visited)
    }

    fn operator(
        &mut self,
        id: NodeId,
        operator: &'static str,
        left: Found,
        (right_id, right): (NodeId, Visited),
    ) -> Result<Found, Error> {
        let found = match operator {
            "in" => self.membership(id, &left, &right)?,
            "matches" => self.matching(id, &left, right_id, &right.found)?,
            "??" => return Ok(coalesced(left, right.found)),
            _ => result(operator, &left, &right.found),
        };
        match found {
            Some(found) => Ok(Some(found)),
            None => {
                let (left, right) = (shown(&left), shown(&right.found));
                let types = format!("(mismatched types {left} and {right})");
                let error = self.fail(id, format!("invalid operation: {operator} {types}"));
                Err(error)
            }
        }
    }

    fn membership(&self, id: NodeId, left: &Found, right: &Visited) -> Result<Found, Error> {
        let Some(container) = &right.found else {
            return Ok(None);
        };
        let left_is_any = left.as_ref().is_some_and(Type::is_any);
        let fits = match container {
            Type::Time => left_is_any || left.as_ref().is_some_and(is_text),
            Type::Map(map) => match left {
                Some(left) if !left_is_any && !left.assignable_to(&map.0) => {
                    let message = format!("cannot use {left} as type {} in map key", map.0);
                    return Err(self.fail(id, message));
                }
                _ => true,
            },
            Type::List(element) => {
                let element = Some((**element).clone());
                for element in [&element, &right.element] {
                    if !comparable(left, element) {
                        let (left, element) = (shown(left), shown(element));
                        let message = format!("cannot use {left} as type {element} in array");
                        return Err(self.fail(id, message));
                    }
                }
                true
            }
            Type::Text => left_is_any,
            _ => container.is_any(),
        };
        Ok(fits.then_some(Type::Bool))
    }

    fn matching(
        &mut self,
        id: NodeId,
        left: &Found,
        right_id: NodeId,
        right: &Found,
    ) -> Result<Found, Error> {
        if let NodeKind::Text(pattern) = self.tree.kind(right_id) {
            let compiled = Regex::new(pattern);
            let compiled =
                compiled.map_err(|error| self.fail(id, formatted(&error.to_string())))?;
            if let NodeKind::Binary { regex, .. } = &mut self.tree.get_mut(id).kind {
                *regex = Some(Arc::new(compiled));
            }
        }
        let fits = both(left, right, is_text) || open(left, right, &[is_text]);
        Ok(fits.then_some(Type::Bool))
    }
}

/// Prints a message as the library does, which takes it for a format.
fn formatted(message: &str) -> String {
    gofmt::sprintf::<gofmt::Value>(message, &[]).map_or_else(
        |_| message.to_owned(),
        |text| String::from_utf8_lossy(&text).into_owned(),
    )
}

fn coalesced(left: Found, right: Found) -> Found {
    match (left, right) {
        (Some(left), Some(right)) if right.assignable_to(&left) => Some(left),
        (Some(_), Some(_)) => Some(Type::Any),
        (left, right) => left.or(right),
    }
}

fn result(operator: &str, left: &Found, right: &Found) -> Found {
    match operator {
        "==" | "!=" => comparable(left, right).then_some(Type::Bool),
        "or" | "||" | "and" | "&&" => {
            let fits = both(left, right, is_bool) || open(left, right, &[is_bool]);
            fits.then_some(Type::Bool)
        }
        "<" | ">" | ">=" | "<=" => {
            let classes = [NUMBER, is_text, is_time];
            let same = classes.iter().any(|class| both(left, right, *class));
            (same || open(left, right, &classes)).then_some(Type::Bool)
        }
        "contains" | "startsWith" | "endsWith" => {
            let fits = both(left, right, is_text) || open(left, right, &[is_text]);
            fits.then_some(Type::Bool)
        }
        ".." => {
            let fits = both(left, right, INTEGER) || open(left, right, &[INTEGER]);
            fits.then(|| Type::list(Type::Int))
        }
        _ => arithmetic(operator, left, right),
    }
}

fn arithmetic(operator: &str, left: &Found, right: &Found) -> Found {
    let (Some(one), Some(other)) = (left, right) else {
        return None;
    };
    let numbers = both(left, right, NUMBER);
    match operator {
        "/" | "**" | "^" => (numbers || open(left, right, &[NUMBER])).then_some(Type::Float),
        "%" if both(left, right, INTEGER) => Some(combined(one, other)),
        "%" => open(left, right, &[INTEGER]).then_some(Type::Any),
        _ if numbers => Some(combined(one, other)),
        "*" => open(left, right, &[NUMBER]).then_some(Type::Any),
        "-" => match (one, other) {
            (Type::Time, Type::Time) => Some(Type::Duration),
            (Type::Time, Type::Duration) => Some(Type::Time),
            _ => open(left, right, &[NUMBER, is_time]).then_some(Type::Any),
        },
        "+" => match (one, other) {
            (Type::Text, Type::Text) => Some(Type::Text),
            (Type::Time, Type::Duration) | (Type::Duration, Type::Time) => Some(Type::Time),
            _ => open(left, right, &[NUMBER, is_text, is_time, is_duration]).then_some(Type::Any),
        },
        _ => None,
    }
}

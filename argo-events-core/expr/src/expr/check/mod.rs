//! Finds the type of every node as far as it is known, and what cannot work whatever the payload.

mod binary;
mod builtin;
mod call;
mod member;

use super::{
    ast::{NodeId, NodeKind, Tree},
    error::Error,
    types::{Type, shown},
};
use std::sync::Arc;

/// A type, or nothing for that of `nil`.
type Found = Option<Type>;

/// Checks a tree and notes the types in it.
pub(super) fn check(tree: &mut Tree, root: NodeId) -> Result<(), Error> {
    let mut checker = Checker {
        tree,
        loops: Vec::new(),
        variables: Vec::new(),
    };
    checker.visit(root).map(|_| ())
}

struct Checker<'t> {
    tree: &'t mut Tree,
    loops: Vec<Loop>,
    variables: Vec<Variable>,
}

/// A loop that is around, and which pointers beside the element it has.
struct Loop {
    collection: Type,
    has_index: bool,
    has_accumulator: bool,
}

struct Variable {
    name: Arc<str>,
    found: Found,
    builtin: Option<&'static str>,
}

/// A node's type, what its elements are if it is a literal list, and which function it names.
#[derive(Default)]
struct Visited {
    found: Found,
    element: Found,
    builtin: Option<&'static str>,
}

impl From<Type> for Visited {
    fn from(found: Type) -> Self {
        Self::from(Some(found))
    }
}

impl From<Found> for Visited {
    fn from(found: Found) -> Self {
        Self {
            found,
            ..Self::default()
        }
    }
}

impl Checker<'_> {
    fn fail(&self, id: NodeId, message: impl Into<String>) -> Error {
        Error::new(message).at(self.tree.get(id).location)
    }

    fn visit(&mut self, id: NodeId) -> Result<Visited, Error> {
        let visited = self.judge(id)?;
        self.tree.get_mut(id).found.clone_from(&visited.found);
        Ok(visited)
    }

    fn type_of(&mut self, id: NodeId) -> Result<Found, Error> {
        self.visit(id).map(|visited| visited.found)
    }

    fn judge(&mut self, id: NodeId) -> Result<Visited, Error> {
        let kind = self.tree.kind(id).clone();
        match kind {
            NodeKind::Nil => Ok(Visited::default()),
            NodeKind::Integer(_) => Ok(Type::Int.into()),
            NodeKind::Float(_) => Ok(Type::Float.into()),
            NodeKind::Bool(_) => Ok(Type::Bool.into()),
            NodeKind::Text(_) => Ok(Type::Text.into()),
            NodeKind::Constant(_) => Ok(Type::Any.into()),
            NodeKind::Identifier(name) => Ok(self.identifier(&name)),
            NodeKind::Unary { operator, operand } => self.unary(id, operator, operand),
            NodeKind::Binary { .. } => self.binary(id),
            NodeKind::Chain(inner) => self.visit(inner),
            NodeKind::Member { base, property, .. } => self.member(id, base, property, false),
            NodeKind::Slice { base, from, to } => self.slice(id, base, from, to),
            NodeKind::Call {
                callee, arguments, ..
            } => self.call(id, callee, &arguments),
            NodeKind::Builtin {
                name, arguments, ..
            } => self.builtin(id, name, &arguments),
            NodeKind::Closure(body) => self.closure(body),
            NodeKind::Pointer(name) => self.pointer(id, &name),
            NodeKind::Let { name, value, body } => self.declaration(id, name, value, body),
            NodeKind::Conditional { condition, yes, no } => self.conditional(condition, yes, no),
            NodeKind::Array(nodes) => self.array(&nodes),
            NodeKind::Map(pairs) => self.map(&pairs),
        }
    }

    fn identifier(&self, name: &str) -> Visited {
        if let Some(variable) = self.variable(name) {
            return Visited {
                found: variable.found.clone(),
                builtin: variable.builtin,
                ..Visited::default()
            };
        }
        match name {
            "$env" => Type::any_map().into(),
            _ => named(name),
        }
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        let mut variables = self.variables.iter().rev();
        variables.find(|variable| &*variable.name == name)
    }

    fn unary(
        &mut self,
        id: NodeId,
        operator: &'static str,
        operand: NodeId,
    ) -> Result<Visited, Error> {
        let found = self.type_of(operand)?;
        match (&found, operator) {
            (Some(Type::Bool), "!" | "not") => return Ok(Type::Bool.into()),
            (Some(found), "!" | "not") if found.is_any() => return Ok(Type::Bool.into()),
            (Some(number), "+" | "-") if number.is_number() => return Ok(number.clone().into()),
            (Some(found), "+" | "-") if found.is_any() => return Ok(Type::Any.into()),
            _ => {}
        }
        let found = shown(&found);
        Err(self.fail(
            id,
            format!("invalid operation: {operator} (mismatched type {found})"),
        ))
    }

    fn closure(&mut self, body: NodeId) -> Result<Visited, Error> {
        match self.type_of(body)? {
            Some(found) => Ok(Type::function(vec![Type::Any], found).into()),
            None => Err(self.fail(body, "closure cannot be nil")),
        }
    }

    fn pointer(&self, id: NodeId, name: &str) -> Result<Visited, Error> {
        let Some(around) = self.loops.last() else {
            return Err(self.fail(id, "cannot use pointer accessor outside closure"));
        };
        match name {
            "" => Ok(around.collection.element().unwrap_or(Type::Any).into()),
            "index" if around.has_index => Ok(Type::Int.into()),
            "acc" if around.has_accumulator => Ok(Type::Any.into()),
            _ => Err(self.fail(id, format!("unknown pointer #{name}"))),
        }
    }

    fn declaration(
        &mut self,
        id: NodeId,
        name: Arc<str>,
        value: NodeId,
        body: NodeId,
    ) -> Result<Visited, Error> {
        if super::builtin::find(&name).is_some() {
            return Err(self.fail(id, format!("cannot redeclare builtin {name}")));
        }
        if self.variable(&name).is_some() {
            return Err(self.fail(id, format!("cannot redeclare variable {name}")));
        }
        let visited = self.visit(value)?;
        self.variables.push(Variable {
            name,
            found: visited.found,
            builtin: visited.builtin,
        });
        let visited = self.visit(body);
        self.variables.pop();
        visited
    }

    fn conditional(
        &mut self,
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
    ) -> Result<Visited, Error> {
        let found = self.type_of(condition)?;
        if !matches!(found, Some(Type::Bool)) && !found.as_ref().is_some_and(Type::is_any) {
            let found = shown(&found);
            let message = format!("non-bool expression (type {found}) used as condition");
            return Err(self.fail(condition, message));
        }
        let found = match (self.type_of(yes)?, self.type_of(no)?) {
            (Some(yes), Some(no)) if yes.assignable_to(&no) => Some(yes),
            (Some(_), Some(_)) => Some(Type::Any),
            (yes, no) => yes.or(no),
        };
        Ok(found.into())
    }

    fn array(&mut self, nodes: &[NodeId]) -> Result<Visited, Error> {
        let mut previous: Found = None;
        let mut is_uniform = true;
        for (place, node) in nodes.iter().enumerate() {
            let found = self.type_of(*node)?;
            if place > 0 {
                is_uniform &= match (&previous, &found) {
                    (Some(previous), Some(found)) => previous.kind() == found.kind(),
                    _ => false,
                };
            }
            previous = found;
        }
        Ok(Visited {
            found: Some(Type::anys()),
            element: previous.filter(|_| is_uniform),
            builtin: None,
        })
    }

    fn map(&mut self, pairs: &[(NodeId, NodeId)]) -> Result<Visited, Error> {
        for (name, value) in pairs {
            self.visit(*name)?;
            self.visit(*value)?;
        }
        Ok(Type::any_map().into())
    }
}

/// Returns what a name that is no variable stands for.
fn named(name: &str) -> Visited {
    match super::builtin::find(name) {
        Some(builtin) => Visited {
            found: Some(Type::builtin()),
            builtin: Some(builtin.name),
            ..Visited::default()
        },
        None => Type::Any.into(),
    }
}

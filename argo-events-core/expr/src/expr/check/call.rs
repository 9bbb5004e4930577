//! Calls of functions that are not built in.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        error::Error,
        types::{Signature, Type, shown},
    },
    Checker, Found, Visited,
};

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        id: NodeId,
        callee: NodeId,
        arguments: &[NodeId],
    ) -> Result<Visited, Error> {
        let visited = self.callee(callee)?;
        if let Some(name) = visited.builtin {
            if let NodeKind::Call { builtin, .. } = &mut self.tree.get_mut(id).kind {
                *builtin = Some(name);
            }
            return self.judged_as_value(id, name, arguments);
        }
        match visited.found {
            None => {
                let name = self.callee_name(callee);
                Err(self.fail(id, format!("{name} is nil; cannot call nil as function")))
            }
            // What is not known to be a function is called as it comes; its arguments stay
            // unjudged.
            Some(found) if found.is_any() => Ok(Type::Any.into()),
            Some(Type::Function(signature)) => {
                let name = self.callee_name(callee);
                self.method_call(id, &name, &signature, arguments)
            }
            other => Err(self.fail(id, format!("{} is not callable", shown(&other)))),
        }
    }

    /// Judges a call of a built-in function that was reached by another way than its name.
    fn judged_as_value(
        &mut self,
        id: NodeId,
        name: &'static str,
        arguments: &[NodeId],
    ) -> Result<Visited, Error> {
        match super::super::builtin::find(name) {
            Some(builtin) if builtin.is_predicate() => {
                let message = format!("not enough arguments to call {name}");
                Err(self.fail(id, message))
            }
            _ => self.judged(id, name, arguments),
        }
    }

    fn callee(&mut self, callee: NodeId) -> Result<Visited, Error> {
        let NodeKind::Member { base, property, .. } = *self.tree.kind(callee) else {
            return self.visit(callee);
        };
        let visited = self.member(callee, base, property, true)?;
        self.tree.get_mut(callee).found.clone_from(&visited.found);
        Ok(visited)
    }

    fn callee_name(&self, callee: NodeId) -> String {
        match self.tree.kind(callee) {
            NodeKind::Identifier(name) => name.to_string(),
            NodeKind::Member { property, .. } => match self.tree.kind(*property) {
                NodeKind::Text(name) => String::from_utf8_lossy(name).into_owned(),
                _ => "function".to_owned(),
            },
            _ => "function".to_owned(),
        }
    }

    /// Judges a call of a method, whose first parameter is what it belongs to.
    fn method_call(
        &mut self,
        id: NodeId,
        name: &str,
        signature: &Signature,
        arguments: &[NodeId],
    ) -> Result<Visited, Error> {
        let expected = signature.parameters.get(1..).unwrap_or_default();
        if signature.results.len() > 2 {
            let message = format!("func {name} returns more then two values");
            return Err(self.fail(id, message));
        }
        if arguments.len() != expected.len() {
            return Err(self.wrong_number(id, name, arguments.len() > expected.len()));
        }
        let mut known = Vec::new();
        match self.mismatch(name, arguments, &mut known, expected)? {
            Some(error) => Err(error),
            None => Ok(signature.results[0].clone().into()),
        }
    }

    pub(super) fn wrong_number(&self, id: NodeId, name: &str, too_many: bool) -> Error {
        let which = if too_many { "too many" } else { "not enough" };
        self.fail(id, format!("{which} arguments to call {name}"))
    }

    /// Returns the complaint about the first argument that does not fit; those behind it stay
    /// unjudged. Types that were found before are in `known`.
    pub(super) fn mismatch(
        &mut self,
        name: &str,
        arguments: &[NodeId],
        known: &mut Vec<Found>,
        expected: &[Type],
    ) -> Result<Option<Error>, Error> {
        for (place, (argument, expected)) in arguments.iter().zip(expected).enumerate() {
            if place == known.len() {
                known.push(self.type_of(*argument)?);
            }
            let Some(found) = &known[place] else {
                continue;
            };
            let both_integers = found.is_integer() && expected.is_integer();
            if both_integers && found.kind() != expected.kind() {
                continue;
            }
            if !found.assignable_to(expected) && !found.is_any() {
                // The blank at the end is the library's.
                let types = format!("{found} as argument (type {expected})");
                let message = format!("cannot use {types} to call {name} ");
                return Ok(Some(self.fail(*argument, message)));
            }
        }
        Ok(None)
    }
}

//! Calls of built-in functions.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        builtin::{self, Judge},
        error::Error,
        types::{Type, shown},
    },
    Checker, Found, Loop, Visited,
};

impl Checker<'_> {
    pub(super) fn builtin(
        &mut self,
        id: NodeId,
        name: &'static str,
        arguments: &[NodeId],
    ) -> Result<Visited, Error> {
        let Some(builtin) = builtin::find(name) else {
            return Err(self.fail(id, format!("unknown builtin {name}")));
        };
        if builtin.is_predicate() {
            return self.predicate(name, arguments);
        }
        match name {
            "get" => self.get(id, arguments).map(Visited::from),
            _ => self.judged(id, name, arguments),
        }
    }

    fn predicate(&mut self, name: &str, arguments: &[NodeId]) -> Result<Visited, Error> {
        let (list, closure) = (arguments[0], arguments[1]);
        let collection = match self.type_of(list)? {
            Some(found) if found.is_any() || matches!(found, Type::List(_)) => found,
            other => {
                let other = shown(&other);
                let message = format!("builtin {name} takes only array (got {other})");
                return Err(self.fail(list, message));
            }
        };
        let result = self.loop_over(name, collection.clone(), closure)?;
        if let Some(initial) = arguments.get(2) {
            self.visit(*initial)?;
        }
        let element = collection.element();
        Ok(match name {
            "map" => Type::list(result),
            "groupBy" => Type::map(Type::Any, Type::anys()),
            "reduce" => result,
            _ => {
                self.expect_bool(&result, closure)?;
                match name {
                    "filter" => Type::list(element.unwrap_or(Type::Any)),
                    "find" | "findLast" => element.unwrap_or(Type::Any),
                    "count" | "findIndex" | "findLastIndex" => Type::Int,
                    _ => Type::Bool,
                }
            }
        }
        .into())
    }

    /// Judges a closure and returns what it gives.
    fn loop_over(&mut self, name: &str, collection: Type, closure: NodeId) -> Result<Type, Error> {
        self.loops.push(Loop {
            collection,
            has_index: matches!(name, "map" | "reduce"),
            has_accumulator: name == "reduce",
        });
        let found = self.type_of(closure)?;
        self.loops.pop();
        match found {
            Some(Type::Function(signature)) => Ok(signature.results[0].clone()),
            _ => Ok(Type::Any),
        }
    }

    fn expect_bool(&self, result: &Type, closure: NodeId) -> Result<(), Error> {
        if *result == Type::Bool || result.is_any() {
            return Ok(());
        }
        let message = format!("predicate should return boolean (got {result})");
        Err(self.fail(closure, message))
    }

    fn get(&mut self, id: NodeId, arguments: &[NodeId]) -> Result<Found, Error> {
        let [value, property] = *arguments else {
            let message = format!(
                "invalid number of arguments (expected 2, got {})",
                arguments.len()
            );
            return Err(self.fail(id, message));
        };
        if matches!(self.tree.kind(value), NodeKind::Identifier(name) if &**name == "$env") {
            let is_text = matches!(self.tree.kind(property), NodeKind::Text(_));
            return Ok((!is_text).then_some(Type::Any));
        }
        match self.type_of(value)? {
            Some(found) if found.is_any() => Ok(Some(Type::Any)),
            Some(Type::List(element)) => {
                self.list_index(property)?;
                Ok(Some((*element).clone()))
            }
            Some(Type::Map(map)) => {
                self.map_index(property, &Type::Map(map.clone()), &map.0)?;
                Ok(Some(map.1.clone()))
            }
            other => {
                let message = format!("type {} does not support indexing", shown(&other));
                Err(self.fail(value, message))
            }
        }
    }

    fn list_index(&mut self, property: NodeId) -> Result<(), Error> {
        match self.type_of(property)? {
            None => Err(self.fail(property, "cannot use nil as slice index")),
            Some(found) if found.is_integer() || found.is_any() => Ok(()),
            Some(found) => Err(self.fail(property, format!("non-integer slice index {found}"))),
        }
    }

    fn map_index(&mut self, property: NodeId, map: &Type, name: &Type) -> Result<(), Error> {
        match self.type_of(property)? {
            None => Err(self.fail(property, "cannot use nil as map index")),
            Some(found) if found.assignable_to(name) || found.is_any() => Ok(()),
            Some(found) => {
                let message = format!("cannot use {found} to get an element from {map}");
                Err(self.fail(property, message))
            }
        }
    }

    /// Judges a call by the function's own rules.
    pub(super) fn judged(
        &mut self,
        id: NodeId,
        name: &'static str,
        arguments: &[NodeId],
    ) -> Result<Visited, Error> {
        let judge = builtin::find(name).map_or(Judge::Open, |builtin| builtin.judge);
        match judge {
            Judge::Test(test) => {
                let mut types = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    types.push(self.type_of(*argument)?);
                }
                test(&types)
                    .map(Visited::from)
                    .map_err(|message| self.fail(id, message))
            }
            Judge::Forms(forms) => self.one_of(id, name, forms, arguments),
            Judge::Open => {
                for argument in arguments {
                    self.visit(*argument)?;
                }
                Ok(Type::Any.into())
            }
        }
    }

    /// Finds the form that a call fits; the complaint is about the last one.
    fn one_of(
        &mut self,
        id: NodeId,
        name: &str,
        forms: &[builtin::Form],
        arguments: &[NodeId],
    ) -> Result<Visited, Error> {
        let mut known = Vec::new();
        let mut complaint = None;
        for (parameters, result) in forms {
            let count = parameters.len();
            if arguments.len() != count {
                complaint = Some(self.wrong_number(id, name, arguments.len() > count));
                continue;
            }
            let expected: Vec<_> = parameters.iter().map(|known| known.to_type()).collect();
            match self.mismatch(name, arguments, &mut known, &expected)? {
                None => return Ok(result.to_type().into()),
                error => complaint = error,
            }
        }
        Err(complaint.unwrap_or_else(|| self.fail(id, format!("no matching overload for {name}"))))
    }
}

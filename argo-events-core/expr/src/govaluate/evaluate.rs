//! Computes the value of a compiled expression.

use super::{
    EvaluateError, Limits, Value, operator,
    stage::{Access, Chain, Link, Stage},
    symbol::Symbol,
};

/// What is left of what an evaluation may do.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    pub(super) fn of(limits: Limits) -> Self {
        Self {
            steps: limits.max_steps,
            bytes: limits.max_bytes,
        }
    }

    fn step(&mut self, count: usize) -> Result<(), EvaluateError> {
        let left = self.steps.checked_sub(count);
        self.steps = left.ok_or_else(|| EvaluateError::new("expression takes too many steps"))?;
        Ok(())
    }

    pub(super) fn pay_for_bytes(&mut self, count: usize) -> Result<(), EvaluateError> {
        let left = self.bytes.checked_sub(count);
        self.bytes = left.ok_or_else(|| EvaluateError::new("expression joins too long texts"))?;
        Ok(())
    }

    /// Pays for comparing two values, of which the smaller one says how much that is.
    pub(super) fn pay_for_comparing(
        &mut self,
        left: &Value<'_>,
        right: &Value<'_>,
    ) -> Result<(), EvaluateError> {
        match (left, right) {
            (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
                self.step(size(left).min(size(right)))
            }
            (Value::Text(left), Value::Text(right)) if left.len() == right.len() => {
                const BYTES_PER_STEP: usize = 64;
                self.step(1 + left.len() / BYTES_PER_STEP)
            }
            _ => self.step(1),
        }
    }
}

/// Counts what a value consists of.
fn size(value: &Value<'_>) -> usize {
    match value {
        Value::List(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Value::Map(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// An evaluation.
pub(super) struct Evaluation<'v> {
    pub(super) names: &'v [String],
    pub(super) values: &'v [Option<Value<'v>>],
    pub(super) budget: Budget,
}

impl<'v> Evaluation<'v> {
    /// Computes a part. Its depth is bounded when it is compiled.
    pub(super) fn stage(&mut self, stage: &'v Stage) -> Result<Value<'v>, EvaluateError> {
        self.budget.step(1)?;
        match stage {
            Stage::Variable(place) => self.variable(*place),
            Stage::Prefix(symbol, right) => operator::prefix(*symbol, self.stage(right)?),
            Stage::Chain(chain) if chain.links[0].symbol == Symbol::Separate => self.list(chain),
            Stage::Chain(chain) => {
                let mut value = self.stage(&chain.first)?;
                for link in &chain.links {
                    value = self.link(value, link)?;
                }
                Ok(value)
            }
            Stage::Access(access) => self.access(access),
            constant => Ok(constant.constant().unwrap_or_default()),
        }
    }

    fn variable(&self, place: usize) -> Result<Value<'v>, EvaluateError> {
        let value = self.values.get(place).and_then(Option::as_ref);
        value.map(Value::borrowed).ok_or_else(|| {
            let name = &self.names[place];
            EvaluateError::new(format!("No parameter '{name}' found."))
        })
    }

    fn link(&mut self, left: Value<'v>, link: &'v Link) -> Result<Value<'v>, EvaluateError> {
        match (link.symbol, &left) {
            (Symbol::And, Value::Bool(false)) | (Symbol::Or, Value::Bool(true)) => return Ok(left),
            (Symbol::Then, Value::Bool(false)) => return Ok(Value::Null),
            (Symbol::Else | Symbol::Coalesce, value) if *value != Value::Null => return Ok(left),
            _ => {}
        }
        let right = self.stage(&link.right)?;
        let pattern = match &link.right {
            Stage::Pattern(pattern) => Some(&**pattern),
            _ => None,
        };
        operator::infix(link.symbol, left, right, pattern, &mut self.budget)
    }

    /// Lists what commas separate; a list at the beginning is continued.
    fn list(&mut self, chain: &'v Chain) -> Result<Value<'v>, EvaluateError> {
        let mut elements = match self.stage(&chain.first)? {
            Value::List(elements) => {
                self.budget.step(elements.len())?;
                elements.to_vec()
            }
            first => vec![first],
        };
        for link in &chain.links {
            elements.push(self.stage(&link.right)?);
        }
        Ok(elements.into())
    }

    fn access(&mut self, access: &'v Access) -> Result<Value<'v>, EvaluateError> {
        if let Some(arguments) = &access.arguments {
            self.stage(arguments)?;
        }
        self.variable(access.variable)?;
        let [variable, name] = &access.names;
        Err(EvaluateError::new(format!(
            "Unable to access '{name}', '{variable}' is not a struct"
        )))
    }
}

impl Chain {
    /// Computes the links at the beginning that need no variables, and counts them.
    pub(super) fn constant(&self, budget: &mut Budget) -> Option<(Value<'_>, usize)> {
        let mut value = self.first.constant()?;
        let mut count = 0;
        if self.links[0].symbol == Symbol::Separate {
            let mut elements = vec![value];
            for link in &self.links {
                elements.push(link.right.constant()?);
            }
            let is_flat = !matches!(elements[0], Value::List(_));
            return is_flat.then(|| (elements.into(), self.links.len()));
        }
        for link in &self.links {
            let Some(right) = link.right.constant() else {
                break;
            };
            let pattern = match &link.right {
                Stage::Pattern(pattern) => Some(&**pattern),
                _ => None,
            };
            let Ok(next) = operator::infix(link.symbol, value.clone(), right, pattern, budget)
            else {
                break;
            };
            value = next;
            count += 1;
        }
        (count > 0).then_some((value, count))
    }
}

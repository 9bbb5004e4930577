//! Works out what is constant.

use super::super::{
    ast::{Constant, NodeId, NodeKind, Tree},
    error::{Error, Location},
    types::Type,
};
use crate::power::power;
use std::sync::Arc;

/// One pass over the tree.
#[derive(Default)]
pub(super) struct Fold {
    pub(super) applied: bool,
    pub(super) error: Option<Error>,
}

/// A number that is known.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn of(kind: &NodeKind) -> Option<Self> {
        match kind {
            NodeKind::Integer(number) => Some(Self::Int(*number)),
            NodeKind::Float(number) => Some(Self::Float(*number)),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "as Go converts an int to a float64"
    )]
    fn as_float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

impl Fold {
    pub(super) fn visit(&mut self, tree: &mut Tree, id: NodeId) {
        match tree.kind(id) {
            NodeKind::Unary { operator, operand } => self.unary(tree, id, operator, *operand),
            NodeKind::Binary {
                operator,
                left,
                right,
                ..
            } => self.binary(tree, id, operator, (*left, *right)),
            NodeKind::Array(nodes) if !nodes.is_empty() => {
                if let Some(constants) = constants(tree, nodes) {
                    self.put(tree, id, NodeKind::Constant(Constant::List(constants)));
                }
            }
            NodeKind::Builtin { name: "filter", .. } => self.filter(tree, id),
            _ => {}
        }
    }

    fn put(&mut self, tree: &mut Tree, id: NodeId, kind: NodeKind) {
        self.applied = true;
        tree.replace(id, kind, None);
    }

    fn put_number(&mut self, tree: &mut Tree, id: NodeId, number: Number) {
        self.applied = true;
        match number {
            Number::Int(number) => tree.replace(id, NodeKind::Integer(number), Some(Type::Int)),
            Number::Float(number) => tree.replace(id, NodeKind::Float(number), Some(Type::Float)),
        }
    }

    fn put_node(&mut self, tree: &mut Tree, id: NodeId, other: NodeId) {
        self.applied = true;
        tree.replace_by(id, other);
    }

    fn unary(&mut self, tree: &mut Tree, id: NodeId, operator: &'static str, operand: NodeId) {
        let kind = tree.kind(operand);
        match (operator, Number::of(kind), kind) {
            ("-", Some(Number::Int(number)), _) => {
                self.put_number(tree, id, Number::Int(number.wrapping_neg()));
            }
            ("-", Some(Number::Float(number)), _) => {
                self.put_number(tree, id, Number::Float(-number));
            }
            ("+", Some(number), _) => self.put_number(tree, id, number),
            ("!" | "not", _, NodeKind::Bool(truth)) => {
                let kind = NodeKind::Bool(!truth);
                self.put(tree, id, kind);
            }
            _ => {}
        }
    }

    fn binary(
        &mut self,
        tree: &mut Tree,
        id: NodeId,
        operator: &'static str,
        (left, right): (NodeId, NodeId),
    ) {
        match operator {
            "and" | "&&" => self.logic(tree, id, (left, right), true),
            "or" | "||" => self.logic(tree, id, (left, right), false),
            "==" => self.equality(tree, id, (left, right)),
            "%" => self.modulo(tree, id, (left, right)),
            _ => {
                let numbers = Number::of(tree.kind(left)).zip(Number::of(tree.kind(right)));
                if let Some(number) = numbers.and_then(|numbers| arithmetic(operator, numbers)) {
                    self.put_number(tree, id, number);
                } else if operator == "+" {
                    self.join(tree, id, (left, right));
                }
            }
        }
    }

    fn join(&mut self, tree: &mut Tree, id: NodeId, (left, right): (NodeId, NodeId)) {
        if let (NodeKind::Text(left), NodeKind::Text(right)) = (tree.kind(left), tree.kind(right)) {
            let text = [&**left, &**right].concat();
            self.put(tree, id, NodeKind::Text(text.into()));
        }
    }

    /// Folds `and` and `or`; `neutral` is the side that does not decide.
    fn logic(
        &mut self,
        tree: &mut Tree,
        id: NodeId,
        (left, right): (NodeId, NodeId),
        neutral: bool,
    ) {
        let known = |id| match tree.kind(id) {
            NodeKind::Bool(truth) => Some(*truth),
            _ => None,
        };
        let (known_left, known_right) = (known(left), known(right));
        if known_left == Some(neutral) {
            self.put_node(tree, id, right);
        } else if known_right == Some(neutral) {
            self.put_node(tree, id, left);
        } else if known_left.or(known_right).is_some() {
            self.put(tree, id, NodeKind::Bool(!neutral));
        }
    }

    fn equality(&mut self, tree: &mut Tree, id: NodeId, (left, right): (NodeId, NodeId)) {
        let equal = match (tree.kind(left), tree.kind(right)) {
            (NodeKind::Integer(left), NodeKind::Integer(right)) => left == right,
            (NodeKind::Text(left), NodeKind::Text(right)) => left == right,
            (NodeKind::Bool(left), NodeKind::Bool(right)) => left == right,
            _ => return,
        };
        self.put(tree, id, NodeKind::Bool(equal));
    }

    fn modulo(&mut self, tree: &mut Tree, id: NodeId, (left, right): (NodeId, NodeId)) {
        match (tree.kind(left), tree.kind(right)) {
            (NodeKind::Integer(_), NodeKind::Integer(0)) => {
                let location = tree.get(id).location;
                self.error = Some(Error::new("integer divide by zero").at(location));
            }
            (NodeKind::Integer(left), NodeKind::Integer(right)) => {
                let kind = NodeKind::Integer(left.wrapping_rem(*right));
                self.put(tree, id, kind);
            }
            _ => {}
        }
    }

    /// Makes one filter of two.
    fn filter(&mut self, tree: &mut Tree, id: NodeId) {
        let NodeKind::Builtin { arguments, .. } = tree.kind(id) else {
            return;
        };
        let (base, outer) = (arguments[0], arguments[1]);
        let NodeKind::Builtin {
            name: "filter",
            arguments: inner,
            ..
        } = tree.kind(base)
        else {
            return;
        };
        let (collection, inner) = (inner[0], inner[1]);
        let both = NodeKind::Binary {
            operator: "&&",
            left: inner,
            right: outer,
            regex: None,
        };
        // What would nest too deep stays as it is.
        if let Ok(closure) = tree.add(both, Location::default()) {
            let kind = NodeKind::Builtin {
                name: "filter",
                arguments: vec![collection, closure],
                throws: false,
                map: None,
            };
            self.put(tree, id, kind);
        }
    }
}

fn arithmetic(operator: &str, (left, right): (Number, Number)) -> Option<Number> {
    let (a, b) = (left.as_float(), right.as_float());
    if let (Number::Int(left), Number::Int(right)) = (left, right) {
        match operator {
            "+" => return Some(Number::Int(left.wrapping_add(right))),
            "-" => return Some(Number::Int(left.wrapping_sub(right))),
            "*" => return Some(Number::Int(left.wrapping_mul(right))),
            _ => {}
        }
    }
    Some(Number::Float(match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "**" | "^" => power(a, b),
        _ => return None,
    }))
}

fn constants(tree: &Tree, nodes: &[NodeId]) -> Option<Arc<[Constant]>> {
    let constant = |id: &NodeId| {
        Some(match tree.kind(*id) {
            NodeKind::Integer(number) => Constant::Int(*number),
            NodeKind::Float(number) => Constant::Float(*number),
            NodeKind::Text(text) => Constant::Text(text.clone()),
            NodeKind::Bool(truth) => Constant::Bool(*truth),
            _ => return None,
        })
    };
    nodes.iter().map(constant).collect()
}

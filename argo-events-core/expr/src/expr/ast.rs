//! The tree of an expression, kept in one list so that neither changing nor freeing it recurses.

use super::{
    error::{Error, Location},
    types::Type,
};
use crate::re2::Regex;
use std::sync::Arc;

/// The kind of a type, as far as the checker asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Int64,
    Float,
    Text,
    Struct,
    List,
    Map,
    Function,
    Interface,
}

/// A node's place in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(u32);

/// A value that is known before evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<[u8]>),
    /// An `[]interface {}`.
    List(Arc<[Constant]>),
    /// An `[]int` that counts up.
    Range {
        first: i64,
        length: usize,
    },
    /// Whole numbers or texts that `in` looks for, sorted.
    IntSet(Arc<[i64]>),
    TextSet(Arc<[Arc<[u8]>]>),
}

#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    Nil,
    Identifier(Arc<str>),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Text(Arc<[u8]>),
    Constant(Constant),
    Unary {
        operator: &'static str,
        operand: NodeId,
    },
    Binary {
        operator: &'static str,
        left: NodeId,
        right: NodeId,
        regex: Option<Arc<Regex>>,
    },
    /// What `?.` inside may end early.
    Chain(NodeId),
    Member {
        base: NodeId,
        property: NodeId,
        is_optional: bool,
        /// The method's name, if the type is known to have it.
        method: Option<Arc<str>>,
    },
    Slice {
        base: NodeId,
        from: Option<NodeId>,
        to: Option<NodeId>,
    },
    Call {
        callee: NodeId,
        arguments: Vec<NodeId>,
        /// The built-in function that the callee turned out to be.
        builtin: Option<&'static str>,
    },
    Builtin {
        name: &'static str,
        arguments: Vec<NodeId>,
        /// Tells whether finding nothing is an error, as an index out of range is.
        throws: bool,
        /// What becomes of each element that is kept.
        map: Option<NodeId>,
    },
    Closure(NodeId),
    Pointer(Arc<str>),
    Conditional {
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
    },
    Let {
        name: Arc<str>,
        value: NodeId,
        body: NodeId,
    },
    Array(Vec<NodeId>),
    Map(Vec<(NodeId, NodeId)>),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) location: Location,
    /// What the checker found; nothing also for nodes that it never saw.
    pub(super) found: Option<Type>,
    /// How deep the tree below is, chains of operators counted once.
    height: u32,
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    depth: usize,
}

impl Tree {
    pub(super) fn new(depth: usize) -> Self {
        Self {
            nodes: Vec::new(),
            depth,
        }
    }

    /// Adds a node, unless the tree would be too deep.
    pub(super) fn add(&mut self, kind: NodeKind, location: Location) -> Result<NodeId, Error> {
        let height = self.height(&kind);
        if height as usize > self.depth {
            return Err(too_deep(self.depth).at(location));
        }
        let id = NodeId(u32::try_from(self.nodes.len()).map_err(|_| too_deep(self.depth))?);
        self.nodes.push(Node {
            kind,
            location,
            found: None,
            height,
        });
        Ok(id)
    }

    pub(super) fn get(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn kind(&self, id: NodeId) -> &NodeKind {
        &self.get(id).kind
    }

    pub(super) fn found(&self, id: NodeId) -> &Option<Type> {
        &self.get(id).found
    }

    /// Puts another node in a node's place; the place in the text stays.
    pub(super) fn replace(&mut self, id: NodeId, kind: NodeKind, found: Option<Type>) {
        let node = self.get_mut(id);
        node.kind = kind;
        node.found = found;
    }

    /// Puts a copy of another node in a node's place; the place in the text stays.
    pub(super) fn replace_by(&mut self, id: NodeId, other: NodeId) {
        let Node { kind, found, .. } = self.get(other).clone();
        self.replace(id, kind, found);
    }

    fn height(&self, kind: &NodeKind) -> u32 {
        let height = |id: NodeId| self.get(id).height;
        if let NodeKind::Binary { left, right, .. } = kind {
            // Chains of operators are walked by loops, so only what is right of them counts.
            let left_extra = u32::from(!matches!(self.kind(*left), NodeKind::Binary { .. }));
            return (height(*left) + left_extra).max(height(*right) + 1);
        }
        let mut highest = 0;
        children(kind, |child| highest = highest.max(height(child)));
        highest + 1
    }
}

fn too_deep(depth: usize) -> Error {
    Error::limit(format!("the expression nests deeper than {depth} levels"))
}

/// Visits the children of a node in the order of the text.
pub(super) fn children(kind: &NodeKind, mut visit: impl FnMut(NodeId)) {
    match kind {
        NodeKind::Unary { operand: one, .. } | NodeKind::Chain(one) | NodeKind::Closure(one) => {
            visit(*one);
        }
        NodeKind::Binary { left, right, .. } => [*left, *right].into_iter().for_each(visit),
        NodeKind::Member { base, property, .. } => [*base, *property].into_iter().for_each(visit),
        NodeKind::Slice { base, from, to } => {
            visit(*base);
            from.iter().chain(to).copied().for_each(visit);
        }
        NodeKind::Call {
            callee, arguments, ..
        } => {
            visit(*callee);
            arguments.iter().copied().for_each(visit);
        }
        NodeKind::Builtin { arguments, .. } => arguments.iter().copied().for_each(visit),
        NodeKind::Conditional { condition, yes, no } => {
            [*condition, *yes, *no].into_iter().for_each(visit);
        }
        NodeKind::Let { value, body, .. } => [*value, *body].into_iter().for_each(visit),
        NodeKind::Array(nodes) => nodes.iter().copied().for_each(visit),
        NodeKind::Map(pairs) => {
            for (name, value) in pairs {
                visit(*name);
                visit(*value);
            }
        }
        _ => {}
    }
}

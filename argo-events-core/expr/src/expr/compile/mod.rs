//! Lays a checked tree out as operations for the [machine](super::machine).
//!
//! The layout is the library's, since the order of operations and the place each belongs to show
//! in errors.

mod code;
mod loops;

pub(super) use code::{Code, Op};

use super::{
    ast::{Constant, NodeId, NodeKind, Tree},
    builtin::{self, Work},
    error::{Error, Location},
    method,
    types::Type,
};
use std::sync::Arc;

/// Compiles a tree.
pub(super) fn compile(tree: &Tree, root: NodeId) -> Result<Code, Error> {
    let mut compiler = Compiler {
        tree,
        code: Code::default(),
        scopes: Vec::new(),
        nodes: Vec::new(),
        chains: Vec::new(),
    };
    compiler.node(root)?;
    Ok(compiler.code)
}

struct Compiler<'t> {
    tree: &'t Tree,
    code: Code,
    scopes: Vec<(Arc<str>, u32)>,
    /// The nodes around, whose places operations get.
    nodes: Vec<NodeId>,
    /// Jumps to the end of each chain that is around.
    chains: Vec<Vec<usize>>,
}

/// Turns a place into what operations hold.
fn index(place: usize) -> Result<u32, Error> {
    u32::try_from(place).map_err(|_| Error::limit("the expression is too long"))
}

impl Compiler<'_> {
    fn location(&self) -> Location {
        let node = self.nodes.last();
        node.map(|id| self.tree.get(*id).location)
            .unwrap_or_default()
    }

    /// Adds an operation and returns its place.
    fn emit(&mut self, op: Op) -> usize {
        self.code.ops.push(op);
        self.code.locations.push(self.location());
        self.code.ops.len() - 1
    }

    fn constant(&mut self, constant: Constant) -> Result<u32, Error> {
        let known = self.code.constants.iter().rev().take(64);
        if let Some(back) = known.into_iter().position(|known| *known == constant) {
            return index(self.code.constants.len() - 1 - back);
        }
        self.code.constants.push(constant);
        index(self.code.constants.len() - 1)
    }

    fn push(&mut self, constant: Constant) -> Result<(), Error> {
        let constant = self.constant(constant)?;
        self.emit(Op::Push(constant));
        Ok(())
    }

    /// Lets a jump lead to what comes next.
    fn land(&mut self, jump: usize) -> Result<(), Error> {
        let target = index(self.code.ops.len())?;
        match &mut self.code.ops[jump] {
            Op::Jump(to)
            | Op::JumpIfTrue(to)
            | Op::JumpIfFalse(to)
            | Op::JumpIfNil(to)
            | Op::JumpIfNotNil(to)
            | Op::JumpIfEnd(to) => *to = target,
            _ => {}
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result<(), Error> {
        self.nodes.push(id);
        let laid_out = self.lay_out(id);
        self.nodes.pop();
        laid_out
    }

    fn lay_out(&mut self, id: NodeId) -> Result<(), Error> {
        match self.tree.kind(id) {
            NodeKind::Nil => drop(self.emit(Op::Nil)),
            NodeKind::Identifier(name) => self.identifier(name)?,
            NodeKind::Integer(number) => self.push(Constant::Int(*number))?,
            NodeKind::Float(number) => self.push(Constant::Float(*number))?,
            NodeKind::Bool(true) => drop(self.emit(Op::True)),
            NodeKind::Bool(false) => drop(self.emit(Op::False)),
            NodeKind::Text(text) => self.push(Constant::Text(text.clone()))?,
            NodeKind::Constant(constant) => self.push(constant.clone())?,
            NodeKind::Unary { operator, operand } => self.unary(operator, *operand)?,
            NodeKind::Binary { .. } => self.binary(id)?,
            NodeKind::Chain(inner) => self.chain(*inner)?,
            NodeKind::Member { .. } => self.member(id)?,
            NodeKind::Slice { base, from, to } => self.slice(*base, *from, *to)?,
            NodeKind::Call {
                callee,
                arguments,
                builtin,
            } => self.call(*callee, arguments, *builtin)?,
            NodeKind::Builtin {
                name, arguments, ..
            } => self.builtin(id, name, arguments)?,
            NodeKind::Closure(body) => self.node(*body)?,
            NodeKind::Pointer(name) => self.pointer(name)?,
            NodeKind::Conditional { condition, yes, no } => {
                self.conditional(*condition, *yes, *no)?;
            }
            NodeKind::Let { name, value, body } => self.declaration(name, *value, *body)?,
            NodeKind::Array(nodes) => self.array(nodes)?,
            NodeKind::Map(pairs) => self.map(pairs)?,
        }
        Ok(())
    }

    fn identifier(&mut self, name: &Arc<str>) -> Result<(), Error> {
        let variable = self.scopes.iter().rev().find(|scope| scope.0 == *name);
        let op = if let Some((_, variable)) = variable {
            Op::LoadVariable(*variable)
        } else if &**name == "$env" {
            Op::LoadEnvironment
        } else {
            Op::LoadName(self.constant(Constant::Text(name.as_bytes().into()))?)
        };
        self.emit(op);
        Ok(())
    }

    fn unary(&mut self, operator: &str, operand: NodeId) -> Result<(), Error> {
        self.node(operand)?;
        match operator {
            "-" => drop(self.emit(Op::Negate)),
            "+" => {}
            _ => drop(self.emit(Op::Not)),
        }
        Ok(())
    }

    /// Lays out a chain of operators from the innermost on the left outwards, without recursion.
    fn binary(&mut self, id: NodeId) -> Result<(), Error> {
        let mut chain = Vec::new();
        let mut innermost = id;
        while let NodeKind::Binary { left, .. } = self.tree.kind(innermost) {
            chain.push(innermost);
            innermost = *left;
        }
        self.node(innermost)?;
        while let Some(id) = chain.pop() {
            self.nodes.push(id);
            let laid_out = self.operator(id);
            self.nodes.pop();
            laid_out?;
        }
        Ok(())
    }

    /// Lays out what follows an operator's left side.
    fn operator(&mut self, id: NodeId) -> Result<(), Error> {
        let NodeKind::Binary {
            operator,
            left,
            right,
            regex,
        } = self.tree.kind(id)
        else {
            return Ok(());
        };
        let jump = match *operator {
            "or" | "||" => Some(Op::JumpIfTrue(0)),
            "and" | "&&" => Some(Op::JumpIfFalse(0)),
            "??" => Some(Op::JumpIfNotNil(0)),
            _ => None,
        };
        if let Some(jump) = jump {
            let end = self.emit(jump);
            self.emit(Op::Pop);
            self.node(*right)?;
            return self.land(end);
        }
        if let Some(regex) = regex {
            self.code.regexes.push(regex.clone());
            let regex = index(self.code.regexes.len() - 1)?;
            self.emit(Op::MatchesRegex(regex));
            return Ok(());
        }
        if let (&"in", NodeKind::Constant(set)) = (operator, self.tree.kind(*right))
            && let Constant::IntSet(_) | Constant::TextSet(_) = set
        {
            let set = self.constant(set.clone())?;
            self.emit(Op::InSet(set));
            return Ok(());
        }
        self.node(*right)?;
        self.emit(match *operator {
            "==" => self.equality(*left, *right),
            other => code::operator(other),
        });
        if *operator == "!=" {
            self.emit(Op::Not);
        }
        Ok(())
    }

    /// Returns the test of equality for what is known of both sides.
    fn equality(&self, left: NodeId, right: NodeId) -> Op {
        match (self.tree.found(left), self.tree.found(right)) {
            (Some(Type::Int), Some(Type::Int)) => Op::EqualInt,
            (Some(Type::Text), Some(Type::Text)) => Op::EqualText,
            _ => Op::Equal,
        }
    }

    fn chain(&mut self, inner: NodeId) -> Result<(), Error> {
        self.chains.push(Vec::new());
        self.node(inner)?;
        for jump in self.chains.pop().unwrap_or_default() {
            self.land(jump)?;
        }
        Ok(())
    }

    fn member(&mut self, id: NodeId) -> Result<(), Error> {
        let NodeKind::Member {
            base,
            property,
            is_optional,
            method,
        } = self.tree.kind(id)
        else {
            return Ok(());
        };
        self.node(*base)?;
        if let Some(name) = method {
            let name = self.constant(Constant::Text(name.as_bytes().into()))?;
            self.emit(Op::Method(name));
            return Ok(());
        }
        if *is_optional {
            let jump = self.emit(Op::JumpIfNil(0));
            if let Some(chain) = self.chains.last_mut() {
                chain.push(jump);
            }
        }
        if let NodeKind::Text(name) = self.tree.kind(*property) {
            let name = self.constant(Constant::Text(name.clone()))?;
            self.emit(Op::FetchName(name));
            return Ok(());
        }
        self.node(*property)?;
        self.emit(Op::Fetch);
        Ok(())
    }

    fn slice(
        &mut self,
        base: NodeId,
        from: Option<NodeId>,
        to: Option<NodeId>,
    ) -> Result<(), Error> {
        self.node(base)?;
        match to {
            Some(to) => self.node(to)?,
            None => drop(self.emit(Op::Len)),
        }
        match from {
            Some(from) => self.node(from)?,
            None => self.push(Constant::Int(0))?,
        }
        self.emit(Op::Slice);
        Ok(())
    }

    fn call(
        &mut self,
        callee: NodeId,
        arguments: &[NodeId],
        builtin: Option<&'static str>,
    ) -> Result<(), Error> {
        for argument in arguments {
            self.node(*argument)?;
        }
        let count = index(arguments.len())?;
        if let Some(place) = builtin.and_then(builtin::place) {
            self.emit(Op::CallFunction(index(place)?, count));
            return Ok(());
        }
        self.node(callee)?;
        self.emit(match self.is_typed(callee) {
            true => Op::CallTyped(count),
            false => Op::Call(count),
        });
        Ok(())
    }

    /// Tells whether the library calls a method directly, which shows in its complaints.
    fn is_typed(&self, callee: NodeId) -> bool {
        let NodeKind::Member {
            base,
            method: Some(name),
            ..
        } = self.tree.kind(callee)
        else {
            return false;
        };
        let base = self.tree.found(*base).as_ref();
        let known = base.and_then(|base| method::of_type(base, name));
        known.is_some_and(|known| known.is_typed)
    }

    fn builtin(
        &mut self,
        id: NodeId,
        name: &'static str,
        arguments: &[NodeId],
    ) -> Result<(), Error> {
        let place = builtin::place(name).unwrap_or_default();
        if builtin::at(place).is_predicate() {
            return self.predicate(id, name, arguments);
        }
        for argument in arguments {
            self.node(*argument)?;
        }
        let (place, count) = (index(place)?, index(arguments.len())?);
        self.emit(match builtin::at(place as usize).work {
            Work::One(_) => Op::CallOne(place),
            _ => Op::CallFunction(place, count),
        });
        Ok(())
    }

    fn pointer(&mut self, name: &str) -> Result<(), Error> {
        self.emit(match name {
            "index" => Op::GetIndex,
            "acc" => Op::GetAccumulator,
            _ => Op::Pointer,
        });
        Ok(())
    }

    fn declaration(&mut self, name: &Arc<str>, value: NodeId, body: NodeId) -> Result<(), Error> {
        self.node(value)?;
        let variable = index(self.code.variables)?;
        self.code.variables += 1;
        self.emit(Op::Store(variable));
        self.scopes.push((name.clone(), variable));
        self.node(body)?;
        self.scopes.pop();
        Ok(())
    }

    fn conditional(&mut self, condition: NodeId, yes: NodeId, no: NodeId) -> Result<(), Error> {
        self.node(condition)?;
        let otherwise = self.emit(Op::JumpIfFalse(0));
        self.emit(Op::Pop);
        self.node(yes)?;
        let end = self.emit(Op::Jump(0));
        self.land(otherwise)?;
        self.emit(Op::Pop);
        self.node(no)?;
        self.land(end)
    }

    fn array(&mut self, nodes: &[NodeId]) -> Result<(), Error> {
        for node in nodes {
            self.node(*node)?;
        }
        self.emit(Op::Array(index(nodes.len())?));
        Ok(())
    }

    fn map(&mut self, pairs: &[(NodeId, NodeId)]) -> Result<(), Error> {
        for (name, value) in pairs {
            self.node(*name)?;
            self.node(*value)?;
        }
        self.emit(Op::Map(index(pairs.len())?));
        Ok(())
    }
}

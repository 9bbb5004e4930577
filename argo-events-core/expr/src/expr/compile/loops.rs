//! Loops over collections.

use super::{
    super::{
        ast::{Constant, NodeId, NodeKind},
        error::Error,
    },
    Compiler, Op, index,
};

impl Compiler<'_> {
    pub(super) fn predicate(
        &mut self,
        id: NodeId,
        name: &str,
        arguments: &[NodeId],
    ) -> Result<(), Error> {
        let (collection, closure) = (arguments[0], arguments[1]);
        self.node(collection)?;
        self.emit(Op::Begin);
        match name {
            "all" => self.until(closure, false, Op::JumpIfFalse(0), Op::True)?,
            "none" => self.until(closure, true, Op::JumpIfFalse(0), Op::True)?,
            "any" => self.until(closure, false, Op::JumpIfTrue(0), Op::False)?,
            "find" | "findIndex" | "findLast" | "findLastIndex" => self.find(id, name, closure)?,
            "map" => {
                self.repeat(|this| this.node(closure))?;
                self.emit(Op::GetLength);
            }
            "groupBy" => {
                self.repeat(|this| {
                    this.node(closure)?;
                    this.emit(Op::GroupBy);
                    Ok(())
                })?;
                self.emit(Op::GetGroups);
            }
            "reduce" => self.reduce(closure, arguments.get(2).copied())?,
            _ => self.count(id, name, closure)?,
        }
        self.emit(Op::End);
        if let "map" | "filter" = name {
            self.emit(Op::ArrayOfCount);
        }
        Ok(())
    }

    /// Repeats something for each element from the front.
    fn repeat(&mut self, body: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let begin = index(self.code.ops.len())?;
        let end = self.emit(Op::JumpIfEnd(0));
        body(self)?;
        self.emit(Op::IncrementIndex);
        self.emit(Op::Jump(begin));
        self.land(end)
    }

    /// Repeats something for each element from the back.
    fn repeat_back(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.emit(Op::GetLength);
        self.emit(Op::Int(1));
        self.emit(Op::Subtract);
        self.emit(Op::SetIndex);
        let begin = index(self.code.ops.len())?;
        self.emit(Op::GetIndex);
        self.emit(Op::Int(0));
        self.emit(Op::MoreOrEqual);
        let end = self.emit(Op::JumpIfFalse(0));
        body(self)?;
        self.emit(Op::DecrementIndex);
        self.emit(Op::Jump(begin));
        self.land(end)
    }

    /// Repeats a test until it decides.
    fn until(
        &mut self,
        closure: NodeId,
        is_negated: bool,
        decided: Op,
        otherwise: Op,
    ) -> Result<(), Error> {
        let mut exit = 0;
        self.repeat(|this| {
            this.node(closure)?;
            if is_negated {
                this.emit(Op::Not);
            }
            exit = this.emit(decided);
            this.emit(Op::Pop);
            Ok(())
        })?;
        self.emit(otherwise);
        self.land(exit)
    }

    /// Does something if the test on the stack holds.
    fn when(&mut self, body: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let otherwise = self.emit(Op::JumpIfFalse(0));
        self.emit(Op::Pop);
        body(self)?;
        let end = self.emit(Op::Jump(0));
        self.land(otherwise)?;
        self.emit(Op::Pop);
        self.land(end)
    }

    /// Lays out `one`, `count` and `filter`, which count what holds.
    fn count(&mut self, id: NodeId, name: &str, closure: NodeId) -> Result<(), Error> {
        self.repeat(|this| {
            this.node(closure)?;
            this.when(|this| {
                this.emit(Op::IncrementCount);
                match name {
                    "filter" => this.kept(id),
                    _ => Ok(()),
                }
            })
        })?;
        self.emit(Op::GetCount);
        if name == "one" {
            self.push(Constant::Int(1))?;
            self.emit(Op::Equal);
        }
        Ok(())
    }

    /// Lays out what becomes of an element that is kept.
    fn kept(&mut self, id: NodeId) -> Result<(), Error> {
        match self.tree.kind(id) {
            NodeKind::Builtin { map: Some(map), .. } => self.node(*map),
            _ => {
                self.emit(Op::Pointer);
                Ok(())
            }
        }
    }

    fn find(&mut self, id: NodeId, name: &str, closure: NodeId) -> Result<(), Error> {
        let mut exit = 0;
        let is_index = name.ends_with("Index");
        let body = |this: &mut Self| {
            this.node(closure)?;
            let otherwise = this.emit(Op::JumpIfFalse(0));
            this.emit(Op::Pop);
            match is_index {
                true => drop(this.emit(Op::GetIndex)),
                false => this.kept(id)?,
            }
            exit = this.emit(Op::Jump(0));
            this.land(otherwise)?;
            this.emit(Op::Pop);
            Ok(())
        };
        match name.starts_with("findLast") {
            true => self.repeat_back(body)?,
            false => self.repeat(body)?,
        }
        let throws = matches!(self.tree.kind(id), NodeKind::Builtin { throws: true, .. });
        self.emit(if throws { Op::OutOfRange } else { Op::Nil });
        self.land(exit)
    }

    fn reduce(&mut self, closure: NodeId, initial: Option<NodeId>) -> Result<(), Error> {
        if let Some(initial) = initial {
            self.node(initial)?;
        } else {
            self.emit(Op::Pointer);
            self.emit(Op::IncrementIndex);
        }
        self.emit(Op::SetAccumulator);
        self.repeat(|this| {
            this.node(closure)?;
            this.emit(Op::SetAccumulator);
            Ok(())
        })?;
        self.emit(Op::GetAccumulator);
        Ok(())
    }
}

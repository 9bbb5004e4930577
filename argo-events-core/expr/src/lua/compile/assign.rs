//! Assignments.

use super::{
    super::{
        ast::{Expression, Node},
        code::Instruction,
    },
    Compiled, Compiler,
    function::Place,
};

/// Where a value goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    kind: Kind,
    line: u32,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Name(Place),
    Field { object: u8, name: u32 },
    Index { object: u8, key: u8 },
}

impl Compiler<'_> {
    pub(super) fn assign(&mut self, targets: &[Expression], values: &[Expression]) -> Compiled<()> {
        let mut places = Vec::new();
        for target in targets {
            places.push(self.target(target)?);
        }
        if let ([place], [value]) = (&places[..], values) {
            return self.assign_one(*place, value);
        }
        let mut sources = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let rest = places.len() - index;
            match values.get(index) {
                Some(value) if index + 1 == values.len() && self.gives_several(value) => {
                    let first = self.push_several(value, rest)?;
                    sources.extend((0..rest).map(|at| Some(first + at as u8)));
                    break;
                }
                Some(value) => sources.push(self.source(*place, value)?),
                None => {
                    let nothing = Expression {
                        node: Node::Nil,
                        line: targets[index].line,
                    };
                    sources.push(self.source(*place, &nothing)?);
                }
            }
        }
        for surplus in values.iter().skip(places.len()) {
            self.push(surplus)?;
        }
        for (place, source) in places.iter().zip(sources).rev() {
            if let Some(source) = source {
                self.store(place, source);
            }
        }
        Ok(())
    }

    fn assign_one(&mut self, place: Target, value: &Expression) -> Compiled<()> {
        if let Kind::Name(Place::Local(to)) = place.kind {
            return self.evaluate(value, to);
        }
        let source = self.operand(value)?;
        self.store(&place, source);
        Ok(())
    }

    /// Computes one of several values: locals have theirs at once, others when all are known.
    fn source(&mut self, place: Target, value: &Expression) -> Compiled<Option<u8>> {
        match place.kind {
            Kind::Name(Place::Local(to)) => self.evaluate(value, to).map(|()| None),
            Kind::Name(_) => self.push(value).map(Some),
            Kind::Field { .. } | Kind::Index { .. } => self.operand(value).map(Some),
        }
    }

    /// Computes what says where a value goes; keys are copied, objects that are locals are not.
    pub(super) fn target(&mut self, target: &Expression) -> Compiled<Target> {
        let kind = match &target.node {
            Node::Name(name) => Kind::Name(self.resolve(name)),
            Node::Index(index) => {
                let object = self.operand(&index.0)?;
                match &index.1.node {
                    Node::Text(name) => {
                        let name = self.text(name);
                        Kind::Field { object, name }
                    }
                    _ => {
                        let key = self.push(&index.1)?;
                        Kind::Index { object, key }
                    }
                }
            }
            _ => return Err(self.error(target.line, "cannot assign to this expression")),
        };
        let line = target.line;
        Ok(Target { kind, line })
    }

    pub(super) fn store(&mut self, target: &Target, from: u8) {
        let instruction = match target.kind {
            Kind::Name(Place::Local(to)) => Instruction::Move { to, from },
            Kind::Name(Place::Upvalue(upvalue)) => Instruction::SetUpvalue { from, upvalue },
            Kind::Name(Place::Global(name)) => Instruction::SetGlobal { from, name },
            Kind::Field { object, name } => Instruction::SetField {
                object,
                value: from,
                name,
            },
            Kind::Index { object, key } => Instruction::SetIndex {
                object,
                key,
                value: from,
            },
        };
        self.emit(instruction, target.line);
    }
}

//! Which variables and functions are visible where.

use super::{BUILTIN, Compiler, Slot};

/// What a function's body defines.
#[derive(Debug)]
pub(super) struct Scope {
    variables: Vec<Variable>,
    functions: Vec<Function>,
    depth: u32,
    pub(super) variable_count: u32,
}

#[derive(Debug)]
struct Variable {
    name: String,
    slot: Slot,
    depth: u32,
}

#[derive(Clone, Debug)]
struct Function {
    name: String,
    start: usize,
    parameters: usize,
}

/// What a name without arguments stands for.
pub(super) enum Meaning {
    Function(usize),
    Variable(Slot),
}

/// How much was visible before a nested part.
pub(super) struct Mark {
    scope: usize,
    variables: usize,
    functions: usize,
}

impl Scope {
    pub(super) fn new() -> Self {
        Self {
            variables: Vec::new(),
            functions: Vec::new(),
            depth: 0,
            variable_count: 0,
        }
    }

    pub(super) fn define(&mut self, name: &str, start: usize, parameters: usize) {
        let name = name.to_owned();
        self.functions.push(Function {
            name,
            start,
            parameters,
        });
    }

    pub(super) fn forget_function(&mut self) {
        self.functions.pop();
    }

    fn function(&self, name: &str, parameters: usize) -> Option<usize> {
        let found = self
            .functions
            .iter()
            .rfind(|function| function.name == name && function.parameters == parameters);
        found.map(|function| function.start)
    }

    fn variable(&self, name: &str) -> Option<Slot> {
        let found = self
            .variables
            .iter()
            .rfind(|variable| variable.name == name);
        found.map(|variable| variable.slot)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let variables = self.variables.iter().map(|variable| variable.name.as_str());
        variables.chain(self.functions.iter().map(|function| function.name.as_str()))
    }
}

impl Compiler<'_> {
    pub(super) fn innermost(&self) -> usize {
        self.visible.last().copied().unwrap_or(super::MAIN)
    }

    pub(super) fn new_variable(&mut self) -> Slot {
        self.create_variable("")
    }

    /// Gives the variable of a name at the current depth, which may be there already.
    pub(super) fn push_variable(&mut self, name: &str) -> Slot {
        let scope = &self.scopes[self.innermost()];
        let same = |variable: &&Variable| variable.name == name && variable.depth == scope.depth;
        match scope.variables.iter().find(same) {
            Some(variable) => variable.slot,
            None => self.create_variable(name),
        }
    }

    pub(super) fn create_variable(&mut self, name: &str) -> Slot {
        let id = self.innermost();
        let scope = &mut self.scopes[id];
        let slot = Slot {
            scope: id as u32,
            place: scope.variable_count,
        };
        scope.variable_count += 1;
        scope.variables.push(Variable {
            name: name.to_owned(),
            slot,
            depth: scope.depth,
        });
        slot
    }

    pub(super) fn lookup_variable(&self, name: &str) -> Option<Slot> {
        let mut scopes = self.visible.iter().rev();
        scopes.find_map(|scope| self.scopes[*scope].variable(name))
    }

    /// Looks up a name without arguments; parameters that are functions count as variables.
    pub(super) fn lookup(&self, name: &str) -> Option<Meaning> {
        let is_function = !name.starts_with('$');
        self.visible.iter().rev().find_map(|scope| {
            let scope = &self.scopes[*scope];
            let function = scope.function(name, 0).filter(|_| is_function);
            function
                .map(Meaning::Function)
                .or_else(|| scope.variable(name).map(Meaning::Variable))
        })
    }

    pub(super) fn lookup_function(&self, name: &str, parameters: usize) -> Option<usize> {
        let mut scopes = self.visible.iter().rev();
        scopes.find_map(|scope| self.scopes[*scope].function(name, parameters))
    }

    pub(super) fn lookup_builtin(&self, name: &str, parameters: usize) -> Option<usize> {
        self.scopes[BUILTIN].function(name, parameters)
    }

    /// Begins a part whose definitions end with it.
    pub(super) fn open(&mut self) -> Mark {
        let id = self.innermost();
        let scope = &mut self.scopes[id];
        scope.depth += 1;
        Mark {
            scope: id,
            variables: scope.variables.len(),
            functions: scope.functions.len(),
        }
    }

    pub(super) fn close(&mut self, mark: &Mark) {
        let scope = &mut self.scopes[mark.scope];
        scope.depth -= 1;
        scope.variables.truncate(mark.variables);
        scope.functions.truncate(mark.functions);
    }
}

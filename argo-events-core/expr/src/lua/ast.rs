//! A parsed script.
//!
//! Chains of operators of one rank are flat, so that only brackets, functions and blocks nest.

/// A binary operator that computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Compare(Comparison),
    Concatenate,
    Compute(Arithmetic),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Negate,
    Not,
    Length,
}

/// An expression and the line it starts on.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) node: Node,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) enum Node {
    Nil,
    True,
    False,
    Number(f64),
    Text(Vec<u8>),
    Rest {
        /// Whether brackets cut it to one value.
        single: bool,
    },
    Name(Vec<u8>),
    Function(Box<Function>),
    Index(Box<(Expression, Expression)>),
    Call(Box<Call>),
    Table(Vec<Field>),
    Unary(Unary, Box<Expression>),
    /// A first operand, then operators of the same rank with one operand each.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Expression,
    /// The name of a method, whose receiver `function` then is.
    pub(super) method: Option<Vec<u8>>,
    pub(super) arguments: Vec<Expression>,
    /// Whether brackets cut its results to one value.
    pub(super) single: bool,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: Option<Expression>,
    pub(super) value: Expression,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) parameters: Vec<Vec<u8>>,
    pub(super) is_method: bool,
    pub(super) is_variadic: bool,
    pub(super) body: Vec<Statement>,
    pub(super) line: u32,
    pub(super) last_line: u32,
}

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) node: Action,
    pub(super) line: u32,
    /// The line it ends on, or 0 if the reference does not know.
    pub(super) last_line: u32,
}

impl Statement {
    pub(super) fn end(&self) -> u32 {
        if self.last_line == 0 {
            self.line
        } else {
            self.last_line
        }
    }
}

pub(super) type Block = Vec<Statement>;

#[derive(Debug)]
pub(super) enum Action {
    Assign(Vec<Expression>, Vec<Expression>),
    Local(Vec<Vec<u8>>, Vec<Expression>),
    LocalFunction(Vec<u8>, Box<Function>),
    Call(Box<Expression>),
    Do(Block),
    While(Box<Expression>, Block),
    Repeat(Block, Box<Expression>),
    /// Conditions with their blocks, then what is done otherwise.
    If(Vec<(Expression, Block)>, Option<Block>),
    Count(Box<Count>),
    Each(Vec<Vec<u8>>, Vec<Expression>, Block),
    Function(Box<Expression>, Box<Function>),
    Return(Vec<Expression>),
    Break,
    Label(Vec<u8>),
    Goto(Vec<u8>),
}

/// A loop over numbers.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) name: Vec<u8>,
    pub(super) from: Expression,
    pub(super) limit: Expression,
    pub(super) step: Option<Expression>,
    pub(super) body: Block,
}

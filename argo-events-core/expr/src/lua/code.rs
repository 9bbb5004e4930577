//! What a script is compiled to: instructions over registers.

use std::fmt;

/// How many registers a function may use.
pub(super) const REGISTERS: usize = 250;

/// One instruction; `to`, `from` and the like are registers of the running function.
///
/// A count of 0 stands for "as many as there are", other counts are one more than they say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Instruction {
    Move {
        to: u8,
        from: u8,
    },
    Constant {
        to: u8,
        constant: u32,
    },
    Boolean {
        to: u8,
        value: bool,
    },
    Nil {
        first: u8,
        last: u8,
    },
    GetUpvalue {
        to: u8,
        upvalue: u8,
    },
    SetUpvalue {
        from: u8,
        upvalue: u8,
    },
    GetGlobal {
        to: u8,
        name: u32,
    },
    SetGlobal {
        from: u8,
        name: u32,
    },
    GetIndex {
        to: u8,
        object: u8,
        key: u8,
    },
    GetField {
        to: u8,
        object: u8,
        name: u32,
    },
    SetIndex {
        object: u8,
        key: u8,
        value: u8,
    },
    SetField {
        object: u8,
        value: u8,
        name: u32,
    },
    NewTable {
        to: u8,
        list: u16,
        members: u16,
    },
    /// Gets a method to a register and the object itself to the next.
    Method {
        to: u8,
        object: u8,
        name: u32,
    },
    Add {
        to: u8,
        left: u8,
        right: u8,
    },
    Subtract {
        to: u8,
        left: u8,
        right: u8,
    },
    Multiply {
        to: u8,
        left: u8,
        right: u8,
    },
    Divide {
        to: u8,
        left: u8,
        right: u8,
    },
    Modulo {
        to: u8,
        left: u8,
        right: u8,
    },
    Power {
        to: u8,
        left: u8,
        right: u8,
    },
    AddConstant {
        to: u8,
        left: u8,
        constant: u32,
    },
    SubtractConstant {
        to: u8,
        left: u8,
        constant: u32,
    },
    MultiplyConstant {
        to: u8,
        left: u8,
        constant: u32,
    },
    DivideConstant {
        to: u8,
        left: u8,
        constant: u32,
    },
    Negate {
        to: u8,
        from: u8,
    },
    Not {
        to: u8,
        from: u8,
    },
    Length {
        to: u8,
        from: u8,
    },
    Concatenate {
        to: u8,
        first: u8,
        last: u8,
    },
    Jump {
        offset: i32,
    },
    /// Jumps if the register's truth is `when`.
    Test {
        register: u8,
        when: bool,
        offset: i32,
    },
    /// Skips the next instruction unless the comparison gives `when`.
    Equal {
        left: u8,
        right: u8,
        when: bool,
    },
    EqualConstant {
        left: u8,
        when: bool,
        constant: u32,
    },
    Less {
        left: u8,
        right: u8,
        when: bool,
    },
    LessEqual {
        left: u8,
        right: u8,
        when: bool,
    },
    Call {
        function: u8,
        arguments: u8,
        results: u8,
    },
    TailCall {
        function: u8,
        arguments: u8,
    },
    Return {
        first: u8,
        count: u8,
    },
    CountPrepare {
        base: u8,
        offset: i32,
    },
    CountLoop {
        base: u8,
        offset: i32,
    },
    /// Calls the iterator in `base` with the two registers behind it.
    Iterate {
        base: u8,
        results: u8,
    },
    /// Goes on with the loop's body unless the iterator gave nil.
    IterateLoop {
        base: u8,
        offset: i32,
    },
    /// Stores the registers behind a table into its list, from a place on.
    Store {
        table: u8,
        count: u8,
        from: u32,
    },
    /// Lets go of all captured registers from one on.
    Close {
        first: u8,
    },
    Closure {
        to: u8,
        function: u32,
    },
    Rest {
        to: u8,
        count: u8,
    },
}

/// Where a closure finds what it captured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Capture {
    Register(u8),
    Upvalue(u8),
}

/// A compiled function.
#[derive(Debug)]
pub(super) struct Prototype {
    pub(super) code: Vec<Instruction>,
    pub(super) lines: Vec<u32>,
    pub(super) captures: Vec<Capture>,
    /// The names under which functions are called, by instruction.
    pub(super) calls: Vec<(u32, Vec<u8>)>,
    pub(super) parameters: u8,
    pub(super) is_variadic: bool,
    /// Whether further arguments are put into a table called `arg`, behind the parameters.
    pub(super) has_arg_table: bool,
    pub(super) registers: u8,
}

/// A constant before a run has a heap for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Number(f64),
    Text(Vec<u8>),
}

/// A compiled script; its main function is the last.
pub(super) struct Chunk {
    pub(super) name: String,
    pub(super) functions: Vec<Prototype>,
    pub(super) constants: Vec<Constant>,
}

impl fmt::Debug for Chunk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Chunk")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

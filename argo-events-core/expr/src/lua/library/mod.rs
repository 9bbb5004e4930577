//! The functions that scripts find.

mod absent;
mod base;
mod casing;
mod coroutine;
mod environment;
mod format;
mod iterate;
mod load;
mod math;
mod os;
mod pattern;
mod sort;
mod string;
mod table;

use super::{
    ast::Arithmetic,
    heap::{Fault, Function, Heap},
    machine::{Arguments, Machine},
    value::{Kind, TableId, Value},
};

type Plain = fn(&mut Machine, Arguments) -> Result<(), Fault>;
type Holding = fn(&mut Machine, Arguments, Value) -> Result<(), Fault>;

/// What a library function does; what changes frames is the machine's own business.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Plain(Plain),
    /// Computes with a number.
    Number(fn(f64) -> f64),
    /// Computes with two numbers.
    Numbers(fn(f64, f64) -> f64),
    /// Does it with the value that the function holds.
    Holding(Holding),
    Protect,
    ProtectWith,
    Resume,
    Wrapped,
    Yield,
}

/// Texts that the machine itself looks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) index: Value,
    pub(super) newindex: Value,
    pub(super) call: Value,
    pub(super) tostring: Value,
    pub(super) unm: Value,
    pub(super) len: Value,
    pub(super) eq: Value,
    pub(super) lt: Value,
    pub(super) le: Value,
    pub(super) concat: Value,
    pub(super) arithmetic: [Value; 6],
    pub(super) metatable: Value,
    pub(super) is_array: Value,
    pub(super) n: Value,
    pub(super) event: Value,
}

impl Names {
    pub(super) fn new(heap: &mut Heap) -> Self {
        let mut name = |text: &str| Value::Text(heap.text(text.as_bytes()));
        let mut arithmetic = [Value::Nil; 6];
        for (operator, text) in [
            (Arithmetic::Add, "__add"),
            (Arithmetic::Subtract, "__sub"),
            (Arithmetic::Multiply, "__mul"),
            (Arithmetic::Divide, "__div"),
            (Arithmetic::Modulo, "__mod"),
            (Arithmetic::Power, "__pow"),
        ] {
            arithmetic[operator as usize] = name(text);
        }
        Self {
            index: name("__index"),
            newindex: name("__newindex"),
            call: name("__call"),
            tostring: name("__tostring"),
            unm: name("__unm"),
            len: name("__len"),
            eq: name("__eq"),
            lt: name("__lt"),
            le: name("__le"),
            concat: name("__concat"),
            arithmetic,
            metatable: name("__metatable"),
            is_array: name("__is_array"),
            n: name("n"),
            event: name("event"),
        }
    }
}

/// The functions of one table.
type Module = &'static [(&'static str, Action)];

/// A table under construction.
struct Opening<'a> {
    heap: &'a mut Heap,
    table: TableId,
}

impl Opening<'_> {
    fn set(&mut self, name: &str, value: Value) {
        let key = Value::Text(self.heap.text(name.as_bytes()));
        self.heap
            .set(self.table, key, value)
            .expect("a heap is opened without limit");
    }

    fn function(&mut self, action: Action, held: Value) -> Value {
        Value::Function(self.heap.new_function(Function::Native { action, held }))
    }

    fn functions(&mut self, module: Module) {
        for (name, action) in module {
            let function = self.function(*action, Value::Nil);
            self.set(name, function);
        }
    }

    /// Adds functions that only say that they are not available.
    fn absent(&mut self, prefix: &str, names: &[&str]) {
        for name in names {
            let full = format!("{prefix}{name}");
            let held = Value::Text(self.heap.text(full.as_bytes()));
            let function = self.function(Action::Holding(absent::refuse), held);
            self.set(name, function);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        let value = Value::Text(self.heap.text(text.as_bytes()));
        self.set(name, value);
    }

    fn table(&mut self, name: &str) -> Opening<'_> {
        let table = self.heap.new_table();
        self.set(name, Value::Table(table));
        Opening {
            heap: self.heap,
            table,
        }
    }
}

/// Makes the table of global variables.
pub(super) fn open(heap: &mut Heap, names: &Names) -> TableId {
    let table = heap.new_table();
    let mut globals = Opening { heap, table };
    globals.set("_G", Value::Table(table));
    globals.text("_VERSION", "Lua 5.1");
    globals.text("_GOPHER_LUA_VERSION", "GopherLua 0.1");
    for module in [
        base::FUNCTIONS,
        environment::FUNCTIONS,
        iterate::FUNCTIONS,
        load::FUNCTIONS,
    ] {
        globals.functions(module);
    }
    globals.absent("", &["dofile", "loadfile", "module"]);
    let mut loaded = vec![("_G", table)];
    for (name, module) in [
        ("table", table::FUNCTIONS),
        ("string", string::FUNCTIONS),
        ("math", math::FUNCTIONS),
        ("coroutine", coroutine::FUNCTIONS),
        ("os", os::FUNCTIONS),
    ] {
        let mut opening = globals.table(name);
        opening.functions(module);
        match name {
            "math" => math::constants(&mut opening),
            "os" => opening.absent("os.", absent::OS),
            _ => {}
        }
        loaded.push((name, opening.table));
    }
    for (name, functions) in absent::MODULES {
        let mut opening = globals.table(name);
        opening.absent(&format!("{name}."), functions);
        loaded.push((name, opening.table));
    }
    let string = loaded[2].1;
    let heap = globals.heap;
    heap.set(string, names.index, Value::Table(string))
        .expect("a heap is opened without limit");
    heap.metatables[Kind::Text as usize] = Some(string);
    load::package(&mut Opening { heap, table }, &loaded);
    table
}

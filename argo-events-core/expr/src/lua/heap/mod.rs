//! Everything a script makes, in slots that are cleared as a whole when its run ends.
//!
//! What was there when the heap was sealed, the library, survives and gets its old content back.
//! During a run what nobody can reach any more is collected; see [`collect`].

mod collect;
mod slots;
mod table;
mod text;

pub(super) use slots::Slots;
pub(super) use table::{Table, slot};

use super::{
    code::Chunk,
    error::Exceeded,
    library::Action,
    machine::Thread,
    value::{FunctionId, Kind, ProxyId, TableId, ThreadId, UpvalueId, Value},
};
use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};
use text::{Interned, Text};

/// Why running cannot simply go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// An error that the script may catch.
    Error(Value),
    /// A limit, which it may not.
    Stop(Exceeded),
}

#[derive(Clone, Debug, Default)]
pub(super) enum Function {
    #[default]
    Gone,
    Script {
        chunk: u32,
        function: u32,
        environment: TableId,
        upvalues: Box<[UpvalueId]>,
    },
    Native {
        action: Action,
        /// What a function made by another holds, such as the thread of `coroutine.wrap`.
        held: Value,
    },
}

/// A captured local: in its thread's stack while that function runs, later here.
#[derive(Clone, Copy, Debug)]
pub(super) enum Upvalue {
    Open { thread: ThreadId, place: u32 },
    Closed(Value),
}

impl Default for Upvalue {
    fn default() -> Self {
        Self::Closed(Value::Nil)
    }
}

/// What `newproxy` and iterators give: something with a metatable, or a list of ready values.
#[derive(Debug, Default)]
pub(super) struct Proxy {
    pub(super) metatable: Option<TableId>,
    pub(super) matches: Vec<Vec<Value>>,
    pub(super) next: usize,
}

#[derive(Debug)]
pub(super) struct Heap {
    pub(super) texts: Slots<Text>,
    pub(super) tables: Slots<Table>,
    pub(super) functions: Slots<Function>,
    pub(super) upvalues: Slots<Upvalue>,
    pub(super) threads: Slots<Thread>,
    pub(super) proxies: Slots<Proxy>,
    /// The scripts that run, with their constants.
    pub(super) chunks: Vec<(Arc<Chunk>, Arc<[Value]>)>,
    pub(super) metatables: [Option<TableId>; Kind::COUNT],
    interned: Interned,
    secret: u64,
    /// How many bytes are in use, garbage included.
    pub(super) used: usize,
    /// How many bytes may be in use.
    pub(super) limit: usize,
    /// From how many bytes on garbage is collected.
    pub(super) threshold: usize,
    sealed: Sealed,
}

/// What a heap looks like before a run.
#[derive(Debug, Default)]
struct Sealed {
    tables: Vec<Table>,
    interned: Interned,
    metatables: [Option<TableId>; Kind::COUNT],
    used: usize,
}

impl Heap {
    pub(super) fn new() -> Self {
        Self {
            texts: Slots::default(),
            tables: Slots::default(),
            functions: Slots::default(),
            upvalues: Slots::default(),
            threads: Slots::default(),
            proxies: Slots::default(),
            chunks: Vec::new(),
            metatables: [None; Kind::COUNT],
            interned: Interned::default(),
            secret: RandomState::new().hash_one(0),
            used: 0,
            limit: usize::MAX,
            threshold: usize::MAX,
            sealed: Sealed::default(),
        }
    }

    /// Makes what is there now survive [`Self::reset`].
    pub(super) fn seal(&mut self) {
        self.sealed = Sealed {
            tables: self.tables.items.clone(),
            interned: self.interned.clone(),
            metatables: self.metatables,
            used: self.used,
        };
        self.texts.seal();
        self.tables.seal();
        self.functions.seal();
    }

    pub(super) fn reset(&mut self) {
        self.texts.reset();
        self.tables.reset();
        self.functions.reset();
        self.upvalues.reset();
        self.threads.reset();
        self.proxies.reset();
        self.chunks.clear();
        for (table, old) in self.tables.items.iter_mut().zip(&self.sealed.tables) {
            table.clone_from(old);
        }
        self.interned = self.sealed.interned.clone();
        self.metatables = self.sealed.metatables;
        self.used = self.sealed.used;
    }

    pub(super) fn new_table(&mut self) -> TableId {
        self.used += size_of::<Table>();
        TableId(self.tables.add(Table::default()))
    }

    pub(super) fn table(&self, id: TableId) -> &Table {
        &self.tables.items[id.index()]
    }

    pub(super) fn table_mut(&mut self, id: TableId) -> &mut Table {
        &mut self.tables.items[id.index()]
    }

    pub(super) fn new_function(&mut self, function: Function) -> FunctionId {
        self.used += function_size(&function);
        FunctionId(self.functions.add(function))
    }

    pub(super) fn function(&self, id: FunctionId) -> &Function {
        &self.functions.items[id.index()]
    }

    pub(super) fn new_upvalue(&mut self, upvalue: Upvalue) -> UpvalueId {
        self.used += size_of::<Upvalue>();
        UpvalueId(self.upvalues.add(upvalue))
    }

    pub(super) fn new_thread(&mut self, thread: Thread) -> ThreadId {
        self.used += thread.size();
        ThreadId(self.threads.add(thread))
    }

    pub(super) fn new_proxy(&mut self, proxy: Proxy) -> ProxyId {
        self.used += proxy_size(&proxy);
        ProxyId(self.proxies.add(proxy))
    }

    pub(super) fn metatable(&self, value: Value) -> Option<TableId> {
        match value {
            Value::Table(id) => self.table(id).metatable,
            Value::Proxy(id) => self.proxies.items[id.index()].metatable,
            _ => self.metatables[value.kind() as usize],
        }
    }

    pub(super) fn set_metatable(&mut self, value: Value, metatable: Option<TableId>) {
        match value {
            Value::Table(id) => self.table_mut(id).metatable = metatable,
            Value::Proxy(id) => self.proxies.items[id.index()].metatable = metatable,
            _ => self.metatables[value.kind() as usize] = metatable,
        }
    }
}

fn function_size(function: &Function) -> usize {
    let captured = match function {
        Function::Script { upvalues, .. } => size_of_val(&**upvalues),
        _ => 0,
    };
    size_of::<Function>() + captured
}

fn proxy_size(proxy: &Proxy) -> usize {
    let values = proxy
        .matches
        .iter()
        .map(|values| values.capacity() * size_of::<Value>() + 24);
    size_of::<Proxy>() + values.sum::<usize>()
}

//! Collects what cannot be reached any more.
//!
//! Runs only between instructions, when everything in use is in a stack, in a frame or among the
//! roots that are handed over.

use super::{
    super::value::{TableId, Value},
    Function, Heap, Table, Upvalue, function_size, proxy_size,
    text::Text,
};
use crate::lua::machine::Thread;

/// The least use of memory at which collecting pays.
const LEAST_THRESHOLD: usize = 4 << 20;

impl Heap {
    /// Says from how many bytes on garbage is collected, when so many are in use.
    pub(in crate::lua) fn set_threshold(&mut self) {
        let doubled = (self.used * 2).max(LEAST_THRESHOLD);
        // Beyond half of what is allowed, half of the rest may still fill with garbage.
        let most = self.used + self.limit.saturating_sub(self.used) / 2;
        self.threshold = doubled.min(most.max(self.limit / 4));
    }

    /// Collects; `running` is the thread that runs, which is not in its slot meanwhile.
    pub(in crate::lua) fn collect(
        &mut self,
        running: &Thread,
        roots: impl IntoIterator<Item = Value>,
    ) {
        self.texts.unmark();
        self.tables.unmark();
        self.functions.unmark();
        self.upvalues.unmark();
        self.threads.unmark();
        self.proxies.unmark();
        let mut gray: Vec<Value> = roots.into_iter().collect();
        gray.extend(running.reached());
        for id in &running.open {
            self.upvalues.mark(id.0);
        }
        gray.extend(self.metatables.iter().flatten().map(|id| Value::Table(*id)));
        for (_, constants) in &self.chunks {
            gray.extend(constants.iter());
        }
        for id in 0..self.sealed.tables.len() {
            gray.push(Value::Table(TableId(id as u32)));
        }
        while let Some(value) = gray.pop() {
            self.mark(value, &mut gray);
        }
        self.sweep();
        self.set_threshold();
    }

    fn mark(&mut self, value: Value, gray: &mut Vec<Value>) {
        match value {
            Value::Nil | Value::Boolean(_) | Value::Number(_) => {}
            Value::Text(id) => {
                self.texts.mark(id.0);
            }
            Value::Table(id) if self.tables.mark(id.0) => {
                let table = &self.tables.items[id.index()];
                gray.extend(table.contents());
                gray.extend(table.metatable.map(Value::Table));
            }
            Value::Function(id) if self.functions.mark(id.0) => {
                self.mark_function(id.index(), gray)
            }
            Value::Thread(id) if self.threads.mark(id.0) => {
                let thread = &self.threads.items[id.index()];
                gray.extend(thread.reached());
                for id in &thread.open {
                    self.upvalues.mark(id.0);
                }
            }
            Value::Proxy(id) if self.proxies.mark(id.0) => {
                let proxy = &self.proxies.items[id.index()];
                gray.extend(proxy.matches.iter().flatten());
                gray.extend(proxy.metatable.map(Value::Table));
            }
            _ => {}
        }
    }

    fn mark_function(&mut self, index: usize, gray: &mut Vec<Value>) {
        match &self.functions.items[index] {
            Function::Gone => {}
            Function::Native { held, .. } => gray.push(*held),
            Function::Script {
                environment,
                upvalues,
                ..
            } => {
                gray.push(Value::Table(*environment));
                for id in &**upvalues {
                    self.upvalues.mark(id.0);
                    gray.push(match self.upvalues.items[id.index()] {
                        Upvalue::Open { thread, .. } => Value::Thread(thread),
                        Upvalue::Closed(value) => value,
                    });
                }
            }
        }
    }

    fn sweep(&mut self) {
        let freed = self.texts.sweep(Text::size)
            + self.tables.sweep(Table::size)
            + self.functions.sweep(function_size)
            + self.upvalues.sweep(|_| size_of::<Upvalue>())
            + self.threads.sweep(Thread::size)
            + self.proxies.sweep(proxy_size);
        self.used = self.used.saturating_sub(freed);
        self.reintern();
    }
}

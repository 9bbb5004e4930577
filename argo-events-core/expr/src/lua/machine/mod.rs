//! Runs compiled functions.
//!
//! Calls, protected calls and coroutines are frames in lists of the machine's own, so that a script
//! never uses the stack of the thread it runs on; only library functions that call back do, and
//! they are counted.

mod argument;
mod budget;
mod call;
mod coroutine;
mod execute;
mod index;
mod operate;
mod print;
mod register;
mod unwind;

pub(super) use argument::Arguments;
pub(super) use call::Flow;
use coroutine::Status;

use super::{
    code::{Chunk, Constant},
    heap::{Fault, Function, Heap},
    library::{self, Names},
    limits::Limits,
    settings::Settings,
    value::{FunctionId, TableId, ThreadId, UpvalueId, Value},
};
use budget::Budget;
use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::SystemTime,
};

/// How many registers the stack holds beyond a frame's first, whatever the frame uses.
const WINDOW: usize = 256;

/// How many values the stack of a thread may hold.
const STACK: usize = 1 << 20;

/// Where the results of a call go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Returns {
    /// To registers from one on, so many less one, or all for 0.
    Registers { to: u32, count: u8 },
    /// The first to one register.
    Value { to: u32 },
    /// The truth of the first decides whether the next instruction is skipped.
    Compare { when: bool },
    /// Nowhere.
    Nowhere,
    /// To an operand of `..`, which goes on.
    Concatenate { first: u32, last: u32, to: u32 },
    /// To the caller of the running function.
    Tail,
    /// To the protected call below.
    Protected,
    /// From an error's handler to the protected call below.
    Handled,
    /// To whoever resumed the thread.
    Resumer,
    /// To the library function that called.
    Native,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum FrameKind {
    Script {
        function: FunctionId,
        chunk: u32,
        prototype: u32,
        /// How many further arguments stand before the first register.
        rest: u32,
        tail_calls: u32,
    },
    /// A protected call and what handles its errors.
    Protected { handler: Value },
    /// A library function that called back.
    Native,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    /// The place of the called function in the stack.
    start: u32,
    /// The place of its first register.
    base: u32,
    /// The number of the instruction to run next.
    pc: u32,
    returns: Returns,
}

/// A coroutine, or the script itself.
#[derive(Debug, Default)]
pub(super) struct Thread {
    stack: Vec<Value>,
    frames: Vec<Frame>,
    /// The captured locals in its stack, the lowest first.
    pub(super) open: Vec<UpvalueId>,
    status: Status,
    /// Who resumed it.
    resumer: Option<ThreadId>,
    /// Where the results go of the thread it resumed.
    awaits: Option<Returns>,
    is_wrapped: bool,
    /// How many library functions in it wait for functions they called.
    natives: usize,
}

impl Thread {
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + self.stack.capacity() * size_of::<Value>()
            + self.frames.capacity() * size_of::<Frame>()
    }

    /// Gives all values in use.
    pub(super) fn reached(&self) -> impl Iterator<Item = Value> + '_ {
        let frames = self.frames.iter().map(|frame| match frame.kind {
            FrameKind::Script { function, .. } => Value::Function(function),
            FrameKind::Protected { handler } => handler,
            FrameKind::Native => Value::Nil,
        });
        let resumer = self.resumer.map(Value::Thread);
        self.stack.iter().copied().chain(frames).chain(resumer)
    }
}

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) heap: Heap,
    pub(super) names: Names,
    pub(super) globals: TableId,
    /// The thread that runs.
    thread: Thread,
    current: ThreadId,
    main: ThreadId,
    /// What the last call gave.
    pub(super) returned: Vec<Value>,
    /// The first place in the stack that a library function may use.
    top: usize,
    /// Where values end of which an instruction took all there were.
    open_end: usize,
    /// How many library functions wait for functions they called, in all threads.
    nesting: usize,
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    pub(super) random: u64,
    /// The time that was given for the start of the run.
    now: Option<SystemTime>,
    /// The environment in which loaded functions start, which `setfenv(0)` sets.
    pub(super) environment: TableId,
}

impl Machine {
    pub(super) fn new() -> Self {
        let mut heap = Heap::new();
        let names = Names::new(&mut heap);
        let globals = library::open(&mut heap, &names);
        heap.seal();
        Self {
            heap,
            names,
            globals,
            thread: Thread::default(),
            current: ThreadId(0),
            main: ThreadId(0),
            returned: Vec::new(),
            top: 0,
            open_end: 0,
            nesting: 0,
            limits: Limits::default(),
            budget: Budget::default(),
            random: 1,
            now: None,
            environment: globals,
        }
    }

    /// Prepares a run.
    pub(super) fn begin(&mut self, limits: &Limits, settings: &Settings) {
        self.limits = limits.clone();
        self.heap.limit = limits.memory;
        self.heap.set_threshold();
        self.budget = Budget::new(limits, settings.cancelled.clone());
        self.now = settings.now;
        let seed = settings.seed;
        self.seed(seed.unwrap_or_else(|| RandomState::new().hash_one(0)));
        self.main = self.heap.new_thread(Thread::default());
        self.current = self.main;
        self.thread.status = Status::Running;
    }

    /// Lets random numbers start somewhere else.
    pub(super) fn seed(&mut self, seed: u64) {
        // Mixed, since the sequence must not start at zero.
        self.random = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1;
    }

    /// Forgets all that a run left behind.
    pub(super) fn reset(&mut self) {
        self.heap.reset();
        self.thread = Thread::default();
        self.returned.clear();
        self.returned.shrink_to(WINDOW);
        self.top = 0;
        self.nesting = 0;
        self.environment = self.globals;
    }

    /// Says how deep code may nest that is compiled now, on a stack that is in use already.
    pub(super) fn syntax_left(&self) -> usize {
        self.limits.syntax.saturating_sub(2 * self.nesting)
    }

    /// Makes a function of a script's main part.
    pub(super) fn load(&mut self, chunk: Arc<Chunk>) -> Result<FunctionId, Fault> {
        let bytes = |constant: &Constant| match constant {
            Constant::Text(text) => text.len() + 64,
            Constant::Number(_) => 16,
        };
        self.heap.afford(chunk.constants.iter().map(bytes).sum())?;
        let value = |heap: &mut Heap, constant: &Constant| match constant {
            Constant::Number(number) => Value::Number(*number),
            Constant::Text(text) => Value::Text(heap.text(text)),
        };
        let constants = chunk.constants.iter();
        let constants = constants
            .map(|constant| value(&mut self.heap, constant))
            .collect();
        let main = chunk.functions.len() as u32 - 1;
        self.heap.chunks.push((chunk, constants));
        Ok(self.heap.new_function(Function::Script {
            chunk: self.heap.chunks.len() as u32 - 1,
            function: main,
            environment: self.environment,
            upvalues: Box::default(),
        }))
    }

    /// Runs a function without arguments; its results are in `returned`.
    pub(super) fn run_main(&mut self, function: FunctionId) -> Result<(), Fault> {
        self.reserve(WINDOW)?;
        match self.call(Value::Function(function), 0, 0, Returns::Native)? {
            Flow::Leave => Ok(()),
            Flow::Go => self.run(),
        }
    }

    /// Makes sure that the stack has so many places.
    fn reserve(&mut self, places: usize) -> Result<(), Fault> {
        let length = self.thread.stack.len();
        if places <= length {
            return Ok(());
        }
        if places > STACK {
            return Err(self.error("registry overflow"));
        }
        let growth = (places - length).max(length);
        self.heap.afford(growth * size_of::<Value>())?;
        self.heap.used += growth * size_of::<Value>();
        self.thread.stack.resize(length + growth, Value::Nil);
        Ok(())
    }
}

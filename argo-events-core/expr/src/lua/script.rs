//! Compiled scripts and the machines that run them.

use super::{
    CompileError, Limits, RunError, Settings, code::Chunk, compile, convert, heap::Fault,
    machine::Machine, parse, value::Value,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What errors call a script.
const NAME: &str = "<string>";

/// How many machines wait for further runs.
const IDLE: usize = 16;

static MACHINES: Mutex<Vec<Machine>> = Mutex::new(Vec::new());

fn machines() -> MutexGuard<'static, Vec<Machine>> {
    // Nothing can go wrong while the list is held, so it is whole even after a panic elsewhere.
    MACHINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A script that can run any number of times, in any number of threads.
///
/// Each run has global variables of its own; one of them, `event`, is the payload as a table.
#[derive(Clone, Debug)]
pub struct Script {
    chunk: Arc<Chunk>,
    limits: Limits,
}

impl Script {
    /// Compiles a script with the default limits.
    ///
    /// # Errors
    /// When the text is not Lua 5.1 with `goto`.
    pub fn compile(text: impl AsRef<[u8]>) -> Result<Self, CompileError> {
        Self::compile_with(text, Limits::default())
    }

    /// Compiles a script with limits for all its runs.
    ///
    /// # Errors
    /// When the text is not Lua 5.1 with `goto`, or nests deeper than allowed.
    pub fn compile_with(text: impl AsRef<[u8]>, limits: Limits) -> Result<Self, CompileError> {
        let text = text.as_ref();
        let place = |error: CompileError| error.placed(text);
        let main = parse::parse(text, NAME, limits.syntax).map_err(place)?;
        let chunk = Arc::new(compile::compile(&main, NAME).map_err(place)?);
        Ok(Self { chunk, limits })
    }

    /// Tells whether the script's last result is `true`.
    ///
    /// ```
    /// use argo_events_expr::lua::Script;
    /// let script = Script::compile("return event.size > 10")?;
    /// assert_eq!(script.filter(br#"{"size": 12}"#), Ok(true));
    /// # Ok::<(), argo_events_expr::lua::CompileError>(())
    /// ```
    ///
    /// # Errors
    /// When the event is not a JSON object or null, or the script fails or exceeds a limit.
    pub fn filter(&self, event: &[u8]) -> Result<bool, RunError> {
        self.filter_with(event, &Settings::default())
    }

    /// Does what [`Self::filter`] does, in a run with settings.
    ///
    /// # Errors
    /// Those of [`Self::filter`], and [`RunError::Stopped`] once the run is cancelled.
    pub fn filter_with(&self, event: &[u8], settings: &Settings) -> Result<bool, RunError> {
        let is_true = |_: &Machine, value| Ok(value == Value::Boolean(true));
        self.run(event, settings, is_true)
    }

    /// Gives the script's last result, a table, as JSON.
    ///
    /// ```
    /// use argo_events_expr::lua::Script;
    /// let script = Script::compile("event.size = event.size * 2 return event")?;
    /// assert_eq!(script.transform(br#"{"size": 12}"#), Ok(br#"{"size":24}"#.to_vec()));
    /// # Ok::<(), argo_events_expr::lua::CompileError>(())
    /// ```
    ///
    /// # Errors
    /// When the event is not a JSON object or null, the script fails or exceeds a limit, or its
    /// result is no table or has no JSON form.
    pub fn transform(&self, event: &[u8]) -> Result<Vec<u8>, RunError> {
        self.transform_with(event, &Settings::default())
    }

    /// Does what [`Self::transform`] does, in a run with settings.
    ///
    /// # Errors
    /// Those of [`Self::transform`], and [`RunError::Stopped`] once the run is cancelled.
    pub fn transform_with(&self, event: &[u8], settings: &Settings) -> Result<Vec<u8>, RunError> {
        self.run(event, settings, |machine, value| {
            self.encode(machine, value)
        })
    }

    fn encode(&self, machine: &Machine, value: Value) -> Result<Vec<u8>, RunError> {
        match value {
            Value::Table(table) => convert::encode(machine, table, self.limits.output),
            _ => Err(RunError::NotATable),
        }
    }

    fn run<T>(
        &self,
        event: &[u8],
        settings: &Settings,
        conclude: impl FnOnce(&Machine, Value) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let idle = machines().pop();
        let mut machine = idle.unwrap_or_else(Machine::new);
        machine.begin(&self.limits, settings);
        let result = self.evaluate(&mut machine, event);
        let result = result.and_then(|value| conclude(&machine, value));
        machine.reset();
        let mut machines = machines();
        if machines.len() < IDLE {
            machines.push(machine);
        }
        result
    }

    fn evaluate(&self, machine: &mut Machine, event: &[u8]) -> Result<Value, RunError> {
        let event = Value::Table(convert::event(machine, event)?);
        let (globals, name) = (machine.globals, machine.names.event);
        let run = |machine: &mut Machine| {
            machine.heap.set(globals, name, event)?;
            let main = machine.load(Arc::clone(&self.chunk))?;
            machine.run_main(main)
        };
        run(machine).map_err(|fault| machine.failure(fault))?;
        Ok(machine.returned.last().copied().unwrap_or_default())
    }
}

impl Machine {
    /// Says for the caller why a run ended.
    pub(super) fn failure(&self, fault: Fault) -> RunError {
        match fault {
            Fault::Stop(exceeded) => RunError::Stopped(exceeded),
            Fault::Error(value) => {
                RunError::Raised(String::from_utf8_lossy(&self.print(value)).into_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_stays_in_its_run() {
        let mut machine = Machine::new();
        let mut run = |text: &str| {
            let script = Script::compile(text).expect("Lua");
            machine.begin(&script.limits, &Settings::default().seed(1));
            let value = script.evaluate(&mut machine, b"{}").expect("succeeds");
            machine.reset();
            value
        };
        let seeded = run("math.randomseed(7) return math.random()");
        assert_eq!(run("math.randomseed(7) return math.random()"), seeded);
        let first = run("return math.random()");
        assert_ne!(first, seeded);
        run("math.randomseed(7)");
        assert_eq!(run("return math.random()"), first);
    }
}

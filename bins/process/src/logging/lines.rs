//! Standard output for lines, written in large pieces.
//!
//! What was written last is on its way within [`DELAY`], when [`flush`] is called, or when the buffer is
//! full. Effects that are lines, those of the log trigger, are flushed before their deliveries are
//! acknowledged; what a kill can lose is the last moment of talk.

use std::{
    io::{self, Write},
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long a line waits for others.
const DELAY: Duration = Duration::from_millis(5);
/// When so much waits, it is written at once.
const FULL: usize = 128 * 1024;

static LINES: Lines = Lines {
    waiting: Mutex::new(Waiting {
        bytes: Vec::new(),
        is_watched_for: false,
    }),
    filled: Condvar::new(),
};

struct Lines {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

struct Waiting {
    bytes: Vec<u8>,
    /// The thread sleeps until something waits.
    is_watched_for: bool,
}

/// Writes to standard output in large pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Output;

/// Writes what waits when the process ends in good order.
#[derive(Debug)]
#[must_use = "lines that wait are written when it is dropped"]
pub struct Ending(());

impl Drop for Ending {
    fn drop(&mut self) {
        flush();
    }
}

/// Starts the thread that writes what nobody flushes.
pub(super) fn start() -> Ending {
    let writer = thread::Builder::new().name("log".to_owned());
    if writer.spawn(|| LINES.write_for_ever()).is_err() {
        // Then a full buffer and those who flush are all there is.
        let _ = writeln!(io::stderr(), "no thread for the log: lines may come late");
    }
    Ending(())
}

/// Writes what waits.
pub fn flush() {
    LINES.write_out(&mut LINES.lock());
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_for_ever(&self) {
        let mut waiting = self.lock();
        loop {
            while waiting.bytes.is_empty() {
                waiting.is_watched_for = true;
                let filled = self.filled.wait(waiting);
                waiting = filled.unwrap_or_else(PoisonError::into_inner);
            }
            waiting.is_watched_for = false;
            // Nobody tells the thread meanwhile: it just lets others write.
            let pause = self.filled.wait_timeout(waiting, DELAY);
            (waiting, _) = pause.unwrap_or_else(PoisonError::into_inner);
            self.write_out(&mut waiting);
        }
    }

    /// Writes in the order of the lines, so under the lock; whoever logs waits for a reader that is slow.
    fn write_out(&self, waiting: &mut Waiting) {
        // A log that cannot be written is no reason to stop routing events, and cannot be logged.
        let _ = io::stdout().write_all(&waiting.bytes);
        waiting.bytes.clear();
    }
}

impl Write for Output {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = LINES.lock();
        if mem::take(&mut waiting.is_watched_for) {
            LINES.filled.notify_one();
        }
        waiting.bytes.extend_from_slice(line);
        if waiting.bytes.len() >= FULL {
            LINES.write_out(&mut waiting);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

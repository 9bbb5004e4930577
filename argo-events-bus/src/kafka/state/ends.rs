//! Where the log ends, asked of the brokers once for all who want to know at a time.
//!
//! Every read of the state asks first. Whoever takes a shard over reads hundreds of records, many at a time,
//! and would ask as often; an answer serves all who came before it was asked for, and nobody who came later.

use argo_events_core::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tokio::sync::Mutex;

/// The questions, and the last answer.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// How many questions were begun.
    begun: AtomicU64,
    last: Mutex<Answer>,
}

#[derive(Debug, Default)]
struct Answer {
    /// Which question it answers; 0 before the first.
    number: u64,
    /// `None` if there was none.
    end: Option<i64>,
}

impl Ends {
    /// Returns an end that was asked for after this was called.
    ///
    /// # Cancel safety
    /// Dropping the future lets somebody else ask.
    pub(super) async fn ask<F>(&self, ask: impl FnOnce() -> F) -> Result<i64>
    where
        F: Future<Output = Result<i64>>,
    {
        let before = self.begun.load(SeqCst);
        let mut last = self.last.lock().await;
        if last.number > before {
            return last.end.ok_or_else(unanswered);
        }
        let number = self.begun.fetch_add(1, SeqCst) + 1;
        let asked = ask().await;
        let end = asked.as_ref().ok().copied();
        *last = Answer { number, end };
        asked
    }
}

fn unanswered() -> Error {
    let message = "brokers do not say where the state's topic ends";
    Error::transient(ErrorKind::Unavailable, message).during("get")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::time::Duration;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn one_answer_serves_all_who_came_before_it_was_asked_for() {
        let (ends, asked) = (Ends::default(), AtomicU64::new(0));
        let ask = || {
            ends.ask(|| async {
                let number = asked.fetch_add(1, SeqCst);
                sleep(Duration::from_secs(1)).await;
                Ok(number.cast_signed())
            })
        };
        let late = async {
            sleep(Duration::from_millis(1_500)).await;
            ask().await
        };
        let (found, late) = futures::join!(join_all((0..100).map(|_| ask())), late);
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert!(found[0] == 0 && found[1..].iter().all(|end| *end == 1));
        assert_eq!(late.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_an_answer_that_does_not_come_is_told_too() {
        let ends = Ends::default();
        let ask = || {
            ends.ask(|| async {
                sleep(Duration::from_secs(1)).await;
                Err(unanswered())
            })
        };
        let found = join_all((0..3).map(|_| ask())).await;
        assert!(found.iter().all(|it| it.is_err()));
        assert_eq!(ends.begun.load(SeqCst), 2);
    }
}

//! Keeps a trouble that repeats itself from filling the log.

use crate::lock::lock;
use std::{sync::Mutex, time::Duration};
use tokio::time::Instant;

/// How long no more lines are let through.
const PAUSE: Duration = Duration::from_secs(30);

/// Lets a few lines through, then none for a while.
#[derive(Debug)]
pub(crate) struct Quiet {
    most: u32,
    spoken: Mutex<Spoken>,
}

#[derive(Debug, Default)]
struct Spoken {
    since: Option<Instant>,
    lines: u32,
}

impl Default for Quiet {
    /// Lets one line through.
    fn default() -> Self {
        Self::of(1)
    }
}

impl Quiet {
    /// Lets so many lines through before it is quiet.
    pub(crate) fn of(most: u32) -> Self {
        Self {
            most,
            spoken: Mutex::default(),
        }
    }

    /// Returns how many lines were held back, if it is time for another one.
    pub(crate) fn may_speak(&self) -> Option<u32> {
        let mut spoken = lock(&self.spoken);
        let mut held_back = 0;
        if spoken.since.is_none_or(|since| since.elapsed() >= PAUSE) {
            held_back = spoken.lines.saturating_sub(self.most);
            (spoken.since, spoken.lines) = (Some(Instant::now()), 0);
        }
        spoken.lines = spoken.lines.saturating_add(1);
        (spoken.lines <= self.most).then_some(held_back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lines_are_few_and_those_held_back_are_counted() {
        for most in [1, 5] {
            let quiet = Quiet::of(most);
            let spoken = (0..100).filter(|_| quiet.may_speak().is_some()).count();
            assert_eq!(spoken, most as usize);
            tokio::time::advance(PAUSE).await;
            assert_eq!(quiet.may_speak(), Some(100 - most));
            assert_eq!(quiet.may_speak(), (most > 1).then_some(0));
        }
    }
}

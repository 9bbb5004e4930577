//! Keeps a trouble that repeats itself from filling the log.

use std::time::Duration;
use tokio::time::Instant;

/// How long the same trouble is not mentioned again.
const PAUSE: Duration = Duration::from_secs(30);

/// Lets one line through, then none for a while.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    spoke: Option<Instant>,
    suppressed: u64,
}

impl Quiet {
    /// Returns how many lines were held back, if it is time for another one.
    pub(super) fn may_speak(&mut self) -> Option<u64> {
        if self.spoke.is_some_and(|spoke| spoke.elapsed() < PAUSE) {
            self.suppressed += 1;
            return None;
        }
        self.spoke = Some(Instant::now());
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_trouble_is_mentioned_now_and_then() {
        let mut quiet = Quiet::default();
        let spoken = [quiet.may_speak(), quiet.may_speak(), quiet.may_speak()];
        assert_eq!(spoken, [Some(0), None, None]);
        tokio::time::advance(PAUSE).await;
        assert_eq!(quiet.may_speak(), Some(2));
    }
}

//! What librdkafka has to say: to the log, but not without end, and to whoever asks why nothing works.

use super::lock;
use argo_events_core::ErrorKind;
use rdkafka::{
    ClientContext, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError,
    types::RDKafkaErrorCode,
};
use std::{sync::Mutex, time::Duration};
use tokio::time::Instant;

/// Most lines of a client within [`WINDOW`].
const MOST_LINES: u32 = 5;
const WINDOW: Duration = Duration::from_secs(30);

/// Lets few lines of a kind through.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Passed>);

#[derive(Debug, Default)]
struct Passed {
    since: Option<Instant>,
    lines: u32,
}

impl Throttle {
    /// Tells whether one more line may be logged now, and how many were not since the last one.
    pub(super) fn pass(&self) -> Option<u32> {
        let mut passed = lock(&self.0);
        let now = Instant::now();
        let is_over = passed.since.is_none_or(|since| now >= since + WINDOW);
        let withheld = passed.lines.saturating_sub(MOST_LINES);
        if is_over {
            (passed.since, passed.lines) = (Some(now), 0);
        }
        passed.lines = passed.lines.saturating_add(1);
        (passed.lines <= MOST_LINES).then_some(if is_over { withheld } else { 0 })
    }
}

/// Listens to a client.
#[derive(Debug, Default)]
pub(super) struct Watch {
    trouble: Mutex<Option<Trouble>>,
    throttle: Throttle,
}

/// What a client complained of last.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) kind: ErrorKind,
    pub(super) reason: String,
    since: Instant,
}

impl Watch {
    /// Returns what the client complained of lately; what is long ago explains nothing any more.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let trouble = lock(&self.trouble).clone();
        trouble.filter(|trouble| trouble.since.elapsed() < WINDOW)
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        let Some(withheld) = self.throttle.pass() else {
            return;
        };
        match level {
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, withheld, "kafka: {text}");
            }
            _ => tracing::warn!(facility, withheld, "kafka: {text}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        let kind = match code {
            Some(
                RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SaslAuthenticationFailed
                | RDKafkaErrorCode::SSL,
            ) => ErrorKind::Unauthorized,
            _ => ErrorKind::Unavailable,
        };
        // That all brokers are down says less than why.
        if code != Some(RDKafkaErrorCode::AllBrokersDown) {
            *lock(&self.trouble) = Some(Trouble {
                kind,
                reason: reason.to_owned(),
                since: Instant::now(),
            });
        }
        if let Some(withheld) = self.throttle.pass() {
            tracing::warn!(withheld, "kafka: {reason}");
        }
    }
}

impl ConsumerContext for Watch {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lines_are_few_and_those_withheld_are_counted() {
        let throttle = Throttle::default();
        let logged = (0..100).filter(|_| throttle.pass().is_some()).count();
        assert_eq!(logged, MOST_LINES as usize);
        tokio::time::advance(WINDOW).await;
        assert_eq!(throttle.pass(), Some(95));
        assert_eq!(throttle.pass(), Some(0));
    }

    #[test]
    fn the_reason_of_a_failure_is_remembered_rather_than_its_consequence() {
        let watch = Watch::default();
        let failed = |code| KafkaError::Global(code);
        watch.error(failed(RDKafkaErrorCode::Authentication), "wrong password");
        watch.error(
            failed(RDKafkaErrorCode::AllBrokersDown),
            "1/1 brokers are down",
        );
        let trouble = watch.trouble().unwrap();
        assert_eq!(
            (trouble.kind, trouble.reason.as_str()),
            (ErrorKind::Unauthorized, "wrong password")
        );
    }
}

//! What librdkafka has to say: to the log, but not without end, and to whoever asks why nothing works.

use super::lock;
use crate::quiet::Quiet;
use argo_events_core::ErrorKind;
use rdkafka::{
    ClientContext, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError,
    types::RDKafkaErrorCode,
};
use std::{sync::Mutex, time::Duration};
use tokio::time::Instant;

/// Most lines of a client within a while.
pub(super) const MOST_LINES: u32 = 5;
/// For how long trouble explains anything.
const LATELY: Duration = Duration::from_secs(30);
/// For how long brokers count as out of reach after a complaint: the client repeats the same one every 30 s.
const REACH: Duration = Duration::from_secs(60);

/// Listens to a client.
#[derive(Debug)]
pub(super) struct Watch {
    trouble: Mutex<Option<Trouble>>,
    quiet: Quiet,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            trouble: Mutex::default(),
            quiet: Quiet::of(MOST_LINES),
        }
    }
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
        self.trouble_within(LATELY)
    }

    /// Tells whether the client complained so lately that brokers may be out of reach still.
    pub(super) fn is_troubled(&self) -> bool {
        self.trouble_within(REACH).is_some()
    }

    fn trouble_within(&self, time: Duration) -> Option<Trouble> {
        let trouble = lock(&self.trouble).clone();
        trouble.filter(|trouble| trouble.since.elapsed() < time)
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        let Some(suppressed) = self.quiet.may_speak() else {
            return;
        };
        match level {
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, suppressed, "kafka: {text}");
            }
            _ => tracing::warn!(facility, suppressed, "kafka: {text}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        // What a reader that asks for it hears at the end of a log.
        if code == Some(RDKafkaErrorCode::PartitionEOF) {
            return;
        }
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
        if let Some(suppressed) = self.quiet.may_speak() {
            tracing::warn!(suppressed, "kafka: {reason}");
        }
    }
}

impl ConsumerContext for Watch {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_no_trouble() {
        let watch = Watch::default();
        let end = KafkaError::Global(RDKafkaErrorCode::PartitionEOF);
        watch.error(end, "reached end of partition");
        assert!(watch.trouble().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn brokers_count_as_out_of_reach_until_a_complaint_would_have_been_repeated() {
        let watch = Watch::default();
        assert!(!watch.is_troubled());
        let failed = KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure);
        watch.error(failed, "connection refused");
        tokio::time::advance(Duration::from_secs(31)).await;
        assert!(watch.is_troubled() && watch.trouble().is_none());
        tokio::time::advance(REACH).await;
        assert!(!watch.is_troubled());
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

//! The log trigger.

use super::{Line, LogConfig};
use argo_events_core::{
    Executed, Firing, Rendered, Result, Timestamp, Trigger, TriggerContext,
    registry::{BuildTrigger, TriggerBuild},
};
use async_trait::async_trait;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Writes events to the log. See the [module](super).
#[derive(Debug)]
pub struct LogTrigger {
    name: String,
    interval: Duration,
    last: Arc<Last>,
}

/// When a trigger of a name wrote last.
#[derive(Debug, Default)]
struct Last(Mutex<Option<Timestamp>>);

impl BuildTrigger for LogConfig {
    fn build(self, build: &TriggerBuild) -> Result<Arc<dyn Trigger>> {
        Ok(Arc::new(LogTrigger {
            name: build.trigger.clone(),
            interval: Duration::from_secs(self.interval_seconds),
            last: build.clients.get_or_make(&build.trigger, Last::default),
        }))
    }
}

impl LogTrigger {
    /// Takes the turn to write, if the interval since the last line is over.
    fn takes_turn(&self, now: Timestamp) -> bool {
        if self.interval.is_zero() {
            return true;
        }
        let mut last = self.last.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = last.is_some_and(|last| now < last + self.interval);
        if !waits {
            *last = Some(now);
        }
        !waits
    }
}

#[async_trait]
impl Trigger for LogTrigger {
    fn kind(&self) -> &'static str {
        "log"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let lines = Line::of_firing(&self.name, firing);
        Ok(Rendered::of(
            firing,
            lines,
            |lines| serde_json::json!({ "lines": lines }),
        ))
    }

    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let lines = rendered
            .content::<Vec<Line>>()
            .map(Vec::as_slice)
            .unwrap_or_default();
        for line in lines
            .iter()
            .filter(|_| self.takes_turn(context.clock.now()))
        {
            tracing::info!(
                target: "argo-events",
                triggerName = line.trigger_name,
                triggerType = line.trigger_type,
                dependencyName = line.dependency_name,
                eventContext = line.text.event_context,
                "{}",
                line.text.message,
            );
        }
        Ok(Executed::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(seconds: u64) -> LogTrigger {
        LogTrigger {
            name: "show".to_owned(),
            interval: Duration::from_secs(seconds),
            last: Arc::default(),
        }
    }

    #[test]
    fn at_most_one_line_is_written_in_each_interval() {
        let trigger = every(10);
        let turns = [0, 9, 10, 19, 25]
            .map(|second| trigger.takes_turn(Timestamp::EPOCH + Duration::from_secs(second)));
        assert_eq!(turns, [true, false, true, false, true]);
    }

    #[test]
    fn without_an_interval_every_line_is_written() {
        let trigger = every(0);
        assert!((0..3).all(|_| trigger.takes_turn(Timestamp::EPOCH)));
    }
}

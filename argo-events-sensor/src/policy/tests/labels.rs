//! Promises of the label policy, on paused time.

use super::*;
use argo_events_core::api::K8sPolicy;
use serde_json::Value;

/// Gives an object whose labels are one thing after another; `null` stands for an error.
struct Labelled {
    looks: Vec<Value>,
    seen: Calls,
    began: Instant,
}

#[async_trait]
impl Trigger for Labelled {
    fn kind(&self) -> &'static str {
        "k8s"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        Ok(Rendered::new(firing.id(), json!(null), ()))
    }

    async fn execute(&self, _: &Rendered, _: &TriggerContext) -> Result<Executed> {
        Ok(match self.looks.is_empty() {
            true => Executed::default(),
            false => Executed::with_object(json!({})),
        })
    }

    async fn refresh(&self, _: &Rendered, _: &Executed) -> Result<Executed> {
        let mut seen = self.seen.lock().unwrap();
        seen.push((self.began.elapsed(), 1));
        let labels = &self.looks[(seen.len() - 1).min(self.looks.len() - 1)];
        if labels.is_null() {
            return Err(Error::permanent(ErrorKind::NotFound, "it is gone"));
        }
        Ok(Executed::with_object(
            json!({"metadata": {"labels": labels}}),
        ))
    }
}

/// Fires once; returns the error, if any, and when the object was looked at, in seconds.
async fn fire(policy: &str, looks: &[Value]) -> (Option<Error>, Vec<u64>) {
    let (seen, began) = (Calls::default(), Instant::now());
    let trigger = Labelled {
        looks: looks.to_vec(),
        seen: seen.clone(),
        began,
    };
    let mut spec = api::Trigger::new(TriggerTemplate::default());
    let k8s: K8sPolicy = serde_json::from_str(policy).unwrap();
    spec.policy = Some(Policy {
        k8s: Some(k8s),
        status: None,
    });
    let metrics = Metrics::default();
    let clock = Arc::new(TokioClock::starting_at(Timestamp::EPOCH));
    let guarded = GuardedBuilder::new("s", &spec, &metrics, clock)
        .build(Arc::new(trigger), None)
        .with_random(|| 0.0);
    let end = guarded.perform(&firing(), &CancellationToken::new()).await;
    let error = match end {
        End::Failed { error, .. } => Some(error),
        _ => None,
    };
    let seconds = seen
        .lock()
        .unwrap()
        .iter()
        .map(|(at, _)| at.as_secs())
        .collect();
    (error, seconds)
}

const DONE: &str = r#"{"labels":{"done":"yes"},"backoff":{"duration":"10s","factor":2,"steps":4}}"#;
const DEMANDED: &str = r#"{"labels":{"done":"yes"},"backoff":{"duration":"10s","steps":2},"errorOnBackoffTimeout":true}"#;

#[tokio::test(start_paused = true)]
async fn an_object_is_looked_at_at_once_and_then_by_the_backoff() {
    let looks = [
        json!({}),
        json!({"done": "no"}),
        json!({"done": "yes", "x": "1"}),
    ];
    let (error, seconds) = fire(DONE, &looks).await;
    assert!(error.is_none());
    assert_eq!(seconds, [0, 10, 30]);
}

#[tokio::test(start_paused = true)]
async fn labels_that_do_not_come_are_a_failure_only_if_the_policy_says_so() {
    let (error, seconds) = fire(DONE, &[json!({"done": "no"})]).await;
    assert!(error.is_none());
    assert_eq!(seconds, [0, 10, 30, 70]);
    let (error, seconds) = fire(DEMANDED, &[json!({"done": "no"})]).await;
    assert_eq!(error.unwrap().context("labels"), Some("done=yes"));
    assert_eq!(seconds, [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_is_a_failure_at_once() {
    let (error, seconds) = fire(DONE, &[json!({}), json!(null)]).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::NotFound);
    assert_eq!(seconds, [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_map_waits_for_any_label_and_no_map_for_nothing() {
    let (_, seconds) = fire(r#"{"labels":{}}"#, &[json!({}), json!({"a": ""})]).await;
    assert_eq!(seconds, [0, 1]);
    let (_, seconds) = fire(r#"{"backoff":{"steps":3}}"#, &[json!({})]).await;
    assert!(seconds.is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_an_object_there_is_nothing_to_wait_for() {
    let (error, seconds) = fire(DEMANDED, &[]).await;
    assert!(error.is_none());
    assert!(seconds.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_backoff_that_cannot_be_read_fails_once_there_is_an_object() {
    let policy = r#"{"labels":{"a":"b"},"backoff":{"factor":"2"}}"#;
    let (error, seconds) = fire(policy, &[json!({})]).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::ConfigInvalid);
    assert!(seconds.is_empty());
}

//! What was recorded: the sensors that come after, the events, and what fired.

use argo_events_core::{Clock as _, Event, SystemClock, Timestamp, event::codec};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How often each action fired; an action is its path and the labels of its events.
pub(crate) type Firings = BTreeMap<String, u64>;

/// Until when the stores were recorded, the wait for redelivery included.
const RECORDED_UNTIL: &str = "2026-11-22T16:00:00Z";
/// What needs a clock that shows a later time: redelivery, and resets that were missed.
const TIMED: [&str; 4] = ["11b", "11c", "12", "17"];

/// A recorded scenario.
pub(crate) struct Scenario {
    pub(crate) name: String,
    folder: PathBuf,
    after: Value,
}

/// What is done in a step.
pub(crate) enum Step {
    /// A sensor is started.
    Start(Value),
    /// An event is published.
    Publish(Arc<Event>),
}

impl Scenario {
    pub(crate) fn read(folder: PathBuf) -> Self {
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            after: json(&folder.join("after.json")),
            folder,
        }
    }

    /// Tells whether this machine's clock shows a time at which the scenario would not come about.
    pub(crate) fn is_before_its_time(&self) -> bool {
        let until: Timestamp = RECORDED_UNTIL.parse().unwrap();
        SystemClock.now() < until && TIMED.iter().any(|prefix| self.name.starts_with(prefix))
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("store.tar.gz")
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        let steps = self.after["steps"].as_array().unwrap();
        steps.iter().map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &Value) -> Step {
        let what = step["do"].as_str().unwrap();
        if let Some(file) = what.strip_prefix("start ") {
            return Step::Start(json(&self.folder.join(file)));
        }
        let at = usize::try_from(step["event"].as_u64().unwrap()).unwrap();
        let body = self.after["events"][at]["body"].as_str().unwrap();
        Step::Publish(Arc::new(codec::decode(&body.to_owned().into()).unwrap()))
    }

    /// Returns what the reference fired in each step.
    pub(crate) fn fired(&self) -> Vec<Firings> {
        let of_step = |step: &Value| {
            let fired = step["fired"].as_array().unwrap().iter();
            let mut firings = Firings::new();
            for fired in fired {
                let action = action(fired["trigger"].as_str().unwrap(), &fired["payload"]);
                *firings.entry(action).or_default() += fired["times"].as_u64().unwrap();
            }
            firings
        };
        self.after["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(of_step)
            .collect()
    }
}

/// Spells an action: its path, and the label of each dependency that has an event.
pub(crate) fn action(path: &str, payload: &Value) -> String {
    let labels = payload["labels"].as_object().unwrap();
    let mut labels: Vec<_> = labels
        .iter()
        .filter(|(_, label)| *label != "-")
        .map(|(name, label)| format!(" {name}={}", label.as_str().unwrap()))
        .collect();
    labels.sort();
    format!("{path}{}", labels.concat())
}

fn json(file: &Path) -> Value {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&bytes).unwrap()
}

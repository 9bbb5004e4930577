//! How a port behaves: the least that says which answer a request gets.

use super::request::Sent;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Ports with the events that are active on them.
pub(crate) struct Model {
    events: Map<String, Value>,
    secrets: Value,
    steps: Vec<Value>,
    active: Vec<String>,
    occupied: BTreeSet<String>,
    failing: bool,
    under_way: BTreeMap<usize, Value>,
}

impl Model {
    pub(crate) fn new(input: &Value) -> Self {
        Self {
            events: input["spec"]["webhook"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
            secrets: input["secrets"].clone(),
            steps: input["steps"].as_array().cloned().unwrap_or_default(),
            active: Vec::new(),
            occupied: BTreeSet::new(),
            failing: input["dispatch"] == "fail",
            under_way: BTreeMap::new(),
        }
    }

    /// Gives what is required of each step.
    pub(crate) fn run(&mut self) -> Vec<Value> {
        self.steps
            .clone()
            .iter()
            .map(|step| self.step(step))
            .collect()
    }

    fn step(&mut self, step: &Value) -> Value {
        if let Some(event) = step["start"].as_str() {
            return json!({"started": self.start(event)});
        }
        if let Some(event) = step["stop"].as_str() {
            self.active.retain(|active| active != event);
        } else if let Some(port) = step["occupyPort"].as_str() {
            self.occupied.insert(port.to_owned());
        } else if let Some(mode) = step["dispatch"].as_str() {
            self.failing = mode == "fail";
        } else if step["async"] == true {
            let answer = self.answer(step);
            self.under_way.insert(0, answer);
        } else if step["collectAsync"] == true {
            return self.under_way.remove(&0).unwrap_or(Value::Null);
        } else if step["request"].is_object() {
            return self.answer(step);
        }
        json!({})
    }

    fn text(&self, event: &str, name: &str) -> &str {
        self.events
            .get(event)
            .and_then(|event| event[name].as_str())
            .unwrap_or_default()
    }

    /// Returns the port as a placeholder or number, without what does not change it.
    fn port(&self, event: &str) -> Option<String> {
        let port = self.text(event, "port").trim_start_matches(['+', '0', ':']);
        let digits = port.replace("{port}", "1").replace("{port2}", "2");
        (digits.parse::<u16>().is_ok()
            && !port.starts_with(|c: char| c != '{' && port.contains('{')))
        .then(|| port.to_owned())
    }

    fn start(&mut self, event: &str) -> bool {
        let Some(port) = self.port(event) else {
            return false;
        };
        let place = |event: &str| (self.text(event, "endpoint"), self.text(event, "method"));
        let taken = self.active.iter().any(|other| place(other) == place(event));
        let may = !taken
            && !self.occupied.contains(&port)
            && !self.text(event, "endpoint").is_empty()
            && self.certificates_are_fine(event);
        if may {
            self.active.push(event.to_owned());
        }
        may
    }

    /// A port with certificate and key needs both to be what they are called.
    fn certificates_are_fine(&self, event: &str) -> bool {
        let settings = &self.events[event];
        let names = ["serverCertSecret", "serverKeySecret"];
        if names.iter().any(|name| settings[*name].is_null()) {
            return true;
        }
        names.iter().all(|name| {
            let selector = &settings[*name];
            let text = |field: &str| selector[field].as_str().unwrap_or_default().to_owned();
            let value = &self.secrets[text("name")][text("key")];
            value.as_str().is_some_and(|text| text.starts_with("{tls-"))
        })
    }

    fn answer(&self, step: &Value) -> Value {
        let Some(sent) = Sent::all(step).into_iter().next() else {
            return Value::Null;
        };
        if self.active.is_empty() {
            return json!({"answers": [], "events": [], "end": "connection refused"});
        }
        let target = String::from_utf8_lossy(&sent.target).into_owned();
        let path = target.split('?').next().unwrap_or_default();
        let method = String::from_utf8_lossy(&sent.method).into_owned();
        let fitting: Vec<_> = self
            .active
            .iter()
            .filter(|event| fits(self.text(event, "endpoint"), path))
            .collect();
        let status = match fitting
            .iter()
            .find(|event| self.text(event, "method") == method)
        {
            Some(event) if self.failing => return self.failed(event),
            Some(event) => return published(event),
            None if path == "/health" => json!({"status": 200}),
            None if path.contains("//") => json!({"status": 301}),
            None if fitting.is_empty() => json!({"status": 404}),
            None => json!({"status": 400, "body": "http method does not match"}),
        };
        json!({"answers": [status], "events": []})
    }

    fn failed(&self, event: &str) -> Value {
        let answer = json!({"status": 500, "body": "failed to record event"});
        json!({"answers": [answer], "events": [{"event": event}]})
    }
}

fn published(event: &str) -> Value {
    json!({"answers": [{"status": 200, "body": "success"}], "events": [{"event": event}]})
}

/// Compares segment by segment; a segment in braces fits any other that is not empty.
fn fits(endpoint: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) =
        (endpoint.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len()
        && wanted
            .iter()
            .zip(given)
            .all(|(wanted, given)| *wanted == given || wanted.starts_with('{') && !given.is_empty())
}

//! What is required where this project differs on purpose, worked out of a vector's input.
//!
//! A small model of its own: every trigger is tried as its strategy says, then its dead letter, in
//! every delivery mode alike. Triggers are HTTP triggers with simple payloads. Whether attempts that
//! fail come as far as a request is taken from the one attempt that the reference made.

use super::log::required as line;
use argo_events_expr::duration;
use serde_json::{Map, Value, json};

/// Returns the required results, in the form that is compared.
pub(super) fn run(input: &Value, wanted: &Value) -> Value {
    let answers = input["peer"].as_array().cloned().unwrap_or_default();
    let (requests, metrics, log) = (Vec::new(), Map::new(), Vec::new());
    let mut model = Model {
        wanted,
        answers,
        requests,
        metrics,
        log,
    };
    let mut after = wanted["afterEachFiring"].clone();
    for (index, fire) in list(&input["fire"]).enumerate() {
        for trigger in list(&input["spec"]["triggers"]) {
            let name = text(&trigger["template"]["name"]);
            if fire["trigger"].as_str().is_some_and(|only| only != name) {
                continue;
            }
            let before = model.requests.len();
            model.perform(trigger, &fire["events"]);
            if trigger["atLeastOnce"] == true {
                let requests = model.requests.len() - before;
                after[index][format!("requestsBeforeReturn:{name}")] = requests.into();
            }
        }
    }
    json!({
        "subscriptions": wanted["subscriptions"],
        "afterEachFiring": after,
        "requests": model.requests,
        "calls": wanted["calls"],
        "metrics": model.metrics,
        "log": model.log,
    })
}

/// Returns what the reference gave, but with the times of a strict rate limit.
pub(super) fn evenly_spaced(input: &Value, wanted: &Value) -> Value {
    let limit = &input["spec"]["triggers"][0]["rateLimit"];
    let unit = match text(&limit["unit"]) {
        "Minute" => 60_000,
        "Hour" => 3_600_000,
        _ => 1_000,
    };
    let interval = unit / limit["requestsPerUnit"].as_u64().unwrap_or(1).max(1);
    let (mut now, mut next) = (0, 0);
    let mut required = wanted.clone();
    for (index, fire) in list(&input["fire"]).enumerate() {
        now += fire["afterMs"].as_u64().unwrap_or(0);
        let place = now.max(next);
        let took = &mut required["afterEachFiring"][index]["actionTook100ms"];
        if input["spec"]["triggers"][0]["atLeastOnce"] == true && !took.is_null() {
            *took = ((place - now + 50) / 100).into();
        }
        (now, next) = (place, place + interval);
    }
    required
}

struct Model<'a> {
    wanted: &'a Value,
    answers: Vec<Value>,
    requests: Vec<Value>,
    metrics: Map<String, Value>,
    log: Vec<Value>,
}

impl Model<'_> {
    fn perform(&mut self, trigger: &Value, events: &Value) {
        let name = text(&trigger["template"]["name"]);
        if self.attempts(trigger, events) {
            return;
        }
        self.log.push(line::gave_up("warn", name));
        let letter = &trigger["dlqTrigger"];
        if letter.is_object() && !self.attempts(letter, events) {
            self.log.push(line::gave_up("error", name));
        }
    }

    fn attempts(&mut self, trigger: &Value, events: &Value) -> bool {
        let name = text(&trigger["template"]["name"]);
        for _ in 0..steps(&trigger["retryStrategy"]) {
            let succeeded = self.attempt(trigger, events);
            self.count("duration_milliseconds", name, " count");
            let (dependencies, ids) = triggered_by(events);
            if succeeded {
                self.count("triggered_total", name, "");
                self.log.push(line::success(name, &dependencies, &ids));
                return true;
            }
            self.count("failed_total", name, "");
            self.log.push(line::failure(name, &dependencies, &ids));
        }
        self.count("retries_failed_total", name, "");
        false
    }

    fn attempt(&mut self, trigger: &Value, events: &Value) -> bool {
        let http = &trigger["template"]["http"];
        let (name, url) = (edited_name(trigger, events), text(&http["url"]));
        let request = line::request(&name, url);
        let (server, path) = url
            .trim_start_matches("http://")
            .split_once('/')
            .unwrap_or((url, ""));
        let server = server.trim_matches(['<', '>']);
        let failed = format!(
            "{PREFIX}failed_total{}",
            labels(text(&trigger["template"]["name"]))
        );
        let never_sent = !self.wanted["metrics"][failed].is_null()
            && !list(&self.wanted["requests"]).any(|one| one["server"] == server);
        if never_sent {
            self.log.extend(
                list(&self.wanted["log"])
                    .find(|line| **line == request)
                    .cloned(),
            );
            return false;
        }
        self.log.push(request);
        let answer = self.answer();
        self.requests.push(json!({
            "server": server,
            "line": format!("POST /{path} HTTP/1.1"),
            "body": { "utf8": body(&http["payload"], events) },
        }));
        let seconds = http["timeout"]
            .as_u64()
            .filter(|&seconds| seconds > 0)
            .unwrap_or(60);
        let is_late = answer["delayMs"]
            .as_u64()
            .is_some_and(|delay| delay >= seconds * 1000);
        if is_late || answer["closeWithoutAnswer"] == true {
            return false;
        }
        let status = answer["status"].as_i64().unwrap_or(200);
        let allow = trigger["policy"]["status"]["allow"].as_array();
        allow.is_none_or(|allow| allow.iter().any(|allowed| *allowed == status))
    }

    /// Returns the answer whose turn it is; the last one repeats.
    fn answer(&self) -> Value {
        let last = self.answers.len().saturating_sub(1);
        self.answers
            .get(self.requests.len().min(last))
            .cloned()
            .unwrap_or_default()
    }

    fn count(&mut self, what: &str, trigger: &str, suffix: &str) {
        let series = format!("{PREFIX}{what}{}{suffix}", labels(trigger));
        let value = self
            .metrics
            .get(&series)
            .and_then(Value::as_u64)
            .unwrap_or(0);
        self.metrics.insert(series, (value + 1).into());
    }
}

const PREFIX: &str = "argo_events_action_";

fn labels(trigger: &str) -> String {
    format!("{{namespace=ns-x,sensor_name=sensor-x,trigger_name={trigger}}}")
}

/// Returns how many attempts a strategy allows; none if it cannot be read.
fn steps(strategy: &Value) -> u64 {
    if strategy.is_null() {
        return 1;
    }
    let is_number = |name: &str| strategy[name].is_null() || strategy[name].is_number();
    let has_duration = match &strategy["duration"] {
        Value::String(text) => duration::parse(text).is_ok(),
        _ => true,
    };
    if !has_duration || !is_number("factor") || !is_number("jitter") {
        return 0;
    }
    strategy["steps"]
        .as_u64()
        .filter(|&steps| steps > 0)
        .unwrap_or(5)
}

fn triggered_by(events: &Value) -> (Vec<&str>, Vec<&str>) {
    let events = events.as_object().into_iter().flatten();
    events
        .map(|(name, event)| (name.as_str(), text(&event["context"]["id"])))
        .unzip()
}

/// Returns the name that the template's parameters give the trigger.
fn edited_name(trigger: &Value, events: &Value) -> String {
    let name = text(&trigger["template"]["name"]).to_owned();
    let mut parameters = list(&trigger["parameters"]);
    let Some(edit) = parameters.find(|parameter| parameter["dest"] == "name") else {
        return name;
    };
    let source = &edit["src"];
    let context = &events[text(&source["dependencyName"])]["context"];
    let found = data(source, events)
        .or_else(|| context.get(source["contextKey"].as_str()?).cloned())
        .unwrap_or_else(|| source["value"].clone());
    let value = found
        .as_str()
        .map_or_else(|| found.to_string(), str::to_owned);
    match text(&edit["operation"]) {
        "append" => name + &value,
        "prepend" => value + &name,
        _ => value,
    }
}

/// Builds a body of parameters that each take one member of an event.
fn body(payload: &Value, events: &Value) -> String {
    let members = list(payload).filter_map(|parameter| {
        let value = data(&parameter["src"], events)?;
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("{}:{}", parameter["dest"], Value::from(value)))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn data(source: &Value, events: &Value) -> Option<Value> {
    let data = &events[text(&source["dependencyName"])]["data"]["utf8"];
    let data: Value = serde_json::from_str(data.as_str()?).ok()?;
    data.get(source["dataKey"].as_str()?).cloned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

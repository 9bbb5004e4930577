//! Status of an object: conditions whose times move only when they do.

use argo_events_core::Timestamp;
use serde_json::{Map, Value, json};

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows yet.
    Unknown,
}

impl Truth {
    /// Returns the word that stands for it in a condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// What is said about one side of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it is about, such as `Deployed`.
    pub kind: &'static str,
    /// Whether it holds.
    pub truth: Truth,
    /// Why, in one word; empty for none.
    pub reason: &'static str,
    /// Why, for people; empty for none.
    pub message: String,
}

impl Condition {
    /// Says that something holds.
    pub fn yes(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(kind, Truth::True, reason, message)
    }

    /// Says that something does not hold.
    pub fn no(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(kind, Truth::False, reason, message)
    }

    /// Says that nothing is known yet.
    pub fn unknown(kind: &'static str) -> Self {
        Self::new(kind, Truth::Unknown, "", "")
    }

    fn new(
        kind: &'static str,
        truth: Truth,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            truth,
            reason,
            message: message.into(),
        }
    }

    fn render(&self, before: Option<&Value>, generation: Option<i64>, now: Timestamp) -> Value {
        let unmoved = before.filter(|before| before["status"] == self.truth.as_str());
        let since = unmoved
            .map(|before| before["lastTransitionTime"].clone())
            .filter(Value::is_string)
            .unwrap_or_else(|| json!(now.truncated_to_seconds().to_string()));
        let mut condition = json!({
            "type": self.kind,
            "status": self.truth.as_str(),
            "lastTransitionTime": since,
        });
        for (key, text) in [("reason", self.reason), ("message", &self.message)] {
            if !text.is_empty() {
                condition[key] = json!(text);
            }
        }
        if let Some(generation) = generation {
            condition["observedGeneration"] = json!(generation);
        }
        condition
    }
}

/// Returns a status with conditions set; others stay, the list is sorted by what they are about.
pub fn with_conditions(
    status: &Value,
    conditions: &[Condition],
    generation: Option<i64>,
    now: Timestamp,
) -> Value {
    conditions.iter().fold(status.clone(), |status, condition| {
        with_condition(&status, condition, generation, now)
    })
}

/// Returns a status with one condition set.
pub fn with_condition(
    status: &Value,
    condition: &Condition,
    generation: Option<i64>,
    now: Timestamp,
) -> Value {
    let mut status = status.as_object().cloned().unwrap_or_else(Map::new);
    let mut list = match status.remove("conditions") {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let before = list.iter().find(|one| one["type"] == condition.kind);
    let rendered = condition.render(before, generation, now);
    list.retain(|one| one["type"] != condition.kind);
    list.push(rendered);
    list.sort_by(|one, other| one["type"].as_str().cmp(&other["type"].as_str()));
    status.insert("conditions".to_owned(), Value::Array(list));
    if let Some(generation) = generation {
        status.insert("observedGeneration".to_owned(), json!(generation));
    }
    Value::Object(status)
}

/// Tells whether an object has conditions and every one of them holds.
pub fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions
        .is_some_and(|list| !list.is_empty() && list.iter().all(|one| one["status"] == "True"))
}

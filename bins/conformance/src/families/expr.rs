//! Family `expr`: expressions of event sources, their values and every message.

use crate::Outcome;
use argo_events_expr::{
    expr::{Program, Refusal},
    gotime::Time,
    govalue::Host,
};
use serde_json::Value;
use std::rc::Rc;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let expression = vector["expr"].as_str().unwrap_or_default();
    let data = vector["data"].as_str().unwrap_or_default();
    judge(vector, evaluate(expression, data))
}

/// Compares an answer, of errors the fact only, since their words are the library's.
pub(super) fn judge(vector: &Value, got: Result<bool, String>) -> Outcome {
    match got {
        Err(_) if vector["error"] == true => Outcome::Passed,
        Err(error) => Outcome::failed(vector["want"].to_string(), error),
        Ok(got) if vector["error"] == true => {
            Outcome::failed(vector["message"].to_string(), got.to_string())
        }
        Ok(got) => Outcome::compare(vector["want"].as_bool(), Some(got)),
    }
}

/// Evaluates an expression as the reference does, which looks at the payload first.
pub(super) fn evaluate(expression: &str, data: &str) -> Result<bool, String> {
    let data = data.to_owned();
    match Program::new(expression) {
        Ok(program) => {
            let kept = program.holds_on(data, Rc::new(Present));
            kept.map_err(|refusal| refusal.to_string())
        }
        Err(error) => {
            let payload = Program::new("true").map(|program| program.holds(data));
            Err(match payload {
                Ok(Err(refusal @ Refusal::Payload(_))) => refusal.to_string(),
                _ => format!("unable to evaluate expression '{expression}': {error}"),
            })
        }
    }
}

/// Knows a time, which no vector asks for exactly.
#[derive(Debug)]
struct Present;

impl Host for Present {
    fn now(&self) -> Option<Time> {
        Some(Time::unix(1_750_000_000, 0))
    }
}

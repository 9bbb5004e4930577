//! Family `http-webhook`: requests to a webhook, byte for byte.

use super::http::{
    client,
    compare::{self, Adjustment},
    request::Sent,
    rig::Rig,
};
use crate::{Outcome, exceptions::http};
use serde_json::{Value, json};

/// The event that every vector of this family configures.
const EVENT: &str = "example";

/// What differs on purpose, in the order in which it changes what is required.
const ADJUSTMENTS: &[Adjustment] = &[
    Adjustment {
        rule: &http::FAULT_ONCE,
        change: |wanted, _| once(wanted),
    },
    Adjustment {
        rule: &http::FORM_LIMIT,
        change: refuse_form,
    },
    Adjustment {
        rule: &http::PIECES,
        change: refuse_pieces,
    },
    Adjustment {
        rule: &http::MANY_HEADERS,
        change: |wanted, _| refuse(wanted, 431),
    },
    Adjustment {
        rule: &http::NO_INVITATION,
        change: |wanted, _| no_interim(wanted),
    },
    Adjustment {
        rule: &http::NO_SLASH,
        change: serve,
    },
    Adjustment {
        rule: &http::NO_PATH,
        change: serve,
    },
    Adjustment {
        rule: &http::BLANK_LINES,
        change: serve,
    },
    Adjustment {
        rule: &http::FRAGMENT,
        change: serve,
    },
    Adjustment {
        rule: &http::UNESCAPED,
        change: |wanted, _| refuse(wanted, 400),
    },
    Adjustment {
        rule: &http::LONG_TARGET,
        change: |wanted, _| refuse(wanted, 414),
    },
    Adjustment {
        rule: &http::NOT_HTTP,
        change: |wanted, _| refuse(wanted, 400),
    },
    Adjustment {
        rule: &http::PREFACE,
        change: |wanted, _| wanted["answers"] = json!([]),
    },
    Adjustment {
        rule: &http::TRAILING,
        change: refuse_rest,
    },
    Adjustment {
        rule: &http::EXPECTATIONS,
        change: |wanted, _| no_interim(wanted),
    },
];

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let mut rig = Rig::new(input);
    if let Err(reason) = rig.start(EVENT) {
        return not_started(vector, reason);
    }
    let exchange = client::exchange(rig.port, input);
    let facts = compare::facts(&exchange, &rig.take_events(), rig.failures(EVENT));
    compare::compare(
        vector,
        compare::recorded(&vector["want"]),
        &facts,
        ADJUSTMENTS,
    )
}

fn not_started(vector: &Value, reason: String) -> Outcome {
    let (rule, culprit) = if (http::NO_EXPRESSION.applies)(vector) {
        (&http::NO_EXPRESSION, "filter.expression")
    } else {
        (&http::UNREACHABLE, "endpoint")
    };
    let named = reason.contains(culprit);
    rule.require(vector, if named { Ok(()) } else { Err(reason) })
}

/// What a body beyond the limit is answered with.
const TOO_LARGE: &str = "failed to parse request body, http: request body too large";

fn refuse_form(wanted: &mut Value, _: &Value) {
    *wanted = json!({"answers": [{"status": 400, "body": TOO_LARGE}], "events": [], "failed": 1});
}

fn refuse(wanted: &mut Value, status: u16) {
    *wanted = json!({"answers": [{"status": status}], "events": [], "failed": 0});
}

/// A body that the reference took although its pieces are not framed as they should be.
fn refuse_pieces(wanted: &mut Value, _: &Value) {
    if wanted["answers"][0]["status"] == 200 {
        *wanted = json!({"answers": [{"status": 400}], "events": [], "failed": 1});
    }
}

fn refuse_rest(wanted: &mut Value, _: &Value) {
    if let Some(answers) = wanted["answers"].as_array_mut() {
        answers.push(json!({"status": 400}));
    }
}

fn answers(wanted: &mut Value) -> impl Iterator<Item = &mut Value> {
    wanted["answers"].as_array_mut().into_iter().flatten()
}

fn no_interim(wanted: &mut Value) {
    for answer in answers(wanted) {
        answer["interim"] = json!([]);
    }
}

/// Takes half of a text that is written twice, and half of the count.
fn once(wanted: &mut Value) {
    for answer in answers(wanted) {
        let text = answer["body"].as_str().unwrap_or_default().to_owned();
        let (first, second) = text.split_at_checked(text.len() / 2).unwrap_or_default();
        if first != second || first.is_empty() {
            continue;
        }
        answer["status"] = json!(400);
        answer["headers"]["content-length"] = Value::Null;
        answer["body"] = match first {
            "unexpected EOF" => json!(format!("failed to parse request body, {first}")),
            // The words of the library that reads pieces.
            _ if first.contains("chunk") => Value::Null,
            _ => json!(first),
        };
    }
    if wanted["failed"] == 2 {
        wanted["failed"] = json!(1);
    }
}

/// Requires the answer of the endpoint, or 404 where the path is not its own.
fn serve(wanted: &mut Value, vector: &Value) {
    let Some(sent) = Sent::all(&vector["in"]).into_iter().next() else {
        return;
    };
    let target = String::from_utf8_lossy(&sent.target).into_owned();
    let target = target.split('#').next().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| {
        rest.split_once('/').map_or("/", |it| it.1)
    });
    let settings = &vector["in"]["spec"]["webhook"][EVENT];
    let text = |name: &str| settings[name].as_str().unwrap_or_default();
    let (answer, events) =
        if path.trim_start_matches('/') != text("endpoint").trim_start_matches('/') {
            (json!({"status": 404}), json!([]))
        } else if sent.method != text("method").as_bytes() {
            (
                json!({"status": 400, "body": "http method does not match"}),
                json!([]),
            )
        } else {
            (
                json!({"status": 200, "body": "success"}),
                json!([{"event": EVENT}]),
            )
        };
    *wanted = json!({"answers": [answer], "events": events, "failed": 0});
}

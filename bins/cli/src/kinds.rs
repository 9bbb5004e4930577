//! `argo-events kinds`: what this build can run, and what it only knows.

use crate::{
    arguments::{Kinds, Output},
    exit::{Exit, Failure},
    paint::Paint,
};
use argo_events::{BuiltinKinds as _, Registry};
use serde_json::{Value, json};
use std::io::Write as _;

struct Row {
    family: &'static str,
    kind: &'static str,
    feature: &'static str,
    available: bool,
    example: &'static str,
}

pub(crate) fn run(arguments: &Kinds) -> Result<Exit, Failure> {
    let rows = rows(&Registry::builtin());
    let text = match (&arguments.kind, arguments.output) {
        (Some(kind), _) => one(&rows, kind)?,
        (None, Output::Json) => Value::from_iter(rows.iter().map(as_json)).to_string(),
        (None, Output::Text) => table(&rows, Paint::stdout()),
    };
    // A closed pipe means that the reader has seen enough.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(Exit::Fine)
}

fn rows(registry: &Registry) -> Vec<Row> {
    let sources = registry.sources().iter().map(|it| Row {
        family: "source",
        kind: it.kind,
        feature: it.feature,
        available: it.is_available(),
        example: it.example,
    });
    let triggers = registry.triggers().iter().map(|it| Row {
        family: "trigger",
        kind: it.kind,
        feature: it.feature,
        available: it.is_available(),
        example: it.example,
    });
    let buses = registry.buses().iter().map(|it| Row {
        family: "bus",
        kind: it.kind,
        feature: it.feature,
        available: it.is_available(),
        example: "",
    });
    sources.chain(triggers).chain(buses).collect()
}

fn one(rows: &[Row], kind: &str) -> Result<String, Failure> {
    let examples: Vec<_> = rows
        .iter()
        .filter(|row| row.kind == kind)
        .map(|row| row.example)
        .collect();
    if examples.is_empty() {
        let known: Vec<_> = rows.iter().map(|row| row.kind).collect();
        let message = format!("there is no kind {kind:?}; known: {}", known.join(", "));
        return Err(Failure::new(Exit::CallWrong, message));
    }
    Ok(examples.join("\n").trim_end().to_owned())
}

fn as_json(row: &Row) -> Value {
    let state = state(row);
    json!({"family": row.family, "kind": row.kind, "feature": row.feature, "state": state})
}

fn state(row: &Row) -> &'static str {
    if row.available {
        "available"
    } else {
        "not in this build"
    }
}

fn table(rows: &[Row], paint: Paint) -> String {
    let mut lines = vec![paint.strong(format!(
        "{:<9}{:<22}{:<22}state",
        "family", "kind", "feature"
    ))];
    for row in rows {
        let state = if row.available {
            paint.good(state(row))
        } else {
            paint.faint(state(row))
        };
        lines.push(format!(
            "{:<9}{:<22}{:<22}{state}",
            row.family, row.kind, row.feature
        ));
    }
    lines.join("\n")
}

//! Helpers of sources: calendars, files, webhooks.

use super::compare;
use crate::{Outcome, exceptions};
use argo_events_core::{FieldPath, Problems, Severity, registry::SourceConfig as _};
use argo_events_expr::cron::{Schedule, Zone};
use argo_events_sources::{
    calendar::{CalendarConfig, ExclusionDates, Ticks},
    file::Operation,
    kit::watch_path::WatchPathConfig,
    webhook::WebhookConfig,
};
use jiff::Timestamp;
use serde_json::{Value, json};

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector["in"][name].as_str().unwrap_or_default()
}

/// The next ticks of a calendar, with the text in their events.
pub(super) fn calendar_next(vector: &Value) -> Outcome {
    let ticks = || -> Result<Value, String> {
        let config = json!({
            "schedule": text(vector, "schedule"),
            "interval": text(vector, "interval"),
            "timezone": text(vector, "timezone"),
        });
        let config: CalendarConfig =
            serde_json::from_value(config).map_err(|error| error.to_string())?;
        let ticks = Ticks::of(&config).map_err(|error| error.to_string())?;
        let mut at: Timestamp = text(vector, "from")
            .parse()
            .map_err(|error| format!("{error}"))?;
        let mut shown = Vec::new();
        let count = vector["want"].as_array().map_or(0, Vec::len);
        while let (Some(next), true) = (ticks.next(at), shown.len() < count) {
            shown.push(json!({"utc": next.to_string(), "eventTime": ticks.event_time(next)}));
            at = next;
        }
        Ok(Value::Array(shown))
    };
    match ticks() {
        got if !(exceptions::sources::CALENDAR_WITHOUT_PROGRESS.applies)(vector) => {
            compare(vector, got)
        }
        Ok(got) => {
            exceptions::sources::CALENDAR_WITHOUT_PROGRESS.require(vector, Err(got.to_string()))
        }
        Err(_) => exceptions::sources::CALENDAR_WITHOUT_PROGRESS.require(vector, Ok(())),
    }
}

/// The last tick before a time.
pub(super) fn previous_cron_time(vector: &Value) -> Outcome {
    let previous = || -> Result<Value, String> {
        let zone = Zone::load(text(vector, "timezone")).map_err(|error| error.to_string())?;
        let schedule =
            Schedule::parse(text(vector, "cron"), &zone).map_err(|error| error.to_string())?;
        let at = text(vector, "time")
            .parse()
            .map_err(|error| format!("{error}"))?;
        let found = schedule
            .previous(at)
            .ok_or_else(|| "there is none".to_owned())?;
        Ok(json!(found.to_string()))
    };
    let got = previous();
    match compare(vector, got.clone()) {
        failed @ Outcome::Failed { .. } => differs(vector, &got).unwrap_or(failed),
        passed => passed,
    }
}

/// Asks the rule of family `cron`, and finds the right time by trying every minute.
fn differs(vector: &Value, got: &Result<Value, String>) -> Option<Outcome> {
    const MINUTES: i64 = 5 * 366 * 24 * 60;
    let asked = json!({
        "parser": "conditionsReset",
        "spec": text(vector, "cron"),
        "tz": text(vector, "timezone"),
        "start": text(vector, "time"),
    });
    let zone = Zone::load(text(vector, "timezone")).ok()?;
    let schedule = Schedule::parse(text(vector, "cron"), &zone).ok()?;
    let at: jiff::Timestamp = text(vector, "time").parse().ok()?;
    let minute = (at.as_second() - i64::from(at.subsec_nanosecond() == 0)).div_euclid(60);
    let mut earlier =
        (0..MINUTES).filter_map(|back| jiff::Timestamp::from_second((minute - back) * 60).ok());
    let right = earlier
        .find(|at| schedule.matches(*at))
        .map(|at| json!(at.to_string()));
    let given = if right == got.clone().ok() {
        Ok(())
    } else {
        Err(format!("{got:?}"))
    };
    (exceptions::CRON_REPEATED_CLOCK.applies)(&asked)
        .then(|| exceptions::CRON_REPEATED_CLOCK.require(&asked, given))
}

/// Days on which a calendar is silent.
pub(super) fn exclusion_dates(vector: &Value) -> Outcome {
    let values: Vec<String> =
        serde_json::from_value(vector["in"]["values"].clone()).unwrap_or_default();
    let times = ExclusionDates::times(&values).map_err(|error| error.to_string());
    let shown = times.map(|times| {
        json!(
            times
                .iter()
                .map(|time| format!("{time}Z"))
                .collect::<Vec<_>>()
        )
    });
    compare(vector, shown)
}

/// Says whether something has no mistakes; what a mistake is called is not compared.
fn validated(vector: &Value, validate: impl FnOnce(&FieldPath, &mut Problems)) -> Outcome {
    let mut problems = Problems::default();
    validate(&FieldPath::root(), &mut problems);
    let first = problems
        .iter()
        .find(|problem| problem.severity == Severity::Error);
    compare(
        vector,
        first.map_or(Ok(json!("valid")), |problem| Err(problem.to_string())),
    )
}

/// Where a file source looks.
pub(super) fn watch_path(vector: &Value) -> Outcome {
    let config = WatchPathConfig {
        directory: text(vector, "directory").to_owned(),
        path: text(vector, "path").to_owned(),
        path_regexp: text(vector, "pathRegexp").to_owned(),
    };
    validated(vector, |path, problems| config.validate(path, problems))
}

/// Where a webhook source listens.
pub(super) fn webhook_context(vector: &Value) -> Outcome {
    let config = json!({"endpoint": text(vector, "endpoint"), "port": text(vector, "port"), "method": "POST"});
    match serde_json::from_value::<WebhookConfig>(config) {
        Ok(config) => match validated(vector, |path, problems| config.validate(path, problems)) {
            Outcome::Failed { got, .. } if (exceptions::sources::WEBHOOK_PORT.applies)(vector) => {
                let given = if got.starts_with("port: ") {
                    Ok(())
                } else {
                    Err(got)
                };
                exceptions::sources::WEBHOOK_PORT.require(vector, given)
            }
            outcome => outcome,
        },
        Err(error) => Outcome::failed("a configuration", error.to_string()),
    }
}

/// Names of what happens to files.
pub(super) fn file_operation(vector: &Value) -> Outcome {
    let operation = Operation::parse(text(vector, "text"));
    compare(
        vector,
        Ok(json!({"bits": operation.bits(), "text": operation.to_string()})),
    )
}

/// An event source's filter on a payload.
pub(super) fn filter(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let expression = input["expression"].as_str().unwrap_or_default();
    let data = input["data"].as_str().unwrap_or_default();
    let got = super::super::expr::evaluate(expression, data);
    super::super::expr::judge(vector, got)
}

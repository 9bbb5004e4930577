//! Family `cron`.

use crate::{
    Outcome,
    exceptions::{CRON_ONLY_ZONE, CRON_REPEATED_CLOCK},
};
use argo_events_expr::cron::{Interval, Schedule, Zone};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::{Value, json};

/// How many times after the start a vector lists.
const LATER: usize = 5;
/// How many times before the start a vector lists.
const EARLIER: usize = 3;
/// What a list ends with where no later time exists.
const NO_LATER: &str = "zero";
/// What a list ends with, or begins with in the reference, where no earlier time exists.
const NO_EARLIER: &str = "error";

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    match (run(vector), vector["error"] == true) {
        (Err(_), true) if vector["panic"] == true => CRON_ONLY_ZONE.require(vector, Ok(())),
        (Err(_), true) => Outcome::Passed,
        (Err(error), false) => Outcome::failed(vector["want"].to_string(), error),
        (Ok(times), true) => Outcome::failed("an error", times.shown().to_string()),
        (Ok(times), false) => times.compare(vector),
    }
}

/// What a vector lists.
struct Times {
    /// Where the times are shown.
    zone: Zone,
    schedule: Option<Schedule>,
    start: Timestamp,
    next: Vec<Option<Timestamp>>,
    previous: Option<Vec<Option<Timestamp>>>,
}

fn run(vector: &Value) -> Result<Times, String> {
    let text = |name: &str| vector[name].as_str().unwrap_or_default();
    let zone = Zone::load(text("tz")).map_err(|error| error.to_string())?;
    let start: Timestamp = text("start")
        .parse()
        .map_err(|error| format!("start: {error}"))?;
    if text("parser") == "interval" {
        let interval = Interval::parse(text("spec")).map_err(|error| error.to_string())?;
        let next = list(start, LATER, |at| interval.next(at));
        return Ok(Times {
            zone,
            schedule: None,
            start,
            next,
            previous: None,
        });
    }
    let schedule = Schedule::parse(text("spec"), &zone).map_err(|error| error.to_string())?;
    let next = list(start, LATER, |at| schedule.next(at));
    let previous = (text("parser") == "conditionsReset")
        .then(|| list(start, EARLIER, |at| schedule.previous(at)));
    Ok(Times {
        zone,
        schedule: Some(schedule),
        start,
        next,
        previous,
    })
}

/// Lists the times that a step leads to, up to the first that does not exist.
fn list(
    start: Timestamp,
    most: usize,
    step: impl Fn(Timestamp) -> Option<Timestamp>,
) -> Vec<Option<Timestamp>> {
    let mut times = Vec::new();
    let mut at = Some(start);
    while let (Some(last), true) = (at, times.len() < most) {
        at = step(last);
        times.push(at);
    }
    times
}

impl Times {
    fn compare(&self, vector: &Value) -> Outcome {
        let (wanted, got) = (without_error_texts(&vector["want"]), self.shown());
        match (&self.schedule, &self.previous) {
            (Some(schedule), Some(previous)) if wanted != got && wanted["next"] == got["next"] => {
                let given = self.previous_are_right(schedule, previous);
                CRON_REPEATED_CLOCK.require(vector, given)
            }
            _ => Outcome::compare(wanted, got),
        }
    }

    fn shown(&self) -> Value {
        let show = |times: &[Option<Timestamp>], none: &str| -> Value {
            times
                .iter()
                .map(|at| at.map_or(none.to_owned(), |at| show(at, &self.zone)))
                .collect()
        };
        let next = show(&self.next, NO_LATER);
        match &self.previous {
            None => json!({"next": next}),
            Some(previous) => json!({"next": next, "prev": show(previous, NO_EARLIER)}),
        }
    }

    /// Finds the earlier times by trying every minute, and compares.
    fn previous_are_right(
        &self,
        schedule: &Schedule,
        previous: &[Option<Timestamp>],
    ) -> Result<(), String> {
        let right = list(self.start, EARLIER, |at| earlier_minute(schedule, at));
        if previous == right {
            return Ok(());
        }
        Err(format!(
            "{previous:?} where trying every minute gives {right:?}"
        ))
    }
}

/// Tries every minute before a time, for five years at most.
fn earlier_minute(schedule: &Schedule, before: Timestamp) -> Option<Timestamp> {
    const MINUTES: i64 = 5 * 366 * 24 * 60;
    let minute = before
        .checked_sub(SignedDuration::from_nanos(1))
        .ok()?
        .as_second()
        .div_euclid(60);
    (0..MINUTES)
        .filter_map(|back| Timestamp::from_second((minute - back) * 60).ok())
        .find(|at| schedule.matches(*at))
}

/// Cuts the reference's texts of errors, which print a wrong number of years.
fn without_error_texts(want: &Value) -> Value {
    let mut want = want.clone();
    let previous = want.get_mut("prev").and_then(Value::as_array_mut);
    for shown in previous.into_iter().flatten() {
        if shown
            .as_str()
            .is_some_and(|shown| shown.starts_with("error"))
        {
            *shown = NO_EARLIER.into();
        }
    }
    want
}

fn show(at: Timestamp, zone: &Zone) -> String {
    match Offset::from_seconds(zone.offset(at)) {
        Ok(offset) if offset != Offset::UTC => at.display_with_offset(offset).to_string(),
        _ => at.to_string(),
    }
}

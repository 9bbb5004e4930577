//! Says which cases are as expected, and what is different in the others.

use super::{
    compare::{self, Difference},
    course::Course,
    expect::Case,
    subjects::Subjects,
    tell,
};
use crate::paint::Paint;
use argo_events::manifest::Place;
use serde_json::{Value, json};

/// A case that was run.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) course: Course,
    pub(crate) differences: Vec<Difference>,
}

impl Checked {
    pub(crate) fn of(case: Case, course: Course) -> Self {
        let differences = compare::differences(&case.expect, &course);
        Self {
            name: case.name,
            place: case.place,
            course,
            differences,
        }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Counts the cases that are as expected, and the others.
pub(crate) fn count(results: &[Checked]) -> (usize, usize) {
    let ok = results.iter().filter(|result| result.is_ok()).count();
    (ok, results.len() - ok)
}

/// One line for each case; of those that failed, every difference and every decision.
pub(crate) fn text(results: &[Checked], subjects: &Subjects, paint: Paint) -> String {
    let mut lines = Vec::new();
    for result in results {
        if result.is_ok() {
            lines.push(format!("{}      {}", paint.good("ok"), result.name));
            continue;
        }
        let place = paint.faint(&result.place);
        lines.push(format!("{}  {}  {place}", paint.bad("failed"), result.name));
        for Difference {
            what,
            expected,
            got,
        } in &result.differences
        {
            lines.push(format!(
                "  {what}\n    expected  {expected}\n    got       {got}"
            ));
        }
        lines.push(format!("  {}", paint.faint("what happened")));
        let told = tell::course(&result.course, subjects, paint);
        lines.extend(told.lines().map(|line| format!("    {line}")));
    }
    let (ok, failed) = count(results);
    lines.push(format!("ok {ok}, failed {failed}"));
    lines.join("\n")
}

/// The same for programs.
pub(crate) fn json(results: &[Checked]) -> Value {
    let (ok, failed) = count(results);
    let cases = results.iter().map(|result| {
        let differences = result
            .differences
            .iter()
            .map(|it| json!({ "what": it.what, "expected": it.expected, "got": it.got }));
        json!({
            "name": result.name,
            "place": result.place.to_string(),
            "ok": result.is_ok(),
            "differences": differences.collect::<Vec<_>>(),
            "course": super::value::course(&result.course),
        })
    });
    json!({ "ok": ok, "failed": failed, "cases": cases.collect::<Vec<_>>() })
}

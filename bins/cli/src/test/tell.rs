//! Decisions as text, for people.

use super::{
    compare::turned_away,
    course::{Course, Moment},
    sensors::AS_WRITTEN,
    subjects::Subjects,
};
use crate::paint::Paint;
use argo_events::{
    Event, Firing,
    core::resolver::Rejection,
    sensor::{
        dependency::{Group, Stage, StageOutcome, Verdict},
        explain::{Considered, Decision, Fired, Lapse, LapseCause, Unmet},
    },
};
use serde_json::Value;

/// Least width of a dependency's name.
const NAME: usize = 9;

/// Tells the courses of all sensors.
pub(crate) fn courses(courses: &[Course], subjects: &Subjects, paint: Paint) -> String {
    let several = courses.len() > 1;
    let told = courses.iter().map(|it| {
        let head = format!("Sensor/{}", it.sensor);
        let text = course(it, subjects, paint);
        if several {
            format!("{}\n{text}", paint.strong(head))
        } else {
            text
        }
    });
    told.collect::<Vec<_>>().join("\n\n")
}

/// Tells what happened, step by step.
pub(crate) fn course(course: &Course, subjects: &Subjects, paint: Paint) -> String {
    let mut teller = Teller {
        paint,
        subjects,
        lines: Vec::new(),
    };
    for moment in &course.moments {
        match moment {
            Moment::Event(decision) => teller.decision(decision),
            Moment::Wait {
                until,
                lapses,
                fired,
            } => {
                teller
                    .lines
                    .push(format!("{} {until}", paint.strong("until")));
                lapses.iter().for_each(|it| teller.lapse(it));
                fired.iter().for_each(|it| teller.fired(it));
                if fired.is_empty() {
                    teller.lines.push("no trigger fired".to_owned());
                }
            }
        }
    }
    teller.rest(course);
    teller.lines.join("\n")
}

struct Teller<'a> {
    paint: Paint,
    subjects: &'a Subjects,
    lines: Vec<String>,
}

impl Teller<'_> {
    fn decision(&mut self, decision: &Decision) {
        decision.lapses.iter().for_each(|it| self.lapse(it));
        if decision.repeated {
            self.head("-", &decision.event);
            self.lines
                .push("  came before, within a minute; counts for nothing".to_owned());
        } else if decision.considered.is_empty() {
            self.head("-", &decision.event);
            let asked = self.subjects.asked();
            let asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
            self.lines.push(format!(
                "  no dependency asks for it; asked for: {}",
                asked.join(", ")
            ));
        }
        for considered in &decision.considered {
            self.head(&considered.dependency, &decision.event);
            if let Some(body) = considered.changed.as_ref().and_then(|event| event.data()) {
                let body = shortened(&String::from_utf8_lossy(body));
                self.lines.push(format!("  transform  {body}"));
            }
            self.filter(considered);
        }
        decision.fired.iter().for_each(|it| self.fired(it));
        for (trigger, reason) in &decision.rejected {
            let text = format!("{trigger} does not take it: {}", rejection(*reason));
            self.lines.push(self.paint.warn(text));
        }
        self.unmet(decision);
    }

    fn head(&mut self, dependency: &str, event: &Event) {
        let subject = format!("{}/{}", event.source(), event.subject());
        let name = self.paint.strong(format!("{dependency:<NAME$}"));
        self.lines
            .push(format!("{name} {} from {subject}", event.id()));
    }

    fn filter(&mut self, considered: &Considered) {
        let texts: Vec<_> = considered.stages.iter().map(compared).collect();
        let seen: Vec<_> = considered.stages.iter().map(seen).collect();
        let width = |texts: &[String]| texts.iter().map(|it| it.chars().count()).max();
        let widths = (width(&texts).unwrap_or(0), width(&seen).unwrap_or(0));
        let stop = stops_at(considered);
        for (at, stage) in considered.stages.iter().enumerate() {
            let (text, seen) = (&texts[at], &seen[at]);
            let (group, outcome) = (stage.group.as_str(), self.outcome(&stage.outcome));
            let mark = if stop == Some(at) {
                "  ← stops here"
            } else {
                ""
            };
            let line = format!(
                "  filter  {group:<7} {text:<0$}  {seen:<1$}  {outcome}{mark}",
                widths.0, widths.1
            );
            self.lines.push(line);
        }
        if let Some(reason) = turned_away(&considered.verdict).filter(|_| stop.is_none()) {
            self.lines.push(format!(
                "  filter  {}",
                self.paint.bad(format!("no: {reason}"))
            ));
        }
    }

    fn outcome(&self, outcome: &StageOutcome) -> String {
        match outcome {
            StageOutcome::Yes => self.paint.good("yes"),
            StageOutcome::No => self.paint.bad("no "),
            StageOutcome::Error(error) => self.paint.bad(format!("error: {error}")),
            StageOutcome::Skipped => self.paint.faint("-"),
        }
    }

    fn fired(&mut self, fired: &Fired) {
        let trigger = self.paint.good(format!("{} fires", fired.firing.trigger()));
        self.lines
            .push(format!("{trigger}  ({})", events(&fired.firing)));
        match &fired.rendered {
            Ok(rendered) => self.lines.extend(request(fired.kind, rendered.view())),
            Err(error) => {
                let text = format!("  cannot be rendered: {error}");
                self.lines.push(self.paint.bad(text));
            }
        }
    }

    fn unmet(&mut self, decision: &Decision) {
        let mut unmet = decision.unmet.iter().map(needs);
        match (decision.fired.is_empty(), unmet.len()) {
            (false, 0) => {}
            (true, 0) => self.lines.push("no trigger fired".to_owned()),
            (true, 1) => {
                let only = unmet.next().unwrap_or_default();
                self.lines.push(format!("no trigger fired: {only}"));
            }
            (nothing, _) => {
                if nothing {
                    self.lines.push("no trigger fired".to_owned());
                }
                self.lines.extend(unmet.map(|text| format!("  {text}")));
            }
        }
    }

    fn lapse(&mut self, lapse: &Lapse) {
        let why = match lapse.cause {
            LapseCause::WindowEnded => "the window ended".to_owned(),
            LapseCause::Reset(at) => format!("reset at {at}"),
            _ => "time passed".to_owned(),
        };
        let ids = lapse.waited.held.iter().zip(&lapse.dependencies);
        let ids: Vec<_> = ids
            .map(|(held, name)| format!("{name} {}", held.event.id()))
            .collect();
        let key = lapse
            .waited
            .key
            .as_ref()
            .map(|key| format!(", key {key}"))
            .unwrap_or_default();
        let text = format!("{} forgets {}{key}: {why}", lapse.trigger, ids.join(", "));
        self.lines.push(self.paint.warn(text));
    }

    /// Says what waits at the end, where the last decision did not say it already.
    fn rest(&mut self, course: &Course) {
        let said = match course.moments.last() {
            Some(Moment::Event(decision)) => decision.unmet.as_slice(),
            _ => &[],
        };
        let left = course
            .waiting
            .iter()
            .filter(|unmet| !said.contains(unmet))
            .map(needs);
        let left: Vec<_> = left.map(|text| format!("  {text}")).collect();
        if !left.is_empty() {
            self.lines.push("at the end".to_owned());
            self.lines.extend(left);
        }
    }
}

fn compared(stage: &Stage) -> String {
    let expected = stage.expected.join(" or ");
    let parts = [
        stage.subject.as_str(),
        stage.comparator.as_str(),
        expected.as_str(),
    ];
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Characters of a seen value that are shown.
const SEEN: usize = 40;

/// Shows what the event has there and, behind an arrow, what was made of it.
fn seen(stage: &Stage) -> String {
    let Some(seen) = &stage.seen else {
        return "nothing".to_owned();
    };
    // A truth is the outcome itself, which is shown anyway.
    let is_outcome = |value: &&String| matches!(value.as_str(), "true" | "false");
    match stage.value.as_ref().filter(|value| !is_outcome(value)) {
        Some(value) => format!("{} → {}", shortened(seen), shortened(value)),
        None => shortened(seen),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SEEN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the stage that decided against the event.
fn stops_at(considered: &Considered) -> Option<usize> {
    let at = |fits: &dyn Fn(&Stage) -> bool| considered.stages.iter().position(fits);
    match &considered.verdict {
        Verdict::Passed => None,
        Verdict::Rejected(rejection) => {
            let is_no = |group: Group| {
                move |stage: &Stage| stage.group == group && stage.outcome == StageOutcome::No
            };
            at(&is_no(rejection.group?))
        }
        Verdict::Failed(_) => at(&|stage| matches!(stage.outcome, StageOutcome::Error(_))),
    }
}

fn events(firing: &Firing) -> String {
    let events = firing
        .events()
        .map(|(name, event)| format!("{name} {}", event.id()));
    events.collect::<Vec<_>>().join(", ")
}

/// Says what a trigger needs and what is missing.
fn needs(unmet: &Unmet) -> String {
    let Unmet {
        trigger,
        condition,
        missing,
        ..
    } = unmet;
    let waiting = unmet.waiting.as_ref();
    let key = waiting.and_then(|waiting| waiting.key.as_ref());
    let key = key.map(|key| format!(" for key {key}")).unwrap_or_default();
    let until = waiting.and_then(|waiting| waiting.until);
    let until = until
        .map(|until| format!(", until {until}"))
        .unwrap_or_default();
    format!("{trigger} needs {condition}{key}; missing {missing}{until}")
}

fn rejection(reason: Rejection) -> &'static str {
    match reason {
        Rejection::KeyMissing => "it has nothing at the path of the join's key",
        Rejection::KeyNotScalar => "at the path of the join's key is a list or an object",
        Rejection::Full => "as many keys wait as may",
        Rejection::BeforeReset => "it arrived before the last reset",
        Rejection::FirstKept => "the join keeps the first events, and they are there",
        other => other.as_str(),
    }
}

/// Shows what would be sent.
fn request(kind: &str, view: &Value) -> Vec<String> {
    let text = |key: &str| view[key].as_str().unwrap_or_default();
    let indented = |shown: &Value| {
        let shown = serde_json::to_string_pretty(shown).unwrap_or_default();
        shown
            .lines()
            .map(|line| format!("    {line}"))
            .collect::<Vec<_>>()
    };
    match kind {
        "http" => {
            let mut lines = vec![format!("  {} {}", text("method"), text("url"))];
            let headers = view["headers"].as_object().into_iter().flatten();
            lines.extend(headers.map(|(name, value)| {
                let value = value.as_str().unwrap_or_default();
                format!("    {name}: {value}")
            }));
            lines.extend(text("body").lines().map(|line| format!("    {line}")));
            lines
        }
        "log" => {
            let written = view["lines"].as_array().into_iter().flatten();
            let message = |line: &Value| line["msg"].as_str().unwrap_or_default().to_owned();
            written
                .map(|line| format!("  log {}", message(line)))
                .collect()
        }
        "function" => vec!["  a function of the program".to_owned()],
        kind => match view.get(AS_WRITTEN) {
            Some(written) => {
                let mut lines = vec![format!("  {kind}, as written: it is not in this build")];
                lines.extend(indented(written));
                lines
            }
            None => {
                let mut lines = vec![format!("  {kind}")];
                lines.extend(indented(view));
                lines
            }
        },
    }
}

//! Decisions as JSON, for programs.

use super::course::{Course, Moment};
use argo_events::{
    Event, Firing,
    core::resolver::Waiting,
    sensor::{
        dependency::{Stage, StageOutcome, Verdict},
        explain::{Considered, Decision, Fired, Lapse, LapseCause, Unmet},
    },
};
use serde_json::{Value, json};

/// Returns everything that happened.
pub(crate) fn course(course: &Course) -> Value {
    let moments: Vec<_> = course.moments.iter().map(moment).collect();
    json!({
        "sensor": course.sensor,
        "moments": moments,
        "waiting": list(&course.waiting, unmet),
    })
}

fn moment(moment: &Moment) -> Value {
    match moment {
        Moment::Event(it) => decision(it),
        Moment::Wait {
            until,
            lapses,
            fired,
        } => json!({
            "until": until.to_string(),
            "lapses": list(lapses, lapse),
            "fired": list(fired, firing),
        }),
    }
}

fn decision(decision: &Decision) -> Value {
    let rejected = decision
        .rejected
        .iter()
        .map(|(trigger, reason)| json!({ "trigger": trigger, "reason": reason.as_str() }));
    json!({
        "event": event(&decision.event),
        "at": decision.at.to_string(),
        "repeated": decision.repeated,
        "lapses": list(&decision.lapses, lapse),
        "dependencies": list(&decision.considered, considered),
        "rejected": rejected.collect::<Vec<_>>(),
        "fired": list(&decision.fired, firing),
        "unmet": list(&decision.unmet, unmet),
    })
}

fn list<T>(items: &[T], show: fn(&T) -> Value) -> Value {
    items.iter().map(show).collect()
}

fn event(event: &Event) -> Value {
    json!({ "source": event.source(), "event": event.subject(), "id": event.id() })
}

fn considered(considered: &Considered) -> Value {
    let (verdict, reason) = match &considered.verdict {
        Verdict::Passed => ("passed", Value::Null),
        Verdict::Rejected(rejection) => (
            "rejected",
            rejection
                .group
                .map_or(Value::Null, |group| group.as_str().into()),
        ),
        Verdict::Failed(reason) => ("failed", reason.as_ref().into()),
    };
    json!({
        "dependency": considered.dependency,
        "changed": considered.changed.as_ref().and_then(|event| event.data())
            .map(|body| String::from_utf8_lossy(body)),
        "verdict": verdict,
        "reason": reason,
        "stages": list(&considered.stages, stage),
    })
}

fn stage(stage: &Stage) -> Value {
    let (outcome, error) = match &stage.outcome {
        StageOutcome::Yes => ("yes", None),
        StageOutcome::No => ("no", None),
        StageOutcome::Skipped => ("skipped", None),
        StageOutcome::Error(error) => ("error", Some(error)),
    };
    json!({
        "group": stage.group.as_str(),
        "entry": stage.entry,
        "subject": stage.subject,
        "comparator": stage.comparator,
        "expected": stage.expected,
        "seen": stage.seen,
        "value": stage.value,
        "outcome": outcome,
        "error": error,
    })
}

fn events(firing: &Firing) -> Value {
    let held = firing.events();
    held.map(|(dependency, event)| json!({ "dependency": dependency, "id": event.id() }))
        .collect()
}

fn firing(fired: &Fired) -> Value {
    let rendered = fired.rendered.as_ref();
    json!({
        "trigger": fired.firing.trigger(),
        "kind": fired.kind,
        "firing": fired.firing.id().as_str(),
        "events": events(&fired.firing),
        "rendered": rendered.map(|it| it.view().clone()).unwrap_or_default(),
        "error": rendered.err().map(ToString::to_string),
    })
}

fn lapse(lapse: &Lapse) -> Value {
    let cause = match lapse.cause {
        LapseCause::WindowEnded => json!("windowEnded"),
        LapseCause::Reset(at) => json!({ "reset": at.to_string() }),
        _ => Value::Null,
    };
    json!({
        "trigger": lapse.trigger,
        "cause": cause,
        "key": lapse.waited.key,
        "events": held(&lapse.waited, &lapse.dependencies),
    })
}

fn held(waiting: &Waiting, names: &[String]) -> Value {
    let held = waiting.held.iter().zip(names);
    held.map(|(held, name)| json!({ "dependency": name, "id": held.event.id() }))
        .collect()
}

fn unmet(unmet: &Unmet) -> Value {
    let waiting = unmet.waiting.as_ref();
    json!({
        "trigger": unmet.trigger,
        "condition": unmet.condition,
        "key": waiting.and_then(|waiting| waiting.key.as_deref()),
        "until": waiting.and_then(|waiting| waiting.until).map(|until| until.to_string()),
        "present": waiting.map_or(json!([]), |waiting| held(waiting, &unmet.present)),
        "missing": unmet.missing.to_string(),
        "missingDependencies": unmet.missing.dependencies(),
    })
}

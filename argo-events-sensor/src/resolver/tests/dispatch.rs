//! Many triggers in one lane, and what happens to their state when the manifest changes.

use super::event;
use crate::resolver::{Dropped, Resolvers, Restored, TriggerPlan};
use argo_events_core::{
    Event, FieldPath, Firing, Problems, Timestamp,
    api::{Dependency, GoDuration, Join, JoinKey, TriggerTemplate},
    resolver::{Rejection, Shape},
};
use argo_events_expr::condition::Condition;
use bytes::Bytes;
use std::sync::Arc;

const NAMES: [&str; 3] = ["a", "b", "c"];

fn dependencies() -> Vec<Dependency> {
    let dependency = |name: &str| Dependency {
        name: name.to_owned(),
        ..Dependency::default()
    };
    NAMES.iter().copied().map(dependency).collect()
}

fn template(name: &str, conditions: &str) -> TriggerTemplate {
    let (name, conditions) = (name.to_owned(), conditions.to_owned());
    TriggerTemplate {
        name,
        conditions,
        ..TriggerTemplate::default()
    }
}

fn plan(template: &TriggerTemplate, dependencies: &[Dependency]) -> TriggerPlan {
    let condition = Condition::parse(&template.conditions, &NAMES).unwrap();
    let names = condition
        .dependencies()
        .iter()
        .map(|at| NAMES[*at].to_owned());
    let shape = Arc::new(Shape {
        sensor: "sensor".to_owned(),
        trigger: template.name.clone(),
        dependencies: names.collect(),
    });
    let (path, mut problems) = (FieldPath::root(), Problems::default());
    TriggerPlan::compile(
        &shape,
        &condition,
        dependencies,
        template,
        &path,
        &mut problems,
    )
    .unwrap()
}

fn resolvers(triggers: &[(&str, &str)]) -> Resolvers {
    Resolvers::new(
        triggers
            .iter()
            .map(|(name, text)| plan(&template(name, text), &dependencies())),
    )
}

/// A lane with the records that it wrote.
struct Lane {
    resolvers: Resolvers,
    records: Vec<Bytes>,
}

impl Lane {
    fn new(resolvers: Resolvers) -> Self {
        Self {
            resolvers,
            records: Vec::new(),
        }
    }

    /// Hands an event to a dependency, and returns what fired: trigger, names and ids.
    fn event(&mut self, dependency: usize, id: &str) -> Vec<String> {
        let mut firings = Vec::new();
        self.resolvers
            .dispatch(dependency, &event(id), Timestamp::EPOCH, &mut firings);
        spell(&firings)
    }

    fn checkpoint(&mut self) -> bool {
        let mut record = Vec::new();
        let changed = self.resolvers.checkpoint(&mut record);
        assert_eq!(changed, !record.is_empty());
        self.records.extend(changed.then(|| record.into()));
        changed
    }

    fn snapshot(&mut self) {
        let mut record = Vec::new();
        self.resolvers.snapshot(&mut record);
        self.records = vec![record.into()];
    }

    /// Goes on with other triggers where this lane stopped.
    fn restart(&mut self, resolvers: Resolvers) -> Restored {
        self.resolvers = resolvers;
        self.resolvers
            .restore(self.records.iter().cloned())
            .unwrap()
    }

    fn open(&self) -> Vec<String> {
        spell(&self.resolvers.open())
    }
}

fn spell(firings: &[(usize, Firing)]) -> Vec<String> {
    let event = |(name, event): (&str, &Arc<Event>)| format!("{name}={}", event.id());
    let spell = |(trigger, firing): &(usize, Firing)| {
        let events: Vec<_> = firing.events().map(event).collect();
        format!("{trigger}: {}", events.join(" "))
    };
    firings.iter().map(spell).collect()
}

#[test]
fn cnd_14_an_event_reaches_the_triggers_that_name_its_dependency() {
    let mut lane = Lane::new(resolvers(&[
        ("x", "a && b"),
        ("y", "c"),
        ("z", "b || c && a"),
    ]));
    assert!(lane.event(0, "1").is_empty());
    assert_eq!(lane.event(1, "2"), ["0: a=1 b=2", "2: b=2 a=1"]);
    assert_eq!(lane.event(2, "3"), ["1: c=3"]);
    assert!(lane.event(7, "4").is_empty());
}

#[test]
fn dep_03_an_event_of_several_dependencies_is_seen_in_the_order_of_the_condition() {
    let mut lane = Lane::new(resolvers(&[("x", "(b && c) || a"), ("y", "(a && c) || b")]));
    lane.event(2, "1");
    let (same, mut firings) = (event("2"), Vec::new());
    let accepted = [(0, Arc::clone(&same)), (1, same)];
    lane.resolvers
        .dispatch_all(&accepted, None, Timestamp::EPOCH, &mut firings);
    assert_eq!(
        spell(&firings),
        ["0: b=2 c=1", "0: a=2", "1: a=2 c=1", "1: b=2"]
    );
}

#[test]
fn rejections_name_trigger_and_reason() {
    let mut keyed = template("keyed", "a && b");
    keyed.join = Some(Join {
        key: Some(JoinKey::All("id".to_owned())),
        ..Join::default()
    });
    let plans = [
        plan(&template("plain", "a && b"), &dependencies()),
        plan(&keyed, &dependencies()),
    ];
    let mut resolvers = Resolvers::new(plans);
    let mut firings = Vec::new();
    let rejected = resolvers.dispatch(0, &event("1"), Timestamp::EPOCH, &mut firings);
    assert_eq!(
        (rejected[0].trigger, rejected[0].reason),
        (1, Rejection::KeyMissing)
    );
    assert_eq!(
        (rejected.len(), resolvers.pending(0), resolvers.pending(1)),
        (1, 1, 0)
    );
}

#[test]
fn the_next_deadline_is_the_first_of_all_triggers() {
    let within = |name: &str, seconds: i64| {
        let within = Some(GoDuration(seconds * 1_000_000_000));
        let template = TriggerTemplate {
            join: Some(Join {
                within,
                ..Join::default()
            }),
            ..template(name, "a && b")
        };
        plan(&template, &dependencies())
    };
    let mut resolvers = Resolvers::new([within("x", 30), within("y", 10), within("z", 20)]);
    let (mut firings, at) = (Vec::new(), |seconds: i64| {
        Timestamp::from_millis(seconds * 1_000)
    });
    resolvers.dispatch(0, &event("1"), at(100), &mut firings);
    for (next, waiting) in [(110, 3), (120, 2), (130, 1)] {
        assert_eq!(resolvers.next_deadline(), Some(at(next)));
        assert_eq!(
            (0..3)
                .map(|trigger| resolvers.pending(trigger))
                .sum::<usize>(),
            waiting
        );
        resolvers.advance(at(next), &mut firings);
    }
    assert_eq!(resolvers.next_deadline(), None);
    assert_eq!((resolvers.losses(0).expired, firings.len()), (1, 0));
}

#[test]
fn a_checkpoint_writes_what_changed_and_nothing_else() {
    let mut lane = Lane::new(resolvers(&[("changed", "a && b"), ("untouched", "b && c")]));
    assert!(!lane.checkpoint());
    lane.event(0, "1");
    assert!(lane.checkpoint() && !lane.checkpoint());
    let record = String::from_utf8_lossy(&lane.records[0]);
    assert!(record.contains("changed") && !record.contains("untouched"));
}

#[test]
fn cnd_11_state_survives_a_restart() {
    let triggers = [("x", "a && b"), ("y", "b && c")];
    let mut lane = Lane::new(resolvers(&triggers));
    lane.event(0, "1");
    lane.event(2, "2");
    lane.checkpoint();
    assert_eq!(lane.event(1, "3"), ["0: a=1 b=3", "1: b=3 c=2"]);
    lane.checkpoint();
    assert_eq!(lane.restart(resolvers(&triggers)), Restored::default());
    assert_eq!(lane.open(), ["0: a=1 b=3", "1: b=3 c=2"]);
    lane.snapshot();
    lane.event(0, "4");
    lane.checkpoint();
    assert_eq!(lane.restart(resolvers(&triggers)), Restored::default());
    assert_eq!(lane.event(1, "5"), ["0: a=4 b=5"]);
    assert_eq!(lane.open().len(), 3);
}

#[test]
fn cnd_12_blanks_and_the_order_of_triggers_are_no_change() {
    let mut lane = Lane::new(resolvers(&[("x", "a && b"), ("y", "b && c")]));
    lane.event(0, "1");
    lane.checkpoint();
    let restored = lane.restart(resolvers(&[("y", "b && c"), ("x", " ( a&&b ) ")]));
    assert_eq!(restored, Restored::default());
    assert_eq!(lane.event(1, "2"), ["1: a=1 b=2"]);
}

#[test]
fn cnd_12_a_changed_condition_drops_what_waits_and_keeps_what_fired() {
    let mut lane = Lane::new(resolvers(&[("x", "a && b"), ("y", "a && c")]));
    lane.event(0, "1");
    lane.event(1, "2");
    lane.event(0, "3");
    lane.checkpoint();
    let changed = [("x", "b && c"), ("y", "a && c")];
    let restored = lane.restart(resolvers(&changed));
    assert_eq!(
        restored.dropped,
        [Dropped::Waiting {
            trigger: "x".to_owned()
        }]
    );
    assert_eq!(restored.adopted, 1);
    assert_eq!(lane.open(), ["0: a=1 b=2"]);
    assert_eq!(lane.event(2, "4"), ["1: a=3 c=4"]);

    lane.checkpoint();
    assert_eq!(lane.restart(resolvers(&changed)), Restored::default());
    assert_eq!(lane.open(), ["0: a=1 b=2", "1: a=3 c=4"]);
    let (trigger, firing) = lane.resolvers.open().remove(0);
    assert_eq!(firing.event("a").unwrap().id(), "1");
    lane.resolvers.commit(trigger, &firing);
    lane.checkpoint();
    lane.restart(resolvers(&changed));
    assert_eq!(lane.open(), ["1: a=3 c=4"]);
}

#[test]
fn cnd_12_a_condition_that_is_changed_back_does_not_revive_old_state() {
    let mut lane = Lane::new(resolvers(&[("x", "a && b")]));
    lane.event(0, "1");
    lane.checkpoint();
    lane.restart(resolvers(&[("x", "a && c")]));
    lane.event(0, "2");
    lane.checkpoint();
    lane.restart(resolvers(&[("x", "a && b")]));
    assert_eq!(lane.resolvers.pending(0), 0);
    assert!(lane.event(1, "3").is_empty());
}

#[test]
fn cnd_12_a_changed_dependency_drops_its_own_events() {
    let mut lane = Lane::new(resolvers(&[("x", "a && b && c")]));
    lane.event(0, "1");
    lane.event(1, "2");
    lane.checkpoint();
    let mut changed = dependencies();
    changed[1].event_name = "other".to_owned();
    let again = || Resolvers::new([plan(&template("x", "a && b && c"), &changed)]);
    let (trigger, dependency) = ("x".to_owned(), "b".to_owned());
    let dropped = [Dropped::Dependency {
        trigger,
        dependency,
        events: 1,
    }];
    assert_eq!(lane.restart(again()).dropped, dropped);
    assert_eq!(
        lane.restart(again()).dropped,
        dropped,
        "until it was written down"
    );
    lane.checkpoint();
    assert_eq!(lane.restart(again()), Restored::default());
    lane.event(2, "3");
    assert_eq!(lane.event(1, "4"), ["0: a=1 b=4 c=3"]);
}

#[test]
fn a_trigger_that_is_gone_is_reported_once_and_does_not_come_back() {
    let both = [("x", "a && b"), ("y", "b && c")];
    let mut lane = Lane::new(resolvers(&both));
    for (dependency, id) in [(0, "1"), (1, "2"), (0, "3")] {
        lane.event(dependency, id);
    }
    lane.checkpoint();
    let restored = lane.restart(resolvers(&both[1..]));
    assert_eq!(
        restored.dropped,
        [Dropped::Trigger {
            trigger: "x".to_owned(),
            open: Some(1)
        }]
    );
    assert!(lane.checkpoint());
    assert_eq!(lane.restart(resolvers(&both)), Restored::default());
    assert_eq!(
        (lane.resolvers.pending(0), lane.resolvers.pending(1)),
        (0, 1)
    );
    assert!(lane.open().is_empty());
}

//! Random stories, told to a resolver and to the model: both must say the same at every step.

use super::model::Model;
use crate::resolver::{Join, JoinSettings, LatestWins};
use argo_events_core::{
    Arrival, DependencyResolver, Event, Firing, Timestamp,
    api::{JoinKeep, JoinOnExpire},
    resolver::Shape,
};
use argo_events_expr::{condition::Condition, gjson::Path};
use bytes::Bytes;
use proptest::prelude::*;
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Event {
        place: usize,
        key: u8,
        after: i64,
    },
    Advance {
        after: i64,
    },
    Commit {
        which: usize,
    },
    Reset {
        ago: i64,
    },
    Forget {
        place: usize,
    },
    Checkpoint,
    Snapshot,
    /// Everything since the last checkpoint is lost and happens again.
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..100_usize, 0..5_u8, -4..9_i64).prop_map(|(place, key, after)| Step::Event { place, key, after }),
        2 => (0..15_i64).prop_map(|after| Step::Advance { after }),
        4 => (0..4_usize).prop_map(|which| Step::Commit { which }),
        1 => (-2..20_i64).prop_map(|ago| Step::Reset { ago }),
        1 => (0..100_usize).prop_map(|place| Step::Forget { place }),
        3 => Just(Step::Checkpoint),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..120)
}

/// Writes a random condition over `d0` to `d<count - 1>`.
fn conditions(count: usize) -> impl Strategy<Value = String> {
    let leaf = (0..count).prop_map(|place| format!("d{place}"));
    leaf.prop_recursive(3, 12, 3, |inner| {
        (prop::collection::vec(inner, 1..4), any::<bool>())
            .prop_map(|(parts, all)| format!("({})", parts.join(if all { " && " } else { " || " })))
    })
}

fn settings(dependencies: usize) -> impl Strategy<Value = JoinSettings> {
    let keep = prop_oneof![
        Just(JoinKeep::Latest),
        Just(JoinKeep::First),
        Just(JoinKeep::All)
    ];
    let on_expire = prop_oneof![Just(JoinOnExpire::Drop), Just(JoinOnExpire::Fire)];
    let at_least =
        prop::collection::vec(prop_oneof![3 => Just(1_u32), 1 => 2..4_u32], dependencies);
    let within = prop::option::of(1..30_u64);
    let limits = (1..5_usize, 1..4_usize, 3..9_usize);
    (any::<bool>(), within, keep, on_expire, at_least, limits).prop_map(
        move |(keyed, within, keep, on_expire, at_least, limits)| {
            let mut settings = JoinSettings::new(dependencies);
            settings.key = keyed.then(|| vec![Path::parse("key").unwrap(); dependencies]);
            settings.within = within.map(Duration::from_secs);
            (settings.keep, settings.on_expire) = (keep, on_expire);
            settings.at_least = at_least.into_iter().filter_map(NonZeroU32::new).collect();
            (settings.max_keys, settings.max_kept, settings.max_events) = limits;
            settings
        },
    )
}

/// A resolver beside the model, and what survives a crash of both.
struct Twins<R> {
    make: fn(Arc<Shape>, Condition, JoinSettings) -> R,
    shape: Arc<Shape>,
    condition: Condition,
    settings: JoinSettings,
    resolver: R,
    model: Model,
    records: Vec<Bytes>,
    saved: Model,
    since: Vec<Step>,
    now: i64,
    saved_now: i64,
    count: u64,
    saved_count: u64,
}

impl<R: DependencyResolver> Twins<R> {
    fn new(
        condition: Condition,
        settings: JoinSettings,
        make: fn(Arc<Shape>, Condition, JoinSettings) -> R,
    ) -> Self {
        let names = (0..condition.dependencies().len()).map(|place| place.to_string());
        let (sensor, trigger) = ("s".to_owned(), "t".to_owned());
        let shape = Arc::new(Shape {
            sensor,
            trigger,
            dependencies: names.collect(),
        });
        let model = Model::new(condition.clone(), settings.clone());
        Self {
            make,
            resolver: make(Arc::clone(&shape), condition.clone(), settings.clone()),
            shape,
            condition,
            settings,
            saved: model.clone(),
            model,
            records: Vec::new(),
            since: Vec::new(),
            now: 1_000,
            saved_now: 1_000,
            count: 0,
            saved_count: 0,
        }
    }

    fn tell(&mut self, step: Step) {
        match step {
            Step::Checkpoint => self.checkpoint(),
            Step::Snapshot => self.snapshot(),
            Step::Crash => self.crash(),
            step => {
                self.happen(&step);
                self.since.push(step);
            }
        }
        self.compare();
    }

    fn happen(&mut self, step: &Step) {
        match *step {
            Step::Event { place, key, after } => self.event(place, key, after),
            Step::Advance { after } => {
                self.now += after;
                let mut firings = Vec::new();
                self.resolver.advance(seconds(self.now), &mut firings);
                assert_eq!(spell(&firings), self.model.advance(seconds(self.now)));
            }
            Step::Commit { which } => self.commit(which),
            Step::Reset { ago } => {
                self.resolver.reset(seconds(self.now - ago));
                self.model.reset(seconds(self.now - ago));
            }
            Step::Forget { place } => {
                let place = (place % self.shape.dependencies.len()) as u16;
                self.resolver.forget(place);
                self.model.remove_where(|event| event.0 == place);
            }
            Step::Checkpoint | Step::Snapshot | Step::Crash => {}
        }
    }

    fn event(&mut self, place: usize, key: u8, after: i64) {
        // Time goes on by and large; some events come late.
        let at = seconds(self.now + after.min(0));
        self.now += after.max(0);
        self.count += 1;
        let place = (place % self.shape.dependencies.len()) as u16;
        let (id, body) = (self.count.to_string(), format!(r#"{{"key":{key}}}"#));
        let event = Arc::new(Event::builder(&id, "source", "event").data(body).build());
        let mut firings = Vec::new();
        self.resolver.observe(
            Arrival {
                dependency: place,
                event: &event,
                at,
            },
            &mut firings,
        );
        let key = self
            .settings
            .key
            .as_ref()
            .map_or(String::new(), |_| key.to_string());
        assert_eq!(spell(&firings), self.model.observe((place, id, at), &key));
    }

    fn commit(&mut self, which: usize) {
        let open = self.resolver.open();
        if let Some(firing) = open.get(which) {
            self.resolver.commit(firing);
            self.model.open.remove(which);
        }
    }

    fn checkpoint(&mut self) {
        let mut record = Vec::new();
        let changed = self.resolver.checkpoint(&mut record);
        assert_eq!(changed, !record.is_empty());
        if changed {
            self.records.push(record.into());
        }
        assert!(!self.resolver.checkpoint(&mut Vec::new()));
        self.save();
    }

    fn snapshot(&mut self) {
        let mut record = Vec::new();
        self.resolver.snapshot(&mut record);
        self.records = vec![record.into()];
        self.save();
    }

    fn save(&mut self) {
        self.saved = self.model.clone();
        (self.saved_now, self.saved_count) = (self.now, self.count);
        self.since.clear();
    }

    fn crash(&mut self) {
        let (shape, condition) = (Arc::clone(&self.shape), self.condition.clone());
        self.resolver = (self.make)(shape, condition, self.settings.clone());
        self.records
            .iter()
            .for_each(|record| self.resolver.restore(record).unwrap());
        self.model = self.saved.clone();
        self.model.losses = self.resolver.losses();
        (self.now, self.count) = (self.saved_now, self.saved_count);
        self.compare();
        for step in std::mem::take(&mut self.since) {
            self.tell(step);
        }
    }

    fn compare(&self) {
        assert_eq!(spell(&self.resolver.open()), self.model.open);
        assert_eq!(self.resolver.pending(), self.model.pending());
        let waiting = self.resolver.waiting();
        let held: usize = waiting.iter().map(|waiting| waiting.held.len()).sum();
        assert_eq!(held, self.model.pending());
        assert_eq!(self.resolver.next_deadline(), self.model.next_deadline());
        assert_eq!(self.resolver.losses(), self.model.losses);
    }
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn spell(firings: &[Firing]) -> Vec<String> {
    let event = |(place, event): (&str, &Arc<Event>)| format!("{place}={}", event.id());
    firings
        .iter()
        .map(|firing| firing.events().map(event).collect::<Vec<_>>().join(" "))
        .collect()
}

fn parse(text: &str, count: usize) -> Condition {
    let names: Vec<_> = (0..count).map(|place| format!("d{place}")).collect();
    Condition::parse(text, &names).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_latest_win_as_in_the_model(text in conditions(4), steps in steps()) {
        let condition = parse(&text, 4);
        let settings = JoinSettings::new(condition.dependencies().len());
        let make = |shape, condition, _| LatestWins::new(shape, condition);
        let mut twins = Twins::new(condition, settings, make);
        steps.into_iter().for_each(|step| twins.tell(step));
    }

    #[test]
    fn a_join_does_what_the_model_does(
        (text, settings) in conditions(4).prop_flat_map(|text| {
            let places = parse(&text, 4).dependencies().len();
            (Just(text), settings(places))
        }),
        steps in steps(),
    ) {
        let mut twins = Twins::new(parse(&text, 4), settings, Join::new);
        steps.into_iter().for_each(|step| twins.tell(step));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn more_than_a_word_of_dependencies_behaves_alike(count in 65_usize..140, steps in steps()) {
        let names: Vec<_> = (0..count).map(|place| format!("d{place}")).collect();
        let all = names.join(" && ");
        for text in [format!("({all}) || (d0 && d{})", count - 1), all] {
            let condition = Condition::parse(&text, &names).unwrap();
            let settings = JoinSettings::new(count);
            let make = |shape, condition, _| LatestWins::new(shape, condition);
            let mut twins = Twins::new(condition, settings, make);
            steps.iter().cloned().for_each(|step| twins.tell(step));
        }
    }
}

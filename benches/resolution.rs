//! What resolution costs, each beside the bare loop that hands out the same events.
//!
//! The bare loop has optional slots and a mask test, and moves the events out without allocating.
//! It keeps no firing open, computes no deadlines and could restore nothing.

use argo_events_core::{Arrival, DependencyResolver, Event, Firing, Timestamp, resolver::Shape};
use argo_events_expr::{
    condition::{BitSet, Condition},
    gjson::Path,
};
use argo_events_sensor::resolver::{
    Join, JoinSettings, LatestWins, Meaning, Resolvers, TriggerPlan,
};
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use std::{collections::HashMap, hint::black_box, sync::Arc, time::Duration};

/// Events of one round; every count of dependencies used here divides it.
const ROUND: usize = 1_000;
const OPEN_KEYS: usize = 100_000;

criterion_group!(benches, dependencies, triggers, keyed_join, condition);
criterion_main!(benches);

/// Optional slots and a mask test.
struct Bare {
    slots: Vec<Option<Arc<Event>>>,
    present: u64,
    wanted: u64,
}

impl Bare {
    fn new(dependencies: usize) -> Self {
        let wanted = u64::MAX >> (64 - dependencies);
        Self {
            slots: vec![None; dependencies],
            present: 0,
            wanted,
        }
    }

    fn observe(&mut self, dependency: usize, event: &Arc<Event>, out: &mut Vec<Arc<Event>>) {
        self.slots[dependency] = Some(Arc::clone(event));
        self.present |= 1 << dependency;
        if self.present & self.wanted == self.wanted {
            out.extend(self.slots.iter_mut().filter_map(Option::take));
            self.present = 0;
        }
    }
}

fn shape(dependencies: usize) -> Arc<Shape> {
    Arc::new(Shape {
        sensor: "sensor".to_owned(),
        trigger: "trigger".to_owned(),
        dependencies: (0..dependencies).map(|place| format!("d{place}")).collect(),
    })
}

/// Makes the resolver that wants every dependency.
fn latest_wins(dependencies: usize) -> LatestWins {
    let shape = shape(dependencies);
    let condition = Condition::all(&shape.dependencies).expect("the names are good");
    LatestWins::new(shape, condition)
}

fn event(number: usize) -> Arc<Event> {
    let body = format!(
        r#"{{"header":{{"Content-Type":"application/json"}},"body":{{"order":"order-{number}","total":99}}}}"#
    );
    Arc::new(
        Event::builder(format!("id-{number}"), "shop", "paid")
            .data(body)
            .build(),
    )
}

fn events() -> Vec<Arc<Event>> {
    (0..ROUND).map(event).collect()
}

fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    events: usize,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(format!("resolution/{name}"));
    group.throughput(Throughput::Elements(events as u64));
    group
}

/// Observes a round of events in turn and commits what fires.
fn dependencies(criterion: &mut Criterion) {
    let mut group = group(criterion, "observe and commit, dependencies", ROUND);
    let events = events();
    for count in [2, 10, 50] {
        let (mut bare, mut out) = (Bare::new(count), Vec::new());
        group.bench_function(BenchmarkId::new("baseline", count), |bencher| {
            bencher.iter(|| {
                for (number, event) in events.iter().enumerate() {
                    bare.observe(number % count, event, &mut out);
                    out.drain(..).for_each(|event| drop(black_box(event)));
                }
            });
        });
        let (mut resolver, mut firings) = (latest_wins(count), Vec::new());
        group.bench_function(BenchmarkId::new("ours", count), |bencher| {
            bencher.iter(|| {
                for (number, event) in events.iter().enumerate() {
                    let dependency = (number % count) as u16;
                    let arrival = Arrival {
                        dependency,
                        event,
                        at: Timestamp::EPOCH,
                    };
                    resolver.observe(arrival, &mut firings);
                    for firing in firings.drain(..) {
                        resolver.commit(&firing);
                        black_box(firing);
                    }
                }
            });
        });
    }
}

/// Makes so many triggers over two dependencies each; none names a dependency of another.
fn lane(triggers: usize) -> Resolvers {
    let plan = |trigger: usize| TriggerPlan {
        shape: shape(2),
        dependencies: vec![2 * trigger, 2 * trigger + 1],
        resolver: Box::new(latest_wins(2)),
        meaning: Meaning::default(),
    };
    Resolvers::new((0..triggers).map(plan))
}

fn dispatch(lane: &mut Resolvers, events: &[Arc<Event>], out: &mut Vec<(usize, Firing)>) {
    for (number, event) in events.iter().enumerate() {
        lane.dispatch(number % 2, event, Timestamp::EPOCH, out);
        for (trigger, firing) in out.drain(..) {
            lane.commit(trigger, &firing);
            black_box(firing);
        }
    }
}

/// Events for one trigger among many; the baseline is a lane with that trigger alone.
fn triggers(criterion: &mut Criterion) {
    let mut group = group(criterion, "dispatch among triggers", ROUND);
    let events = events();
    for count in [1, 100, 10_000] {
        for (name, triggers) in [("baseline", 1), ("ours", count)] {
            let (mut lane, mut out) = (lane(triggers), Vec::new());
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| dispatch(&mut lane, &events, &mut out));
            });
        }
    }
}

/// The two events of every key, in an order that no cache foresees.
fn pairs() -> Vec<[Arc<Event>; 2]> {
    let mut pairs: Vec<_> = (0..OPEN_KEYS).map(|key| [event(key), event(key)]).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..pairs.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pairs.swap(last, (state % (last as u64 + 1)) as usize);
    }
    pairs
}

/// A hash map from the key's text to two slots; the key is read as ours is.
struct PlainMap {
    path: Path,
    map: HashMap<String, [Option<Arc<Event>>; 2]>,
}

impl PlainMap {
    fn observe(&mut self, dependency: usize, event: &Arc<Event>, out: &mut Vec<Arc<Event>>) {
        let found = self.path.get(event.data().expect("every event has a body"));
        let key = found.text();
        if let Some(slots) = self.map.get_mut(&*key) {
            slots[dependency] = Some(Arc::clone(event));
            if slots.iter().all(Option::is_some) {
                let slots = self.map.remove(&*key).into_iter().flatten();
                out.extend(slots.flatten());
            }
        } else {
            let mut slots = [None, None];
            slots[dependency] = Some(Arc::clone(event));
            self.map.insert(key.into_owned(), slots);
        }
    }
}

fn order_path() -> Path {
    Path::parse("body.order").expect("the path is short")
}

fn join() -> Join {
    let shape = shape(2);
    let condition = Condition::all(&shape.dependencies).expect("the names are good");
    let mut settings = JoinSettings::new(2);
    settings.key = Some(vec![order_path(); 2]);
    settings.within = Some(Duration::from_secs(86_400));
    settings.max_keys = OPEN_KEYS + 1;
    Join::new(shape, condition, settings)
}

/// Closes a key and opens it anew, among 100 000 that are open.
fn keyed_join(criterion: &mut Criterion) {
    let mut group = group(criterion, "keyed join, open keys", ROUND);
    let pairs = pairs();
    let round = |start: &mut usize| {
        let from = *start;
        *start = (from + ROUND / 2) % OPEN_KEYS;
        &pairs[from..from + ROUND / 2]
    };

    let (mut plain, mut out) = (
        PlainMap {
            path: order_path(),
            map: HashMap::new(),
        },
        Vec::new(),
    );
    pairs
        .iter()
        .for_each(|[first, _]| plain.observe(0, first, &mut out));
    let mut start = 0;
    group.bench_function(BenchmarkId::new("baseline", OPEN_KEYS), |bencher| {
        bencher.iter(|| {
            for [first, second] in round(&mut start) {
                plain.observe(1, second, &mut out);
                out.drain(..).for_each(|event| drop(black_box(event)));
                plain.observe(0, first, &mut out);
            }
        });
    });
    assert_eq!(plain.map.len(), OPEN_KEYS);

    let (mut join, mut firings, mut now) = (join(), Vec::new(), 0);
    let mut observe = |join: &mut Join, dependency, event: &Arc<Event>| {
        now += 1;
        let at = Timestamp::from_nanos(now);
        join.observe(
            Arrival {
                dependency,
                event,
                at,
            },
            &mut firings,
        );
        for firing in firings.drain(..) {
            join.commit(&firing);
            black_box(firing);
        }
    };
    pairs
        .iter()
        .for_each(|[first, _]| observe(&mut join, 0, first));
    let mut start = 0;
    group.bench_function(BenchmarkId::new("ours", OPEN_KEYS), |bencher| {
        bencher.iter(|| {
            for [first, second] in round(&mut start) {
                observe(&mut join, 1, second);
                observe(&mut join, 0, first);
            }
        });
    });
    assert_eq!(join.keys(), OPEN_KEYS);
}

/// Looks up the words of a condition and makes the masks of its alternatives, whatever their order.
fn masks(text: &str, names: &[&str]) -> Vec<u64> {
    let mask = |alternative: &str| {
        let words = alternative
            .split("&&")
            .map(|word| word.trim_matches([' ', '(', ')']));
        words.fold(0, |mask, word| {
            let place = names.iter().position(|name| *name == word);
            mask | 1 << place.expect("the name is known")
        })
    };
    text.split("||").map(mask).collect()
}

/// Reads a condition, beside a loop that looks its words up, and asks it, beside two mask tests.
fn condition(criterion: &mut Criterion) {
    let names = ["build", "test", "approved", "manual"];
    let text = "(build && test && approved) || manual";
    let mut parse = group(criterion, "condition, parse", 1);
    assert_eq!(masks(text, &names), [0b0111, 0b1000]);
    parse.bench_function(BenchmarkId::new("baseline", text.len()), |bencher| {
        bencher.iter(|| masks(black_box(text), &names));
    });
    parse.bench_function(BenchmarkId::new("ours", text.len()), |bencher| {
        bencher.iter(|| Condition::parse(black_box(text), &names));
    });
    parse.finish();

    let condition = Condition::parse(text, &names).expect("the condition is good");
    let mut holds = group(criterion, "condition, holds", 1);
    holds.bench_function(BenchmarkId::new("baseline", text.len()), |bencher| {
        bencher.iter(|| {
            let present = black_box(0b0011_u64);
            present & 0b0111 == 0b0111 || present & 0b1000 != 0
        });
    });
    let present: BitSet = [0, 1].into_iter().collect();
    holds.bench_function(BenchmarkId::new("ours", text.len()), |bencher| {
        bencher.iter(|| condition.holds(black_box(&present)));
    });
}

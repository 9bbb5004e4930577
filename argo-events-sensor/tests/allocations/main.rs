//! Counts what resolvers allocate: nothing per event, but what a firing hands out and a new key.
//!
//! A process of its own, since a global allocator counts everybody's allocations. Each count is
//! that of the thread that asks.
#![expect(
    unsafe_code,
    reason = "a global allocator can be written in no other way"
)]

use argo_events_core::{
    Arrival, DependencyResolver, Event, Firing, Timestamp, api::JoinKeep, resolver::Shape,
};
use argo_events_expr::{condition::Condition, gjson::Path};
use argo_events_sensor::resolver::{
    Join, JoinSettings, LatestWins, Meaning, Resolvers, TriggerPlan,
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::Arc,
    time::Duration,
};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is left to the system's allocator; counting touches no memory that it manages.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Counts the allocations of some work.
fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

fn condition(text: &str, dependencies: usize) -> (Arc<Shape>, Condition) {
    let dependencies: Vec<_> = (0..dependencies).map(|place| format!("d{place}")).collect();
    let condition = Condition::parse(text, &dependencies).expect("a condition");
    let (sensor, trigger) = ("sensor".to_owned(), "trigger".to_owned());
    (
        Arc::new(Shape {
            sensor,
            trigger,
            dependencies,
        }),
        condition,
    )
}

fn keyed(key: usize) -> Arc<Event> {
    let body = format!(r#"{{"body":{{"order":"order-{key}"}}}}"#);
    Arc::new(
        Event::builder(key.to_string(), "source", "event")
            .data(body)
            .build(),
    )
}

fn by_key(dependencies: usize) -> JoinSettings {
    let mut settings = JoinSettings::new(dependencies);
    settings.key = Some(vec![
        Path::parse("body.order").expect("a path");
        dependencies
    ]);
    settings.within = Some(Duration::from_secs(60));
    settings
}

/// Observes events, commits what fires, and returns how often it fired.
struct Feed<'a> {
    resolver: &'a mut dyn DependencyResolver,
    firings: Vec<Firing>,
    now: i64,
    fired: usize,
}

impl<'a> Feed<'a> {
    fn new(resolver: &'a mut dyn DependencyResolver) -> Self {
        Self {
            resolver,
            firings: Vec::with_capacity(8),
            now: 0,
            fired: 0,
        }
    }

    fn event(&mut self, dependency: u16, event: &Arc<Event>) {
        self.now += 1;
        let at = Timestamp::from_millis(self.now);
        self.resolver.observe(
            Arrival {
                dependency,
                event,
                at,
            },
            &mut self.firings,
        );
        for firing in self.firings.drain(..) {
            self.resolver.commit(&firing);
            self.fired += 1;
        }
    }
}

#[test]
fn an_event_that_waits_allocates_nothing() {
    for dependencies in [2, 50, 200] {
        let (shape, condition) = condition("", dependencies);
        let mut resolver = LatestWins::new(shape, condition);
        let mut feed = Feed::new(&mut resolver);
        let event = keyed(0);
        let last = dependencies as u16 - 1;
        (0..=last).for_each(|place| feed.event(place, &event));
        let count = allocations(|| {
            for _ in 0..100 {
                (0..last).for_each(|place| feed.event(place, &event));
            }
        });
        assert_eq!((feed.fired, count), (1, 0), "{dependencies} dependencies");
    }
}

#[test]
fn a_firing_allocates_what_it_hands_out() {
    for (text, dependencies) in [("d0 && d1", 2), ("d0 || d1", 2), ("", 50), ("", 200)] {
        let (shape, condition) = condition(text, dependencies);
        let mut resolver = LatestWins::new(shape, condition);
        let mut feed = Feed::new(&mut resolver);
        let event = keyed(0);
        let mut round = || (0..dependencies as u16).for_each(|place| feed.event(place, &event));
        (0..3).for_each(|_| round());
        let count = allocations(|| (0..100).for_each(|_| round()));
        let firings = feed.fired * 100 / 103;
        assert_eq!(count, firings, "{text:?} over {dependencies}");
    }
}

#[test]
fn a_join_allocates_for_firings_and_new_keys_alone() {
    let (shape, condition) = condition("d0 && d1", 2);
    let mut join = Join::new(shape, condition, by_key(2));
    let mut feed = Feed::new(&mut join);
    let events: Vec<_> = (0..1_000).map(keyed).collect();
    let round = |feed: &mut Feed<'_>| {
        for place in [0, 0, 1] {
            events.iter().for_each(|event| feed.event(place, event));
        }
    };
    (0..3).for_each(|_| round(&mut feed));
    let new_keys = allocations(|| events.iter().for_each(|event| feed.event(0, event)));
    assert_eq!(new_keys, 1_000, "the text of each new key");
    let known_keys = allocations(|| events.iter().for_each(|event| feed.event(0, event)));
    assert_eq!(known_keys, 0, "an event of a key that waits");
    let firings = allocations(|| events.iter().for_each(|event| feed.event(1, event)));
    assert_eq!(
        (feed.fired, firings),
        (4_000, 1_000),
        "what each firing hands out"
    );
}

#[test]
fn windows_that_end_allocate_nothing() {
    let (shape, condition) = condition("d0 && d1", 2);
    let mut join = Join::new(shape, condition, by_key(2));
    let events: Vec<_> = (0..1_000).map(keyed).collect();
    let mut firings = Vec::new();
    for round in 0..5 {
        let at = Timestamp::from_millis(round * 3_600_000);
        let count = allocations(|| join.advance(at, &mut firings));
        assert_eq!((join.keys(), firings.len()), (0, 0));
        assert!(count == 0 || round < 2, "{count} in round {round}");
        for event in &events {
            join.observe(
                Arrival {
                    dependency: 0,
                    event,
                    at,
                },
                &mut firings,
            );
        }
    }
}

#[test]
fn counted_events_allocate_nothing_once_their_key_has_room() {
    let (shape, condition) = condition("d0 && d1", 2);
    let mut settings = by_key(2);
    settings.keep = JoinKeep::All;
    settings.max_kept = 4;
    let mut join = Join::new(shape, condition, settings);
    let mut feed = Feed::new(&mut join);
    let event = keyed(0);
    (0..8).for_each(|_| feed.event(0, &event));
    let count = allocations(|| (0..100).for_each(|_| feed.event(0, &event)));
    assert_eq!((count, feed.fired), (0, 0));
}

#[test]
fn dispatching_to_many_triggers_allocates_for_firings_alone() {
    let (shape, condition) = condition("d0 && d1", 2);
    let plan = |_| TriggerPlan {
        shape: Arc::clone(&shape),
        dependencies: vec![0, 1],
        resolver: Box::new(LatestWins::new(Arc::clone(&shape), condition.clone())),
        meaning: Meaning::default(),
    };
    let mut resolvers = Resolvers::new((0..100).map(plan));
    let (event, mut firings) = (keyed(0), Vec::with_capacity(200));
    let mut round = |rounds: usize| {
        for place in (0..2).cycle().take(2 * rounds) {
            resolvers.dispatch(place, &event, Timestamp::EPOCH, &mut firings);
            for (trigger, firing) in firings.drain(..) {
                resolvers.commit(trigger, &firing);
            }
        }
    };
    round(3);
    assert_eq!(allocations(|| round(10)), 10 * 100);
}

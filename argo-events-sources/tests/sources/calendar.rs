//! Source `calendar`, on paused time.

use crate::{bus::Recorder, webhook::source};
use argo_events_bus::memory::MemoryBus;
use argo_events_core::{
    Error, ErrorKind, Event, EventBus as _, Registry, StateStore, Timestamp, TokioClock,
};
use argo_events_sources::{
    register,
    runtime::{Running, SourceRuntime, Status},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const GRACE: Duration = Duration::from_secs(5);

struct Rig {
    bus: Arc<Recorder>,
    store: Option<Arc<dyn StateStore>>,
}

impl Rig {
    fn new() -> Self {
        Self {
            bus: Recorder::new(),
            store: None,
        }
    }

    async fn with_store() -> Self {
        let store = MemoryBus::default().state("sources").await.unwrap();
        Self {
            store: Some(store),
            ..Self::new()
        }
    }

    fn start(&self, at: &str, config: Value) -> Running {
        let start: Timestamp = at.parse().unwrap();
        let runtime = SourceRuntime::new(self.bus.clone())
            .registry(register(Registry::default()))
            .clock(Arc::new(TokioClock::starting_at(start)));
        let runtime = match &self.store {
            Some(store) => runtime.state(Arc::clone(store)),
            None => runtime,
        };
        runtime.start(&source(json!({"calendar": {"tick": config}})))
    }

    async fn times(&self, count: usize) -> Vec<String> {
        self.bus
            .wait_for(count)
            .await
            .iter()
            .map(|event| time_of(event))
            .collect()
    }
}

fn time_of(event: &Event) -> String {
    event.json().unwrap()["eventTime"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_schedule_fires_at_its_times_in_its_zone() {
    let rig = Rig::new();
    let config =
        json!({"schedule": "30 9 * * 1-5", "timezone": "Europe/Berlin", "metadata": {"a": "b"}});
    let running = rig.start("2026-03-27T07:00:00Z", config);
    let wanted = [
        "2026-03-27 09:30:00 +0100 CET",
        "2026-03-30 09:30:00 +0200 CEST",
    ];
    assert_eq!(rig.times(2).await, wanted);
    let event = &rig.bus.events()[1];
    assert_eq!(event.time().unwrap().to_string(), "2026-03-30T07:30:00Z");
    assert_eq!(event.json().unwrap()["metadata"]["a"], "b");
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn an_interval_counts_from_whole_seconds() {
    let rig = Rig::new();
    let running = rig.start("2026-03-04T05:06:07.7Z", json!({"interval": "10s"}));
    let wanted = [
        "2026-03-04 05:06:17 +0000 UTC",
        "2026-03-04 05:06:27 +0000 UTC",
    ];
    assert_eq!(rig.times(2).await, wanted);
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn excluded_days_are_passed_over() {
    let rig = Rig::new();
    let excluded = [
        "EXDATE:20260305T000000Z,20260306T120000Z",
        "RDATE:20260307T000000Z",
    ];
    let config = json!({"schedule": "0 12 * * *", "exclusionDates": excluded});
    let running = rig.start("2026-03-04T13:00:00Z", config);
    assert_eq!(rig.times(1).await, ["2026-03-07 12:00:00 +0000 UTC"]);
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_time_has_the_same_id() {
    let mut ids = Vec::new();
    for rig in [Rig::new(), Rig::new()] {
        let running = rig.start("2026-03-04T05:06:07Z", json!({"schedule": "* * * * *"}));
        ids.push(rig.bus.wait_for(1).await[0].id().to_owned());
        running.drain(GRACE).await;
    }
    assert_eq!(ids[0], "shop:tick:2026-03-04T05:07:00Z");
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_the_bus_refuses_is_not_lost() {
    let rig = Rig::new();
    rig.bus
        .refuse(Error::permanent(ErrorKind::Unavailable, "no bus"));
    let running = rig.start("2026-03-04T05:06:07Z", json!({"schedule": "* * * * *"}));
    assert_eq!(rig.times(1).await, ["2026-03-04 05:07:00 +0000 UTC"]);
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn ticks_while_the_bus_is_down_come_in_order_once_it_is_not() {
    let rig = Rig::new();
    // The source is started again after 1, 2, 4 … 60 seconds: for more than three minutes.
    (0..8).for_each(|_| {
        rig.bus
            .refuse(Error::permanent(ErrorKind::Unavailable, "no bus"));
    });
    let running = rig.start("2026-03-04T05:06:07Z", json!({"schedule": "* * * * *"}));
    let minutes = rig.times(6).await;
    let minutes: Vec<_> = minutes.iter().map(|time| &time[14..16]).collect();
    assert_eq!(minutes, ["07", "08", "09", "10", "11", "12"]);
    running.drain(GRACE).await;
}

fn caught_up(limit: &str) -> Value {
    let catchup = json!({"enabled": true, "maxDuration": limit});
    json!({"schedule": "0 * * * *", "persistence": {"catchup": catchup, "configMap": {"name": "x"}}})
}

async fn first_run(rig: &Rig, config: Value) {
    let running = rig.start("2026-03-04T05:30:00Z", config);
    assert_eq!(rig.times(1).await, ["2026-03-04 06:00:00 +0000 UTC"]);
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_caught_up_on() {
    let rig = Rig::with_store().await;
    first_run(&rig, caught_up("")).await;
    let running = rig.start("2026-03-04T09:30:00Z", caught_up(""));
    let times = rig.times(5).await;
    assert_eq!(times[1], "2026-03-04 07:00:00 +0000 UTC");
    assert_eq!(times[4], "2026-03-04 10:00:00 +0000 UTC");
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn catching_up_goes_back_no_further_than_its_limit() {
    let rig = Rig::with_store().await;
    first_run(&rig, caught_up("1h")).await;
    let running = rig.start("2026-03-04T09:30:00Z", caught_up("1h"));
    let times = rig.times(3).await;
    assert_eq!(times[1], "2026-03-04 09:00:00 +0000 UTC");
    assert_eq!(times[2], "2026-03-04 10:00:00 +0000 UTC");
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn without_catching_up_what_was_missed_stays_missed() {
    let rig = Rig::with_store().await;
    first_run(&rig, json!({"schedule": "0 * * * *"})).await;
    let running = rig.start("2026-03-04T09:30:00Z", json!({"schedule": "0 * * * *"}));
    assert_eq!(rig.times(2).await[1], "2026-03-04 10:00:00 +0000 UTC");
    running.drain(GRACE).await;
}

#[tokio::test(start_paused = true)]
async fn schedules_that_cannot_work_are_refused() {
    let cases = [
        (json!({}), "must have either schedule or interval"),
        (json!({"interval": "0s"}), "must be 1s or longer"),
        (json!({"interval": "100ms"}), "must be 1s or longer"),
        (json!({"interval": "1d"}), "failed to parse interval 1d"),
        (
            json!({"schedule": "@daily"}),
            "failed to parse schedule @daily",
        ),
        (json!({"schedule": "0 0 30 2 *"}), "names no time"),
        (
            json!({"interval": "1s", "timezone": "Mars/Base"}),
            "Mars/Base",
        ),
        (
            json!({"interval": "1s", "exclusionDates": ["EXDATE:2026"]}),
            "is no time such as",
        ),
    ];
    for (config, wanted) in cases {
        let running = Rig::new().start("2026-03-04T05:30:00Z", config.clone());
        let status = running.status("tick").unwrap().borrow().clone();
        let Status::Invalid { reason } = status else {
            panic!("{config} is {status}");
        };
        assert!(reason.contains(wanted), "{config}: {reason}");
    }
}

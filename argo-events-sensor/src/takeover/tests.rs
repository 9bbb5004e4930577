//! What is inherited from a bucket, by what changed since.

use super::{
    Heir, HeirTrigger, Inheritance, InheritedTrigger, StoredEvent, export, names, specification,
};
use crate::{
    resolver::ResetSchedule,
    runtime::{SensorBuild, SensorPlan},
    trigger::FunctionTrigger,
};
use argo_events_bus::memory::MemoryStore;
use argo_events_core::{
    Error, Event, FieldPath, NamedConsumer, Problems, Registry, StateStore, Subject, Timestamp,
    TokioClock,
    api::{
        ConditionsReset, ConditionsResetByTime, DataFilter, Dependency, Filters, Sensor,
        SensorSpec, Transform, Trigger, TriggerTemplate,
    },
    secret::MemorySecrets,
};
use argo_events_expr::condition::Condition;
use bytes::Bytes;
use std::sync::Arc;

const NOON: &str = "2026-03-04T12:00:00Z";

/// A bucket as the reference leaves it, and the sensor that comes after.
struct Scene {
    before: Vec<Dependency>,
    after: Vec<Dependency>,
    had: String,
    has: String,
    entries: Vec<(String, Bytes)>,
    resets: ResetSchedule,
}

impl Scene {
    /// Dependencies `a` and `b`, with the condition `a && b`, of which `a` waits.
    fn new() -> Self {
        let dependencies: Vec<_> = ["a", "b", "c"]
            .map(|it| Dependency::new(it, "src", it))
            .into();
        let mut scene = Self {
            before: dependencies.clone(),
            after: dependencies,
            had: "a && b".to_owned(),
            has: "a && b".to_owned(),
            entries: Vec::new(),
            resets: ResetSchedule::default(),
        };
        scene.keep("a", stored(r#"{"n":7}"#).encode());
        scene
    }

    fn keep(&mut self, dependency: &str, value: impl Into<Bytes>) {
        self.entries
            .push((names::event_key("t", dependency), value.into()));
    }

    fn conditions(mut self, had: &str, has: &str) -> Self {
        (self.had, self.has) = (had.to_owned(), has.to_owned());
        self
    }

    fn changed(mut self, change: impl FnOnce(&mut Dependency)) -> Self {
        change(&mut self.after[0]);
        self
    }

    async fn inherited(&self) -> InheritedTrigger {
        let bucket = MemoryStore::default();
        let tables = specification(&self.before, [("t", self.had.as_str())]);
        for (key, value) in tables
            .into_iter()
            .filter(|(key, _)| !self.has_entry(key))
            .chain(self.entries.clone())
        {
            bucket.put(&key, value, None).await.unwrap();
        }
        let names: Vec<_> = self.after.iter().map(|it| it.name.as_str()).collect();
        let condition = Condition::parse(&self.has, &names).unwrap();
        let heir = Heir {
            sensor: "s",
            dependencies: &self.after,
            now: NOON.parse().unwrap(),
        };
        let trigger = HeirTrigger {
            name: "t",
            condition: &condition,
            resets: &self.resets,
        };
        let mut inheritance = heir.read(&bucket, [trigger]).await.unwrap();
        let mut inherited = inheritance.triggers.remove(0);
        inherited.warnings.extend(inheritance.warnings);
        inherited
    }

    fn has_entry(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known == key)
    }

    /// Returns the bodies of what is inherited.
    async fn bodies(&self) -> Vec<String> {
        let inherited = self.inherited().await;
        let body =
            |it: &StoredEvent| String::from_utf8_lossy(it.event.data().unwrap()).into_owned();
        inherited.stored.iter().map(body).collect()
    }
}

fn stored(body: &'static str) -> StoredEvent {
    let event = Event::builder("1", "src", "a")
        .event_type("webhook")
        .data(body)
        .build();
    StoredEvent::new(0, Arc::new(event), at("2026-03-04T11:00:00Z"), 5)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn at_least(number: &str) -> Filters {
    let filter = DataFilter {
        path: "n".to_owned(),
        value_type: "number".to_owned(),
        comparator: ">=".to_owned(),
        value: vec![number.to_owned()],
        ..DataFilter::default()
    };
    Filters {
        data: Some(vec![filter]),
        ..Filters::default()
    }
}

fn jq(program: &str) -> Option<Transform> {
    let jq = program.to_owned();
    Some(Transform {
        jq,
        ..Transform::default()
    })
}

#[tokio::test]
async fn what_waits_keeps_its_place_its_time_and_its_sequence() {
    let inherited = Scene::new()
        .conditions("a && b", "b && a")
        .inherited()
        .await;
    let [stored] = inherited.stored.as_slice() else {
        panic!("{inherited:?}")
    };
    assert_eq!((stored.dependency, stored.sequence), (1, 5));
    assert_eq!(stored.arrived_at, at("2026-03-04T11:00:00Z"));
    assert_eq!(inherited.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn changed_conditions_keep_what_they_still_wait_for() {
    for has in ["a  &&  b", "a && b && c", "(c || a) && b", ""] {
        assert_eq!(
            Scene::new().conditions("a && b", has).bodies().await.len(),
            1,
            "{has}"
        );
    }
    assert_eq!(
        Scene::new().conditions("", "a && b").bodies().await.len(),
        1
    );
    assert_eq!(
        Scene::new()
            .conditions("a && b", "b && c")
            .bodies()
            .await
            .len(),
        0
    );
}

#[tokio::test]
async fn conditions_that_keep_nothing_inherit_nothing_and_say_so() {
    for (had, has) in [("a && b", "a || b"), ("a || b", "a && b")] {
        let inherited = Scene::new().conditions(had, has).inherited().await;
        assert_eq!(
            (inherited.stored.len(), inherited.warnings.len()),
            (0, 1),
            "{had} to {has}"
        );
    }
}

#[tokio::test]
async fn a_filter_that_was_added_is_asked() {
    let filtered = |number: &str| Scene::new().changed(|it| it.filters = Some(at_least(number)));
    assert_eq!(filtered("7").bodies().await.len(), 1);
    let inherited = filtered("8").inherited().await;
    assert_eq!((inherited.stored.len(), inherited.warnings.len()), (0, 1));
}

#[tokio::test]
async fn a_transform_that_was_added_is_applied() {
    let scene = Scene::new().changed(|it| it.transform = jq(".n = 8"));
    assert_eq!(scene.bodies().await, [r#"{"n":8}"#]);
    let scene = Scene::new().changed(|it| {
        it.transform = jq(".n = 8");
        it.filters = Some(at_least("8"));
    });
    assert_eq!(scene.bodies().await, [r#"{"n":8}"#]);
}

#[tokio::test]
async fn what_was_transformed_is_not_transformed_again() {
    let mut scene = Scene::new();
    scene.before[0].transform = jq(".n += 1");
    scene.after[0].transform = jq(".n += 1");
    assert_eq!(scene.bodies().await, [r#"{"n":7}"#]);
    scene.after[0].filters = Some(at_least("7"));
    assert_eq!(scene.bodies().await, [r#"{"n":7}"#]);
    scene.after[0].transform = jq(".n += 2");
    assert_eq!(scene.bodies().await, Vec::<String>::new());
}

#[tokio::test]
async fn another_event_is_asked_for_now() {
    let scene = Scene::new().changed(|it| it.event_name = "other".to_owned());
    let inherited = scene.inherited().await;
    assert_eq!((inherited.stored.len(), inherited.warnings.len()), (0, 1));
    let subjects: Vec<_> = inherited
        .consumers
        .iter()
        .map(|it| it.subject.to_string())
        .collect();
    assert_eq!(subjects, ["src/other", "src/b"]);
}

#[tokio::test]
async fn hashes_of_another_writer_change_nothing() {
    for hashes in [r#"{"a":1,"b":2,"c":3}"#, "{", r#"{"a":"x"}"#] {
        let mut scene = Scene::new();
        scene.entries.push((
            names::DEPENDENCIES.to_owned(),
            Bytes::copy_from_slice(hashes.as_bytes()),
        ));
        scene.before[0].transform = jq(".n += 1");
        scene.after[0].transform = jq(".n += 1");
        assert_eq!(scene.bodies().await, [r#"{"n":7}"#], "{hashes}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_left_out() {
    let mut scene = Scene::new();
    scene.entries.clear();
    scene.keep("a", "no JSON");
    let inherited = scene.inherited().await;
    assert_eq!((inherited.stored.len(), inherited.warnings.len()), (0, 1));
    assert!(
        inherited.warnings[0].contains("\"t/a\""),
        "{:?}",
        inherited.warnings
    );
}

#[tokio::test]
async fn a_missed_reset_takes_what_is_older() {
    let resets = |cron: &str| {
        let by_time = ConditionsResetByTime {
            cron: cron.to_owned(),
            ..Default::default()
        };
        let resets = [ConditionsReset {
            by_time: Some(by_time),
        }];
        ResetSchedule::compile(&resets, &FieldPath::root(), &mut Problems::default())
    };
    let mut scene = Scene::new();
    scene.resets = resets("30 10 * * *");
    assert_eq!(scene.bodies().await.len(), 1);
    scene.resets = resets("30 11 * * *");
    assert_eq!(scene.bodies().await.len(), 0);
}

#[tokio::test]
async fn a_reordered_condition_still_finds_the_consumer_it_had() {
    let mut scene = Scene::new().conditions("a && b", "b && a");
    for dependency in scene.before.iter_mut().chain(&mut scene.after) {
        dependency.event_name = "one".to_owned();
    }
    let inherited = scene.inherited().await;
    let named = |dependency: &str| {
        let subject = Subject::new("src", "one");
        [NamedConsumer::new(
            names::durable("s", "t", dependency),
            subject,
        )]
    };
    assert_eq!(inherited.consumers, named("a"));
    assert_eq!(inherited.backlog, named("b"));
}

/// What the reference wrote of a sensor `s` with the trigger `t` for `a && b`, of which `a` waits.
const RECORDED: [(&str, &str); 4] = [
    (
        "Deps",
        r#"{"a":12882000230482228675,"b":14877072458763417112}"#,
    ),
    ("Triggers", r#"["t"]"#),
    ("t/Expression", "a && b"),
    (
        "t/a",
        r#"{"StreamSeq":1,"ConsumerSeq":1,"Timestamp":"2026-11-22T14:57:57.308676608Z","Event":{"specversion":"1.0","id":"f695","source":"src","type":"webhook","subject":"a","datacontenttype":"application/json","time":"2026-11-22T14:57:57.308131338Z","data_base64":"e30="}}"#,
    ),
];

/// Plans the sensor that the reference ran.
fn plan() -> SensorPlan {
    let template = TriggerTemplate {
        name: "t".to_owned(),
        conditions: "a && b".to_owned(),
        ..TriggerTemplate::default()
    };
    let spec = SensorSpec {
        dependencies: ["a", "b"].map(|it| Dependency::new(it, "src", it)).into(),
        triggers: vec![Trigger::new(template)],
        ..SensorSpec::default()
    };
    let build = SensorBuild::new(
        Registry::default(),
        Arc::new(MemorySecrets::default()),
        Arc::new(TokioClock::starting_at(at("2026-11-23T00:00:00Z"))),
    );
    let act: Arc<dyn argo_events_core::Trigger> =
        Arc::new(FunctionTrigger::new(|_| async { Ok::<_, Error>(()) }));
    let own = [("t".to_owned(), act)].into();
    SensorPlan::compile(&Sensor::new("s", spec), &own, build).unwrap()
}

async fn bucket(entries: &[(&str, &str)]) -> MemoryStore {
    let bucket = MemoryStore::default();
    for (key, value) in entries {
        let value = Bytes::copy_from_slice(value.as_bytes());
        bucket.put(key, value, None).await.unwrap();
    }
    bucket
}

async fn content(bucket: &MemoryStore) -> Vec<(String, String)> {
    let mut content = Vec::new();
    for key in bucket.keys("").await.unwrap() {
        let value = bucket.get(&key).await.unwrap().unwrap().value;
        content.push((key, String::from_utf8(value.into()).unwrap()));
    }
    content
}

#[tokio::test]
async fn what_is_given_back_is_what_the_reference_wrote() {
    let (plan, recorded) = (plan(), bucket(&RECORDED).await);
    let inheritance = Inheritance::read(&recorded, &plan).await.unwrap();
    assert_eq!(inheritance.warnings, Vec::<String>::new());
    let waiting: Vec<_> = inheritance
        .triggers
        .into_iter()
        .map(|it| it.stored)
        .collect();
    let returned = MemoryStore::default();
    export(&returned, &plan, &waiting).await.unwrap();
    assert_eq!(content(&returned).await, content(&recorded).await);
}

#[tokio::test]
async fn giving_back_deletes_what_does_not_wait_and_nothing_of_others() {
    let plan = plan();
    let mut entries = RECORDED.to_vec();
    entries[1].1 = r#"["t","old"]"#;
    entries.extend([
        ("old/Expression", "a"),
        ("old/a", "{}"),
        ("t/c", "{}"),
        ("other/a", "{}"),
    ]);
    let bucket = bucket(&entries).await;
    export(&bucket, &plan, &[Vec::new()]).await.unwrap();
    let keys = bucket.keys("").await.unwrap();
    assert_eq!(keys, ["Deps", "Triggers", "other/a", "t/Expression"]);
}

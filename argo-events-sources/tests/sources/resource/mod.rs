//! Source `resource`, on paused time, with an API server of its own.

mod cluster;
mod restart;
mod server;

use argo_events_bus::MemoryBus;
use argo_events_core::{
    Error, ErrorKind, EventBus as _, EventSource, Result, SourceContext, StateStore, Timestamp,
    TokioClock, secret::MemorySecrets,
};
use argo_events_sources::resource::ResourceConfig;
use argo_events_testkit::source::{Recorder, Verdict};
use serde_json::{Value, json};
use server::Api;
use std::{sync::Arc, time::Duration};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

struct Rig {
    api: Api,
    store: Arc<dyn StateStore>,
    recorder: Recorder,
    config: Value,
}

/// A source that runs.
struct Run {
    task: AbortOnDropHandle<Result<()>>,
    stop: CancellationToken,
}

impl Run {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    async fn error(self) -> Error {
        self.task.await.unwrap().unwrap_err()
    }

    /// Ends it as a crash would.
    async fn kill(self) {
        self.task.abort();
        // It was told to.
        let _ = self.task.await;
    }
}

impl Rig {
    async fn new(changes: Value) -> Self {
        let mut config = json!({
            "namespace": "shop", "group": "apps", "version": "v1", "resource": "deployments",
            "eventTypes": ["ADD", "UPDATE", "DELETE"],
        });
        for (name, value) in changes.as_object().unwrap() {
            config[name] = value.clone();
        }
        Self {
            api: Api::default(),
            store: MemoryBus::default().state("sources").await.unwrap(),
            recorder: Recorder::default(),
            config,
        }
    }

    fn source(&self) -> Arc<dyn EventSource> {
        let config: ResourceConfig = serde_json::from_value(self.config.clone()).unwrap();
        config.build_on(self.api.client()).unwrap()
    }

    /// Starts a source that knows nothing of an earlier one but what is stored.
    fn start(&self) -> Run {
        self.run(self.source())
    }

    fn run(&self, source: Arc<dyn EventSource>) -> Run {
        let stop = CancellationToken::new();
        let start: Timestamp = "2026-03-04T05:06:07.5Z".parse().unwrap();
        let context = SourceContext::new(
            "es",
            "ev",
            Arc::new(self.recorder.clone()),
            Arc::new(MemorySecrets::default()),
            Arc::new(TokioClock::starting_at(start)),
            stop.clone(),
        );
        let context = context.with_state(Arc::clone(&self.store));
        let task = TaskTracker::new().spawn(async move { source.run(context).await });
        Run {
            task: AbortOnDropHandle::new(task),
            stop,
        }
    }

    /// Waits until so many events were accepted, and for more; gives `TYPE name`.
    async fn told(&self, count: usize) -> Vec<String> {
        let enough = |recorder: &Recorder| recorder.accepted().len() >= count;
        let waited = tokio::time::timeout(Duration::from_secs(600), self.recorder.until(enough));
        waited
            .await
            .unwrap_or_else(|_| panic!("only {:?} was told", self.events()));
        tokio::time::sleep(Duration::from_secs(5)).await;
        self.events()
    }

    fn events(&self) -> Vec<String> {
        let text = |data: Value| {
            let name = data["body"]["metadata"]["name"].as_str().unwrap_or("?");
            format!("{} {name}", data["type"].as_str().unwrap_or("?"))
        };
        self.data().into_iter().map(text).collect()
    }

    fn data(&self) -> Vec<Value> {
        let accepted = self.recorder.accepted();
        accepted
            .iter()
            .map(|draft| serde_json::from_slice(&draft.data).unwrap())
            .collect()
    }

    fn ids(&self) -> Vec<String> {
        self.recorder
            .accepted()
            .into_iter()
            .map(|draft| draft.id.unwrap())
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_there_and_what_happens_is_told_once_in_order() {
    let rig = Rig::new(json!({"metadata": {"k": "v"}})).await;
    rig.api.put("a", json!({"replicas": 1}));
    let run = rig.start();
    assert_eq!(rig.told(1).await, ["ADD a"]);
    rig.api.put("a", json!({"replicas": 2}));
    rig.api.put("b", json!({}));
    rig.api.delete("a");
    assert_eq!(
        rig.told(4).await,
        ["ADD a", "UPDATE a", "ADD b", "DELETE a"]
    );
    let data = rig.data();
    assert_eq!(data[0]["oldBody"], Value::Null);
    assert_eq!(data[0]["body"]["kind"], "Deployment");
    assert_eq!(data[1]["oldBody"]["spec"]["replicas"], 1);
    assert_eq!(data[1]["body"]["spec"]["replicas"], 2);
    assert_eq!(data[3]["oldBody"], Value::Null);
    let rest = ["group", "version", "resource"].map(|name| data[3][name].clone());
    assert_eq!(rest, ["apps", "v1", "deployments"]);
    assert_eq!(data[3]["metadata"], json!({"k": "v"}));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_has_the_id_of_object_and_version() {
    let rig = Rig::new(json!({})).await;
    rig.api.put("a", json!({}));
    let run = rig.start();
    rig.told(1).await;
    rig.api.delete("a");
    rig.told(2).await;
    assert_eq!(
        rig.ids(),
        ["es:ev:uid-101:101:ADD", "es:ev:uid-101:102:DELETE"]
    );
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn only_the_types_asked_for_are_told() {
    let rig = Rig::new(json!({"eventTypes": ["DELETE"]})).await;
    rig.api.put("a", json!({}));
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.put("a", json!({"replicas": 2}));
    rig.api.delete("a");
    assert_eq!(rig.told(1).await, ["DELETE a"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_changes_nothing_is_not_told() {
    let rig = Rig::new(json!({})).await;
    rig.api.put("a", json!({}));
    let run = rig.start();
    rig.told(1).await;
    rig.api.manage("a");
    rig.api.put("a", json!({"replicas": 2}));
    assert_eq!(rig.told(2).await, ["ADD a", "UPDATE a"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn filters_choose_objects() {
    let filter = json!({
        "prefix": "web-",
        "labels": [{"key": "tier", "operation": "in", "value": "front,back"}],
        "fields": [{"key": "spec.replicas", "value": "^[12]$"}],
    });
    let rig = Rig::new(json!({ "filter": filter })).await;
    rig.api.put("db-1", json!({"replicas": 1}));
    rig.api.put("web-1", json!({"replicas": 1}));
    rig.api.put("web-2", json!({"replicas": 3}));
    let run = rig.start();
    rig.told(1).await;
    rig.api.put("web-2", json!({"replicas": 2}));
    assert_eq!(rig.told(2).await, ["ADD web-1", "UPDATE web-2"]);
    let selector = "labelSelector=tier+in+%28front%2Cback%29";
    let requests = rig.api.requests();
    assert!(
        requests[1..]
            .iter()
            .all(|request| request.contains(selector)),
        "{requests:?}"
    );
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_start_leaves_out_what_was_there() {
    let rig = Rig::new(json!({"filter": {"afterStart": true}})).await;
    rig.api.put("now", json!({}));
    let run = rig.start();
    // Created in the second of the start: not known to be earlier.
    assert_eq!(rig.told(1).await, ["ADD now"]);
    run.stop().await;
    let rig = Rig::new(json!({"filter": {"afterStart": true}})).await;
    rig.api.put("old", json!({}));
    rig.api.backdate("old");
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.put("new", json!({}));
    rig.api.put("old", json!({"replicas": 2}));
    assert_eq!(rig.told(2).await, ["ADD new", "UPDATE old"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_is_taken_up_where_it_was() {
    let rig = Rig::new(json!({})).await;
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.put("a", json!({}));
    rig.told(1).await;
    rig.api.cut();
    rig.api.put("b", json!({}));
    assert_eq!(rig.told(2).await, ["ADD a", "ADD b"]);
    let first = rig.api.version() - 1;
    let requests = rig.api.requests();
    let again = format!("resourceVersion={first}");
    assert!(requests.last().unwrap().ends_with(&again), "{requests:?}");
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_bookmark_moves_the_watch_on() {
    let rig = Rig::new(json!({})).await;
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.bookmark();
    tokio::time::sleep(Duration::from_secs(5)).await;
    rig.api.expire();
    rig.api.put("a", json!({}));
    assert_eq!(rig.told(1).await, ["ADD a"]);
    let requests = rig.api.requests();
    assert!(
        requests.last().unwrap().ends_with("resourceVersion=107"),
        "{requests:?}"
    );
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_version_loses_and_repeats_nothing() {
    let rig = Rig::new(json!({})).await;
    for name in ["gone", "changed", "replaced", "same"] {
        rig.api.put(name, json!({}));
    }
    let run = rig.start();
    rig.told(4).await;
    rig.api.fail_quietly(|api| {
        api.delete("gone");
        api.put("changed", json!({"replicas": 2}));
        api.delete("replaced");
        api.put("replaced", json!({}));
        api.put("new", json!({}));
    });
    let told = rig.told(9).await;
    assert_eq!(
        told[4..],
        [
            "UPDATE changed",
            "ADD new",
            "DELETE replaced",
            "ADD replaced",
            "DELETE gone"
        ]
    );
    assert_eq!(rig.data()[4]["oldBody"]["spec"], json!({}));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_page_begins_the_list_anew() {
    let rig = Rig::new(json!({})).await;
    rig.api.page(2);
    for number in 0..5 {
        rig.api.put(&format!("d{number}"), json!({}));
    }
    let held = |draft: &argo_events_core::Draft| {
        let data = String::from_utf8_lossy(&draft.data).into_owned();
        if data.contains("\"d1\"") {
            Verdict::Hold
        } else {
            Verdict::Accept
        }
    };
    rig.recorder.rule(held);
    let run = rig.start();
    rig.recorder
        .until(|recorder| recorder.offered().len() == 2)
        .await;
    rig.api.bookmark();
    rig.api.expire();
    rig.recorder.rule(|_| Verdict::Accept);
    assert_eq!(
        rig.told(5).await,
        ["ADD d0", "ADD d1", "ADD d2", "ADD d3", "ADD d4"]
    );
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_object_is_passed_over() {
    let rig = Rig::new(json!({})).await;
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.tell_nonsense();
    rig.api.put("a", json!({}));
    assert_eq!(rig.told(1).await, ["ADD a"]);
    assert_eq!(rig.recorder.skipped().len(), 1);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again() {
    let rig = Rig::new(json!({})).await;
    rig.api.put("a", json!({}));
    let run = rig.start();
    rig.told(1).await;
    rig.api.refuse(429, "busy");
    rig.api.refuse(429, "busy");
    rig.api.cut();
    rig.api.put("b", json!({}));
    assert_eq!(rig.told(2).await, ["ADD a", "ADD b"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_no_event_is_read_twice_and_then_passed_over() {
    let rig = Rig::new(json!({})).await;
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.garble();
    rig.api.put("a", json!({}));
    assert_eq!(rig.told(1).await, ["ADD a"]);
    assert_eq!(rig.recorder.skipped().len(), 1);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_or_a_short_name_does_as_well() {
    for name in ["Deployment", "deployment", "de"] {
        let rig = Rig::new(json!({ "resource": name })).await;
        rig.api.put("a", json!({}));
        let run = rig.start();
        rig.told(1).await;
        assert_eq!(rig.data()[0]["resource"], name);
        run.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_ask_the_name_is_taken_as_it_is() {
    let rig = Rig::new(json!({})).await;
    rig.api.put("a", json!({}));
    rig.api.refuse(403, "may not");
    let run = rig.start();
    assert_eq!(rig.told(1).await, ["ADD a"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refusals_say_what_is_wrong() {
    async fn error(resource: &str, refusal: Option<u16>) -> Error {
        let rig = Rig::new(json!({ "resource": resource })).await;
        if let Some(code) = refusal {
            rig.api.refuse(code, "may not list");
            rig.api.refuse(403, "may not discover");
        }
        rig.start().error().await
    }
    let missing = error("sandwiches", None).await;
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert!(
        missing.message().ends_with("it has: deployments, reviews"),
        "{missing}"
    );
    assert_eq!(error("reviews", None).await.kind(), ErrorKind::Unsupported);
    let forbidden = error("deployments", Some(403)).await;
    assert_eq!(forbidden.kind(), ErrorKind::Unauthorized);
    assert!(
        forbidden.message().contains("list and watch"),
        "{forbidden}"
    );
    assert_eq!(
        error("deployments", Some(500)).await.kind(),
        ErrorKind::Unavailable
    );
}

#[test]
fn what_cannot_run_is_refused_when_it_is_made() {
    for filter in [
        json!({"labels": [{"key": "a", "operation": "<=", "value": "1"}]}),
        json!({"fields": [{"key": "a", "operation": "in", "value": "1"}]}),
        json!({"fields": [{"key": "a", "value": "("}]}),
        json!({"createdBy": "yesterday"}),
    ] {
        let config =
            json!({"version": "v1", "resource": "pods", "eventTypes": ["ADD"], "filter": filter});
        let config: ResourceConfig = serde_json::from_value(config).unwrap();
        use argo_events_core::registry::BuildSource as _;
        assert_eq!(
            config.build().err().unwrap().kind(),
            ErrorKind::ConfigInvalid
        );
    }
}

//! `argo-events run`, from the first line to the last.

use super::{
    harness::{Connection, Server, call, command, free_port, get, path, post},
    target::{Answer, Target},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;

/// A webhook on a port that the system chooses, and a sensor with the triggers given.
pub(crate) fn manifests(folder: &Path, triggers: &str) {
    manifests_on(folder, 0, triggers);
}

/// A webhook on that port, and a sensor with the triggers given.
pub(crate) fn manifests_on(folder: &Path, port: u16, triggers: &str) {
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {{ name: shop }}
spec:
  webhook:
    paid: {{ port: \"{port}\", endpoint: /paid, method: POST }}
---
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: {{ name: orders }}
spec:
  dependencies:
    - {{ name: paid, eventSourceName: shop, eventName: paid }}
  triggers:
{triggers}"
    );
    fs::write(folder.join("all.yaml"), text).unwrap();
}

/// A trigger that posts the body of `paid`.
pub(crate) fn http(name: &str, url: &str) -> String {
    format!(
        "    - template:
        name: {name}
        http:
          url: {url}
          method: POST
          payload:
            - {{ src: {{ dependencyName: paid, dataKey: body, useRawData: true }}, dest: body }}
"
    )
}

/// Folders that are gone after the test: one for manifests, one for data.
pub(crate) fn folders() -> (TempDir, TempDir) {
    (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
}

#[test]
fn the_webhook_example_reaches_its_target() {
    let (folder, data) = folders();
    let target = Target::start();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/manifests/webhook");
    for name in ["source.yaml", "sensor.yaml"] {
        let text = fs::read_to_string(example.join(name)).unwrap();
        let text = text
            .replace("12000", "0")
            .replace("http://localhost:9000", &target.url(""));
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut server = Server::start(folder.path(), data.path(), &[]);
    let head = server.says("argo-events ");
    assert!(
        head.ends_with("(0 events kept) · 1 source, 1 sensor"),
        "{head}"
    );
    server.says("greet  when payload  → http POST");
    assert_eq!(
        server.post("/example", r#"{"message":"hi"}"#),
        (200, "success".to_owned())
    );
    let json = target.first("/greet");
    assert_eq!(json.json()["received"], json!({"message": "hi"}));
    assert_eq!(
        (json.method.as_str(), json.headers["content-type"].as_str()),
        ("POST", "application/json")
    );
    server.says("fired   greet");

    let form = "application/x-www-form-urlencoded";
    post(server.port(), "/example", form, r#"{"message":"form"}"#).unwrap();
    let received = target.wait_until(|all| all.len() == 2);
    assert_eq!(
        received[1].json()["received"],
        json!({"{\"message\":\"form\"}": [""]})
    );
    assert_ne!(received[0].firing(), received[1].firing());
}

#[test]
fn only_what_the_filter_of_a_source_keeps_reaches_the_target() {
    let (folder, data) = folders();
    let target = Target::start();
    manifests(folder.path(), &http("call", &target.url("/call")));
    let file = folder.path().join("all.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let filter = r#"method: POST, filter: { expression: "body.total > 5" } }"#;
    fs::write(&file, text.replacen("method: POST }", filter, 1)).unwrap();
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.says("call  when paid  → http POST");
    for body in [r#"{"total":5}"#, r#"{"other":9}"#, r#"{"total":6}"#] {
        assert_eq!(server.post("/paid", body), (200, "success".to_owned()));
    }
    assert_eq!(target.first("/call").json()["body"], json!({"total": 6}));
    assert_eq!(target.wait_until(|all| !all.is_empty()).len(), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_lets_what_is_under_way_end() {
    let (folder, data) = folders();
    let target = Target::answering(|_, _| Answer::Hang);
    manifests(folder.path(), &http("ship", &target.url("/ship")));
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    target.first("/ship");
    server.signal("INT");
    server.warns("draining: 1 in flight, 0 events waiting in conditions");
    target.release();
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("fired   ship"), "{}", ended.out);
    let server = Server::start(folder.path(), data.path(), &[]);
    server.signal("TERM");
    assert_eq!(server.end().code, Some(0));
    assert_eq!(target.received().len(), 1, "what ended does not come again");
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_ends_at_once_and_what_is_unfinished_comes_again() {
    let (folder, data) = folders();
    let target = Target::answering(|_, _| Answer::Hang);
    manifests(folder.path(), &http("ship", &target.url("/ship")));
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    target.first("/ship");
    server.signal("INT");
    server.warns("draining");
    server.signal("INT");
    let ended = server.end();
    assert_eq!(ended.code, Some(130));
    assert!(
        ended
            .err
            .contains("1 firing unfinished, again at the next start"),
        "{}",
        ended.err
    );
    let _again = Server::start(folder.path(), data.path(), &[]);
    let received = target.wait_until(|all| all.len() == 2);
    assert_eq!(received[0].firing(), received[1].firing());
}

#[test]
fn the_banner_counts_what_the_bus_keeps() {
    let (folder, data) = folders();
    manifests(folder.path(), "    - template: { name: show, log: {} }\n");
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    server.says("fired   show");
    server.kill();
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.says("(1 event kept)");
}

#[test]
fn the_log_for_programs_has_the_members_and_markers_of_the_reference() {
    let (folder, data) = folders();
    let port = free_port();
    manifests_on(
        folder.path(),
        port,
        "    - template: { name: show, log: {} }\n",
    );
    let mut server = Server::start(folder.path(), data.path(), &["--log", "json"]);
    post(port, "/paid", "application/json", r#"{"n":1}"#).unwrap();
    let line = server.says("Successfully processed trigger 'show'");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["level"], &line["logger"]),
        (&json!("info"), &json!("argo-events.sensor"))
    );
    assert_eq!(line["triggerName"], "show");
    assert_eq!(line["triggeredBy"], json!(["paid"]));
    assert!(
        line["ts"].as_str().unwrap().ends_with('Z') && line["caller"].is_string(),
        "{line}"
    );
    let event: serde_json::Value = serde_json::from_str(&server.says("dependencyName")).unwrap();
    assert!(
        event["msg"].as_str().unwrap().contains(r#""body":{"n":1}"#),
        "{event}"
    );
}

#[test]
fn metrics_and_health_are_served_unless_they_are_off() {
    let (folder, data) = folders();
    manifests(folder.path(), "    - template: { name: show, log: {} }\n");
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    server.says("fired   show");
    assert_eq!(server.health("/livez").0, 200);
    let (_, metrics) = server.health("/metrics");
    let sent = r#"argo_events_events_sent_total{event_name="paid",eventsource_name="shop",namespace="default"} 1"#;
    assert!(metrics.contains(sent), "{metrics}");
    let build = format!(r#"version="{}"}} 1"#, env!("CARGO_PKG_VERSION"));
    let build = |line: &str| line.starts_with("build_info{commit=\"") && line.ends_with(&build);
    assert!(metrics.lines().any(build), "{metrics}");
    let of_bus = [
        r#"argo_events_bus_events_kept{bus_name="local",namespace="default"} 1"#,
        r#"argo_events_bus_lag_events{bus_name="local",group="sensor/orders/shared",namespace="default"} "#,
        r#"argo_events_bus_sync_duration_milliseconds_count{bus_name="local",namespace="default"} 1"#,
    ];
    for line in of_bus {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    drop(server);
    let arguments = [
        "run",
        path(folder.path()),
        "--bus",
        "memory",
        "--metrics",
        "off",
    ];
    let mut command = command(&arguments);
    command.args(["--log", "json"]);
    let _silent = Server::spawn(command);
}

#[test]
fn manifests_that_changed_are_loaded_and_a_mistake_stops_nothing() {
    let (folder, data) = folders();
    let target = Target::start();
    manifests(folder.path(), &http("ship", &target.url("/old")));
    let mut server = Server::start(folder.path(), data.path(), &["--watch"]);
    fs::write(folder.path().join("more.yaml"), "kind: Sensor\n").unwrap();
    server.warns("what ran before goes on");
    server.warns("; nothing was changed");
    server.post("/paid", "{}");
    target.first("/old");
    fs::remove_file(folder.path().join("more.yaml")).unwrap();
    server.warns("reloaded: nothing to start again");
    manifests(folder.path(), &http("ship", &target.url("/new-address")));
    server.warns("reloaded: replaced Sensor/orders; 1 unchanged");
    assert_eq!(server.health("/readyz").0, 200);
    server.post("/paid", "{}");
    target.first("/new-address");
}

/// An EventSource with a webhook on a port.
fn webhook(name: &str, port: u16, endpoint: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {{ name: {name} }}
spec:
  webhook:
    paid: {{ port: \"{port}\", endpoint: {endpoint}, method: POST }}
---
"
    )
}

#[test]
fn a_reload_touches_only_what_changed() {
    let (folder, data) = folders();
    let target = Target::start();
    let (port, first, second) = (free_port(), free_port(), free_port());
    manifests_on(folder.path(), port, &http("ship", &target.url("/ship")));
    let other = folder.path().join("other.yaml");
    fs::write(&other, webhook("other", first, "/a")).unwrap();
    let mut server = Server::start(folder.path(), data.path(), &["--watch"]);
    let mut open = Connection::open(port);
    assert_eq!(open.post("/paid", "1").0, 200);

    let elsewhere = webhook("other", second, "/b") + &webhook("third", second, "/c");
    fs::write(&other, elsewhere).unwrap();
    server.warns("reloaded: added EventSource/third; replaced EventSource/other; 2 unchanged");
    assert_eq!(
        open.post("/paid", "2").0,
        200,
        "the connection is still open"
    );
    assert!(get(([127, 0, 0, 1], first).into(), "/a").is_err());
    for path in ["/b", "/c"] {
        assert_eq!(post(second, path, "application/json", "{}").unwrap().0, 200);
    }

    fs::write(&other, webhook("third", second, "/c")).unwrap();
    server.warns("reloaded: removed EventSource/other; 3 unchanged");
    assert_eq!(
        open.post("/paid", "3").0,
        200,
        "the connection is still open"
    );
    assert_eq!(post(second, "/b", "application/json", "{}").unwrap().0, 404);
    let bodies = target.wait_until(|all| all.len() == 3);
    let bodies: Vec<_> = bodies.iter().map(|it| it.json()["body"].clone()).collect();
    assert_eq!(bodies, [json!(1), json!(2), json!(3)]);
}

#[test]
fn no_event_is_lost_while_source_and_sensor_are_replaced() {
    let (folder, data) = folders();
    let target = Target::start();
    let port = free_port();
    let write = |round: usize| {
        let ship = http("ship", &target.url(&format!("/{round}")));
        manifests_on(folder.path(), port, &ship);
        let all = folder.path().join("all.yaml");
        let text = fs::read_to_string(&all).unwrap();
        let text = text.replace(
            "method: POST }",
            &format!("method: POST, metadata: {{ round: \"{round}\" }} }}"),
        );
        fs::write(all, text).unwrap();
    };
    write(0);
    let server = Server::start(folder.path(), data.path(), &["--watch"]);
    assert_eq!(server.port(), port);
    let stop = AtomicBool::new(false);
    let posted = std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut posted = 0;
            while !stop.load(Ordering::Relaxed) {
                let (status, body) =
                    post(port, "/paid", "application/json", &posted.to_string()).unwrap();
                assert_eq!(status, 200, "{body}");
                posted += 1;
            }
            posted
        });
        for round in 1..=3 {
            write(round);
            target.first(&format!("/{round}"));
        }
        stop.store(true, Ordering::Relaxed);
        client.join().unwrap()
    });
    target.wait_until(|all| {
        let bodies: BTreeSet<_> = all.iter().map(|it| &it.body).collect();
        bodies.len() == posted
    });
}

#[test]
fn what_is_wrong_is_said_before_anything_starts() {
    let (folder, _data) = folders();
    manifests(
        folder.path(),
        "    - template: { name: show, conditions: payed, log: {} }\n",
    );
    let ended = call(&[
        "run",
        path(folder.path()),
        "--bus",
        "memory",
        "--metrics",
        "off",
    ]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains("did you mean `paid`?"), "{}", ended.err);
    assert!(
        ended.err.ends_with("1 error; nothing was started\n"),
        "{}",
        ended.err
    );
}

#[test]
fn one_trace_leads_from_the_request_to_the_target() {
    let (folder, data) = folders();
    let target = Target::start();
    let port = free_port();
    manifests_on(folder.path(), port, &http("ship", &target.url("/ship")));
    let mut server = Server::start(folder.path(), data.path(), &["--log", "json"]);
    let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let header = format!("application/json\r\nTraceparent: 00-{trace}-{caller}-01");
    post(port, "/paid", &header, "{}").unwrap();
    let mut line = |text: &str| -> Value { serde_json::from_str(&server.says(text)).unwrap() };
    let published = line("Succeeded to publish an event");
    for (field, wanted) in [
        ("eventSourceName", "shop"),
        ("eventSourceType", "webhook"),
        ("eventName", "paid"),
    ] {
        assert_eq!(published[field], json!(wanted), "{published}");
    }
    assert!(published["eventID"].is_string(), "{published}");
    let fired = line("Successfully processed trigger 'ship'");
    for (line, parent) in [
        (&published, caller),
        (&fired, published["span_id"].as_str().unwrap()),
    ] {
        assert_eq!(
            (&line["trace_id"], &line["parent_id"]),
            (&json!(trace), &json!(parent))
        );
    }
    let span = fired["span_id"].as_str().unwrap();
    let sent = target.first("/ship").headers["traceparent"].clone();
    assert_eq!(sent, format!("00-{trace}-{span}-01"));

    // Without a caller's trace an event begins its own, which its id tells.
    post(port, "/paid", "application/json", "{}").unwrap();
    let received = target.wait_until(|all| all.len() == 2);
    let begun = received[1].headers["traceparent"]
        .split('-')
        .nth(1)
        .unwrap();
    let published = line(&format!("\"eventID\":\"{begun}\""));
    assert_eq!(published["trace_id"], json!(begun));
}

#[test]
fn an_event_that_filters_turn_away_is_in_the_log_of_those_who_look_closely() {
    let (folder, data) = folders();
    let (all, port) = (folder.path().join("all.yaml"), free_port());
    manifests_on(
        folder.path(),
        port,
        "    - template: { name: show, log: {} }\n",
    );
    let data_filter = "[{ path: body.n, type: number, comparator: \">\", value: [\"1\"] }]";
    let text = fs::read_to_string(&all).unwrap();
    let wanted = format!("eventName: paid, filters: {{ data: {data_filter} }} }}");
    fs::write(&all, text.replace("eventName: paid }", &wanted)).unwrap();
    let mut command = command(&["run", path(folder.path()), "--data-dir", path(data.path())]);
    command.args(["--metrics", "off", "--log", "json", "--parallel", "1"]);
    let mut server = Server::spawn(without_directives(command));
    post(port, "/paid", "application/json", r#"{"n":1}"#).unwrap();
    let line: Value = serde_json::from_str(&server.says("do not let an event pass")).unwrap();
    let told = ["level", "sensor", "dependency"].map(|name| line[name].as_str().unwrap());
    assert_eq!(told, ["debug", "orders", "paid"]);
    assert!(line["event"].is_string(), "{line}");
}

/// Asks for the level `debug`, in an environment where `RUST_LOG` is set and empty.
fn without_directives(mut command: Command) -> Command {
    command.env("RUST_LOG", "").env("LOG_LEVEL", "debug");
    command
}

//! Whatever comes in: a clear word, nothing accepted lost, neighbours undisturbed.

use super::{
    harness::{Server, call, command, free_port, path},
    run::{folders, http, manifests, manifests_on},
    target::Target,
};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
};

/// The spec of an EventSource, or of a Sensor with one trigger.
enum Manifest {
    Text(&'static str),
    Source(&'static str),
    Trigger(&'static str),
}

impl Manifest {
    fn write(&self, folder: &Path) {
        let head = "apiVersion: argoproj.io/v1alpha1\nmetadata: { name: shop }\n";
        let dependencies = "[{ name: paid, eventSourceName: shop, eventName: paid }]";
        let text = match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Source(spec) => format!("{head}kind: EventSource\nspec: {spec}\n"),
            Self::Trigger(trigger) => format!(
                "{head}kind: Sensor\nspec:\n  dependencies: {dependencies}\n  triggers: [{trigger}]\n"
            ),
        };
        fs::write(folder.join("it.yaml"), text).unwrap();
    }
}

#[test]
fn wrong_manifests_are_refused_with_place_and_advice_and_nothing_starts() {
    use Manifest::{Source, Text, Trigger};
    let cases = [
        ("malformed YAML", Text("a: [\n"), ":1:4", "not YAML"),
        ("tabs", Text("a:\n\tb: 1\n"), ":2:2", "indent with"),
        ("no kind", Text("metadata: { name: x }\n"), ":1:1", "`kind`"),
        (
            "a wrong type",
            Source("{ webhook: { paid: [1] } }"),
            "spec.webhook.paid",
            "expected",
        ),
        (
            "a number for a text",
            Source("{ webhook: { paid: { port: 1, endpoint: /, method: POST } } }"),
            "spec.webhook.paid.port",
            "in quotes",
        ),
        (
            "an unknown source",
            Source("{ webhok: { paid: {} } }"),
            "spec.webhok",
            "did you mean `webhook`?",
        ),
        (
            "a kind that is not in the build",
            Source("{ kafka: { paid: { url: x, topic: y } } }"),
            "spec.kafka",
            "kafka",
        ),
        (
            "a bad schedule",
            Source("{ calendar: { t: { schedule: 61 * * * * } } }"),
            "schedule",
            "59",
        ),
        (
            "a bad interval",
            Source("{ calendar: { t: { interval: soon } } }"),
            "interval",
            "duration",
        ),
        (
            "a bad zone",
            Source("{ calendar: { t: { schedule: 1 * * * *, timezone: Mars } } }"),
            "timezone",
            "Mars",
        ),
        (
            "an unknown trigger",
            Trigger("{ template: { name: t, htpp: {} } }"),
            "template.htpp",
            "did you mean `http`?",
        ),
        (
            "a condition that names nobody",
            Trigger("{ template: { name: t, conditions: payed, log: {} } }"),
            "template.conditions",
            "did you mean `paid`?",
        ),
        (
            "a bad reset",
            Trigger(
                "{ template: { name: t, log: {}, conditionsReset: [{ byTime: { cron: x } }] } }",
            ),
            "byTime.cron",
            "5 fields",
        ),
        (
            "a missing secret",
            Trigger(
                "{ template: { name: t, http: { url: 'http://x', method: POST, secureHeaders: [
                 { name: X, valueFrom: { secretKeyRef: { name: api, key: token } } }] } } }",
            ),
            "secretKeyRef",
            "no Secret `api` with the key `token`",
        ),
        (
            "a bad method",
            Trigger("{ template: { name: t, http: { url: 'http://x', method: 'A B' } } }"),
            "http.method",
            "A B",
        ),
    ];
    for (name, manifest, place, advice) in cases {
        let (folder, data) = folders();
        manifest.write(folder.path());
        let data = data.path().join("data");
        let manifest = folder.path().join("it.yaml");
        let ended = call(&[
            "run",
            path(&manifest),
            "--data-dir",
            path(&data),
            "--metrics",
            "off",
        ]);
        assert_eq!(
            (ended.code, ended.out.as_str()),
            (Some(1), ""),
            "{name}: {}",
            ended.err
        );
        assert!(
            ended.err.contains("error: ") && ended.err.contains("it.yaml:"),
            "{name}: {}",
            ended.err
        );
        assert!(
            ended.err.contains(place),
            "{name}: no {place} in {}",
            ended.err
        );
        assert!(
            ended.err.contains(advice),
            "{name}: no {advice:?} in {}",
            ended.err
        );
        assert!(
            ended.err.trim_end().ends_with("nothing was started"),
            "{name}: {}",
            ended.err
        );
        assert!(!data.exists(), "{name}: the data folder was made");
    }
}

#[test]
fn ports_that_are_taken_are_found_before_anything_starts() {
    let (folder, data) = folders();
    let (taken, metrics) = (
        TcpListener::bind("[::]:0"),
        TcpListener::bind("127.0.0.1:0"),
    );
    let (taken, metrics) = (taken.unwrap(), metrics.unwrap());
    let port = taken.local_addr().unwrap().port();
    manifests_on(
        folder.path(),
        port,
        "    - template: { name: show, log: {} }\n",
    );
    let file = folder.path().join("all.yaml");
    let data = data.path().join("data");
    let address = metrics.local_addr().unwrap().to_string();
    let ended = call(&[
        "run",
        path(&file),
        "--data-dir",
        path(&data),
        "--metrics",
        &address,
    ]);
    assert_eq!(ended.code, Some(1));
    let wanted = format!(
        "error: port {port} is in use (needed by shop/paid in {}:6); set `port`, or stop what listens there",
        path(&file)
    );
    assert!(ended.err.contains(&wanted), "{}", ended.err);
    assert!(
        ended
            .err
            .contains(&format!("metrics cannot listen on {address}")),
        "{}",
        ended.err
    );
    assert!(
        ended.err.ends_with("2 errors; nothing was started\n"),
        "{}",
        ended.err
    );
    assert!(!data.exists());
}

#[test]
fn a_data_folder_has_one_owner_who_goes_on() {
    let (folder, data) = folders();
    manifests(folder.path(), "    - template: { name: show, log: {} }\n");
    let mut server = Server::start(folder.path(), data.path(), &[]);
    let (manifests, data) = (path(folder.path()), path(data.path()));
    let ended = call(&["run", manifests, "--data-dir", data, "--metrics", "off"]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(
        ended
            .err
            .contains("uses this directory; stop it, or choose another"),
        "{}",
        ended.err
    );
    assert_eq!(server.post("/paid", "{}").0, 200);
    server.says("fired   show");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let (folder, data) = folders();
    manifests(folder.path(), "    - template: { name: show, log: {} }\n");
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    let ended = call(&[
        "run",
        path(folder.path()),
        "--data-dir",
        path(&file),
        "--metrics",
        "off",
    ]);
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.err.contains(path(&file)) && ended.err.contains("--data-dir"),
        "{}",
        ended.err
    );
}

#[test]
fn requests_that_cannot_become_events_are_answered_and_leave_others_alone() {
    let (folder, data) = folders();
    let target = Target::start();
    manifests(folder.path(), &http("ship", &target.url("/ship")));
    let server = Server::start(folder.path(), data.path(), &[]);
    let (status, text) = server.post("/paid", "{\"n\": ");
    assert!(status == 400 && text.contains("json"), "{status} {text}");
    let large = format!("{{\"n\":\"{}\"}}", "x".repeat(2 << 20));
    let (status, text) = server.post("/paid", &large);
    assert!(
        status == 400 && text.contains("too large"),
        "{status} {text}"
    );
    assert_eq!(server.post("/nowhere", "{}").0, 404);
    assert_eq!(server.post("/paid", "{\"n\":1}").0, 200);
    let received = target.wait_until(|all| !all.is_empty());
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].json()["body"]["n"], 1);
}

#[test]
fn clients_that_are_slow_or_go_away_hold_nobody_up() {
    let (folder, data) = folders();
    let target = Target::start();
    manifests(folder.path(), &http("ship", &target.url("/ship")));
    let server = Server::start(folder.path(), data.path(), &[]);
    let connect = |text: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let head = "POST /paid HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let unfinished: Vec<_> = (0..100).map(|_| connect(head)).collect();
    let without_body = connect(&format!("{head}Content-Length: 10\r\n\r\n{{"));
    let mut nonsense = connect("\u{1}\u{2}\u{3}\r\n\r\n");
    let mut answer = String::new();
    nonsense.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    drop(without_body);
    assert_eq!(server.post("/paid", "{\"n\":1}").0, 200);
    let received = target.wait_until(|all| !all.is_empty());
    assert_eq!(received[0].json()["body"]["n"], 1);
    assert_eq!(server.health("/readyz").0, 200);
    drop(unfinished);
}

#[cfg(unix)]
#[test]
fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing_of_the_rest() {
    let (folder, data) = folders();
    let (target, port) = (Target::start(), free_port());
    manifests_on(folder.path(), port, &http("ship", &target.url("/ship")));
    let file = folder.path().join("all.yaml");
    // No file may grow beyond 1 MiB; the signal that would say so is ignored, so that writing fails.
    let mut limited = std::process::Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$@\"";
    let call = command(&["run", path(&file), "--data-dir", path(data.path())]);
    limited
        .args(["-c", script, "sh"])
        .arg(call.get_program())
        .args(call.get_args());
    limited.args(["--metrics", "127.0.0.1:0"]);
    let mut server = Server::spawn(limited);
    let filler = "x".repeat(100_000);
    let mut accepted = 0;
    let refused = loop {
        let body = format!("{{\"n\":{accepted},\"filler\":\"{filler}\"}}");
        let (status, text) = server.post("/paid", &body);
        if status != 200 {
            break (status, text);
        }
        accepted += 1;
        assert!(accepted < 100, "the disk never got full");
    };
    assert_eq!(refused, (503, "failed to record event".to_owned()));
    server.warns("the disk of the local bus is full");
    assert!(accepted > 0);
    target.wait_until(|all| all.len() >= accepted);
    assert_eq!(server.health("/livez").0, 200);
    server.kill();
    let server = Server::start(&file, data.path(), &[]);
    assert_eq!(server.post("/paid", "{\"n\":-1}").0, 200);
    let received = target.wait_until(|all| all.iter().any(|it| it.json()["body"]["n"] == -1));
    for number in 0..accepted {
        assert!(
            received.iter().any(|it| it.json()["body"]["n"] == number),
            "{number} was lost"
        );
    }
}

#[test]
fn manifests_with_nothing_to_run_are_refused() {
    let (folder, _data) = folders();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\n";
    fs::write(folder.path().join("pod.yaml"), pod).unwrap();
    let call = [
        "run",
        path(folder.path()),
        "--bus",
        "memory",
        "--metrics",
        "off",
    ];
    let ended = super::harness::call(&call);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("no EventSource and no Sensor was found"),
        "{}",
        ended.err
    );
}

#[test]
fn a_kind_that_is_nearly_one_of_ours_is_an_error() {
    let (folder, _data) = folders();
    let nearly = "apiVersion: argoproj.io/v1alpha1\nkind: Sensr\nmetadata: { name: x }\n";
    fs::write(folder.path().join("x.yaml"), nearly).unwrap();
    let ended = call(&["validate", path(folder.path())]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.out.contains("did you mean `Sensor`?"),
        "{}",
        ended.out
    );
    let other = nearly.replace("Sensr", "Workflow");
    fs::write(folder.path().join("x.yaml"), other).unwrap();
    assert_eq!(call(&["validate", path(folder.path())]).code, Some(0));
}

#[test]
fn a_secret_of_a_folder_is_found_and_takes_effect_when_it_changes() {
    let (folder, data) = folders();
    let secrets = tempfile::tempdir().unwrap();
    manifests(folder.path(), "    - template: { name: show, log: {} }\n");
    let file = folder.path().join("all.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let asked = "method: POST, authSecret: { name: shop, key: token } }";
    fs::write(&file, text.replacen("method: POST }", asked, 1)).unwrap();
    let refused = call(&["run", path(&file), "--bus", "memory", "--metrics", "off"]);
    assert!(
        refused.err.contains("or set ARGO_EVENTS_SECRET_SHOP_TOKEN"),
        "{}",
        refused.err
    );
    fs::create_dir(secrets.path().join("shop")).unwrap();
    let token = secrets.path().join("shop/token");
    fs::write(&token, "one\n").unwrap();
    let server = Server::start(&file, data.path(), &["--secrets-dir", path(secrets.path())]);
    let post = |token: &str| {
        let header = format!("application/json\r\nAuthorization: Bearer {token}");
        super::harness::post(server.port(), "/paid", &header, "{}")
            .unwrap()
            .0
    };
    assert_eq!((post("one"), post("two")), (200, 401));
    fs::write(&token, "two\n").unwrap();
    assert_eq!((post("one"), post("two")), (401, 200));
}

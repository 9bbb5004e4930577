//! `argo-events test`: every decision explained, and expectations for CI.

use super::harness::{call_in, call_with_input, path};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const SENSOR: &str = "apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: { name: orders }
spec:
  dependencies:
    - name: paid
      eventSourceName: shop
      eventName: paid
      filters:
        data:
          - { path: body.amount, type: number, comparator: \">\", value: [\"100\"] }
          - { path: body.currency, type: string, value: [EUR] }
    - { name: shipped, eventSourceName: warehouse, eventName: shipped }
  triggers:
    - template:
        name: ship
        conditions: paid && shipped
        http:
          url: http://localhost:9/ship
          method: POST
          payload: [{ src: { dependencyName: paid, dataKey: body.amount, useRawData: true }, dest: amount }]
    - template: { name: mine, conditions: shipped }
    - template: { name: object, conditions: shipped, openWhisk: { host: 'localhost:9', actionName: tell } }
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("sensor.yaml", SENSOR);
    write("paid.json", r#"{"body":{"amount":102.5,"currency":"EUR"}}"#);
    write("usd.json", r#"{"body":{"amount":102.5,"currency":"USD"}}"#);
    write("shipped.json", "{}");
    folder
}

fn told(arguments: &[&str]) -> String {
    let folder = folder();
    let ended = call_in(
        folder.path(),
        &[&["test", "sensor.yaml"], arguments].concat(),
    );
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    ended.out
}

#[test]
fn a_filter_that_says_no_is_shown_and_what_is_missing() {
    let out = told(&["--event", "shop/paid=usd.json"]);
    let wanted = "paid      event-1 from shop/paid
  filter  data    body.amount > 100    102.5  yes
  filter  data    body.currency = EUR  \"USD\"  no   ← stops here
no trigger fired: ship needs paid && shipped; missing paid, shipped
";
    assert_eq!(out, wanted);
}

#[test]
fn fields_and_results_of_expressions_and_templates_are_shown() {
    let folder = folder();
    let filters = "        exprs:
          - { expr: amount + cur == '102.5EUR', fields: [{ name: amount, path: body.amount }, { name: cur, path: body.currency }] }
          - { expr: amount + cur, fields: [{ name: amount, path: body.amount }, { name: cur, path: body.currency }] }
        data:
          - { path: body.currency, type: string, value: [EURO], template: '{{ .Input }}O' }";
    let start = SENSOR.find("        data:").unwrap();
    let end = SENSOR.find("    - { name: shipped,").unwrap();
    let sensor = format!("{}{filters}\n{}", &SENSOR[..start], &SENSOR[end..]);
    fs::write(folder.path().join("sensor.yaml"), sensor).unwrap();
    let arguments = ["test", "sensor.yaml", "--event", "paid.json"];
    let ended = call_in(folder.path(), &arguments);
    let lines: Vec<_> = ended.out.lines().take(4).map(str::trim_end).collect();
    let fields = "amount = 102.5, cur = \"EUR\"";
    assert_eq!(lines[0], "paid      event-1 from shop/paid");
    assert!(
        lines[1].contains(fields) && lines[1].ends_with("yes"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains(&format!("{fields} → 102.5EUR")),
        "{}",
        lines[2]
    );
    assert!(
        lines[3].contains("\"EUR\" → EURO") && lines[3].ends_with("yes"),
        "{}",
        lines[3]
    );
}

#[test]
fn what_would_be_sent_is_shown() {
    let out = told(&["--event", "paid.json", "--event", "shipped.json"]);
    assert!(
        out.contains("ship fires  (paid event-1, shipped event-2)"),
        "{out}"
    );
    assert!(out.contains("  POST http://localhost:9/ship\n"), "{out}");
    assert!(out.contains("    {\"amount\":102.5}"), "{out}");
    assert!(out.contains("a function of the program"), "{out}");
    assert!(
        out.contains("openWhisk, as written: it is not in this build"),
        "{out}"
    );
}

#[test]
fn the_same_input_gives_the_same_output() {
    let arguments = [
        "--event",
        "paid.json",
        "--event",
        "shipped.json",
        "--output",
        "json",
    ];
    assert_eq!(told(&arguments), told(&arguments));
}

#[test]
fn programs_get_every_decision_as_json() {
    let out = told(&[
        "--event",
        "paid.json",
        "--event",
        "shipped.json",
        "--output",
        "json",
    ]);
    let all: Value = serde_json::from_str(&out).unwrap();
    let moments = &all["sensors"][0]["moments"];
    assert_eq!(moments[0]["dependencies"][0]["verdict"], "passed");
    assert_eq!(moments[0]["unmet"][0]["missing"], "shipped");
    let fired = &moments[1]["fired"][0];
    assert_eq!(fired["rendered"]["body"], "{\"amount\":102.5}");
    assert_eq!(
        fired["events"],
        json!([{"dependency": "paid", "id": "event-1"}, {"dependency": "shipped", "id": "event-2"}])
    );
}

#[test]
fn whole_events_and_lists_come_from_standard_input() {
    let folder = folder();
    let sensor = folder.path().join("sensor.yaml");
    let event = r#"{"specversion":"1.0","id":"e-1","source":"warehouse","type":"x","subject":"shipped","data":{}}"#;
    let ended = call_with_input(&["test", path(&sensor), "--event", "-"], event);
    assert!(
        ended
            .out
            .starts_with("shipped   e-1 from warehouse/shipped\n"),
        "{}",
        ended.out
    );
    let list =
        "- { dependency: shipped, id: s-1, data: {} }\n- wait: 1h\n- { source: x, event: z }\n";
    let ended = call_with_input(&["test", path(&sensor), "--event", "-"], list);
    assert!(
        ended.out.contains("shipped   s-1 from warehouse/shipped\n"),
        "{}",
        ended.out
    );
    assert!(
        ended
            .out
            .contains("no dependency asks for it; asked for: shop/paid, warehouse/shipped")
    );
}

#[test]
fn a_body_that_may_be_of_several_events_needs_to_be_named() {
    let folder = folder();
    let ended = call_in(folder.path(), &["test", ".", "--event", "usd.json"]);
    assert_eq!(ended.code, Some(1));
    let advice = "write --event SOURCE/EVENT=usd.json";
    assert!(
        ended.err.contains(advice) && ended.err.contains("shop/paid, warehouse/shipped"),
        "{}",
        ended.err
    );
}

#[test]
fn mistakes_of_the_manifest_end_the_run() {
    let folder = folder();
    let wrong = SENSOR.replace("paid && shipped", "paid && shiped");
    fs::write(folder.path().join("sensor.yaml"), wrong).unwrap();
    let ended = call_in(
        folder.path(),
        &["test", "sensor.yaml", "--event", "paid.json"],
    );
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("did you mean `shipped`?"),
        "{}",
        ended.err
    );
}

#[test]
fn what_cannot_be_rendered_ends_with_1() {
    let folder = folder();
    let wrong = SENSOR.replace("dataKey: body.amount", "dataKey: body.total");
    fs::write(folder.path().join("sensor.yaml"), wrong).unwrap();
    let events = ["--event", "paid.json", "--event", "shipped.json"];
    let ended = call_in(
        folder.path(),
        &[&["test", "sensor.yaml"], &events[..]].concat(),
    );
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("cannot be rendered: "), "{}", ended.out);
}

const EXPECTATIONS: &str = "cases:
  - name: pays & ships
    events: [paid.json, shipped.json]
    expect:
      fired: [ship, mine, object]
      rendered: { ship: { headers: {}, body: { amount: 102.5 } } }
  - name: pays in dollars
    events: [shop/paid=usd.json]
    expect:
      notFired: [ship]
      filtered: { paid: data }
";

fn expect(expectations: &str, more: &[&str]) -> super::harness::Ended {
    let folder = folder();
    fs::write(folder.path().join("expectations.yaml"), expectations).unwrap();
    let arguments = ["test", ".", "--expect", "expectations.yaml"];
    call_in(folder.path(), &[&arguments, more].concat())
}

#[test]
fn expectations_that_are_met_are_counted() {
    let ended = expect(EXPECTATIONS, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(
        ended.out,
        "ok      pays & ships\nok      pays in dollars\nok 2, failed 0\n"
    );
}

#[test]
fn expectations_that_are_not_met_show_differences_and_decisions() {
    let wrong = EXPECTATIONS
        .replace("102.5", "103")
        .replace("data }", "context }");
    let ended = expect(&wrong, &[]);
    assert_eq!(ended.code, Some(1));
    let parts = [
        "failed  pays & ships  expectations.yaml:2:5\n",
        "  rendered ship body amount\n    expected  103\n    got       102.5\n",
        "  filtered paid\n    expected  context\n    got       data\n",
        "← stops here",
        "ok 0, failed 2\n",
    ];
    for part in parts {
        assert!(
            ended.out.contains(part),
            "{part:?} is missing in\n{}",
            ended.out
        );
    }
}

#[test]
fn ci_servers_get_junit() {
    let wrong = EXPECTATIONS.replace("[ship, mine, object]", "[ship]");
    let ended = expect(&wrong, &["--output", "junit"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .out
            .contains("<testsuites tests=\"2\" failures=\"1\">"),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains("name=\"pays &amp; ships\""),
        "{}",
        ended.out
    );
    let failure = "<failure message=\"fired: expected ship, got ship, mine, object\">";
    assert!(ended.out.contains(failure), "{}", ended.out);
    let ok = expect(EXPECTATIONS, &["--output", "json"]);
    let all: Value = serde_json::from_str(&ok.out).unwrap();
    assert_eq!((&all["ok"], &all["failed"]), (&json!(2), &json!(0)));
}

#[test]
fn expectations_that_could_never_fail_are_refused_with_their_place() {
    let cases = [
        (
            "cases: [{ events: [], expect: { notFired: [shpi] } }]",
            "no trigger is called `shpi`",
        ),
        (
            "cases: [{ events: [], expect: { filtered: { pad: null } } }]",
            "no dependency is called `pad`",
        ),
        ("cases: [{ events: [], expect: {} }]", "expects nothing"),
        (
            "cases: [{ events: [], expct: {} }]",
            "unknown field `expct`",
        ),
        (
            "cases: [{ events: [absent.json], expect: { fired: [] } }]",
            "absent.json",
        ),
        ("cases: []", "no case was found"),
        ("nothing: 1", "under `cases`"),
    ];
    for (text, wanted) in cases {
        let ended = expect(text, &[]);
        assert_eq!(ended.code, Some(1), "{text}");
        assert!(
            ended.err.contains(wanted) && ended.err.contains("expectations.yaml"),
            "{text}: {}",
            ended.err
        );
    }
}

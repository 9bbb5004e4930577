//! What users see of manifests that are wrong.

mod kept;

use super::*;
use crate::BuiltinKinds as _;
use argo_events_core::secret::KeySelector;

const HEAD: &str =
    "apiVersion: argoproj.io/v1alpha1\nkind: Sensor\nmetadata: { name: orders }\nspec:\n";
const DEPENDENCIES: &str = "  dependencies:
    - { name: paid, eventSourceName: shop, eventName: paid }
    - { name: shipped, eventSourceName: warehouse, eventName: shipped }
";

fn sensor(triggers: &str) -> String {
    format!("{HEAD}{DEPENDENCIES}  triggers:\n{triggers}")
}

fn check(text: &str) -> Diagnostics {
    Manifests::from_text("sensor.yaml", text).check(&Registry::builtin(), &Checks::default())
}

fn messages(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|one| format!("{}:{} {} {}", one.line, one.column, one.path, one.message))
        .collect()
}

#[test]
fn a_wrong_name_in_a_condition_is_pointed_at() {
    let found = check(&sensor(
        "    - template: { name: close, conditions: paid && shiped, log: {} }\n",
    ));
    let wanted = "error: sensor.yaml:9:52  Sensor/orders  spec.triggers[0].template.conditions
  `paid && shiped`: no dependency is called `shiped`
  |        ^^^^^^  did you mean `shipped`?  known: paid, shipped
";
    assert_eq!(found.to_string(), wanted);
}

#[test]
fn a_span_is_found_within_a_block_of_lines() {
    let found = check(&sensor(
        "    - template:\n        name: close\n        log: {}\n        conditions: |\n          paid &&\n          shiped\n",
    ));
    assert_eq!(
        messages(&found),
        ["14:11 spec.triggers[0].template.conditions no dependency is called `shiped`"]
    );
}

#[test]
fn a_mistake_in_an_expression_has_its_place_in_file_and_text() {
    let text = format!(
        "{HEAD}  dependencies:
    - name: paid
      eventSourceName: shop
      eventName: paid
      filters:
        exprs:
          - expr: |
              total > 100 &&
                currency = 'EUR'
            fields: [{{ name: total, path: body.total }}, {{ name: currency, path: body.currency }}]
  triggers:
    - template: {{ name: close, log: {{}} }}
"
    );
    let wanted =
        "error: sensor.yaml:13:26  Sensor/orders  spec.dependencies[0].filters.exprs[0].expr
  `  currency = 'EUR'`: Invalid token: '='
  |           ^  line 2, column 12  expected `==`, which compares
";
    assert_eq!(check(&text).to_string(), wanted);
}

#[test]
fn all_wrong_types_are_found_at_once() {
    let text = "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec:
  replicas: two
  webhook:
    paid: { port: 12000, endpoint: /paid, method: POST }
    sent: { port: '12000', endpoint: yes, method: [POST] }
";
    let found = check(text);
    let wanted = [
        "5:13 spec.replicas expected an integer, found a text",
        "7:19 spec.webhook.paid.port expected a text, found the number 12000",
        "8:38 spec.webhook.sent.endpoint expected a text, found true",
        "8:43 spec.webhook.sent.method expected a text, found a list",
    ];
    assert_eq!(messages(&found), wanted);
    assert!(
        found.to_string().contains("write it in quotes: \"12000\""),
        "{found}"
    );
    assert!(
        found
            .to_string()
            .contains("without quotes `yes` is a truth value"),
        "{found}"
    );
}

#[test]
fn unknown_fields_are_warnings_unless_the_check_is_strict() {
    let text = sensor("    - template: { name: show, conditons: paid || shipped, log: {} }\n");
    let found = check(&text);
    assert!(!found.has_errors() && found.warnings() == 1, "{found}");
    assert!(
        found.to_string().contains("did you mean `conditions`?"),
        "{found}"
    );
    let strict = Checks::default().strict(true);
    assert!(
        Manifests::from_text("a", text)
            .check(&Registry::builtin(), &strict)
            .has_errors()
    );
}

#[test]
fn strict_checks_take_doubled_keys_for_errors_but_leave_other_objects_alone() {
    let text = sensor("    - template: { name: show, log: {}, name: show }\n");
    let text = format!("{text}---\nkind: Deployment\n");
    let count = |strict| {
        let checks = Checks::default().strict(strict);
        let found = Manifests::from_text("a", text.clone()).check(&Registry::builtin(), &checks);
        (found.errors(), found.warnings())
    };
    assert_eq!((count(false), count(true)), ((0, 2), (1, 1)));
}

#[test]
fn a_kind_with_a_typing_error_is_an_error() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: EventSource\nmetadata: { name: shop }\nspec:\n  webhok: {}\n";
    assert_eq!(check(text).errors(), 1);
    assert!(check(text).to_string().contains("did you mean `webhook`?"));
}

#[test]
fn broken_texts_and_wrong_objects_do_not_hide_one_another() {
    let good = sensor("    - template: { name: show, log: {} }\n");
    let bad = sensor("    - template: { name: show, conditions: nope, log: {} }\n");
    let text = format!("a: [\n---\n{good}---\nkind: Deployment\n---\n{bad}---\n- 1\n");
    let found = check(&text);
    assert_eq!(found.errors(), 4, "{found}");
    assert_eq!(found.warnings(), 1, "{found}");
    assert_eq!(Manifests::from_text("a", text).sensors.len(), 2);
}

#[test]
fn what_did_not_fit_brings_no_second_complaint() {
    let found = check(&format!("{HEAD}  dependencies: paid\n  triggers: []\n"));
    let wanted = [
        "5:17 spec.dependencies expected a list, found a text",
        "6:3 spec.triggers at least one is needed",
    ];
    assert_eq!(messages(&found), wanted);
}

#[test]
fn secrets_come_from_the_manifests_and_are_missed_where_they_do_not() {
    let text = "apiVersion: v1
kind: Secret
metadata: { name: hook }
stringData: { token: hunter2 }
---
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec:
  webhook:
    paid: { port: '1', endpoint: /a, method: POST, authSecret: { name: hook, key: token } }
    sent: { port: '1', endpoint: /b, method: POST, authSecret: { name: hook, key: tokn } }
";
    let mut manifests = Manifests::from_text("all.yaml", text);
    let found = manifests.check(
        &Registry::builtin(),
        &Checks::before_running(LocalSecrets::default()),
    );
    assert_eq!(found.errors(), 1, "{found}");
    assert!(
        found
            .to_string()
            .contains("no Secret `hook` with the key `tokn`"),
        "{found}"
    );
    assert!(
        manifests
            .secrets
            .has_secret(&KeySelector::new("hook", "token"))
    );
}

#[test]
fn objects_of_one_name_and_events_that_nobody_sends_are_found() {
    let good = sensor("    - template: { name: show, log: {} }\n");
    let source = "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec: { webhook: { payed: { port: '12000', endpoint: /paid, method: POST } } }
";
    let found = check(&format!("{good}---\n{good}---\n{source}"));
    assert_eq!(found.errors(), 1, "{found}");
    assert!(
        found
            .to_string()
            .contains("Sensor/orders is there already, in sensor.yaml:1:1"),
        "{found}"
    );
    assert!(
        found
            .to_string()
            .contains("EventSource `shop` has no event `paid`"),
        "{found}"
    );
    assert!(
        found
            .to_string()
            .contains("no EventSource `warehouse` is among the manifests"),
        "{found}"
    );
}

#[test]
fn null_is_as_good_as_absent() {
    let text = sensor(
        "    - template: { name: show, conditions: null, log: {}, conditionsReset: ~ }\n      policy: null\n",
    );
    assert!(check(&text).is_empty(), "{}", check(&text));
}

#[test]
fn lists_of_objects_are_taken_apart() {
    let item = "{apiVersion: argoproj.io/v1alpha1, kind: EventBus, metadata: {name: default}, spec: {jetstream: {version: latest, replicas: 2}}}";
    let found = check(&format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n"));
    assert_eq!(
        messages(&found),
        ["4:127 spec.jetstream.replicas 2 servers cannot agree; use 1, or at least 3"]
    );
}

#[test]
fn a_folder_is_read_in_order_and_bad_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "b.yaml",
        sensor("    - template: { name: show, log: {} }\n").as_bytes(),
    );
    write("a.yml", b"\xff\xfe");
    write("notes.txt", b"nothing");
    write(".hidden.yaml", b"kind: [");
    let mut manifests = Manifests::from_path(folder.path()).unwrap();
    assert_eq!(manifests.files().len(), 2);
    assert_eq!(manifests.sensors.len(), 1);
    let found = manifests.check(&Registry::builtin(), &Checks::default());
    assert_eq!(found.errors(), 1, "{found}");
    let error = Manifests::from_path(folder.path().join("absent")).unwrap_err();
    assert_eq!(error.kind(), argo_events_core::ErrorKind::NotFound);
}

#[test]
fn a_trigger_of_the_program_needs_no_kind() {
    let text = sensor("    - template: { name: ship }\n");
    assert!(check(&text).has_errors());
    let checks = Checks::default().own_triggers(["ship"]);
    assert!(
        Manifests::from_text("a", text)
            .check(&Registry::builtin(), &checks)
            .is_empty()
    );
}

#[test]
fn columns_count_from_the_object_itself() {
    let manifests = Manifests::from_text(
        "a.yaml",
        format!(
            "---\n{}",
            sensor("    - template: { name: show, log: {} }\n")
        ),
    );
    let path = argo_events_core::FieldPath::root()
        .field("spec")
        .field("triggers")
        .index(0);
    assert_eq!(
        manifests.sensors[0].place_of(&path).to_string(),
        "a.yaml:10:7"
    );
}

#[test]
fn two_events_at_one_endpoint_are_found() {
    let event = "{ port: '12000', endpoint: /paid, method: POST }";
    let source = |name: &str, events: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: EventSource\nmetadata: {{ name: {name} }}\nspec: {{ webhook: {{ {events} }} }}\n---\n"
        )
    };
    let found = check(&source("shop", &format!("a: {event}, b: {event}")));
    assert_eq!(found.errors(), 1, "{found}");
    assert!(
        found
            .to_string()
            .contains("/paid on port 12000 is served for shop/a already"),
        "{found}"
    );
    let two = source("shop", &format!("a: {event}")) + &source("store", &format!("b: {event}"));
    assert_eq!(
        (check(&two).errors(), check(&two).warnings()),
        (0, 1),
        "{}",
        check(&two)
    );
}

#[test]
fn no_text_makes_a_check_panic_or_hang() {
    let text = sensor(
        "    - template: { name: show, conditions: paid && shipped, log: {} }\n      policy: &p { status: { allow: [200] } }\n      rateLimit: *p\n",
    );
    let signs = b"{}[]:-&*!|>'\"#%@`,?\n\t 0a\xc3~<";
    let mut seed = 11_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for _ in 0..300 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = signs[random(signs.len())],
                1 => bytes.insert(at, signs[random(signs.len())]),
                _ => drop(bytes.drain(at..(at + random(12)).min(bytes.len()))),
            }
        }
        let _ = check(&String::from_utf8_lossy(&bytes)).to_string();
    }
}

#[test]
fn a_parameter_of_an_unknown_dependency_is_found_beside_other_mistakes() {
    let found = check(&sensor(
        "    - template:
        name: send
        http:
          url: http://svc
          method: PSOT
          payload: [{ src: { dependencyName: payd, dataKey: body.a }, dest: a }]
",
    ));
    let wanted = [
        "13:19 spec.triggers[0].template.http.method \"PSOT\" is not known here",
        "14:46 spec.triggers[0].template.http.payload[0].src.dependencyName no dependency is called `payd`",
    ];
    assert_eq!(messages(&found), wanted);
}

#[test]
fn policies_that_could_never_work_are_mistakes() {
    let found = check(&sensor(
        "    - template: { name: ship, log: {} }
      retryStrategy: { duration: 5 minutes }
      rateLimit: { unit: Minute, requestsPerUnit: 0 }
    - template: { name: count, log: {} }
      retryStrategy: { factor: two }
",
    ));
    for place in [
        "spec.triggers[0].retryStrategy.duration",
        "spec.triggers[0].rateLimit.requestsPerUnit",
        "spec.triggers[1].retryStrategy.factor",
    ] {
        assert!(found.to_string().contains(place), "{place}: {found}");
    }
    assert_eq!(found.errors(), 3, "{found}");
}

#[test]
fn a_field_at_the_wrong_level_is_a_warning() {
    let found = check(&sensor(
        "    - template: { name: show, log: {}, atLeastOnce: true }\n",
    ));
    assert!(!found.has_errors() && found.warnings() > 0, "{found}");
    assert!(
        found.to_string().contains("template.atLeastOnce"),
        "{found}"
    );
}

#[test]
fn what_has_no_effect_is_a_warning_in_a_sensor_that_is_right() {
    let text = sensor("    - template: { name: show, log: {} }\n");
    let both = "eventName: shipped, transform: { jq: ., script: return event }";
    let found = check(&text.replace("eventName: shipped", both));
    let wanted = "spec.dependencies[1].transform.script has no effect beside `jq`";
    assert!(!found.has_errors() && found.warnings() == 1, "{found}");
    assert!(messages(&found)[0].ends_with(wanted), "{found}");
}

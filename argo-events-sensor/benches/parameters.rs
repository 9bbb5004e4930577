//! What it costs to write values of an event into a trigger's payload and template, beside a program
//! that parses both with `serde_json`, copies the values and writes the result.

use argo_events_core::{
    Event, FieldPath, Firing, api,
    resolver::{Held, Shape},
};
use argo_events_sensor::param::{Parameters, Purpose};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::{hint::black_box, sync::Arc};

criterion_group!(benches, payload, edit);
criterion_main!(benches);

/// Entries of the body beside those that are looked for.
const SIZES: [usize; 2] = [10, 1_000];

fn body(entries: usize) -> Vec<u8> {
    let items: Vec<_> = (0..entries)
        .map(|number| json!({"sku": format!("item-{number}"), "count": number, "price": 1.5}))
        .collect();
    let body = json!({"body": {
        "order": {"id": "order-77", "total": 102.5}, "customer": "Ann", "items": items, "note": "last",
    }});
    body.to_string().into_bytes()
}

fn firing(body: &[u8]) -> Firing {
    let shape = Arc::new(Shape {
        sensor: "orders".to_owned(),
        trigger: "ship".to_owned(),
        dependencies: vec!["paid".to_owned()],
    });
    let event = Event::builder("1", "shop", "paid")
        .data(body.to_vec())
        .build();
    Firing::new(
        shape,
        [Held {
            dependency: 0,
            event: Arc::new(event),
        }],
    )
}

fn parameters(purpose: Purpose) -> Parameters {
    let list: Vec<api::Parameter> = serde_json::from_value(json!([
        {"src": {"dependencyName": "paid", "dataKey": "body.order.id"}, "dest": "spec.order"},
        {"src": {"dependencyName": "paid", "dataKey": "body.note"}, "dest": "spec.note"},
        {"src": {"dependencyName": "paid", "dataKey": "body.order.total", "useRawData": true}, "dest": "spec.total"},
    ]))
    .expect("this is a list of parameters");
    let compiled = Parameters::compile(&list, purpose, None, &FieldPath::root());
    compiled.expect("the parameters are right")
}

/// Copies the same values by hand.
fn by_hand(body: &[u8], mut object: Value) -> Vec<u8> {
    let body: Value = serde_json::from_slice(body).expect("this is JSON");
    object["spec"]["order"] = body["body"]["order"]["id"].clone();
    object["spec"]["note"] = body["body"]["note"].clone();
    object["spec"]["total"] = body["body"]["order"]["total"].clone();
    serde_json::to_vec(&object).expect("it has a form in JSON")
}

fn same(ours: &[u8], baseline: &[u8]) {
    let read = |text| serde_json::from_slice::<Value>(text).expect("this is JSON");
    assert_eq!(read(ours), read(baseline), "both write the same");
}

fn payload(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parameters/payload, entries");
    let parameters = parameters(Purpose::Payload);
    for size in SIZES {
        let body = body(size);
        let firing = firing(&body);
        let payload = parameters.payload(&firing).expect("the values are there");
        same(&payload.unwrap_or_default(), &by_hand(&body, json!({})));
        group.bench_function(BenchmarkId::new("baseline", size), |bencher| {
            bencher.iter(|| by_hand(black_box(&body), json!({})));
        });
        group.bench_function(BenchmarkId::new("ours", size), |bencher| {
            bencher.iter(|| parameters.payload(black_box(&firing)));
        });
    }
}

fn edit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parameters/edit a template, entries");
    let template = json!({
        "apiVersion": "v1", "kind": "Order",
        "metadata": {"generateName": "order-", "labels": {"app": "shop", "tier": "back"}},
        "spec": {"order": "", "note": "", "total": 0, "steps": ["check", "pack", "ship"]},
    });
    let text = template.to_string();
    let parameters = parameters(Purpose::Edit);
    for size in SIZES {
        let body = body(size);
        let firing = firing(&body);
        let edited = parameters.apply(text.clone().into_bytes(), &firing);
        same(
            &edited.expect("the values are there"),
            &by_hand(&body, template.clone()),
        );
        group.bench_function(BenchmarkId::new("baseline", size), |bencher| {
            let read = || serde_json::from_str(black_box(&text)).expect("this is JSON");
            bencher.iter(|| by_hand(black_box(&body), read()));
        });
        group.bench_function(BenchmarkId::new("ours", size), |bencher| {
            bencher.iter(|| parameters.apply(text.clone().into_bytes(), black_box(&firing)));
        });
    }
}

//! What it costs to ask a dependency's filter of an event, beside a plain `serde_json` parse of the
//! event's body into a tree.

use argo_events_core::{Event, FieldPath};
use argo_events_sensor::dependency::{Filter, Verdict};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::hint::black_box;

criterion_group!(benches, data, exprs, template);
criterion_main!(benches);

/// The sizes of bodies, in KiB.
const SIZES: [usize; 2] = [1, 64];

/// Makes an order of about so many KiB; what is looked for stands at its beginning and its end.
fn body(kibibytes: usize) -> Vec<u8> {
    const LINE: usize = 66;
    let lines: Vec<_> = (0..kibibytes * 1024 / LINE)
        .map(|number| json!({"sku": format!("sku-{number:05}"), "count": number % 7, "price": 1.25, "tags": ["new"]}))
        .collect();
    let head =
        json!({"body": {"total": 102.5, "currency": "EUR", "lines": lines, "note": "at the door"}});
    head.to_string().into_bytes()
}

fn filter(filters: Value) -> Filter {
    let dependency =
        json!({"name": "paid", "eventSourceName": "shop", "eventName": "paid", "filters": filters});
    let dependency = serde_json::from_value(dependency).expect("this is a dependency");
    Filter::compile(&dependency, &FieldPath::root()).expect("the filter is right")
}

/// Measures a filter that lets every event pass.
fn measure(criterion: &mut Criterion, name: &str, filters: Value) {
    let filter = filter(filters);
    let mut group = criterion.benchmark_group(name);
    for size in SIZES {
        let body = body(size);
        let event = Event::builder("1", "shop", "paid")
            .data(body.clone())
            .build();
        assert_eq!(filter.check(&event), Verdict::Passed, "the event fits");
        group.bench_function(BenchmarkId::new("ours", format!("{size}KiB")), |bencher| {
            bencher.iter(|| filter.check(black_box(&event)));
        });
        group.bench_function(
            BenchmarkId::new("baseline", format!("{size}KiB")),
            |bencher| {
                bencher.iter(|| {
                    serde_json::from_slice::<Value>(black_box(&body)).expect("the body is JSON")
                });
            },
        );
    }
    group.finish();
}

fn data(criterion: &mut Criterion) {
    let filters = json!({"data": [
        {"path": "body.total", "type": "number", "comparator": ">", "value": ["100"]},
        {"path": "body.note", "type": "string", "value": ["door$"]},
    ]});
    measure(criterion, "filter/data", filters);
}

fn exprs(criterion: &mut Criterion) {
    let fields = json!([
        {"name": "total", "path": "body.total"},
        {"name": "note", "path": "body.note"},
    ]);
    let filters = json!({"exprs": [{"expr": "total > 100 && note =~ 'door$'", "fields": fields}]});
    measure(criterion, "filter/expression", filters);
}

fn template(criterion: &mut Criterion) {
    let filters = json!({"data": [{
        "path": "body.currency", "type": "string", "value": ["^eur$"], "template": "{{ .Input | lower }}",
    }]});
    measure(criterion, "filter/template", filters);
}

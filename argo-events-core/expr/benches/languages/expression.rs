//! Expressions of filters.

use crate::payload;
use argo_events_expr::{
    gjson::Path,
    govaluate::{Expression, Value},
};
use criterion::{BenchmarkId, Criterion};
use std::hint::black_box;

/// An expression over two fields, of which one stands at the end of the payload.
const TEXT: &str = "total > 50 && note =~ 'door$'";

/// Looks two fields up in the bytes of the payload and evaluates an expression over them.
pub(crate) fn bench(criterion: &mut Criterion) {
    let expression = Expression::parse(TEXT).expect("the expression is good");
    let paths = ["body.total", "body.note"];
    let paths = paths.map(|path| Path::parse(path).expect("the path is good"));
    let mut group = criterion.benchmark_group("expression over two fields");
    for size in payload::SIZES {
        let payload = payload::of(size);
        group.bench_function(BenchmarkId::new("ours", format!("{size}KiB")), |bencher| {
            bencher.iter(|| {
                let body = black_box(payload.as_bytes());
                let found = [paths[0].get(body), paths[1].get(body)];
                let values = [Value::of(&found[0]), Value::of(&found[1])];
                let values = values.map(Result::ok);
                let value = expression.evaluate(&values).expect("the fields fit");
                assert!(value.is_true(), "the payload fits");
            });
        });
        payload::baseline(&mut group, size, &payload);
    }
    group.finish();
}

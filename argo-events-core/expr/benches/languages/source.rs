//! Expressions of event sources.

use crate::payload;
use argo_events_expr::{expr::Program, govalue::Text};
use criterion::{BenchmarkId, Criterion};
use std::hint::black_box;

/// An expression over two fields.
const TEXT: &str = "body.total > 50 && body.customer.name == 'Ann Example'";

/// Evaluates an expression over two fields, from the bytes of the payload on.
pub(crate) fn bench(criterion: &mut Criterion) {
    let program = Program::new(TEXT).expect("the expression is good");
    let mut group = criterion.benchmark_group("source expression over two fields");
    for size in payload::SIZES {
        let payload = payload::of(size);
        let text = Text::from(payload.as_str());
        group.bench_function(BenchmarkId::new("ours", format!("{size}KiB")), |bencher| {
            bencher.iter(|| {
                let kept = program.holds(black_box(text.clone()));
                assert!(kept.expect("the fields are there"), "it holds");
            });
        });
        payload::baseline(&mut group, size, &payload);
    }
    group.finish();
}

//! jq programs.

use crate::{
    loops::{self, ADDITIONS},
    payload,
};
use argo_events_expr::jq::{Limits, Program, Settings, Value};
use criterion::{BenchmarkId, Criterion};
use std::hint::black_box;

/// A program that makes an object of three fields.
const TEXT: &str = "{order: .body.order, name: .body.customer.name, note: .body.note}";

/// Runs a program over three fields, from the bytes of the payload to the bytes of the result.
pub(crate) fn bench(criterion: &mut Criterion) {
    let program = Program::compile(TEXT).expect("the program is good");
    let mut group = criterion.benchmark_group("jq three fields");
    for size in payload::SIZES {
        let payload = payload::of(size);
        let settings = Settings::default();
        group.bench_function(BenchmarkId::new("ours", format!("{size}KiB")), |bencher| {
            bencher.iter(|| {
                let reshaped = program.reshape(black_box(payload.as_bytes()), &settings);
                reshaped.expect("the fields are there")
            });
        });
        payload::baseline(&mut group, size, &payload);
    }
    group.finish();
}

/// Shows what a loop of additions costs.
pub(crate) fn show_loop() {
    let text = format!("reduce range({ADDITIONS}) as $number (0; . + $number)");
    let program = Program::compile(&text).expect("the program is good");
    let mut limits = Limits::default();
    limits.steps = u64::MAX;
    let settings = Settings::default().limits(limits);
    loops::show("jq", || {
        let sum = program.first(black_box(Value::Null), &settings);
        assert!(matches!(sum, Ok(Some(Value::Int(_)))), "the sum is whole");
    });
}

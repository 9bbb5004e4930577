//! What Lua scripts cost.

use crate::payload;
use argo_events_expr::lua::Script;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;

/// A script over three fields of the payload.
const FIELDS: &str = r#"
local order = event.body
return order.express and order.total > 50 and order.customer.name:find("Ann") ~= nil
"#;

/// A million additions.
const ADDITIONS: &str = "local sum = 0 for i = 1, 1000000 do sum = sum + i end return sum > 0";

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lua");
    let script = Script::compile(FIELDS).expect("the script is Lua");
    for size in payload::SIZES {
        let payload = payload::of(size);
        group.throughput(Throughput::Bytes(payload.len() as u64));
        payload::baseline(&mut group, size, &payload);
        assert_eq!(script.filter(payload.as_bytes()), Ok(true));
        group.bench_function(
            BenchmarkId::new("three fields", format!("{size}KiB")),
            |bencher| bencher.iter(|| script.filter(black_box(payload.as_bytes()))),
        );
    }
    group.finish();
    let mut group = criterion.benchmark_group("lua/loop");
    let script = Script::compile(ADDITIONS).expect("the script is Lua");
    group.throughput(Throughput::Elements(1_000_000));
    group.bench_function("additions", |bencher| bencher.iter(|| script.filter(b"{}")));
    group.finish();
}

//! Lua scripts.

use crate::{loops, payload};
use argo_events_expr::lua::Script;
use criterion::{BenchmarkId, Criterion};
use std::hint::black_box;

/// A script over three fields of the payload.
const FIELDS: &str = r#"
local order = event.body
return order.express and order.total > 50 and order.customer.name:find("Ann") ~= nil
"#;

/// A script that adds all numbers up to the limit.
const ADDITIONS: &str = "local sum = 0 for i = 1, 1000000 do sum = sum + i end return sum > 0";

/// Runs a script over three fields, from the bytes of the payload on, and a loop of additions.
pub(crate) fn bench(criterion: &mut Criterion) {
    let script = Script::compile(FIELDS).expect("the script is Lua");
    let mut group = criterion.benchmark_group("lua three fields");
    for size in payload::SIZES {
        let payload = payload::of(size);
        assert_eq!(script.filter(payload.as_bytes()), Ok(true));
        group.bench_function(BenchmarkId::new("ours", format!("{size}KiB")), |bencher| {
            bencher.iter(|| script.filter(black_box(payload.as_bytes())));
        });
        payload::baseline(&mut group, size, &payload);
    }
    group.finish();
}

/// Shows what a loop of additions costs.
pub(crate) fn show_loop() {
    let script = Script::compile(ADDITIONS).expect("the script is Lua");
    loops::show("lua", || {
        let sum = script.filter(black_box(b"{}"));
        assert_eq!(sum, Ok(true), "the sum is above zero");
    });
}

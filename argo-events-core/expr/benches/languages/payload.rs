//! The events that programs run on.

use criterion::{BenchmarkGroup, BenchmarkId, measurement::WallTime};
use std::hint::black_box;

/// The sizes of payloads, in KiB.
pub(crate) const SIZES: [usize; 2] = [1, 64];

/// Makes an event of a webhook that is about so many KiB long: an order with its lines.
pub(crate) fn of(kibibytes: usize) -> String {
    const HEAD: &str = r#"{"header":{"Content-Type":"application/json","X-Request":"e3b0c442"},"body":{"order":"o-4711","total":99.5,"express":true,"customer":{"name":"Ann Example","city":"Köln"},"lines":["#;
    const TAIL: &str = r#"],"note":"leave at the door"}}"#;
    let wanted = kibibytes * 1024;
    let mut lines = Vec::new();
    let mut length = HEAD.len() + TAIL.len();
    while length < wanted {
        let number = lines.len();
        let line = format!(
            r#"{{"sku":"sku-{number:05}","count":{},"price":{}.25,"tags":["new","a \"quoted\" tag"]}}"#,
            number % 7 + 1,
            number % 50
        );
        length += line.len() + 1;
        lines.push(line);
    }
    format!("{HEAD}{}{TAIL}", lines.join(","))
}

/// Measures the parse that everything is compared with.
pub(crate) fn baseline(group: &mut BenchmarkGroup<'_, WallTime>, size: usize, payload: &str) {
    group.bench_function(
        BenchmarkId::new("baseline", format!("{size}KiB")),
        |bencher| {
            bencher.iter(|| {
                serde_json::from_slice::<serde_json::Value>(black_box(payload.as_bytes()))
                    .expect("the payload is JSON")
            });
        },
    );
}

//! Templates.

use crate::payload;
use argo_events_expr::{
    gotemplate::{Functions, Template},
    govalue::{Text, Value},
};
use criterion::{BenchmarkId, Criterion};
use std::hint::black_box;

/// A template that shows three fields.
const TEXT: &str =
    "order {{ .Input.body.order }} of {{ .Input.body.customer.name }}: {{ .Input.body.note }}";

/// Renders a template with three fields, from the bytes of the payload on.
pub(crate) fn bench(criterion: &mut Criterion) {
    let template = Template::compile("param", TEXT, &Functions::default());
    let template = template.expect("the template is good");
    let mut group = criterion.benchmark_group("template three fields");
    for size in payload::SIZES {
        let payload = payload::of(size);
        let text = Text::from(payload.as_str());
        group.bench_function(BenchmarkId::new("ours", format!("{size}KiB")), |bencher| {
            bencher.iter(|| {
                let input = Value::from_json(black_box(text.clone()));
                let rendered = template.render(Value::map([("Input", input)]));
                rendered.expect("the fields are there")
            });
        });
        payload::baseline(&mut group, size, &payload);
    }
    group.finish();
}

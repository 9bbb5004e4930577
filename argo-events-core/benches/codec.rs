//! What an event costs on the wire, beside plain `serde_json` of the same envelope.
//!
//! The baseline knows the members it will find and writes them as they come: it checks no names, no
//! times, no versions and no extensions.

use argo_events_core::{Event, Timestamp, event::codec};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

criterion_group!(benches, encode, decode);
criterion_main!(benches);

const BODY_SIZES: [usize; 2] = [256, 16 * 1024];
const ID: &str = "4f1c9a0e6b7d4c1f8a2e5d3b9c0f1a2b";
const TIME: &str = "2024-05-06T07:08:09.123456789Z";

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    specversion: &'a str,
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    subject: &'a str,
    datacontenttype: &'a str,
    time: &'a str,
    data_base64: String,
}

fn envelope(body: &[u8]) -> Envelope<'static> {
    Envelope {
        specversion: "1.0",
        id: ID,
        source: "shop",
        r#type: "webhook",
        subject: "paid",
        datacontenttype: "application/json",
        time: TIME,
        data_base64: BASE64_STANDARD.encode(body),
    }
}

fn body(size: usize) -> Bytes {
    let filling = "x".repeat(size - r#"{"note":""}"#.len());
    format!(r#"{{"note":"{filling}"}}"#).into()
}

fn event(size: usize) -> Event {
    let time: Timestamp = TIME.parse().expect("this is a time");
    Event::builder(ID, "shop", "paid")
        .event_type("webhook")
        .time(time)
        .data(body(size))
        .build()
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/encode");
    for size in BODY_SIZES {
        let (event, body) = (event(size), body(size));
        let plain = serde_json::to_vec(&envelope(&body)).expect("it has a form in JSON");
        assert_eq!(plain, codec::encode(&event), "both write the same");
        group.bench_function(BenchmarkId::new("baseline", size), |bencher| {
            bencher.iter(|| serde_json::to_vec(&envelope(black_box(&body))));
        });
        group.bench_function(BenchmarkId::new("ours", size), |bencher| {
            bencher.iter(|| codec::encode(black_box(&event)));
        });
    }
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/decode");
    for size in BODY_SIZES {
        let text = Bytes::from(codec::encode(&event(size)));
        group.bench_function(BenchmarkId::new("baseline", size), |bencher| {
            bencher.iter(|| plainly(black_box(&text)));
        });
        group.bench_function(BenchmarkId::new("ours", size), |bencher| {
            bencher.iter(|| codec::decode(black_box(&text)));
        });
    }
}

/// Reads an envelope into texts of its own, as an event that outlives the bytes needs them.
fn plainly(text: &Bytes) -> ([String; 6], Vec<u8>) {
    let read: Envelope<'_> = serde_json::from_slice(text).expect("this is an envelope");
    let body = BASE64_STANDARD.decode(&read.data_base64);
    let attributes = [
        read.id,
        read.source,
        read.r#type,
        read.subject,
        read.datacontenttype,
        read.time,
    ];
    (attributes.map(str::to_owned), body.expect("this is base64"))
}

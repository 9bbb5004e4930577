//! A webhook request until it is answered, beside a bare axum handler in the same run.
//!
//! `memory`: the event goes through the bus to a trigger that does nothing; the baseline reads the
//! body. `local`: the event is on disk before the answer; the baseline hands the body to one thread
//! that appends to a file and calls fdatasync for whatever has come meanwhile.

mod kit;

use argo_events::{Engine, EventBus, Firing, Manifests, MemoryBus, Running, bus::local::LocalBus};
use axum::{Router, body::Bytes, extract::State, routing::post};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use kit::{Clients, Meter, free_port, serve};
use std::{io::Write as _, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

const BODY: &str = r#"{"order":{"id":77,"currency":"EUR","amount":102.5},"customer":"Ann","note":"a body of ordinary size, as services send them"}"#;

fn manifests(port: u16) -> Manifests {
    Manifests::from_text(
        "bench.yaml",
        format!(
            r#"
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {{ name: shop }}
spec:
  webhook:
    paid: {{ port: "{port}", endpoint: /paid, method: POST }}
---
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: {{ name: orders }}
spec:
  dependencies:
    - {{ name: paid, eventSourceName: shop, eventName: paid }}
  triggers:
    - template: {{ name: nothing }}
"#
        ),
    )
}

async fn engine(port: u16, bus: Arc<dyn EventBus>) -> Running {
    let builder = Engine::builder().manifests(manifests(port)).shared_bus(bus);
    kit::start(builder.trigger("nothing", |_: Firing| async { Ok(()) })).await
}

fn measure(
    criterion: &mut Criterion,
    group: &str,
    clients: usize,
    name: &'static str,
    side: &str,
    port: u16,
) {
    let mut connections = Clients::connect(port, "/paid", BODY, clients);
    let mut meter = Meter::start(name);
    let mut group = criterion.benchmark_group(group);
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(5));
    group.bench_function(BenchmarkId::new(side, clients), |bencher| {
        bencher.iter_custom(|requests| {
            let began = Instant::now();
            let sent = connections.send(requests);
            meter.count(sent);
            began.elapsed().mul_f64(requests as f64 / sent as f64)
        });
    });
    group.finish();
}

fn memory(criterion: &mut Criterion) {
    let bare = kit::runtime("bare", 2);
    let port = serve(
        &bare,
        Router::new().route("/paid", post(|_: Bytes| async { "success" })),
    );
    measure(
        criterion,
        "webhook-to-memory-bus",
        32,
        "bare",
        "baseline",
        port,
    );
    drop(bare);
    let ours = kit::runtime("ours", 2);
    let port = free_port();
    let running = ours.block_on(engine(port, Arc::new(MemoryBus::default())));
    measure(criterion, "webhook-to-memory-bus", 32, "ours", "ours", port);
    drop(running);
}

type Appended = (Bytes, oneshot::Sender<()>);

/// Appends bodies to a file; one fdatasync for all that came while the last one ran.
fn appender(mut bodies: mpsc::Receiver<Appended>, file: std::fs::File) {
    let mut file = std::io::BufWriter::new(file);
    let mut waiting = Vec::new();
    while let Some(first) = bodies.blocking_recv() {
        waiting.push(first);
        while let Ok(more) = bodies.try_recv() {
            waiting.push(more);
        }
        for (body, _) in &waiting {
            file.write_all(body).expect("the disk has room");
        }
        file.flush().expect("the disk has room");
        file.get_ref().sync_data().expect("the disk works");
        for (_, done) in waiting.drain(..) {
            // The client may have gone away.
            let _ = done.send(());
        }
    }
}

async fn append(State(appender): State<mpsc::Sender<Appended>>, body: Bytes) -> &'static str {
    let (done, synced) = oneshot::channel();
    appender
        .send((body, done))
        .await
        .expect("the appender lives");
    synced.await.expect("the appender answers");
    "success"
}

fn local(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("there is a place for files");
    let bare = kit::runtime("bare", 2);
    let (sender, receiver) = mpsc::channel(1024);
    let file =
        std::fs::File::create(directory.path().join("bodies")).expect("there is a place for files");
    let thread = std::thread::Builder::new().name("bare-append".into());
    let appending = thread
        .spawn(move || appender(receiver, file))
        .expect("a thread can be started");
    let app = Router::new()
        .route("/paid", post(append))
        .with_state(sender);
    let port = serve(&bare, app);
    measure(
        criterion,
        "webhook-to-local-bus",
        64,
        "bare",
        "baseline",
        port,
    );
    drop(bare);
    appending.join().expect("the appender ends");

    let ours = kit::runtime("ours", 2);
    let port = free_port();
    let clock = Arc::new(argo_events::SystemClock);
    let bus = LocalBus::open(directory.path().join("bus"), Default::default(), clock);
    let running = ours.block_on(engine(port, Arc::new(bus.expect("the directory is free"))));
    measure(criterion, "webhook-to-local-bus", 64, "ours", "ours", port);
    drop(running);
}

criterion_group!(benches, memory, local);
criterion_main!(benches);

//! A webhook request until its HTTP trigger has been answered, beside a pipe written by hand.
//!
//! Ours goes over the durable local bus. The baseline is an axum handler that puts the body into a
//! channel and workers that post it with hyper: nothing is stored, repeated, filtered or counted.

mod kit;

use argo_events::{Engine, Manifests, Running, bus::local::LocalBus};
use axum::{Router, body::Bytes, extract::State, routing::post};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use kit::{Clients, Meter, free_port, serve};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    runtime::Runtime,
    sync::{Mutex, mpsc, watch},
    task::JoinSet,
    time::Instant,
};

criterion_group!(benches, end_to_end);
criterion_main!(benches);

const CLIENTS: usize = 64;
/// Requests to the target that are under way at a time, as many as ours has for a trigger.
const WORKERS: usize = 64;
const BODY: &str = r#"{"order":{"id":77,"currency":"EUR","amount":102.5},"customer":"Ann"}"#;

/// Counts what arrives.
struct Target {
    _runtime: Runtime,
    port: u16,
    arrived: watch::Receiver<u64>,
}

impl Target {
    fn start() -> Self {
        let runtime = kit::runtime("target", 1);
        let (count, arrived) = watch::channel(0);
        let take = |State(count): State<watch::Sender<u64>>, _: Bytes| async move {
            count.send_modify(|count| *count += 1);
        };
        let port = serve(
            &runtime,
            Router::new().route("/take", post(take)).with_state(count),
        );
        Self {
            _runtime: runtime,
            port,
            arrived,
        }
    }

    fn so_far(&self) -> u64 {
        *self.arrived.borrow()
    }

    /// Waits until this many have arrived.
    fn wait_for(&self, count: u64, runtime: &Runtime) {
        let mut arrived = self.arrived.clone();
        let all = arrived.wait_for(|arrived| *arrived >= count);
        runtime.block_on(all).expect("the target lives");
    }
}

type Bodies = Arc<Mutex<mpsc::Receiver<Bytes>>>;

/// The pipe: a handler, a channel, and workers with a connection each.
fn by_hand(runtime: &Runtime, target: u16) -> u16 {
    let (sender, bodies) = mpsc::channel::<Bytes>(1024);
    let bodies = Arc::new(Mutex::new(bodies));
    // Live as long as their runtime.
    let _workers = runtime.spawn(async move {
        let workers: JoinSet<()> = (0..WORKERS)
            .map(|_| forward(target, bodies.clone()))
            .collect();
        workers.join_all().await
    });
    let take = |State(sender): State<mpsc::Sender<Bytes>>, body: Bytes| async move {
        sender.send(body).await.expect("the workers live");
        "success"
    };
    let app = Router::new().route("/paid", post(take));
    serve(runtime, app.with_state(sender))
}

async fn forward(target: u16, bodies: Bodies) {
    let stream = TcpStream::connect(("127.0.0.1", target)).await;
    let stream = TokioIo::new(stream.expect("the target listens"));
    let (mut sender, connection) = http1::handshake(stream).await.expect("this is HTTP");
    let work = async move {
        while let Some(body) = next(&bodies).await {
            let request = Request::post("/take")
                .header("host", "localhost")
                .body(Full::new(body))
                .expect("the request is right");
            let answer = sender
                .send_request(request)
                .await
                .expect("the target answers");
            assert!(answer.status().is_success());
            answer.collect().await.expect("the target answers");
        }
    };
    tokio::select! {
        _ = connection => {}
        () = work => {}
    }
}

async fn next(bodies: &Bodies) -> Option<Bytes> {
    bodies.lock().await.recv().await
}

fn manifests(port: u16, target: u16) -> Manifests {
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
    - template:
        name: forward
        http:
          url: http://127.0.0.1:{target}/take
          method: POST
          payload:
            - src: {{ dependencyName: paid, dataKey: body, useRawData: true }}
              dest: order
"#
        ),
    )
}

async fn engine(manifests: Manifests, directory: &std::path::Path) -> Running {
    let clock = Arc::new(argo_events::SystemClock);
    let bus = LocalBus::open(directory, Default::default(), clock);
    let bus = Arc::new(bus.expect("the directory is free"));
    kit::start(Engine::builder().manifests(manifests).shared_bus(bus)).await
}

fn measure(
    criterion: &mut Criterion,
    (side, name): (&str, &'static str),
    runtime: &Runtime,
    target: &Target,
    port: u16,
) {
    let mut connections = Clients::connect(port, "/paid", BODY, CLIENTS);
    let mut meter = Meter::start(name);
    let mut group = criterion.benchmark_group("webhook-to-http-trigger");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.bench_function(BenchmarkId::new(side, CLIENTS), |bencher| {
        bencher.iter_custom(|requests| {
            let before = target.so_far();
            let began = Instant::now();
            let sent = connections.send(requests);
            target.wait_for(before + sent, runtime);
            meter.count(sent);
            let share = requests as f64 / sent as f64;
            began.elapsed().mul_f64(share)
        });
    });
    group.finish();
}

fn end_to_end(criterion: &mut Criterion) {
    let target = Target::start();
    let bare = kit::runtime("bare", 2);
    let port = by_hand(&bare, target.port);
    measure(criterion, ("baseline", "bare"), &bare, &target, port);
    drop(bare);

    let target = Target::start();
    let ours = kit::runtime("ours", 2);
    let directory = tempfile::tempdir().expect("there is a place for files");
    let port = free_port();
    let manifests = manifests(port, target.port);
    let running = ours.block_on(engine(manifests, directory.path()));
    measure(criterion, ("ours", "ours"), &ours, &target, port);
    drop(running);
}

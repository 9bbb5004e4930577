//! What the benchmarks share: servers, a client that costs little, and the CPU time of named threads.

use argo_events::{Running, engine::Builder};
use axum::Router;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    task::JoinSet,
};

/// A runtime whose threads carry a name, so that their CPU time can be told apart.
pub(crate) fn runtime(name: &str, threads: usize) -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name(name)
        .enable_all()
        .build()
        .expect("threads can be started")
}

/// Returns a port that nobody has right now.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// Serves on a port of the system's choice for as long as the runtime lives.
pub(crate) fn serve(runtime: &Runtime, app: Router) -> u16 {
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let server = async move { axum::serve(listener, app).await };
    let _server = runtime.spawn(server);
    port
}

/// Builds an engine and starts it; its sources listen.
pub(crate) async fn start(builder: Builder) -> Running {
    let engine = builder.build().expect("the manifests are right");
    let running = engine.start().await.expect("the bus is there");
    assert!(running.ready().await.is_ready());
    running
}

/// Connections that post the same body again and again.
pub(crate) struct Clients {
    runtime: Runtime,
    connections: Vec<TcpStream>,
    request: Arc<[u8]>,
}

impl Clients {
    pub(crate) fn connect(port: u16, path: &str, body: &str, count: usize) -> Self {
        let runtime = runtime("client", 2);
        let connections = (0..count)
            .map(|_| {
                runtime
                    .block_on(TcpStream::connect(("127.0.0.1", port)))
                    .expect("the server listens")
            })
            .collect();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Self {
            runtime,
            connections,
            request: request.into_bytes().into(),
        }
    }

    /// Sends at least so many requests, the same number over each connection; returns how many.
    pub(crate) fn send(&mut self, requests: u64) -> u64 {
        let each = requests.div_ceil(self.connections.len() as u64);
        let connections = std::mem::take(&mut self.connections);
        let request = self.request.clone();
        self.runtime.block_on(async {
            let mut running = JoinSet::new();
            for connection in connections {
                running.spawn(post(connection, request.clone(), each));
            }
            self.connections = running.join_all().await;
            each * self.connections.len() as u64
        })
    }
}

async fn post(mut connection: TcpStream, request: Arc<[u8]>, count: u64) -> TcpStream {
    let mut buffer = [0; 4096];
    for _ in 0..count {
        connection
            .write_all(&request)
            .await
            .expect("the server reads");
        let read = connection
            .read(&mut buffer)
            .await
            .expect("the server answers");
        assert!(
            buffer[..read].starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&buffer[..read])
        );
    }
    connection
}

/// CPU time that threads of that name have used so far.
pub(crate) fn cpu(name: &str) -> Duration {
    const TICKS_PER_SECOND: u64 = 100;
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let ticks: u64 = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok())
        .filter(|stat| stat.contains(&format!("({name}")))
        .filter_map(|stat| {
            let fields: Vec<_> = stat
                .rsplit_once(')')?
                .1
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
        })
        .sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// Measures requests and prints the CPU time of each on the server's side.
pub(crate) struct Meter {
    name: &'static str,
    before: Duration,
    requests: u64,
}

impl Meter {
    pub(crate) fn start(name: &'static str) -> Self {
        Self {
            name,
            before: cpu(name),
            requests: 0,
        }
    }

    pub(crate) fn count(&mut self, requests: u64) {
        self.requests += requests;
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let used = cpu(self.name).saturating_sub(self.before);
        let each = used.as_secs_f64() * 1e6 / self.requests.max(1) as f64;
        eprintln!(
            "{}: {each:.1} µs of CPU per request on the server's threads, {} requests",
            self.name, self.requests
        );
    }
}

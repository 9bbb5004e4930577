//! Starts a pod, reads what it logs, asks its ports, and ends it.

use argo_events_testkit::servers::reserve_port;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

/// How long anything may take before a test gives up; far longer than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between looks at something that no line of the log tells.
const LOOK: Duration = Duration::from_millis(20);
/// Most lines of a pod that wait to be read.
const MOST_LINES: usize = 100_000;

/// Returns JSON as the controller hands it on.
pub(crate) fn encoded(value: &Value) -> String {
    BASE64_STANDARD.encode(value.to_string())
}

/// Returns a port that nobody else gets.
pub(crate) fn free_port() -> u16 {
    reserve_port().unwrap().port()
}

/// What a pod is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    subcommand: &'static str,
    variables: BTreeMap<String, String>,
    metrics: u16,
}

impl Told {
    /// Makes an EventSource pod of a spec.
    pub(crate) fn event_source(spec: Value) -> Self {
        Self::new("eventsource-service", "src-eventsource-0")
            .with("EVENTSOURCE_OBJECT", encoded(&object("src", spec)))
    }

    /// Makes a Sensor pod of a spec.
    pub(crate) fn sensor(spec: Value) -> Self {
        Self::new("sensor-service", "sn-sensor-0")
            .with("SENSOR_OBJECT", encoded(&object("sn", spec)))
    }

    fn new(subcommand: &'static str, pod: &str) -> Self {
        let metrics = free_port();
        let told = Self {
            subcommand,
            variables: BTreeMap::new(),
            metrics,
        };
        told.with("POD_NAME", pod)
            .with("EVENTBUS_SUBJECT", "eventbus-shop")
            .with("LEADER_ELECTION", "")
            .with("EVENTBUS_CONFIG", encoded(&json!({ "memory": {} })))
            .with("ARGO_EVENTS_METRICS", format!("127.0.0.1:{metrics}"))
    }

    /// Sets a variable.
    pub(crate) fn with(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.variables.insert(variable.to_owned(), value.into());
        self
    }

    /// Leaves a variable out.
    pub(crate) fn without(mut self, variable: &str) -> Self {
        self.variables.remove(variable);
        self
    }

    /// Names a JetStream server as the bus.
    pub(crate) fn on(self, url: &str) -> Self {
        let config = json!({ "jetstream": { "url": url }, "nats": null, "kafka": null });
        self.with("EVENTBUS_CONFIG", encoded(&config))
    }

    /// Returns the port of metrics and health.
    pub(crate) fn metrics_port(&self) -> u16 {
        self.metrics
    }

    /// Starts the pod.
    pub(crate) fn start(&self) -> Pod {
        let mut child = Command::new(env!("CARGO_BIN_EXE_argo-events-services"))
            .arg(self.subcommand)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = sync_channel(MOST_LINES);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Pod {
            child,
            lines,
            seen: Vec::new(),
            metrics: self.metrics,
        }
    }

    /// Runs a pod that ends by itself; returns its exit code and what it logged.
    pub(crate) fn run(&self) -> (Option<i32>, String) {
        self.start().end()
    }
}

fn object(name: &str, spec: Value) -> Value {
    let metadata = json!({ "name": name, "namespace": "shop", "creationTimestamp": null });
    json!({ "metadata": metadata, "spec": spec, "status": {} })
}

/// A pod; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Pod {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    metrics: u16,
}

impl Pod {
    /// Waits for a line of the log; lines that were waited for before count too.
    pub(crate) fn says(&mut self, text: &str) -> String {
        if let Some(line) = self.seen.iter().find(|line| line.contains(text)) {
            return line.clone();
        }
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("{text:?} was not said:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns every line so far that has a text in it.
    pub(crate) fn said(&mut self, text: &str) -> usize {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    /// Asks the port of metrics and health.
    pub(crate) fn ask(&self, path: &str) -> Option<(u16, String)> {
        get(self.metrics, path).ok()
    }

    /// Waits until readiness is answered as wanted; returns the answer.
    pub(crate) fn becomes(&self, status: u16) -> String {
        let answered = until(|| self.ask("/readyz").filter(|(code, _)| *code == status));
        answered.map_or_else(
            || panic!("/readyz never answered {status}"),
            |(_, text)| text,
        )
    }

    /// Returns the value of the first series whose line begins so.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let (_, text) = self.ask("/metrics")?;
        let line = text.lines().find(|line| line.starts_with(series))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; returns exit code and log.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        self.seen.extend(self.lines.iter());
        (status.code(), self.seen.join("\n"))
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // A process that ended already cannot be killed, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until there is something, or patience ends.
pub(crate) fn until<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    let looks = PATIENCE.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(LOOK);
    }
    None
}

/// Asks and returns status and body.
pub(crate) fn get(port: u16, path: &str) -> std::io::Result<(u16, String)> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    exchange(port, &request)
}

/// Posts JSON and returns status and body.
pub(crate) fn post(port: u16, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    exchange(port, &request)
}

fn exchange(port: u16, request: &str) -> std::io::Result<(u16, String)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let broken = || std::io::Error::other(format!("no answer: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok((status.ok_or_else(broken)?, body.to_owned()))
}

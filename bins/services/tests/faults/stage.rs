//! The server, the pods with a proxy each between them and the server, and what can go wrong with them.

use super::{
    bus::{self, Bus},
    pods::{Pod, free_port},
    sink::Sink,
};
use argo_events_testkit::servers::{
    Direction, Fault,
    FaultKind::{self, Cut, Delay, HalfOpen, Kill, Pause, Restart},
    Faults, Proxy,
};
use serde_json::{Value, json};
use std::{error::Error, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const SOURCES: [&str; 2] = ["source-0", "source-1"];
const SENSORS: [&str; 2] = ["sensor-0", "sensor-1"];
const BUS: &str = "bus";
/// By how much a slow connection is slow, each way.
const SLOW: Duration = Duration::from_millis(150);
/// How long pods may take to get ready in the beginning.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that takes part.
#[derive(Debug)]
pub(crate) struct Stage {
    // First: pods end before what they talk to.
    pub(crate) pods: Vec<Pod>,
    proxies: Vec<Proxy>,
    pub(crate) server: Bus,
    /// Where the sources take events.
    pub(crate) ports: Vec<u16>,
    halves: usize,
}

/// Returns a plan in which everything that takes part has every fault.
pub(crate) fn plan(seed: u64) -> Faults {
    const OF_A_POD: [FaultKind; 6] = [Kill, Pause, Restart, Cut, HalfOpen, Delay];
    let plan = Faults::new(seed).target(BUS, &[Kill, Pause, Restart, Cut, HalfOpen]);
    let pods = SOURCES.into_iter().chain(SENSORS);
    pods.fold(plan, |plan, pod| plan.target(pod, &OF_A_POD))
}

impl Stage {
    /// Starts everything and waits until it is ready.
    pub(crate) async fn set(kind: bus::Kind, sink: &Sink) -> Result<Self> {
        let (server, proxies) = Bus::start(kind, SENSORS.len() + SOURCES.len())?;
        let (mut pods, mut ports) = (Vec::new(), Vec::new());
        let mut configs = proxies.iter().map(|proxy| server.config(proxy));
        for (name, config) in SENSORS.into_iter().zip(&mut configs) {
            let object = ("sensor-service", "SENSOR_OBJECT", "sn");
            pods.push(Pod::new(name, object, &sensor(sink), &config)?);
        }
        for (name, config) in SOURCES.into_iter().zip(&mut configs) {
            let object = ("eventsource-service", "EVENTSOURCE_OBJECT", "src");
            let port = free_port()?;
            pods.push(Pod::new(name, object, &source(port), &config)?);
            ports.push(port);
        }
        drop(configs);
        let mut stage = Self {
            pods,
            proxies,
            server,
            ports,
            halves: 0,
        };
        // Sensors first: what is published before they exist is not theirs.
        for pod in &mut stage.pods {
            pod.start()?;
            ready(pod).await?;
        }
        Ok(stage)
    }

    /// Lets something go wrong.
    pub(crate) fn begin(&mut self, fault: &Fault) -> Result<()> {
        if fault.target == BUS {
            return self.begin_at_the_bus(fault.kind);
        }
        let index = self.index(fault)?;
        self.halves += 1;
        match fault.kind {
            Kill => self.pods[index].kill()?,
            Restart => self.pods[index].stop()?,
            Pause => self.pods[index].signal("STOP")?,
            Cut => self.proxies[index].cut()?,
            HalfOpen => self.proxies[index].half_open(self.direction()),
            Delay => self.proxies[index].delay(SLOW),
            other => return Err(format!("{other:?} is no fault of a pod").into()),
        }
        Ok(())
    }

    fn begin_at_the_bus(&mut self, kind: FaultKind) -> Result<()> {
        self.halves += 1;
        match kind {
            Kill => self.server.kill()?,
            Restart => self.server.stop()?,
            Pause => self.server.pause()?,
            Cut => self.proxies.iter().try_for_each(Proxy::cut)?,
            HalfOpen => {
                let direction = self.direction();
                self.proxies.iter().for_each(|it| it.half_open(direction));
            }
            other => return Err(format!("{other:?} is no fault of the bus").into()),
        }
        Ok(())
    }

    /// Mends what has gone wrong; a pod that was killed is started, as a cluster would.
    pub(crate) fn end(&mut self, fault: &Fault) -> Result<()> {
        if fault.target == BUS {
            self.server.resume()?;
            self.server.start_again()?;
            self.proxies.iter().try_for_each(Proxy::mend)?;
            return Ok(());
        }
        let index = self.index(fault)?;
        self.proxies[index].mend()?;
        self.pods[index].signal("CONT")?;
        Ok(self.pods[index].start()?)
    }

    fn index(&self, fault: &Fault) -> Result<usize> {
        let place = self.pods.iter().position(|it| it.name == fault.target);
        place.ok_or_else(|| format!("{fault}: there is no such pod").into())
    }

    /// Alternates which half of a connection stays open.
    fn direction(&self) -> Direction {
        [Direction::ToServer, Direction::ToClient, Direction::Both][self.halves % 3]
    }

    /// Returns how many lines all pods have logged.
    pub(crate) fn lines(&self) -> usize {
        self.pods.iter().map(|pod| pod.log().lines).sum()
    }
}

fn source(port: u16) -> Value {
    let webhook = |name: &str| json!({ "port": port.to_string(), "endpoint": format!("/{name}"), "method": "POST" });
    json!({ "webhook": { "a": webhook("a"), "b": webhook("b") } })
}

/// Describes the sensor: a stateless trigger, and two in shards of their own.
fn sensor(sink: &Sink) -> Value {
    let dependency =
        |name: &str| json!({ "name": name, "eventSourceName": "src", "eventName": name });
    let from = |dependency: &str, field: &str, dest: &str| json!({ "src": { "dependencyName": dependency, "dataKey": format!("body.{field}") }, "dest": dest });
    let (a, b, key) = (
        from("a", "number", "a"),
        from("b", "number", "b"),
        from("a", "key", "key"),
    );
    let http = |name: &str, payload: Value| json!({ "url": sink.url(name), "method": "POST", "payload": payload });
    let both = json!([a, b, key]);
    let template = |name: &str, conditions: &str, payload: &Value| json!({ "name": name, "conditions": conditions, "http": http(name, payload.clone()) });
    let mut join = template("join", "a && b", &both);
    join["join"] = json!({ "key": "body.key" });
    let triggers = [
        template("each", "a", &json!([from("a", "number", "a")])),
        template("pair", "a && b", &both),
        join,
    ];
    let triggers = triggers.map(|template| json!({ "template": template }));
    json!({ "dependencies": [dependency("a"), dependency("b")], "triggers": triggers })
}

/// Waits until a pod says that it is ready.
async fn ready(pod: &Pod) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let asked = timeout(Duration::from_secs(1), ask(pod.health)).await;
        if matches!(asked, Ok(Ok(true))) {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    let log: Vec<_> = pod.log().last.iter().cloned().collect();
    Err(format!("{} does not get ready:\n{}", pod.name, log.join("\n")).into())
}

async fn ask(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}

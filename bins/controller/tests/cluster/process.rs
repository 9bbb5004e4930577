//! The controller as a process: this program, started again with an order in its environment.
//!
//! It ends when its input does, and then says how often it wrote what. Writes are counted where they
//! leave the process, whatever the controller counts itself.

use argo_events_controller::{Config, Controller, Settings};
use kube::{
    client::{Body, ClientBuilder},
    config::{KubeConfigOptions, Kubeconfig},
};
use std::{
    collections::BTreeMap,
    env, fs,
    io::{Read as _, stdin},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};
use tokio_util::sync::CancellationToken;
use tower::util::MapRequestLayer;

/// Names the namespace to look after.
const ORDER: &str = "ARGO_EVENTS_CLUSTER_CONTROLLER";
/// The configuration that controllers have.
pub(crate) const CONFIG: &str = "
eventBus:
  jetstream:
    versions:
      - { version: latest, natsImage: nats, metricsExporterImage: exporter, configReloaderImage: reloader, startCommand: /nats-server }
";

/// Writes, by method and kind.
pub(crate) type Writes = BTreeMap<String, usize>;

/// Returns what this process is asked to be, if it is the controller.
pub(crate) fn order() -> Option<String> {
    env::var(ORDER).ok()
}

/// Is the controller of a namespace until the input ends.
pub(crate) fn serve(namespace: &str) {
    let writes = Arc::new(Mutex::new(Writes::new()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = client(Arc::clone(&writes)).await;
        let mut settings = Settings::new(Config::from_yaml(CONFIG).unwrap(), "argo-events:test");
        settings.image_pull_policy = "Never".to_owned();
        let stop = CancellationToken::new();
        let end = stop.clone();
        std::thread::spawn(move || {
            // Whatever becomes of the input, it has ended.
            let _ = stdin().read_to_end(&mut Vec::new());
            end.cancel();
        });
        Controller::new(client, settings)
            .namespace(namespace)
            .run(stop)
            .await;
    });
    println!(
        "{}",
        serde_json::to_string(&*writes.lock().unwrap()).unwrap()
    );
}

async fn client(writes: Arc<Mutex<Writes>>) -> kube::Client {
    let file = Kubeconfig::read_from(env::var_os("KUBECONFIG").unwrap()).unwrap();
    let config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
    let count = move |request: http::Request<Body>| {
        if request.method() != http::Method::GET {
            let what = format!("{} {}", request.method(), kind(request.uri().path()));
            *writes.lock().unwrap().entry(what).or_default() += 1;
        }
        request
    };
    let builder = ClientBuilder::try_from(config.unwrap()).unwrap();
    builder.with_layer(&MapRequestLayer::new(count)).build()
}

/// Reads such as `sensors/status` out of `/apis/group/version/namespaces/name/sensors/name/status`.
fn kind(path: &str) -> String {
    let mut words = path
        .split('/')
        .skip_while(|word| *word != "namespaces")
        .skip(2);
    let kind = words.next().unwrap_or(path).to_owned();
    match words.nth(1) {
        Some(part) => format!("{kind}/{part}"),
        None => kind,
    }
}

/// A controller that runs; killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts the controller of a namespace.
    pub(crate) fn start(kubeconfig: &Path, namespace: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .env(ORDER, namespace)
            .env("KUBECONFIG", kubeconfig)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Ends it in order; returns what it wrote.
    pub(crate) fn stop(mut self) -> Writes {
        drop(self.0.stdin.take());
        let mut said = String::new();
        let mut output = self.0.stdout.take().unwrap();
        output.read_to_string(&mut said).unwrap();
        assert!(self.0.wait().unwrap().success());
        serde_json::from_str(&said).unwrap()
    }

    /// Returns the most memory it has had so far, in MiB.
    pub(crate) fn peak(&self) -> f64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

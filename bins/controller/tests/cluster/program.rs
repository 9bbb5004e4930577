//! The program that pods run, `argo-events-services`, with the elections, probes and metrics that it
//! has in a cluster.
//!
//! Which build of it is said by [`PROGRAM`]; else the one beside this test is taken, if there is one.
//! Trials say which that is, and whether it is older than what it is made of.
//! Bounds of time and memory are promised of a build that was named: a release one.

use crate::{
    process::CONFIG,
    stage::{Stage, eventually},
    trial,
};
use argo_events_controller::metrics::{LEADER, WRITES};
use argo_events_testkit::servers::{Server, needing, reserve_port};
use kube::config::Kubeconfig;
use libtest_mimic::Trial;
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::SystemTime,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Names the program, best a release build.
const PROGRAM: &str = "ARGO_EVENTS_SERVICES";

/// Returns the program that was named.
pub(crate) fn named() -> Option<PathBuf> {
    env::var_os(PROGRAM).map(PathBuf::from)
}

fn path() -> Option<PathBuf> {
    let beside = || {
        let own = env::current_exe().ok()?;
        let path = own.parent()?.parent()?.join("argo-events-services");
        path.is_file().then_some(path)
    };
    named().or_else(beside)
}

/// Makes a trial that is ignored where there is no program.
pub(crate) fn program_trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    let told = || {
        path().iter().for_each(|path| introduce(path));
        test();
    };
    let trial = needing(&[Server::Kube], trial(name, told));
    if path().is_some() {
        return trial;
    }
    let reason = format!("{PROGRAM} names no argo-events-services, and none is beside this");
    trial.with_kind(reason).with_ignored_flag(true)
}

/// Says which program is tried, and whether its sources have changed since.
fn introduce(program: &Path) {
    println!("the program is {}", program.display());
    let built = fs::metadata(program).and_then(|it| it.modified()).ok();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let newest = folder.ancestors().nth(2).and_then(newest_source);
    if let (Some(built), Some((changed, source))) = (built, newest)
        && changed > built
    {
        let source = source.display();
        println!("ATTENTION: it is older than {source}; figures and faults are those of before");
    }
}

/// Returns the source below a folder that was changed last, and when; tests are none.
fn newest_source(folder: &Path) -> Option<(SystemTime, PathBuf)> {
    const OTHERS: [&str; 4] = ["target", "tests", "benches", "examples"];
    let entries = fs::read_dir(folder).ok()?.flatten();
    let found = entries.filter_map(|entry| {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_str()?;
        if path.is_dir() {
            let is_other = OTHERS.contains(&name) || name.starts_with('.');
            return (!is_other).then(|| newest_source(&path)).flatten();
        }
        let is_source = name.ends_with(".rs");
        is_source.then(|| Some((entry.metadata().ok()?.modified().ok()?, path)))?
    });
    found.max()
}

/// How a controller is started.
pub(crate) struct Order<'a> {
    /// The namespace that it looks after and elects in.
    pub(crate) namespace: &'a str,
    /// What it is called in the election.
    pub(crate) name: &'a str,
    /// Where it finds the API server, if not where that is.
    pub(crate) server: Option<SocketAddr>,
}

/// A program that runs; killed when dropped.
pub(crate) struct Program {
    child: Child,
    metrics: SocketAddr,
    _folder: TempDir,
}

impl Program {
    /// Starts a controller that stands for election.
    pub(crate) fn controller(stage: &Stage, order: &Order<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("controller-config.yaml");
        fs::write(&config, CONFIG).unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        write_kubeconfig(&stage.server.kubeconfig(), order, &kubeconfig);
        let metrics = reserve_port().unwrap();
        let mut command = Command::new(path().expect("a trial that is not ignored"));
        command
            .arg("controller")
            .args(["--namespaced", "--managed-namespace", order.namespace])
            .args(["--metrics-port", &metrics.port().to_string()])
            .args(["--health-port", "0"])
            .arg("--config")
            .arg(&config)
            .env("KUBECONFIG", &kubeconfig)
            .env("ARGO_EVENTS_IMAGE", "argo-events:test")
            .env("IMAGE_PULL_POLICY", "Never")
            .env("POD_NAME", order.name)
            .env("LOG_LEVEL", "error")
            .stdin(Stdio::null());
        Self {
            child: command.spawn().unwrap(),
            metrics,
            _folder: folder,
        }
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as a node does, and returns how it ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap()
    }

    /// Waits until it says that it leads.
    pub(crate) async fn leads(&self, name: &str) {
        eventually(&format!("{name} leads"), async || {
            self.is_leader().await.then_some(())
        })
        .await;
    }

    /// Tells whether it says that it leads.
    pub(crate) async fn is_leader(&self) -> bool {
        self.sum(LEADER).await == Some(1.0)
    }

    /// Tells whether it can be asked how it is.
    pub(crate) async fn answers(&self) -> bool {
        self.tell().await.is_ok()
    }

    /// Counts what it wrote to the API server.
    pub(crate) async fn writes(&self) -> f64 {
        self.sum(WRITES).await.unwrap_or_default()
    }

    /// Adds the values of a metric up; `None` if it does not tell.
    async fn sum(&self, name: &str) -> Option<f64> {
        let text = self.tell().await.ok()?;
        let series = text.lines().filter(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        let values = series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Some(values.sum())
    }

    async fn tell(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.metrics).await?;
        let question = b"GET /metrics HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
        stream.write_all(question).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }

    /// Returns the memory that it has, and the most it has had so far, in MiB.
    pub(crate) fn memory(&self) -> (f64, f64) {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).unwrap_or_default();
        let read = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let mebibytes = |name| read(name).unwrap_or_default() / 1024.0;
        (mebibytes("VmRSS:"), mebibytes("VmHWM:"))
    }

    /// Returns how many seconds of a processor it has used.
    pub(crate) fn seconds(&self) -> f64 {
        /// Clock ticks of a second, on every Linux that there is.
        const TICKS: f64 = 100.0;
        let path = format!("/proc/{}/stat", self.child.id());
        let text = fs::read_to_string(path).unwrap_or_default();
        // What follows the name, which may have blanks.
        let fields = text.rsplit(')').next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks = ticks.filter_map(|field| field.parse::<f64>().ok());
        ticks.sum::<f64>() / TICKS
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes how a program finds the API server, and in which namespace it is.
fn write_kubeconfig(from: &Path, order: &Order<'_>, to: &Path) {
    let mut file = Kubeconfig::read_from(from).unwrap();
    for named in &mut file.contexts {
        named.context.as_mut().unwrap().namespace = Some(order.namespace.to_owned());
    }
    if let Some(server) = order.server {
        for named in &mut file.clusters {
            named.cluster.as_mut().unwrap().server = Some(format!("https://{server}"));
        }
    }
    // YAML has all of JSON in it.
    fs::write(to, serde_json::to_vec(&file).unwrap()).unwrap();
}

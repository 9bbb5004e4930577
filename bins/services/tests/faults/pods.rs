//! Pods as child processes that can be killed, stopped and started again; what they log is counted.

use argo_events_testkit::servers::reserve_port;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    env,
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Names a folder in which everything that pods log is kept.
const LOGS: &str = "ARGO_EVENTS_FAULTS_LOGS";
/// What pods log: trouble, and who leads. A line for each event would say nothing about faults.
const LEVELS: &str = "warn,argo_events_core::leader=info,argo_events_sensor::runtime=info";
/// How many of a pod's last lines are kept.
const KEPT: usize = 40;

/// Returns a port that nobody else gets, also while its pod is down.
pub(crate) fn free_port() -> io::Result<u16> {
    let reserved = reserve_port().map_err(io::Error::other)?;
    Ok(reserved.port())
}

/// A pod, with what it takes to start it again.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) name: &'static str,
    /// Where metrics and health are.
    pub(crate) health: u16,
    subcommand: &'static str,
    variables: BTreeMap<&'static str, String>,
    child: Option<Child>,
    log: Arc<Mutex<Log>>,
}

/// What a pod has logged, whichever process it was.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) lines: usize,
    pub(crate) last: VecDeque<String>,
}

impl Pod {
    /// Describes a pod that runs an EventSource (`src`) or a Sensor (`sn`) on a bus.
    pub(crate) fn new(
        name: &'static str,
        (subcommand, variable, object): (&'static str, &'static str, &str),
        spec: &Value,
        bus: &Value,
    ) -> io::Result<Self> {
        let encoded = |value: &Value| BASE64_STANDARD.encode(value.to_string());
        let health = free_port()?;
        let metadata = json!({ "name": object, "namespace": "shop" });
        let object = json!({ "metadata": metadata, "spec": spec });
        let variables = [
            (variable, encoded(&object)),
            ("EVENTBUS_CONFIG", encoded(bus)),
            ("POD_NAME", name.to_owned()),
            ("ARGO_EVENTS_METRICS", format!("127.0.0.1:{health}")),
            ("ARGO_EVENTS_GRACE", "5s".to_owned()),
            ("ARGO_EVENTS_SHARDS", "2".to_owned()),
            (
                "RUST_LOG",
                env::var("ARGO_EVENTS_FAULTS_LEVELS").unwrap_or_else(|_| LEVELS.to_owned()),
            ),
        ];
        Ok(Self {
            name,
            health,
            subcommand,
            variables: variables.into(),
            child: None,
            log: Arc::default(),
        })
    }

    /// Starts it, if it does not run.
    pub(crate) fn start(&mut self) -> io::Result<()> {
        if self.child.is_some() {
            return Ok(());
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_argo-events-services"))
            .arg(self.subcommand)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let (log, name) = (self.log.clone(), self.name);
        let stdout = child.stdout.take();
        // Ends with the process whose lines it reads.
        std::thread::spawn(move || stdout.map(|stdout| read(stdout, name, &log)));
        self.child = Some(child);
        Ok(())
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Tells it to end and waits until it has; complains about a bad exit code.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.signal("TERM")?;
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let status = child.wait()?;
        let bad = || io::Error::other(format!("{} ended with {status}", self.name));
        status.success().then_some(()).ok_or_else(bad)
    }

    /// Sends a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) -> io::Result<()> {
        let Some(child) = &self.child else {
            return Ok(());
        };
        let process = child.id().to_string();
        Command::new("kill")
            .args(["-s", signal, &process])
            .status()
            .map(drop)
    }

    /// Returns its exit, if it ended by itself.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        Some(format!("{} ended by itself with {status}", self.name))
    }

    /// Returns what it has logged.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // A process that has ended already cannot be killed, which is fine.
        let _ = self.kill();
    }
}

fn read(stdout: ChildStdout, name: &str, log: &Mutex<Log>) {
    let folder = env::var_os(LOGS).map(PathBuf::from);
    let file = folder.map(|folder| folder.join(format!("{name}.log")));
    let open = |file| OpenOptions::new().create(true).append(true).open(file);
    let mut file = file.and_then(|file| open(file).ok());
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Some(file) = &mut file {
            // It is for a person who looks for a cause; the test does not need it.
            let _ = writeln!(file, "{line}");
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.lines += 1;
        if log.last.len() == KEPT {
            log.last.pop_front();
        }
        log.last.push_back(line);
    }
}

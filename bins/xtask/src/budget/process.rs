//! The binary while it runs, and what can be asked of it.

use super::{client, manifests, ports};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const KIB: f64 = 1024.0;
/// How long anything here may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process; dropping it ends it.
pub(super) struct Process {
    child: Child,
    began: Instant,
    port: u16,
    metrics: u16,
}

impl Process {
    /// Starts the binary on a copy of the webhook example, in a folder of that name.
    pub(super) fn start(
        binary: &Path,
        folder: &Path,
        name: &str,
        bus: &str,
    ) -> Result<Self, String> {
        let (port, metrics) = ports()?;
        let folder = folder.join(name);
        manifests(&folder.join("manifests"), port)?;
        let mut command = Command::new(binary);
        command
            .arg("run")
            .arg(folder.join("manifests"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .args(["--bus", bus, "--metrics", &format!("127.0.0.1:{metrics}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let began = now();
        let child = command
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(Self {
            child,
            began,
            port,
            metrics,
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until the process says that it is ready.
    pub(super) fn ready(&self) -> Result<(), String> {
        self.until("to be ready", Duration::from_millis(5), || {
            client::get(self.metrics, "/readyz")
                .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
        })
    }

    /// Waits for the first event to be accepted; returns how long that took from the start.
    pub(super) fn accepts(&self) -> Result<Duration, String> {
        self.until("to accept an event", Duration::from_micros(200), || {
            client::post(self.port, 1).is_ok()
        })?;
        Ok(self.began.elapsed())
    }

    /// Waits until the trigger has acted this often.
    pub(super) fn acted(&self, times: u64) -> Result<(), String> {
        self.until("to act on every event", Duration::from_millis(5), || {
            let metrics = client::get(self.metrics, "/metrics").unwrap_or_default();
            let acted = metrics
                .lines()
                .filter(|line| line.starts_with("argo_events_action_triggered_total"))
                .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
            acted.sum::<u64>() >= times
        })
    }

    /// Returns a figure of the process's memory in bytes: `VmRSS:` for now, `VmHWM:` for the peak.
    pub(super) fn memory(&self, figure: &str) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(figure));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kibibytes
            .map(|count| count * KIB)
            .ok_or(format!("{path} states no {figure}"))
    }

    fn until(&self, what: &str, pause: Duration, holds: impl Fn() -> bool) -> Result<(), String> {
        let began = now();
        while !holds() {
            if began.elapsed() > PATIENCE {
                return Err(format!("the process took too long {what}"));
            }
            sleep(pause);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which the measurements have noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures real time for the person who waits"
)]
fn now() -> Instant {
    Instant::now()
}

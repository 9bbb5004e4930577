//! Where the run is steered from: calls `kubectl`, waits, prints what was done and how long it took.

use crate::{SHOP, SYSTEM};
use k8s_openapi::serde::de::DeserializeOwned;
use k8s_openapi::{NamespaceResourceScope, api::core::v1::Pod};
use kube::{Api, Client, Resource, api::ListParams};
use std::{
    fmt::Debug,
    future::Future,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is looked whether something has come about.
pub(super) const GLANCE: Duration = Duration::from_millis(100);
/// What helps to find out why a step took too long.
const CLUES: [&[&str]; 7] = [
    &[
        "get",
        "all,eventbus,eventsources,sensors",
        "-A",
        "-o",
        "wide",
    ],
    &["describe", "pods", "-n", SHOP],
    &["get", "events", "-A"],
    &[
        "logs",
        "-n",
        SYSTEM,
        "-l",
        "app=controller-manager",
        "--tail=40",
    ],
    &[
        "logs",
        "-n",
        SHOP,
        "-l",
        "controller=sensor-controller",
        "--tail=40",
    ],
    &[
        "logs",
        "-n",
        SHOP,
        "-l",
        "controller=eventsource-controller",
        "--tail=40",
    ],
    &[
        "logs",
        "-n",
        SHOP,
        "-l",
        "controller=eventbus-controller",
        "-c",
        "main",
        "--tail=20",
    ],
];

/// What can be done to the cluster.
pub(super) struct Desk {
    pub(super) kubeconfig: PathBuf,
    pub(super) client: Client,
    /// A folder for files, removed at the end.
    pub(super) folder: PathBuf,
}

/// Returns when something began.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Says how long something took.
pub(super) fn took(began: Instant, what: &str) {
    println!("{:7.1} s  {what}", began.elapsed().as_secs_f64());
}

impl Desk {
    pub(super) fn new(kubeconfig: PathBuf, client: Client, folder: PathBuf) -> Self {
        Self {
            kubeconfig,
            client,
            folder,
        }
    }

    pub(super) fn say(&self, what: &str) {
        println!("           {what}");
    }

    /// Waits for something and says how long that took; shows how everything is when it takes too long.
    pub(super) async fn step<T>(&self, what: &str, done: impl Future<Output = T>) -> T {
        let began = now();
        let Ok(found) = timeout(PATIENCE, done).await else {
            for clue in CLUES {
                self.show(clue);
            }
            panic!("{what}: not within {PATIENCE:?}");
        };
        took(began, what);
        found
    }

    /// Calls `kubectl`, which has to succeed, and returns what it printed.
    pub(super) fn kubectl(&self, arguments: &[&str]) -> String {
        self.given(arguments, "")
            .unwrap_or_else(|said| panic!("kubectl {}: {said}", arguments.join(" ")))
    }

    /// Applies a manifest in the namespace of the shop.
    pub(super) fn apply(&self, manifest: &str) {
        let applied = self.given(&["apply", "-n", SHOP, "-f", "-"], manifest);
        applied.unwrap_or_else(|said| panic!("kubectl apply: {said}\n{manifest}"));
    }

    /// Calls `kubectl` with an input; returns what it printed, or what it said was wrong.
    pub(super) fn given(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        println!("           $ kubectl {}", arguments.join(" "));
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        drop(pipe);
        let output = tokio::task::block_in_place(|| child.wait_with_output()).unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        // Of warnings, too: they are meant for whoever applies our manifests.
        said.lines().for_each(|line| self.say(line));
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(said.into_owned()),
        }
    }

    /// Begins a call of `kubectl` that goes on until it is ended.
    pub(super) fn begin(&self, arguments: &[&str]) -> Going {
        println!("           $ kubectl {} &", arguments.join(" "));
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Going(command.spawn().unwrap())
    }

    /// Shows what `kubectl` prints, whatever becomes of it.
    pub(super) fn show(&self, arguments: &[&str]) {
        println!("           $ kubectl {}", arguments.join(" "));
        let output = tokio::task::block_in_place(|| self.command(arguments).output()).unwrap();
        for bytes in [output.stdout, output.stderr] {
            String::from_utf8_lossy(&bytes)
                .lines()
                .for_each(|line| self.say(line));
        }
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig);
        command.args(arguments);
        command
    }

    /// Returns a kind of objects in a namespace.
    pub(super) fn all<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// Returns the objects of a label; none when the API server does not answer.
    pub(super) async fn labelled<K>(&self, namespace: &str, label: &str) -> Vec<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let chosen = ListParams::default().labels(label);
        let found = self.all::<K>(namespace).list(&chosen).await;
        found.map(|list| list.items).unwrap_or_default()
    }

    /// Waits until so many pods of a label are ready, and no other is there.
    pub(super) async fn ready(&self, namespace: &str, label: &str, count: usize) {
        until(async || {
            let pods = self.labelled::<Pod>(namespace, label).await;
            pods.len() == count && pods.iter().all(is_ready)
        })
        .await;
    }
}

/// Looks again and again until something holds.
pub(super) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    while !holds().await {
        sleep(GLANCE).await;
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|it| it.conditions.as_ref());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.is_some_and(|all| {
            all.iter()
                .any(|one| one.type_ == "Ready" && one.status == "True")
        })
}

/// A call of `kubectl` that ends with its handle.
pub(super) struct Going(Child);

impl Drop for Going {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

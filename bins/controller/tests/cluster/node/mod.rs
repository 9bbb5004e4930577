//! The whole on a real node: our image, our manifests, and nothing of this program in between.
//!
//! `cargo xtask cluster` makes the images and the namespaces that this wants; elsewhere the trial is
//! ignored. It prints how long each step took.

mod names;

use crate::trial;
use argo_events_testkit::servers::{KubeNode, KubeServer, Part, Server};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Node, Pod, Service},
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, LogParams},
};
use libtest_mimic::Trial;
use names::Names;
use std::{
    env, fs,
    future::Future,
    net::IpAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// Names the folder with the archives of images.
const IMAGES: &str = "ARGO_EVENTS_NODE";
/// Names the cgroup of the pods.
const GROUP: &str = "ARGO_EVENTS_NODE_GROUP";
/// Names the address of the node.
const ADDRESS: &str = "ARGO_EVENTS_NODE_ADDRESS";
/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(180);
const GLANCE: Duration = Duration::from_millis(200);
/// A bus, a source that listens, a sensor with a standby, and what it may do.
const SHOP: &str = include_str!("shop.yaml");

pub(crate) fn trial_on_node() -> Trial {
    let trial = trial(
        "node: a post to a pod becomes a job, also when the leader is gone",
        run,
    );
    match env::var_os(IMAGES) {
        Some(_) => trial.with_ignored_flag(true),
        None => trial
            .with_kind("`cargo xtask cluster` makes what this needs")
            .with_ignored_flag(true),
    }
}

fn run() {
    let folder = PathBuf::from(env::var_os(IMAGES).expect("called by `cargo xtask cluster`"));
    let address: IpAddr = env::var(ADDRESS).unwrap().parse().unwrap();
    let options = KubeServer::options(Server::KubeNode).with(Part::ControllerManager);
    let options = options.with(Part::Scheduler).reached_at(address);
    let server = options.start().unwrap();
    let group = env::var(GROUP).unwrap();
    let _node = KubeNode::start(&server, &group, &archives(&folder)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let client = server.client().await.unwrap();
        let _names = Names::serve(address, client.clone()).await.unwrap();
        Run { server, client }.play().await;
    });
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    entries
        .filter(|path| path.extension().is_some_and(|it| it == "tar"))
        .collect()
}

struct Run {
    server: KubeServer,
    client: Client,
}

impl Run {
    async fn play(&self) {
        self.step("the node is ready", self.node_is_ready()).await;
        self.kubectl(&["create", "namespace", "argo-events"], "");
        self.kubectl(&["apply", "-k", &manifests("cluster-install")], "");
        self.step(
            "two controllers are ready",
            self.ready("argo-events", "app=controller-manager", 2),
        )
        .await;
        self.kubectl(&["apply", "-f", "-"], SHOP);
        let servers = self.ready("shop", "controller=eventbus-controller", 3);
        self.step("three servers of the bus are ready", servers)
            .await;
        let listening = self.ready("shop", "eventsource-name=orders", 1);
        self.step("the source is ready", listening).await;
        self.step("two sensor pods are ready", self.ready("shop", SENSOR, 2))
            .await;
        self.step("a post became a job that succeeded", self.order(1))
            .await;
        let leader = self.leader().await;
        println!("the leader is {leader}");
        let pods = Api::<Pod>::namespaced(self.client.clone(), "shop");
        pods.delete(&leader, &DeleteParams::default())
            .await
            .unwrap();
        self.step("the standby made the next job", self.order(2))
            .await;
        self.step("there is a standby again", self.ready("shop", SENSOR, 2))
            .await;
    }

    /// Waits for something and says how long that took; shows how everything is when it takes too long.
    async fn step(&self, what: &str, done: impl Future<Output = ()>) {
        let began = Instant::now();
        if timeout(PATIENCE, done).await.is_err() {
            for arguments in [
                &["get", "all,eb,es,sn", "-A", "-o", "wide"][..],
                &["describe", "pods", "-n", "shop"],
                &["get", "events", "-A"],
                &[
                    "logs",
                    "-n",
                    "argo-events",
                    "-l",
                    "app=controller-manager",
                    "--tail=40",
                ],
                &["logs", "-n", "shop", "-l", SENSOR, "--tail=40"],
                &[
                    "logs",
                    "-n",
                    "shop",
                    "-l",
                    "eventsource-name=orders",
                    "--tail=40",
                ],
            ] {
                self.show(arguments);
            }
            panic!("{what}: not within {PATIENCE:?}");
        }
        println!("{what}: {:.1} s", began.elapsed().as_secs_f64());
    }

    async fn node_is_ready(&self) {
        let nodes = Api::<Node>::all(self.client.clone());
        // Ready, it is still kept free for some seconds.
        let is_free = |node: &Node| {
            let spec = node.spec.as_ref();
            let status = node.status.as_ref().and_then(|it| it.conditions.as_ref());
            spec.is_some_and(|it| it.taints.is_none())
                && status.is_some_and(|all| {
                    all.iter()
                        .any(|one| one.type_ == "Ready" && one.status == "True")
                })
        };
        while !nodes
            .list(&ListParams::default())
            .await
            .is_ok_and(|all| all.iter().any(is_free))
        {
            sleep(GLANCE).await;
        }
    }

    /// Waits until so many pods of a label are ready.
    async fn ready(&self, namespace: &str, label: &str, count: usize) {
        let pods = Api::<Pod>::namespaced(self.client.clone(), namespace);
        let labelled = ListParams::default().labels(label);
        loop {
            let all = pods
                .list(&labelled)
                .await
                .map(|list| list.items)
                .unwrap_or_default();
            if all.iter().filter(|pod| is_ready(pod)).count() == count {
                return;
            }
            sleep(GLANCE).await;
        }
    }

    /// Posts an order to the Service of the source, and waits until its job has succeeded.
    async fn order(&self, number: usize) {
        let services = Api::<Service>::namespaced(self.client.clone(), "shop");
        let service = services.get("orders-eventsource-svc").await.unwrap();
        let address = service.spec.unwrap().cluster_ip.unwrap();
        let body = format!("{{\"order\": \"{number}\"}}");
        let url = format!("http://{address}:12000/paid");
        let mut post = Command::new("curl");
        post.args([
            "--silent",
            "--show-error",
            "--fail",
            "--max-time",
            "30",
            "--data",
            &body,
        ]);
        let output = post
            .args(["--header", "Content-Type: application/json", &url])
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        let jobs = Api::<Job>::namespaced(self.client.clone(), "shop");
        let is_done = |job: &Job| {
            let number = number.to_string();
            job.annotations().get("order") == Some(&number)
                && job
                    .status
                    .as_ref()
                    .is_some_and(|it| it.succeeded == Some(1))
        };
        while !jobs
            .list(&ListParams::default())
            .await
            .is_ok_and(|all| all.iter().any(is_done))
        {
            sleep(GLANCE).await;
        }
    }

    /// Finds the pod of the sensor that works, by what it says.
    async fn leader(&self) -> String {
        let pods = Api::<Pod>::namespaced(self.client.clone(), "shop");
        for pod in pods
            .list(&ListParams::default().labels(SENSOR))
            .await
            .unwrap()
        {
            let name = pod.name_any();
            let said = pods.logs(&name, &LogParams::default()).await.unwrap();
            if said.contains("Sensor started.") {
                return name;
            }
        }
        panic!("no pod says that it leads");
    }

    fn kubectl(&self, arguments: &[&str], input: &str) {
        use std::io::Write as _;
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        assert!(
            child.wait().unwrap().success(),
            "kubectl {}",
            arguments.join(" ")
        );
    }

    fn show(&self, arguments: &[&str]) {
        println!("— kubectl {}", arguments.join(" "));
        // It helps to find out why something failed; that it fails as well changes nothing.
        let _ = self.command(arguments).status();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command
            .arg("--kubeconfig")
            .arg(self.server.kubeconfig())
            .args(arguments);
        command
    }
}

const SENSOR: &str = "sensor-name=shipping";

fn manifests(folder: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(1)
        .unwrap();
    root.join("services/deploy")
        .join(folder)
        .display()
        .to_string()
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|it| it.conditions.as_ref());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.is_some_and(|all| {
            all.iter()
                .any(|one| one.type_ == "Ready" && one.status == "True")
        })
}

//! The whole on a real node: our image, our manifests, applied by `kubectl` as people do it.
//!
//! `cargo xtask cluster` makes the images and the namespaces that this wants, and runs it. Each chapter
//! is a file; [`desk`] prints what is done and how long it took.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how the run fails, and what it does is printed"
)]

mod desk;
mod flow;
mod install;
mod leaders;
mod names;
mod packed;
mod removal;
mod takeover;

use argo_events_testkit::servers::{KubeNode, KubeServer, Part, Server};
use desk::Desk;
use names::Names;
use std::{
    env, fs,
    io::{Read as _, stdin},
    net::IpAddr,
    path::{Path, PathBuf},
};

/// Names the folder with the archives of images.
const IMAGES: &str = "ARGO_EVENTS_NODE";
/// Names the cgroup of the pods.
const GROUP: &str = "ARGO_EVENTS_NODE_GROUP";
/// Names the address of the node.
const ADDRESS: &str = "ARGO_EVENTS_NODE_ADDRESS";
/// Asks to wait for the end of the input before everything is removed.
const KEEP: &str = "ARGO_EVENTS_NODE_KEEP";
/// Where the controller is.
const SYSTEM: &str = "argo-events";
/// Where everything else is.
const SHOP: &str = "shop";

fn main() {
    let folder = PathBuf::from(env::var_os(IMAGES).expect("called by `cargo xtask cluster`"));
    let address: IpAddr = env::var(ADDRESS).unwrap().parse().unwrap();
    let began = desk::now();
    let options = KubeServer::options(Server::KubeNode).with(Part::ControllerManager);
    let options = options.with(Part::Scheduler).reached_at(address);
    let server = options.start().unwrap();
    desk::took(
        began,
        "etcd, the API server, the controller manager and the scheduler are ready",
    );
    let began = desk::now();
    let group = env::var(GROUP).unwrap();
    let _node = KubeNode::start(&server, &group, &archives(&folder)).unwrap();
    desk::took(
        began,
        "containerd has the images, the kubelet and kube-proxy are ready",
    );
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let client = server.client().await.unwrap();
        let _names = Names::serve(address, client.clone()).await.unwrap();
        play(&Desk::new(server.kubeconfig(), client, folder)).await;
    });
}

async fn play(desk: &Desk) {
    install::play(desk).await;
    takeover::play(desk).await;
    packed::play(desk).await;
    desk.show(&["get", "eventbus,eventsources,sensors,pods", "-n", SHOP]);
    if env::var_os(KEEP).is_some() {
        desk.say("kept until the input ends");
        // However it ends.
        let _ = tokio::task::block_in_place(|| stdin().read_to_end(&mut Vec::new()));
    }
    removal::play(desk).await;
    install::by_helm(desk).await;
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "tar"))
        .collect()
}

/// Returns where something lies below the manifests that people apply.
fn deploy(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let folder = root.unwrap().join("bins/services/deploy");
    folder.join(path).display().to_string()
}

//! `cargo xtask cluster`: a run on a real node, from our image and our manifests.
//!
//! Prepares programs and images, and runs the example `node` of the test kit, which says what is done
//! there, in namespaces that look like a machine of their own. Needs root, and names the programs that
//! are missing; `docs/testing.md` says more.

mod images;

use crate::{
    command::{self, Outcome, cargo, root, run, target},
    folder::Folder,
    servers,
};
use images::Images;
use std::{
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    time::Instant,
};

/// Where the node is reached; an address that is for documentation, so nobody's.
const ADDRESS: &str = "192.0.2.10";
/// Programs, and how each is asked whether it is there.
const PROGRAMS: [(&str, &str); 9] = [
    ("containerd", "--version"),
    ("runc", "--version"),
    ("ctr", "--version"),
    ("iptables", "--version"),
    ("ip", "-V"),
    ("unshare", "--version"),
    ("setpriv", "--version"),
    ("kubectl", "help"),
    ("curl", "--version"),
];
/// What Debian calls them.
const PACKAGES: &str =
    "containerd runc containernetworking-plugins iptables iproute2 util-linux curl, and kubectl";

/// What was asked for.
#[derive(Default)]
struct Order {
    /// A static program of the services that is built already.
    binary: Option<PathBuf>,
    /// Whether everything stays until the input ends.
    keep: bool,
}

/// Runs it.
pub(crate) fn run_on_node(words: &[String]) -> Outcome {
    let order = Order::read(words)?;
    check()?;
    let work = Folder::new("cluster")?;
    let images = Images {
        folder: &work.0,
        binary: order.binary.as_deref(),
        node: &servers::obtain(servers::Server::KubeNode)?,
        nats: &servers::obtain(servers::Server::Nats)?,
        oldest_nats: &servers::obtain(servers::Server::Nats210)?,
    };
    timed("the images are made", || images.make())?;
    timed("the run is built", build)?;
    let mut around = around(&work.0, &program());
    if order.keep {
        around.env("ARGO_EVENTS_NODE_KEEP", "yes");
    }
    timed("everything was run and removed", || run(&mut around))
}

/// Says what is missing on this machine, all of it at once.
fn check() -> Outcome {
    let is_there = |(program, question): &&(&str, &str)| {
        let mut command = Command::new(program);
        let command = command.arg(question).stdin(Stdio::null());
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok()
    };
    let missing = PROGRAMS.iter().filter(|it| !is_there(it)).map(|it| it.0);
    let mut missing: Vec<_> = missing.collect();
    if !Path::new("/usr/lib/cni/bridge").exists() {
        missing.push("/usr/lib/cni/bridge");
    }
    let mut faults = Vec::new();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        faults.push(format!("{missing} not here; Debian has {PACKAGES}"));
    }
    if command::output(Command::new("id").arg("-u"))?.trim() != "0" {
        faults.push("a node needs root".to_owned());
    }
    if !Path::new("/sys/fs/cgroup/memory/cgroup.clone_children").exists() {
        faults.push("this needs cgroups of version 1 below /sys/fs/cgroup".to_owned());
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(format!("not run: {}", faults.join("; "))),
    }
}

/// What the example is called for cargo.
const EXAMPLE: [&str; 8] = [
    "build",
    "--quiet",
    "--package",
    "argo-events-testkit",
    "--features",
    "kube",
    "--example",
    "node",
];

fn build() -> Outcome {
    run(&mut cargo(&EXAMPLE))
}

fn program() -> PathBuf {
    target().join("debug/examples/node")
}

/// Begins a command on a node of its own, all of which ends with it, and with this process.
fn around(work: &Path, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .current_dir(root())
        .args(["--pdeathsig", "TERM", "sh"])
        .arg(root().join("bins/xtask/src/cluster/around.sh"))
        .arg(work)
        .arg(format!("argo-events-{}", process::id()))
        .arg(program)
        .env("ARGO_EVENTS_NODE", work)
        .env(
            "ARGO_EVENTS_NODE_GROUP",
            format!("argo-events-{}", process::id()),
        )
        .env("ARGO_EVENTS_NODE_ADDRESS", ADDRESS)
        .env("ARGO_EVENTS_TOOLS", command::tools())
        // So that the folders of the servers go with this one.
        .env("TMPDIR", work);
    command
}

/// Does something and says how long it took.
fn timed(what: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    #[expect(clippy::disallowed_methods, reason = "a task takes real time")]
    let began = Instant::now();
    work()?;
    let seconds = began.elapsed().as_secs_f64();
    command::say(&format!("{seconds:7.1} s  {what}"));
    Ok(())
}

impl Order {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut order = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match (word.as_str(), word.as_str() == "--binary") {
                ("--keep", _) => order.keep = true,
                (_, true) => {
                    let path = words.next().ok_or("--binary needs a file")?;
                    order.binary = Some(PathBuf::from(path));
                }
                (other, _) => {
                    return Err(format!("{other:?} is no option of `cargo xtask cluster`"));
                }
            }
        }
        Ok(order)
    }
}

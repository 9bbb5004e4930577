//! `cargo xtask cluster`: a run on a real node, from our image and our manifests.
//!
//! Prepares images and programs, makes namespaces that look like a machine of their own, and runs the
//! trial `node` of the controller's tests in them, which says what is done there. Needs root and the
//! programs it names when they are missing; `docs/testing.md` says more.

use crate::{
    command::{self, Outcome, cargo, root, run, target},
    folder::Folder,
    image, servers,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
};

/// Where the node is reached; an address that is for documentation, so nobody's.
const ADDRESS: &str = "192.0.2.10";
/// Programs, and how each is asked whether it is there.
const PROGRAMS: [(&str, &str); 8] = [
    ("containerd", "--version"),
    ("runc", "--version"),
    ("ctr", "--version"),
    ("iptables", "--version"),
    ("ip", "-V"),
    ("unshare", "--version"),
    ("kubectl", "help"),
    ("curl", "--version"),
];
/// What Debian calls them.
const PACKAGES: &str =
    "containerd runc containernetworking-plugins iptables iproute2 util-linux curl, and kubectl";
/// The bus, as the manifests call its image.
const NATS: &str = "docker.io/library/nats:2.15.1";
/// What stands in for the other containers of the bus: they reload and measure, which nothing here needs.
const STAND_INS: [(&str, &str); 3] = [
    ("pause", "argo-events.local/pause:1"),
    (
        "exporter",
        "docker.io/natsio/prometheus-nats-exporter:0.14.0",
    ),
    (
        "reloader",
        "docker.io/natsio/nats-server-config-reloader:0.14.0",
    ),
];

/// Runs it; `--binary FILE` takes a static program of the services that is built already.
pub(crate) fn run_on_node(words: &[String]) -> Outcome {
    let binary = match words {
        [] => None,
        [option, path] if option == "--binary" => Some(PathBuf::from(path)),
        _ => return Err("use --binary FILE, or nothing".to_owned()),
    };
    check()?;
    let node = servers::obtain(servers::Server::KubeNode)?;
    let nats = servers::obtain(servers::Server::Nats)?;
    let work = Folder::new("cluster")?;
    images(&work.0, binary.as_deref(), &node, &nats)?;
    let test = [
        "test",
        "--quiet",
        "--package",
        "argo-events-controller",
        "--test",
        "cluster",
    ];
    run(cargo(&test).arg("--no-run"))?;
    let group = format!("argo-events-{}", process::id());
    let groups = Groups::make(&group)?;
    let outcome = run(inside(&work.0)?
        .env("ARGO_EVENTS_NODE", &work.0)
        .env("ARGO_EVENTS_NODE_GROUP", &group)
        .arg(cargo(&[]).get_program())
        .args(test)
        .args(["--offline", "--", "--ignored", "node"]));
    drop(groups);
    outcome
}

/// Says what is missing on this machine, all of it at once.
fn check() -> Outcome {
    let is_there = |(program, question): &&(&str, &str)| {
        let mut command = Command::new(program);
        let command = command.arg(question).stdin(Stdio::null());
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok()
    };
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|it| !is_there(it))
        .map(|it| it.0)
        .collect();
    if !missing.is_empty() {
        return Err(format!(
            "{} are not here; Debian has {PACKAGES}",
            missing.join(", ")
        ));
    }
    if !Path::new("/usr/lib/cni/bridge").exists() {
        return Err(format!(
            "/usr/lib/cni/bridge is not here; Debian has {PACKAGES}"
        ));
    }
    if command::output(Command::new("id").arg("-u"))?.trim() != "0" {
        return Err("a node needs root".to_owned());
    }
    Ok(())
}

fn images(folder: &Path, binary: Option<&Path>, node: &Path, nats: &Path) -> Outcome {
    let archive = |name: &str| folder.join(name).with_extension("tar");
    let ours = archive("argo-events").display().to_string();
    let mut order = vec![
        "--output".to_owned(),
        ours,
        "--features".to_owned(),
        "jetstream".to_owned(),
    ];
    if let Some(binary) = binary {
        order.extend(["--binary".to_owned(), binary.display().to_string()]);
    }
    image::image(&order)?;
    let script = root().join("bins/xtask/src/cluster/image.sh");
    let make = |archive: PathBuf, name: &str, program: PathBuf, path: &str| {
        let mut command = Command::new("sh");
        command.arg(&script).arg(archive).arg(name).arg(program);
        run(command.arg(path))
    };
    make(
        archive("nats"),
        NATS,
        nats.join("nats-server"),
        "/nats-server",
    )?;
    for (name, image) in STAND_INS {
        make(archive(name), image, node.join("pause"), "/pause")?;
    }
    Ok(())
}

/// Begins a command in namespaces of its own, which end with it, and everything in them too.
fn inside(work: &Path) -> Result<Command, String> {
    let mut command = Command::new("unshare");
    command
        .current_dir(root())
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ])
        .args(["--propagation", "slave", "sh"])
        .arg(root().join("bins/xtask/src/cluster/node.sh"))
        .args([work.as_os_str(), ADDRESS.as_ref()])
        // Below the folder for temporary files everything is as it was.
        .env("CARGO_TARGET_DIR", target())
        .env("ARGO_EVENTS_NODE_ADDRESS", ADDRESS)
        .env("TMPDIR", env::temp_dir());
    Ok(command)
}

/// A cgroup of one name in each hierarchy; removed at the end.
struct Groups(Vec<PathBuf>);

impl Groups {
    fn make(name: &str) -> Result<Self, String> {
        let all = fs::read_dir("/sys/fs/cgroup").map_err(|error| format!("cgroups: {error}"))?;
        let mut made = Self(Vec::new());
        for hierarchy in all.flatten().map(|entry| entry.path()) {
            if !hierarchy.join("cgroup.clone_children").exists() {
                continue;
            }
            let group = hierarchy.join(name);
            fs::create_dir(&group).map_err(|error| format!("{}: {error}", group.display()))?;
            for setting in ["cpuset.cpus", "cpuset.mems"] {
                // Empty, no process could be put in; other hierarchies have no such file.
                if let Ok(text) = fs::read_to_string(hierarchy.join(setting)) {
                    let written = fs::write(group.join(setting), text);
                    written.map_err(|error| format!("{}: {error}", group.display()))?;
                }
            }
            made.0.push(group);
        }
        match made.0.is_empty() {
            true => Err("this needs cgroups of version 1 below /sys/fs/cgroup".to_owned()),
            false => Ok(made),
        }
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in &self.0 {
            // Children first; those that still end are left to the next try, and then to the machine.
            let mut find = Command::new("find");
            let find = find
                .arg(group)
                .args(["-depth", "-type", "d", "-exec", "rmdir", "{}", "+"]);
            for _ in 0..5 {
                let quiet = find.stderr(Stdio::null()).status();
                if quiet.is_ok() && !group.exists() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        }
    }
}

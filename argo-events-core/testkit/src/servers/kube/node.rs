//! A node: containerd, the kubelet and kube-proxy, so that pods really run.
//!
//! It wants namespaces of its own for processes, mounts and the network, which `cargo xtask cluster`
//! makes: what is written here to paths below /run and /var is meant for those. Root only, and cgroups
//! of version 1.

use super::{
    KubeServer,
    access::{NODE, User},
    arguments::words,
    ask::Question,
    options::PATIENCE,
};
use crate::servers::{
    Server, available, place,
    process::{Launch, Process, Ready},
};
use argo_events_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Image that holds the namespaces of pods.
const PAUSE: &str = "argo-events.local/pause:1";
/// Addresses of pods.
const PODS: &str = "10.244.0.0/24";
/// Where Debian has the plugins that connect pods.
const PLUGINS: &str = "/usr/lib/cni";
const KUBELET_HEALTH: u16 = 10248;
const PROXY_HEALTH: u16 = 10256;

/// The only node of a control plane; ends with its handle.
#[derive(Debug)]
pub struct KubeNode {
    // Who asks ends before who is asked.
    _proxy: Process,
    _kubelet: Process,
    _containerd: Process,
}

impl KubeNode {
    /// Starts a node that has the images of these archives, among them `argo-events.local/pause:1`.
    ///
    /// `group` is the cgroup that all of its pods are below, there already. Names of Services are asked
    /// of port 53 of the address at which the API server is reached.
    ///
    /// # Errors
    /// When a program is missing or does not get ready; with what it printed.
    pub fn start(server: &KubeServer, group: &str, images: &[PathBuf]) -> Result<Self> {
        let programs = available(Server::KubeNode)?;
        let folder = server.folder.path().join("node");
        for name in ["state", "plugins"] {
            fs::create_dir_all(folder.join(name)).map_err(failed)?;
        }
        let containerd = containerd(&folder)?;
        containerd.start()?;
        for image in images {
            import(&folder, image)?;
        }
        let kubelet = kubelet(&folder, &programs, server, group)?;
        let proxy = proxy(&folder, &programs, server);
        kubelet.launch()?;
        proxy.launch()?;
        kubelet.wait_until_ready()?;
        proxy.wait_until_ready()?;
        Ok(Self {
            _proxy: proxy,
            _kubelet: kubelet,
            _containerd: containerd,
        })
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("containerd.sock")
}

fn containerd(folder: &Path) -> Result<Process> {
    let file = folder.join("containerd.toml");
    place::write(&file, &containerd_config(folder))?;
    let network = folder.join("plugins/10-pods.conflist");
    place::write(&network, &network_config(folder).to_string())?;
    let socket = socket(folder);
    Ok(process(
        folder,
        "containerd".into(),
        vec!["--config".into(), file.into()],
        Box::new(move || {
            ctr(&socket)
                .arg("version")
                .status()
                .is_ok_and(|it| it.success())
        }),
    ))
}

fn ctr(socket: &Path) -> Command {
    let mut command = Command::new("ctr");
    command
        .arg("--address")
        .arg(socket)
        .args(["--namespace", "k8s.io"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn import(folder: &Path, image: &Path) -> Result<()> {
    let mut command = ctr(&socket(folder));
    let output = command
        .args(["images", "import"])
        .arg(image)
        .stderr(Stdio::piped())
        .output()
        .map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let message = format!("an image is not taken; ctr printed\n{said}");
    Err(Error::permanent(ErrorKind::Unavailable, message).with("image", image.display()))
}

/// Leaves alone what needs more rights than a container of CI has: AppArmor, and the scores by which
/// processes are killed when memory is short.
fn containerd_config(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"version = 2
root = "{folder}/images"
state = "{folder}/state"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{folder}/plugins"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"#
    )
}

/// One bridge for all pods.
fn network_config(folder: &Path) -> Value {
    json!({
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "pods0",
                "isGateway": true,
                "hairpinMode": true,
                "ipam": {
                    "type": "host-local",
                    "dataDir": folder.join("addresses"),
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    })
}

fn kubelet(folder: &Path, programs: &Path, server: &KubeServer, group: &str) -> Result<Process> {
    let file = folder.join("kubelet.json");
    place::write(&file, &kubelet_config(folder, server, group).to_string())?;
    let config = server.access.kubelet_config();
    Ok(process(
        folder,
        programs.join("kubelet"),
        words([
            format!("--config={}", file.display()),
            format!("--kubeconfig={}", config.display()),
            format!("--root-dir={}", folder.join("kubelet").display()),
            format!("--hostname-override={NODE}"),
            format!("--node-ip={}", server.address),
        ]),
        healthy(KUBELET_HEALTH),
    ))
}

fn kubelet_config(folder: &Path, server: &KubeServer, group: &str) -> Value {
    let [certificate, key] = server.access.kubelet();
    let none = json!("0%");
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "healthzPort": KUBELET_HEALTH,
        "containerRuntimeEndpoint": format!("unix://{}", socket(folder).display()),
        "tlsCertFile": certificate,
        "tlsPrivateKeyFile": key,
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": server.certificates().authority()},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{group}"),
        "enforceNodeAllocatable": [],
        "failSwapOn": false,
        "makeIPTablesUtilChains": false,
        "oomScoreAdj": 0,
        "maxOpenFiles": 20000,
        "resolvConf": "",
        "clusterDNS": [server.address],
        "clusterDomain": "cluster.local",
        "podLogsDir": folder.join("logs"),
        "volumePluginDir": folder.join("volumes"),
        // However full the disk is: the images are all there are, and cannot be had again.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "50Mi", "nodefs.available": none, "nodefs.inodesFree": none,
            "imagefs.available": none, "imagefs.inodesFree": none,
        },
        "nodeStatusUpdateFrequency": "5s",
    })
}

fn proxy(folder: &Path, programs: &Path, server: &KubeServer) -> Process {
    let config = server.access.kubeconfig(User::Proxy);
    process(
        folder,
        programs.join("kube-proxy"),
        words([
            format!("--kubeconfig={}", config.display()),
            format!("--hostname-override={NODE}"),
            "--proxy-mode=iptables".to_owned(),
            format!("--cluster-cidr={PODS}"),
            // These would change the whole machine.
            "--conntrack-max-per-core=0".to_owned(),
            "--conntrack-tcp-timeout-established=0s".to_owned(),
            "--conntrack-tcp-timeout-close-wait=0s".to_owned(),
            format!("--healthz-bind-address=127.0.0.1:{PROXY_HEALTH}"),
            "--metrics-bind-address=127.0.0.1:10249".to_owned(),
        ]),
        healthy(PROXY_HEALTH),
    )
}

fn healthy(port: u16) -> Ready {
    let question = Question::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    Box::new(move || question.is_answered("/healthz"))
}

fn process(folder: &Path, program: PathBuf, arguments: Vec<OsString>, ready: Ready) -> Process {
    let name = program.file_name().unwrap_or_default().to_owned();
    Process::new(Launch {
        program,
        arguments,
        log: folder.join(&name).with_extension("log"),
        store: folder.join(&name),
        prepare: None,
        ready,
        patience: PATIENCE,
    })
}

fn failed(error: std::io::Error) -> Error {
    Error::permanent(ErrorKind::Unavailable, "a node cannot be started")
        .with("reason", &error)
        .caused_by(error)
}

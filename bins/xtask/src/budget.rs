//! `cargo xtask budget`: how large the binary is, how fast it starts, how much memory it keeps.
//!
//! Builds the release binary, runs it on the webhook example and fails when a bar is missed. The
//! times are those of this machine. How fast events pass is `cargo xtask bench`'s business.

mod client;
mod process;

use crate::{
    command::{self, Outcome, cargo, root, target},
    folder::Folder,
};
use client::{free_port, post};
use process::Process;
use std::{fs, path::Path, time::Duration};

const MIB: f64 = 1024.0 * 1024.0;
/// Starts that are measured; the one in the middle counts.
const STARTS: usize = 5;
/// Events that are posted before the sensor has to have caught up.
const SLICE: u64 = 1_000;
/// How long the sensor has been idle when memory is measured: what is not needed is given back soon.
const SETTLING: Duration = Duration::from_secs(1);

/// What was measured, and what it may be at most.
struct Measured {
    what: String,
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
    let folder = Folder::new("budget")?;
    let mut results = vec![
        size(&binary)?,
        idle(&binary, &folder)?,
        start(&binary, &folder)?,
    ];
    for (name, bus, slice, many) in GROWTHS {
        if is_long || *bus == "memory" {
            let process = Process::start(&binary, &folder.0, name, bus)?;
            results.push(growth(&process, name, *slice, *many)?);
        }
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
        what: "stripped binary".to_owned(),
        value,
        most: 20.0,
        unit: "MiB",
    })
}

fn idle(binary: &Path, folder: &Folder) -> Result<Measured, String> {
    let process = Process::start(binary, &folder.0, "idle", "local")?;
    process.ready()?;
    std::thread::sleep(SETTLING);
    let value = process.memory("VmRSS:")? / MIB;
    Ok(Measured {
        what: "memory when idle".to_owned(),
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
        what: "start until the first event is accepted".to_owned(),
        value,
        most: 100.0,
        unit: "ms",
    })
}

/// What is compared: name, bus, how many events are posted without a pause, how many in all.
const GROWTHS: &[(&str, &str, u64, u64)] = &[
    ("memory bus", "memory", SLICE, 1_000_000),
    ("memory bus, no pause", "memory", u64::MAX, 1_000_000),
    ("local bus", "local", SLICE, 300_000),
    ("local bus, no pause", "local", u64::MAX, 300_000),
];
/// The events after which memory is measured first.
const SOME: u64 = 100_000;

/// Compares the memory after some events with that after many.
fn growth(process: &Process, name: &str, slice: u64, many: u64) -> Result<Measured, String> {
    process.ready()?;
    let memory = |from, to| {
        feed(process, slice, from, to)?;
        std::thread::sleep(SETTLING);
        process.memory("VmRSS:")
    };
    let before = memory(0, SOME)?;
    let after = memory(SOME, many)?;
    let peak = process.memory("VmHWM:")?;
    command::say(&format!(
        "{name}: {:.1} MiB after {SOME} events, {:.1} MiB after {many}, {:.1} MiB at most",
        before / MIB,
        after / MIB,
        peak / MIB
    ));
    Ok(Measured {
        what: format!("growth of memory, {name}"),
        value: after / before,
        most: 1.2,
        unit: "×",
    })
}

/// Posts events until there were this many, slice by slice.
fn feed(process: &Process, slice: u64, from: u64, to: u64) -> Outcome {
    let mut posted = from;
    while posted < to {
        let slice = slice.min(to - posted);
        post(process.port(), slice)?;
        posted += slice;
        process.acted(posted)?;
    }
    Ok(())
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

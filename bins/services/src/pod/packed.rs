//! A pod of many objects: each runs in an engine of its own, over one connection to the bus.
//!
//! What is wrong with one object, or fails in it, is told and stops nobody else. The objects are
//! files; the controller restarts the pod when one of them changes.

use super::{
    FLUSH, Fault, LONGEST_PAUSE, PAUSE, Settings, close, in_time, is_hopeless, open, stand_by,
    start, surroundings,
};
use crate::{environment::Environment, work::Role};
use argo_events::{Error, EventBus, Result, Running};
use argo_events_process::{Exit, Failure, Health, Member, Signals};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    task::{Id, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// Variable with the folder of the objects.
pub(super) const DIRECTORY: &str = "ARGO_EVENTS_PACKED_DIR";

/// Reads every object of a folder; those that are wrong are told and left out.
pub(super) fn read(
    environment: &Environment,
    role: Role,
    folder: &Path,
) -> std::result::Result<Settings, Vec<Fault>> {
    let files = files(folder).map_err(|error| {
        let what = format_args!("names {}, which cannot be read: {error}", folder.display());
        vec![Fault::of(DIRECTORY, what)]
    })?;
    let variable = format!("{}_FILE", role.variable());
    let (mut right, mut faults) = (Vec::new(), Vec::new());
    for file in files {
        let alone = environment.with(&variable, &file.to_string_lossy());
        match Settings::of_one(&alone, role) {
            Ok(settings) => right.push(settings),
            Err(wrong) => faults.push((file_name(&file), wrong)),
        }
    }
    let faults = faults.into_iter().flat_map(|(file, wrong)| {
        wrong
            .into_iter()
            .map(move |fault| Fault::of(&file, format_args!("is left out: {fault}")))
    });
    let mut rest = right.into_iter();
    let Some(mut first) = rest.next() else {
        let what = format_args!(
            "names {}, which has no object that can run",
            folder.display()
        );
        return Err(faults.chain([Fault::of(DIRECTORY, what)]).collect());
    };
    first.invalid.extend(faults.map(|fault| fault.to_string()));
    let others = rest.map(|one| Settings {
        metrics: first.metrics.clone(),
        ..one
    });
    first.packed = Some(others.collect());
    Ok(first)
}

/// Lists the objects' files. A mounted folder has others too, whose names begin with a dot.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = file_name(&path);
        if name.ends_with(".json") && !name.starts_with('.') {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Runs all objects until the pod is told to stop.
pub(super) async fn serve(mut settings: Settings) -> std::result::Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    // What is wrong with one object is told, and holds nobody up.
    let mut invalid = std::mem::take(&mut settings.invalid);
    let health = Arc::new(open(&settings).await?);
    let others = settings.packed.take().unwrap_or_default();
    let bus = tokio::select! {
        bus = reach(&settings, &health) => bus?,
        () = signals.next() => return Ok(Exit::Fine),
    };
    health.share(bus.clone(), &settings.metrics);
    let (grace, stop) = (settings.grace, CancellationToken::new());
    let mut objects = Objects::default();
    for mut one in [settings].into_iter().chain(others) {
        invalid.append(&mut one.invalid);
        let name = name(&one);
        health.member(&name, Member::Starting("starting".to_owned()));
        objects.start(name, run(one, bus.clone(), health.clone(), stop.clone()));
    }
    for fault in invalid {
        error!("{fault}");
        if let Some((what, why)) = fault.split_once(": ") {
            health.member(what, Member::Failed(why.to_owned()));
        }
    }
    info!(bus = bus.kind(), objects = objects.tasks.len(), "running");
    loop {
        tokio::select! {
            () = signals.next() => break,
            Some((name, error)) = objects.next_defect() => {
                error!(error, name, "ended by a defect; the others of this pod go on");
                health.member(&name, Member::Failed(error));
            }
        }
    }
    health.draining();
    info!(?grace, "draining");
    stop.cancel();
    tokio::select! {
        () = ended(objects, &*bus) => Ok(Exit::Fine),
        () = signals.next() => Ok(Exit::Interrupted),
    }
}

/// What runs, each object in a task of its own.
#[derive(Default)]
struct Objects {
    tasks: JoinSet<()>,
    /// Names of objects by their tasks.
    names: HashMap<Id, String>,
}

impl Objects {
    fn start(&mut self, name: String, life: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(life);
        self.names.insert(task.id(), name);
    }

    /// Resolves when an object ends by a defect, with its name and the error; `None` once all have
    /// ended. Cancel-safe.
    async fn next_defect(&mut self) -> Option<(String, String)> {
        loop {
            if let Err(error) = self.tasks.join_next().await? {
                let name = self.names.get(&error.id()).cloned();
                return Some((name.unwrap_or_default(), error.to_string()));
            }
        }
    }
}

/// Waits until every object has ended, and closes the bus after them.
async fn ended(mut objects: Objects, bus: &dyn EventBus) {
    while let Some((name, error)) = objects.next_defect().await {
        error!(error, name, "ended by a defect");
    }
    close(bus, FLUSH).await;
    info!("stopped");
}

/// Makes the connection to the bus, however often that takes.
async fn reach(
    settings: &Settings,
    health: &Health,
) -> std::result::Result<Arc<dyn EventBus>, Failure> {
    let (descriptor, config) = (&settings.bus.descriptor, &settings.bus.config);
    let mut pause = PAUSE;
    loop {
        let error = match in_time(descriptor.build(config, surroundings(settings))).await {
            Ok(bus) => return Ok(bus),
            Err(error) if is_hopeless(&error) => {
                return Err(Failure::new(Exit::InputWrong, error));
            }
            Err(error) => error,
        };
        let bus = descriptor.kind;
        health.starting(&settings.metrics, format!("bus {bus}: {error}"));
        warn!(%error, bus, ?pause, "the bus cannot be used yet, trying again");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Runs one object until it is told to stop.
async fn run(
    settings: Settings,
    bus: Arc<dyn EventBus>,
    health: Arc<Health>,
    stop: CancellationToken,
) {
    let name = name(&settings);
    let mut pause = PAUSE;
    loop {
        let error = tokio::select! {
            () = stop.cancelled() => return,
            attempt = attempt(&settings, &bus, &health, &name) => match attempt {
                Ok(running) => {
                    health.member(&name, Member::Running);
                    stop.cancelled().await;
                    return end(running, &settings).await;
                }
                Err(error) => error,
            },
        };
        if is_hopeless(&error) {
            error!(%error, name, "does not run; the others of this pod do");
            return health.member(&name, Member::Failed(error.to_string()));
        }
        health.member(&name, Member::Starting(error.to_string()));
        warn!(%error, name, ?pause, "cannot start yet, trying again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn attempt(
    settings: &Settings,
    bus: &Arc<dyn EventBus>,
    health: &Health,
    name: &str,
) -> Result<Running, Error> {
    let standing_by = || health.member(name, Member::Running);
    stand_by(settings, &**bus, standing_by).await?;
    in_time(start(settings, bus.clone())).await
}

async fn end(running: Running, settings: &Settings) {
    running.stop(settings.grace).await;
    if timeout(FLUSH, settings.election.settled()).await.is_err() {
        warn!("leadership could not be given back in time; its lease will run out");
    }
}

fn name(settings: &Settings) -> String {
    settings.work.metadata().name.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_that_ends_by_a_defect_is_named() {
        let mut objects = Objects::default();
        objects.start("fine".to_owned(), async {});
        objects.start("wrong".to_owned(), async { panic!("a defect") });
        let (name, error) = objects.next_defect().await.unwrap();
        assert_eq!(name, "wrong");
        assert!(error.contains("a defect"), "{error}");
        assert_eq!(objects.next_defect().await, None);
    }
}

//! Publishes what the system tells about a directory.

use super::{Operation, source::Wanted};
use crate::kit::insist;
use argo_events_core::{Error, ErrorKind, EventSource, Result, SourceContext};
use async_trait::async_trait;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{ModifyKind, RenameMode},
};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tracing::warn;

/// How many happenings wait for the bus before the system has to keep them.
const WAITING: usize = 1024;

type Told = notify::Result<Event>;

/// A source that the system tells what happens.
#[derive(Debug)]
pub(super) struct Watching(Wanted);

impl Watching {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self(wanted)
    }

    /// Publishes what was told; an error when nothing more will come.
    async fn take(&self, told: Told, directory: &Path, context: &SourceContext) -> Result<()> {
        let event = told.map_err(|error| failed(error, directory))?;
        if event.need_rescan() {
            warn!(directory = %directory.display(), "more happened than the system could tell, some of it is lost");
        }
        let Some(operation) = operation(event.kind) else {
            return Ok(());
        };
        if let Some(path) = event.paths.first() {
            if let Some(draft) = self.0.draft(&path.to_string_lossy(), operation) {
                insist(draft, context).await;
            }
            let ends = matches!(operation, Operation::REMOVE | Operation::RENAME);
            if ends && path == directory {
                let message = "the watched directory is gone; watching goes on when it is back";
                let error = Error::transient(ErrorKind::NotFound, message);
                return Err(error.with("directory", directory.display()));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl EventSource for Watching {
    fn kind(&self) -> &'static str {
        "file"
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        // Without the slash at its end, the names that the system gives are those of the reference.
        let directory: PathBuf = Path::new(self.0.directory()).components().collect();
        let (sender, mut told) = mpsc::channel(WAITING);
        // Waiting here fills the queue of the system, which then says that something is lost.
        let mut watcher: RecommendedWatcher = notify::recommended_watcher(move |event: Told| {
            // Nobody listens any more: the source is about to end.
            let _ = sender.blocking_send(event);
        })
        .map_err(|error| failed(error, &directory))?;
        let watched = watcher.watch(&directory, RecursiveMode::NonRecursive);
        watched.map_err(|error| failed(error, &directory))?;
        context.ready();
        loop {
            tokio::select! {
                // After the stop signal nothing new is begun, even if it is there already.
                biased;
                () = context.stopped() => return Ok(()),
                event = told.recv() => match event {
                    Some(event) => self.take(event, &directory, &context).await?,
                    None => return Ok(()),
                },
            }
        }
    }
}

fn failed(error: notify::Error, directory: &Path) -> Error {
    let kind = match &error.kind {
        notify::ErrorKind::PathNotFound => ErrorKind::NotFound,
        notify::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
            ErrorKind::NotFound
        }
        _ => ErrorKind::Unavailable,
    };
    let message = format!("cannot watch the directory: {error}");
    Error::transient(kind, message).with("directory", directory.display())
}

/// Says what happened in the words of the reference; `None` for what it does not report.
fn operation(kind: EventKind) -> Option<Operation> {
    match kind {
        EventKind::Create(_) => Some(Operation::CREATE),
        EventKind::Remove(_) => Some(Operation::REMOVE),
        EventKind::Modify(ModifyKind::Metadata(_)) => Some(Operation::CHMOD),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(Operation::CREATE),
        // Told once more for both names together.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => None,
        EventKind::Modify(ModifyKind::Name(_)) => Some(Operation::RENAME),
        EventKind::Modify(_) => Some(Operation::WRITE),
        EventKind::Access(_) | EventKind::Any | EventKind::Other => None,
    }
}

//! Watches: lines of changes from a version on, until the time is over or the server goes away.

use super::{
    Server,
    answer::status,
    path::Path,
    state::{Change, State},
};
use axum::body::{Body, Bytes};
use futures::stream;
use http::Response;
use serde_json::{Value, json};
use std::{io, time::Duration};
use tokio::time::{Instant, sleep_until};

struct Watch {
    server: Server,
    path: Path,
    version: u64,
    until: Instant,
    is_over: bool,
}

pub(super) fn open(server: Server, path: Path) -> Response<Body> {
    let number = |name: &str| path.query[name].parse::<u64>().unwrap();
    let watch = Watch {
        version: number("resourceVersion"),
        until: Instant::now() + Duration::from_secs(number("timeoutSeconds")),
        server,
        path,
        is_over: false,
    };
    let lines = stream::try_unfold(watch, |mut watch| async move {
        let line = watch.next().await?;
        Ok::<_, io::Error>(line.map(|line| (line, watch)))
    });
    Response::new(Body::from_stream(lines))
}

impl Watch {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut changed = self.server.0.changed.subscribe();
        loop {
            changed.borrow_and_update();
            if self.is_over {
                return Ok(None);
            }
            if let Some(line) = self.look()? {
                return Ok(Some(line));
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = sleep_until(self.until) => {
                    self.is_over = true;
                    // The last line tells how far the watch came.
                    let mark = json!({ "metadata": { "resourceVersion": self.version.to_string() } });
                    return Ok(Some(line("BOOKMARK", &mark)));
                }
            }
        }
    }

    fn look(&mut self) -> io::Result<Option<Bytes>> {
        let state = self.server.state();
        if state.is_away {
            return Err(io::Error::other("connection reset"));
        }
        if self.version < state.oldest {
            self.is_over = true;
            let gone = status(410, "Expired", "too old resource version");
            return Ok(Some(line("ERROR", &gone)));
        }
        let Some((version, told)) = next_change(&state, &self.path, self.version) else {
            return Ok(None);
        };
        drop(state);
        self.version = version;
        Ok(Some(told))
    }
}

fn next_change(state: &State, path: &Path, after: u64) -> Option<(u64, Bytes)> {
    let first = state.changes.partition_point(|it| it.version <= after);
    let changes = state.changes[first..].iter();
    let mut changes = changes.filter(|it| it.plural == path.plural);
    changes.find_map(|change| Some((change.version, told(change, path)?)))
}

fn told(change: &Change, path: &Path) -> Option<Bytes> {
    let selected = |object: &Option<Value>| object.clone().filter(|object| path.selects(object));
    let (before, after) = (selected(&change.before), selected(&change.after));
    match (before, after) {
        (None, None) => None,
        (None, Some(after)) => Some(line("ADDED", &after)),
        (Some(_), Some(after)) => Some(line("MODIFIED", &after)),
        (Some(mut before), None) => {
            before["metadata"]["resourceVersion"] = json!(change.version.to_string());
            Some(line("DELETED", &before))
        }
    }
}

fn line(kind: &str, object: &Value) -> Bytes {
    // Text, so that the kind comes first, as the API server writes it.
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n").into()
}

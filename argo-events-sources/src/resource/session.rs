//! One run: lists where it must, watches from there on, and publishes what it sees.
//!
//! Whatever is published moves on what is known only after the bus has accepted it, so a run that
//! ends anywhere is taken up by the next one without a gap.

use super::{
    cluster::{At, Collection, Fault, Told, refusal},
    known::{Known, Mark, Shelf, is_later},
    object::{Change, Object, name_of},
    payload::ResourceEventData,
    source::Wanted,
};
use argo_events_core::{Draft, ErrorKind, Result, Retry, SourceContext};
use kube::core::Status;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

/// How long to wait before a list is repeated, or a watch that told nothing.
const PAUSE: Duration = Duration::from_secs(1);

/// What outlives a run.
#[derive(Debug, Default)]
pub(super) struct Progress {
    stage: Stage,
    /// Up to which version everything was published.
    version: Option<String>,
    known: Known,
    /// What is known to be in the store.
    stored: Option<Mark>,
    /// When the first run began.
    start: Option<jiff::Timestamp>,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// List, and publish what differs from what is known.
    #[default]
    List,
    /// Look up what the objects said at the version that another process came to.
    Recall,
    /// Watch from the version on.
    Watch,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Done,
    Stopped,
}

/// Where an object was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen<'a> {
    /// In a list; objects up to this version were told before.
    Listed(&'a str),
    Added,
    Modified,
}

/// One run of the source.
pub(super) struct Session<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) collection: &'a Collection,
    pub(super) progress: &'a mut Progress,
    pub(super) shelf: Shelf,
    pub(super) context: &'a SourceContext,
    /// The version after which a line could not be read.
    pub(super) garbled: Option<String>,
}

type Outcome<T = Step> = Result<T, Fault>;

impl From<argo_events_core::Error> for Fault {
    fn from(error: argo_events_core::Error) -> Self {
        Self::Failed(error)
    }
}

impl Session<'_> {
    /// Publishes until the source is to stop.
    pub(super) async fn run(mut self) -> Result<()> {
        self.take_up().await?;
        loop {
            let step = self.step().await;
            let pause = match step {
                Ok(Step::Done) => continue,
                Ok(Step::Stopped) => break,
                Err(Fault::Expired) => {
                    info!(
                        event = self.context.event(),
                        "the watched version is gone, listing anew"
                    );
                    self.progress.stage = Stage::List;
                    PAUSE
                }
                Err(Fault::Busy(asked)) => {
                    warn!(
                        event = self.context.event(),
                        ?asked,
                        "the Kubernetes API asks for patience"
                    );
                    asked
                }
                Err(Fault::Failed(error)) => {
                    self.save().await;
                    return Err(error);
                }
            };
            if self.unless_stopped(sleep(pause)).await.is_none() {
                break;
            }
        }
        self.save().await;
        Ok(())
    }

    /// Takes up what is stored, unless that is what this process stored itself.
    async fn take_up(&mut self) -> Result<()> {
        let (mark, known) = self.shelf.load().await?;
        if mark.is_some() && mark != self.progress.stored {
            self.progress.version = mark.as_ref().map(|mark| mark.version.clone());
            self.progress.known = known;
            self.progress.stage = Stage::Recall;
            self.progress.stored = mark;
        }
        self.progress.start.get_or_insert_with(|| {
            let now = self.context.clock().now().truncated_to_seconds();
            jiff::Timestamp::from_nanosecond(now.as_nanos().into())
                .expect("every i64 of nanoseconds lies within jiff's range")
        });
        Ok(())
    }

    async fn step(&mut self) -> Outcome {
        match (self.progress.stage, self.progress.version.clone()) {
            (Stage::Recall, Some(version)) => self.recall(&version).await,
            (Stage::Watch, Some(version)) => self.watch(&version).await,
            (_, before) => self.list(before).await,
        }
    }

    /// Lists what is there now, and publishes what differs from what is known.
    async fn list(&mut self, before: Option<String>) -> Outcome {
        self.progress.known.begin_round();
        let (mut version, mut next) = (None, None::<String>);
        loop {
            let at = next.as_deref().map_or(At::Now, At::Page);
            let Some(page) = self.unless_stopped(self.collection.list(at)).await else {
                return Ok(Step::Stopped);
            };
            let page = page?;
            let version = version.get_or_insert(page.version);
            // A server that was set back gives out versions again that were told before.
            let told = before
                .as_deref()
                .filter(|before| !is_later(before, version));
            for object in page.objects {
                self.observe(object, Seen::Listed(told.unwrap_or_default()))
                    .await?;
                if self.context.stop_token().is_cancelled() {
                    return Ok(Step::Stopped);
                }
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        for key in self.progress.known.unseen() {
            self.vanish(&key).await?;
        }
        self.watch_from(version);
        Ok(Step::Done)
    }

    /// Lists what was there at a version, without publishing it.
    async fn recall(&mut self, version: &str) -> Outcome {
        self.progress.known.begin_round();
        let mut next = None::<String>;
        loop {
            let at = next.as_deref().map_or(At::Version(version), At::Page);
            let Some(page) = self.unless_stopped(self.collection.list(at)).await else {
                return Ok(Step::Stopped);
            };
            let page = page?;
            let objects = page.objects.into_iter().filter_map(Object::read);
            for object in objects {
                self.progress.known.touch(&object.key);
                let known = self.progress.known.get(&object.key);
                if known.is_none_or(|known| !is_later(&known.version, &object.version)) {
                    self.remember(object);
                }
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        self.forget_until(version);
        self.watch_from(None);
        Ok(Step::Done)
    }

    /// Forgets what was gone at a version, but not what came later.
    fn forget_until(&mut self, version: &str) {
        let known = &mut self.progress.known;
        for key in known.unseen() {
            if known
                .get(&key)
                .is_some_and(|it| !is_later(&it.version, version))
            {
                known.remove(&key);
            }
        }
    }

    fn watch_from(&mut self, version: Option<String>) {
        if version.is_some() {
            self.progress.version = version;
            self.shelf.touch();
        }
        self.progress.stage = Stage::Watch;
        self.context.ready();
    }

    /// Publishes what happens after a version, as long as the watch lasts.
    async fn watch(&mut self, version: &str) -> Outcome {
        // After a failure the source is ready only now.
        self.context.ready();
        let begun = Instant::now();
        let Some(watch) = self.unless_stopped(self.collection.watch(version)).await else {
            return Ok(Step::Stopped);
        };
        let mut watch = watch?;
        loop {
            let told = tokio::select! {
                biased;
                () = self.context.stopped() => return Ok(Step::Stopped),
                () = self.shelf.due() => {
                    self.save().await;
                    continue;
                }
                told = watch.next() => told,
            };
            match told {
                Told::Event(kind, object) => self.told(&kind, object).await?,
                Told::Garbled if self.is_garbled_again() => {
                    self.context
                        .skip("the Kubernetes API told something that is no event");
                }
                Told::Garbled | Told::Ended => break,
            }
        }
        if begun.elapsed() < PAUSE && self.unless_stopped(sleep(PAUSE)).await.is_none() {
            return Ok(Step::Stopped);
        }
        Ok(Step::Done)
    }

    /// Tells whether the line that could not be read is the same as before.
    fn is_garbled_again(&mut self) -> bool {
        let version = self.progress.version.clone();
        std::mem::replace(&mut self.garbled, version.clone()) == version
    }

    async fn told(&mut self, kind: &str, object: Value) -> Outcome<()> {
        let version = object["metadata"]["resourceVersion"]
            .as_str()
            .map(str::to_owned);
        match kind {
            "ADDED" => self.observe(object, Seen::Added).await?,
            "MODIFIED" => self.observe(object, Seen::Modified).await?,
            "DELETED" => self.deleted(object).await?,
            "BOOKMARK" => {}
            "ERROR" => {
                let status: Status = serde_json::from_value(object).unwrap_or_default();
                return Err(refusal(&status));
            }
            unknown => {
                debug!(unknown, "the Kubernetes API told something unknown");
                return Ok(());
            }
        }
        if version.is_some() {
            self.progress.version = version;
            self.shelf.touch();
        }
        Ok(())
    }

    /// Publishes what is new about an object that is there.
    async fn observe(&mut self, object: Value, seen: Seen<'_>) -> Result<()> {
        let Some(object) = Object::read(object) else {
            self.context.skip("an object has no name, uid or version");
            return Ok(());
        };
        let replaces = |uid: &str| uid != &*object.uid;
        if self.known_uid(&object.key).is_some_and(replaces) {
            self.vanish(&object.key).await?;
        }
        if let Some(change) = self.change(&object, seen) {
            let known = self.progress.known.get(&object.key);
            let last = known.and_then(|known| known.last.as_ref());
            let old = last
                .map(|last| last.json.clone())
                .filter(|_| change == Change::Update);
            if self.wanted.filter.keeps(&object) {
                let (uid, version) = (&object.uid, &object.version);
                self.publish(change, uid, version, &object.json, old.as_deref())
                    .await?;
            }
        }
        self.progress.known.touch(&object.key);
        self.remember(object);
        Ok(())
    }

    fn known_uid(&self, key: &str) -> Option<&str> {
        self.progress.known.get(key).map(|known| &*known.uid)
    }

    /// Says what happened to an object; `None` if that is nothing, or was told before.
    fn change(&self, object: &Object, seen: Seen<'_>) -> Option<Change> {
        let is_first = self.progress.version.is_none() && matches!(seen, Seen::Listed(_));
        let Some(known) = self.progress.known.get(&object.key) else {
            let start = self.progress.start.unwrap_or_default();
            let is_left_out =
                is_first && self.wanted.filter.is_after_start() && !object.is_from(start);
            let change = if seen == Seen::Modified {
                Change::Update
            } else {
                Change::Add
            };
            return (!is_left_out).then_some(change);
        };
        let was_told = match seen {
            Seen::Listed("") => known.version == object.version,
            Seen::Listed(told) => {
                known.version == object.version || !is_later(&object.version, told)
            }
            _ => !is_later(&object.version, &known.version),
        };
        let says_the_same = known
            .last
            .as_ref()
            .is_some_and(|last| last.digest == object.digest);
        (!was_told && !says_the_same).then_some(Change::Update)
    }

    async fn deleted(&mut self, object: Value) -> Result<()> {
        let Some(object) = Object::read(object) else {
            self.context
                .skip("a deleted object has no name, uid or version");
            return Ok(());
        };
        if self.wanted.filter.keeps(&object) {
            let (uid, version) = (&object.uid, &object.version);
            self.publish(Change::Delete, uid, version, &object.json, None)
                .await?;
        }
        if self.known_uid(&object.key) == Some(&object.uid) {
            self.progress.known.remove(&object.key);
        }
        Ok(())
    }

    /// Publishes that an object is gone whose deletion nobody told.
    async fn vanish(&mut self, key: &str) -> Result<()> {
        if let Some(gone) = self.progress.known.get(key).cloned()
            && gone.is_kept
        {
            let body = match &gone.last {
                Some(last) => last.json.clone(),
                None => self.remains(key, &gone.uid, &gone.version),
            };
            self.publish(Change::Delete, &gone.uid, &gone.version, &body, None)
                .await?;
        }
        self.progress.known.remove(key);
        Ok(())
    }

    /// Writes what is still known of an object that another process saw last.
    fn remains(&self, key: &str, uid: &str, version: &str) -> bytes::Bytes {
        let mut metadata = json!({"name": name_of(key), "uid": uid, "resourceVersion": version});
        let namespace = key.split_once('/').map_or("", |(namespace, _)| namespace);
        if !namespace.is_empty() {
            metadata["namespace"] = namespace.into();
        }
        let mut object = json!({"apiVersion": self.collection.api_version(), "metadata": metadata});
        if let Some(kind) = self.collection.kind() {
            object["kind"] = kind.into();
        }
        object.to_string().into()
    }

    fn remember(&mut self, object: Object) {
        let filter = &self.wanted.filter;
        let is_kept = filter.keeps(&object);
        let with_content = filter.reports(Change::Update) || filter.reports(Change::Delete);
        self.progress.known.put(object, is_kept, with_content);
    }

    async fn publish(
        &self,
        change: Change,
        uid: &str,
        version: &str,
        body: &[u8],
        old_body: Option<&[u8]>,
    ) -> Result<()> {
        if !self.wanted.filter.reports(change) {
            return Ok(());
        }
        let config = &self.wanted.config;
        let data = ResourceEventData {
            event_type: change.name().as_bytes(),
            body,
            old_body,
            group: config.group.as_bytes(),
            version: config.version.as_bytes(),
            resource: config.resource.as_bytes(),
            metadata: &config.metadata,
        };
        let Ok(data) = data.encode() else {
            self.context.skip("an object nests too deep");
            return Ok(());
        };
        let (source, event) = (self.context.source(), self.context.event());
        let id = format!("{source}:{event}:{uid}:{version}:{}", change.name());
        match self.context.emit(Draft::json(data).with_id(id)).await {
            // Coming back with it would keep all that is behind it from being published.
            Err(error) if error.retry() == Retry::Never && error.kind() != ErrorKind::Closed => {
                self.context
                    .skip(&format!("the bus will never take it: {error}"));
                Ok(())
            }
            sent => sent.map(|_| ()),
        }
    }

    /// Waits for something, unless the source is to stop.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.context.stopped() => None,
            done = work => Some(done),
        }
    }

    async fn save(&mut self) {
        let Some(version) = &self.progress.version else {
            return;
        };
        if let Some(mark) = self.shelf.save(version, &mut self.progress.known).await {
            self.progress.stored = Some(mark);
        }
    }
}

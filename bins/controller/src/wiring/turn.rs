//! One turn of work: look at a thing, plan, and carry the plan out with as few writes as it takes.
//!
//! What turns out to have changed meanwhile is read again and planned anew within the turn. What the
//! API server refuses becomes a condition of the object, and the thing comes again later.

use super::{
    cache::Cache,
    key::{Key, ObjectKey},
    merge,
    notes::Notes,
    queue::{Outcome, Queue},
    view::{self, Blind, BusSeen},
};
use crate::{
    Action, Condition, Finalizer, Note, Plan, Settings, bus,
    cluster::{Cluster, Entry, Resource},
    event_source, object,
    packed::{self, Group},
    sensor, status, workload,
};
use argo_events::{
    Error,
    core::{Clock, ErrorKind, Retry},
};
use serde_json::Value;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use tracing::{error, info, warn};

/// How often one turn plans anew because something changed meanwhile.
const PLANS: usize = 5;
/// How long what is being deleted may take until it is looked for again.
const MOMENT: Duration = Duration::from_secs(1);
/// From this failure in a row on, people are told of what usually mends itself.
const PATIENCE: u32 = 2;

/// Does the work, whichever worker it is.
#[derive(Debug)]
pub(crate) struct Reconciler {
    pub(crate) cluster: Cluster,
    pub(crate) cache: Arc<Cache>,
    pub(crate) queue: Queue,
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) notes: Notes,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why a plan was not carried out to its end.
pub(super) enum Stop {
    /// What it was made from has changed, and was read again.
    Stale,
    /// There is a child of which the plan did not know.
    Stray(Value),
    /// The object is gone.
    Gone,
    /// What stands in the way is on its way out.
    Busy,
    /// The API server refused or did not answer.
    Refused(Error),
}

impl Reconciler {
    /// Works on one thing.
    pub(crate) async fn turn(&self, key: &Key) -> Outcome {
        let mut strays = Vec::new();
        for _ in 0..PLANS {
            let stop = match key {
                Key::Object(object) => self.object(object, &strays).await,
                Key::Group(group) => self.group(group, &strays).await,
            };
            match stop {
                Ok(outcome) => return outcome,
                Err(Stop::Gone) => return Outcome::Done,
                Err(Stop::Busy) => return Outcome::Again(MOMENT),
                Err(Stop::Stale) => {}
                Err(Stop::Stray(child)) => strays.push(child),
                Err(Stop::Refused(error)) => return self.failed(key, &error),
            }
        }
        info!(%key, "changes faster than it can be planned, looking again later");
        Outcome::Failed(Duration::ZERO)
    }

    fn failed(&self, key: &Key, error: &Error) -> Outcome {
        if error.is_transient() {
            warn!(%key, %error, "trying again later");
        } else {
            error!(%key, %error, "the Kubernetes API refuses, trying again later");
        }
        match error.retry() {
            Retry::After(asked) => Outcome::Failed(asked),
            _ => Outcome::Failed(Duration::ZERO),
        }
    }

    async fn object(&self, key: &ObjectKey, strays: &[Value]) -> Result<Outcome, Stop> {
        let Some(entry) = self.cache.object(key) else {
            return Ok(Outcome::Done);
        };
        let value = entry.value();
        let plan = match self.plan(key, &entry, &value, strays).await {
            Ok(plan) => plan,
            Err(blind) => return self.blind(key, &value, blind).await,
        };
        self.carry_out(key, value, &plan, strays).await
    }

    async fn plan(
        &self,
        key: &ObjectKey,
        entry: &Entry,
        value: &Value,
        strays: &[Value],
    ) -> Result<Plan, Blind> {
        if !entry.fault.is_empty() && !object::is_deleting(value) {
            return Err(unreadable(key, &entry.fault));
        }
        view::children_are_known(&self.cache, key.resource)?;
        let mut children = view::children(&self.cache, &Key::Object(key.clone()), strays);
        let settings = self.settings.borrow().clone();
        if key.resource == Resource::EventBuses {
            children.extend(view::unwatched(&self.cluster, key, value).await?);
            let users = self.users(key);
            let observed = bus::Observed {
                bus: value,
                children: &children,
                users: &users,
                now: self.clock.now(),
            };
            return guarded(|| bus::plan(&observed, &settings));
        }
        let bus = BusSeen::look_up(&self.cache, &key.namespace, object::bus_name(value));
        let packed_into = self.packed_into(key, value);
        let observed = workload::Observed {
            object: value,
            bus: bus.as_bus(),
            children: &children,
            packed_into: packed_into.as_ref(),
            now: self.clock.now(),
        };
        guarded(|| match key.resource {
            Resource::EventSources => event_source::plan(&observed, &settings),
            _ => sensor::plan(&observed, &settings),
        })
    }

    fn users(&self, bus: &ObjectKey) -> Vec<Value> {
        let users = self.cache.users(bus);
        users
            .iter()
            .map(|(resource, entry)| view::user(entry, *resource))
            .collect()
    }

    /// Returns the Deployment of the group that an object belongs to, once that is to run it.
    fn packed_into(&self, key: &ObjectKey, value: &Value) -> Option<Value> {
        let group = self.cache.group(key)?;
        let children = self.cache.children(&Key::Group(group.clone()));
        packed::holder(&group, &children, value).cloned()
    }

    async fn group(&self, group: &Group, strays: &[Value]) -> Result<Outcome, Stop> {
        let key = Key::Group(group.clone());
        if view::children_are_known(&self.cache, Resource::EventSources).is_err() {
            return Ok(Outcome::Failed(Duration::ZERO));
        }
        let objects = self.cache.members(group);
        let bus = BusSeen::look_up(&self.cache, &group.namespace, &group.bus);
        let children = view::children(&self.cache, &key, strays);
        let settings = self.settings.borrow().clone();
        let observed = packed::Observed {
            group,
            objects: &objects,
            bus: bus.as_bus(),
            children: &children,
        };
        let Ok(plan) = guarded(|| packed::plan(&observed, &settings)) else {
            return Ok(Outcome::Failed(Duration::ZERO));
        };
        if let Some(reason) = &plan.error {
            info!(%key, reason, "cannot run yet");
        }
        for action in &plan.actions {
            if let Err(stop) = self.act(action, &group.namespace, strays).await {
                if let Stop::Refused(error) = &stop {
                    self.refused_of_all(&key, &objects, action, error);
                }
                return Err(stop);
            }
        }
        if !plan.actions.is_empty() {
            self.queue.extend(self.cache.member_keys(group));
        }
        Ok(outcome(&plan))
    }

    async fn carry_out(
        &self,
        key: &ObjectKey,
        mut value: Value,
        plan: &Plan,
        strays: &[Value],
    ) -> Result<Outcome, Stop> {
        if let Some(Finalizer::Add(name)) = plan.finalizer {
            let patch = merge::finalizer(&value, name, true);
            value = self.write(key, "", &patch).await?;
        }
        for action in &plan.actions {
            if let Err(stop) = self.act(action, &key.namespace, strays).await {
                if let Stop::Refused(error) = &stop {
                    self.refused(key, &value, plan, action, error).await;
                }
                return Err(stop);
            }
            if let Some(note) = action.note() {
                self.notes.tell(&value, &note);
            }
        }
        for note in &plan.notes {
            self.notes.tell(&value, note);
        }
        if let Some(patch) = plan
            .status
            .as_ref()
            .and_then(|it| merge::status(&value, it))
        {
            value = self.write(key, "status", &patch).await?;
        }
        if let Some(Finalizer::Remove(name)) = plan.finalizer {
            let patch = merge::finalizer(&value, name, false);
            self.write(key, "", &patch).await?;
        }
        if let Some(reason) = &plan.error
            && !plan.is_settled()
        {
            info!(key = %Key::Object(key.clone()), reason, "not as it asks to be");
        }
        Ok(outcome(plan))
    }

    /// Says in the status what the API server refused.
    async fn refused(
        &self,
        key: &ObjectKey,
        value: &Value,
        plan: &Plan,
        action: &Action,
        error: &Error,
    ) {
        if !self.is_worth_telling(&Key::Object(key.clone()), error) {
            return;
        }
        let message = error.message();
        let wanted = plan.refused(value, action, message, self.clock.now());
        self.notes.tell(value, &warning(action.refused, message));
        if let Some(patch) = wanted.and_then(|wanted| merge::status(value, &wanted)) {
            // Whatever becomes of it, the turn failed and comes again.
            let _ = self.write(key, "status", &patch).await;
        }
    }

    /// Tells the objects of a group what the API server refused; their status says that they wait.
    fn refused_of_all(&self, key: &Key, objects: &[Value], action: &Action, error: &Error) {
        if !self.is_worth_telling(key, error) {
            return;
        }
        let note = warning(action.refused, error.message());
        for object in objects {
            self.notes.tell(object, &note);
        }
    }

    /// Says in the status why no plan can be made.
    async fn blind(&self, key: &ObjectKey, value: &Value, blind: Blind) -> Result<Outcome, Stop> {
        let Blind { condition, error } = blind;
        if error
            .as_ref()
            .is_none_or(|error| self.is_worth_telling(&Key::Object(key.clone()), error))
        {
            let generation = object::generation(value);
            let now = self.clock.now();
            let wanted = status::with_condition(&value["status"], &condition, generation, now);
            if !says(&value["status"], &condition)
                && let Some(patch) = merge::status(value, &wanted)
            {
                self.notes
                    .tell(value, &warning(condition.reason, &condition.message));
                self.write(key, "status", &patch).await?;
            }
        }
        match error {
            Some(error) => Err(Stop::Refused(error)),
            None => Ok(Outcome::Failed(Duration::ZERO)),
        }
    }

    /// Tells whether people should hear of a failure: not of one that will mend itself at once.
    fn is_worth_telling(&self, key: &Key, error: &Error) -> bool {
        let mends_itself = matches!(
            error.kind(),
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited
        );
        !mends_itself || self.queue.failures(key) >= PATIENCE
    }
}

fn outcome(plan: &Plan) -> Outcome {
    plan.requeue.map_or(Outcome::Done, Outcome::Again)
}

fn warning(reason: &str, message: &str) -> Note {
    Note {
        warning: true,
        reason: reason.to_owned(),
        message: message.to_owned(),
    }
}

/// Tells whether a status says of something what a condition says.
fn says(status: &Value, condition: &Condition) -> bool {
    let list = status["conditions"].as_array().into_iter().flatten();
    list.into_iter().any(|one| {
        one["type"] == condition.kind
            && one["status"] == condition.truth.as_str()
            && one["reason"] == condition.reason
            && one["message"] == condition.message
    })
}

/// Plans; a plan that panics is the fault of one object, and stops no other.
fn guarded(plan: impl FnOnce() -> Plan) -> Result<Plan, Blind> {
    catch_unwind(AssertUnwindSafe(plan)).map_err(|_| Blind {
        condition: Condition::no(
            "Deployed",
            "PlanFailed",
            "the controller has a bug that this object meets; its log says where",
        ),
        error: None,
    })
}

fn unreadable(key: &ObjectKey, fault: &str) -> Blind {
    let (kind, reason) = match key.resource {
        Resource::EventBuses => ("Configured", "InvalidSpec"),
        Resource::EventSources => ("SourcesProvided", "InvalidEventSource"),
        _ => ("DependenciesProvided", "InvalidDependencies"),
    };
    let message = format!("the object cannot be read: {fault}");
    Blind {
        condition: Condition::no(kind, reason, message),
        error: None,
    }
}

//! An API server in memory, which does what it is told to: refuse, hang, forget, go away.
//!
//! It keeps objects of any resource with versions, generations, finalizers and a status apart; it
//! lists in pages and watches. What it does not know: validation, defaults, other controllers.

mod answer;
mod path;
mod state;
mod watch;

pub(crate) use state::{Call, Fault};

use axum::body::Body;
use http::{Method, Request, Response};
use serde_json::Value;
use state::State;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::timeout;

/// How long something may take until a test gives up, on a clock that stands still meanwhile.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1_500);

/// How long nothing is written until nothing more is expected.
const SILENCE: Duration = Duration::from_secs(5);

/// An API server; shared by cloning.
#[derive(Clone, Default)]
pub(crate) struct Server(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told at every change and every call.
    changed: tokio::sync::watch::Sender<u64>,
}

impl Server {
    /// Makes a client of its own.
    pub(crate) fn client(&self) -> kube::Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let server = server.clone();
            async move { server.answer(request).await }
        });
        kube::Client::new(service, "prod")
    }

    async fn answer(&self, request: Request<kube::client::Body>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.map_err(io::Error::other)?;
        let path = path::Path::read(&parts.uri);
        let call = Call::of(&parts.method, &path);
        let fault = self.state().meet(call);
        self.tell();
        match fault {
            None => {}
            Some(Fault::Meanwhile(edit)) => {
                edit(self);
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Away) => return Err(io::Error::other("connection refused")),
            Some(Fault::Refuse(code, reason, wait)) => {
                return Ok(answer::refusal(code, &reason, "told to refuse", wait));
            }
        }
        if parts.method == Method::GET && path.is_watch() {
            return Ok(watch::open(self.clone(), path));
        }
        let answered = self.state().answer(&parts.method, &path, &body);
        self.tell();
        Ok(answered)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    fn tell(&self) {
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Does something to what is there, as somebody else would.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut State) -> T) -> T {
        let done = edit(&mut self.state());
        self.tell();
        done
    }

    /// Makes or replaces an object, as somebody else would.
    pub(crate) fn apply(&self, object: Value) {
        self.edit(|state| state.apply(object));
    }

    /// Deletes an object, as somebody else would.
    pub(crate) fn delete(&self, plural: &str, name: &str) {
        self.edit(|state| state.delete(plural, "prod", name));
    }

    /// Returns an object.
    pub(crate) fn get(&self, plural: &str, name: &str) -> Option<Value> {
        self.state().get(plural, "prod", name)
    }

    /// Returns every object of a resource.
    pub(crate) fn all(&self, plural: &str) -> Vec<Value> {
        self.state().all(plural)
    }

    /// Has the next calls of a kind meet a fault.
    pub(crate) fn fail(&self, verb: &str, plural: &str, times: usize, fault: Fault) {
        self.edit(|state| state.script(verb, plural, times, fault));
    }

    /// Is away, or back.
    pub(crate) fn away(&self, is_away: bool) {
        self.edit(|state| state.is_away = is_away);
    }

    /// Forgets what happened so far: whoever watches from an older version is told to list again.
    pub(crate) fn compact(&self) {
        self.edit(State::compact);
    }

    /// Returns the calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Returns the writes so far, without those of Kubernetes events.
    pub(crate) fn writes(&self) -> Vec<Call> {
        let calls = self.calls().into_iter();
        calls
            .filter(|call| call.is_write() && call.plural != "events" && call.plural != "leases")
            .collect()
    }

    /// Waits until something holds, and returns what was found.
    ///
    /// # Panics
    /// When it does not hold in time.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        mut holds: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        let mut changed = self.0.changed.subscribe();
        let waiting = async {
            loop {
                changed.borrow_and_update();
                if let Some(found) = holds(self) {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        };
        match timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("{what} in time; calls: {:#?}", self.state().last_calls(40)),
        }
    }

    /// Waits until nothing has been written for a while.
    ///
    /// # Panics
    /// When somebody goes on writing.
    pub(crate) async fn quiet(&self) {
        if timeout(PATIENCE, self.silence()).await.is_err() {
            let last = self.state().last_calls(40).to_vec();
            panic!("nobody writes any more: not in time; calls: {last:#?}");
        }
    }

    async fn silence(&self) {
        let mut changed = self.0.changed.subscribe();
        let mut writes = None;
        loop {
            if timeout(SILENCE, changed.changed()).await.is_ok() {
                continue;
            }
            let now = self.writes().len();
            if writes.replace(now) == Some(now) {
                return;
            }
        }
    }
}

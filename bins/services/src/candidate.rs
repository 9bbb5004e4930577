//! Which replica runs the sources that must run once: the whole EventSource is led under one name, as
//! with the reference, however many of its events there are.

use argo_events::{
    Result,
    core::leader::{Elector, Leadership as Held},
    sources::runtime::{Leadership, Term},
};
use async_trait::async_trait;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::Mutex;
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

/// Stands for election under one name.
pub(crate) struct Candidate {
    elector: Arc<dyn Elector>,
    name: String,
    /// How long what runs may take to end once the leadership is lost.
    margin: Duration,
    current: Mutex<Weak<Shared>>,
}

/// A leadership that several sources hold; the last one gives it back.
struct Shared {
    lost: CancellationToken,
    _watch: AbortOnDropHandle<()>,
}

impl Candidate {
    /// Makes a candidate; `margin` is how long before the end of the lease a leadership counts as lost.
    pub(crate) fn new(elector: Arc<dyn Elector>, name: String, margin: Duration) -> Self {
        Self {
            elector,
            name,
            margin,
            current: Mutex::default(),
        }
    }

    async fn campaign(&self) -> Result<Arc<Shared>> {
        let held = self.elector.campaign(&self.name).await?;
        let lost = CancellationToken::new();
        let watch = TaskTracker::new().spawn(watch(held, lost.clone()));
        let watch = AbortOnDropHandle::new(watch);
        Ok(Arc::new(Shared {
            lost,
            _watch: watch,
        }))
    }
}

/// Keeps a leadership until it is lost.
async fn watch(held: Held, lost: CancellationToken) {
    held.lost().await;
    lost.cancel();
}

#[async_trait]
impl Leadership for Candidate {
    async fn lead(&self, _scope: &str) -> Result<Term> {
        let mut current = self.current.lock().await;
        let held = current.upgrade().filter(|it| !it.lost.is_cancelled());
        let shared = match held {
            Some(shared) => shared,
            None => self.campaign().await?,
        };
        *current = Arc::downgrade(&shared);
        Ok(Term::new(shared.lost.clone(), shared).ends_within(self.margin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events::{
        EventBus as _, MemoryBus,
        core::leader::{LeaseSettings, StoreElector},
    };
    use std::future::Future;
    use tokio::time::timeout;

    async fn candidates() -> [Candidate; 2] {
        let bus = MemoryBus::default();
        let store = bus.state("sources").await.unwrap();
        ["one", "two"].map(|replica| {
            let settings = LeaseSettings::default();
            let elector = StoreElector::over_store(store.clone(), replica, settings).unwrap();
            Candidate::new(
                Arc::new(elector),
                "ns-eventsource-es".to_owned(),
                Duration::ZERO,
            )
        })
    }

    async fn soon<T>(future: impl Future<Output = T>) -> Option<T> {
        timeout(Duration::from_secs(3), future).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn sources_of_one_pod_lead_together_and_those_of_another_wait() {
        let [one, two] = candidates().await;
        let first = soon(one.lead("es/a")).await.unwrap().unwrap();
        let second = soon(one.lead("es/b")).await.unwrap().unwrap();
        assert!(soon(two.lead("es/a")).await.is_none());
        drop(first);
        assert!(
            soon(two.lead("es/a")).await.is_none(),
            "one source still runs"
        );
        drop(second);
        assert!(soon(two.lead("es/a")).await.is_some());
    }
}

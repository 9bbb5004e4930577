//! Of two controllers one acts, and the other goes on where it stopped.

use crate::{
    objects::{bus, sensor},
    server::Server,
    stage::{Stage, eventually},
};
use argo_events::{
    Error, Result,
    core::{
        ErrorKind,
        leader::{LeaseClaim, LeaseElector, LeaseRecord, LeaseRecords, LeaseSettings},
    },
};
use argo_events_controller::{LEASE, metrics};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Records that all share, reached by a way that can be cut.
#[derive(Clone, Default)]
struct Records {
    shared: Arc<Mutex<HashMap<String, (LeaseClaim, u64)>>>,
    is_cut: Arc<AtomicBool>,
}

impl Records {
    /// The same records, by a way of their own.
    fn again(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            is_cut: Arc::default(),
        }
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }

    fn reach(&self) -> Result<()> {
        if self.is_cut.load(Ordering::Relaxed) {
            return Err(Error::transient(ErrorKind::Unavailable, "cut off"));
        }
        Ok(())
    }

    fn elector(&self, name: &str) -> LeaseElector<Self> {
        LeaseElector::new(self.clone(), name, LeaseSettings::default()).unwrap()
    }

    fn holder(&self) -> String {
        let shared = self.shared.lock().unwrap();
        let record = shared.get(LEASE);
        record
            .map(|(claim, _)| claim.holder.clone())
            .unwrap_or_default()
    }
}

#[async_trait]
impl LeaseRecords for Records {
    async fn read(&self, name: &str) -> Result<Option<LeaseRecord>> {
        self.reach()?;
        let shared = self.shared.lock().unwrap();
        Ok(shared.get(name).map(|(claim, revision)| LeaseRecord {
            claim: claim.clone(),
            beat: revision.to_string(),
            revision: revision.to_string(),
        }))
    }

    async fn write(
        &self,
        name: &str,
        claim: &LeaseClaim,
        expected: Option<&str>,
    ) -> Result<String> {
        self.reach()?;
        let mut shared = self.shared.lock().unwrap();
        let found = shared.get(name).map(|(_, revision)| revision.to_string());
        if found.as_deref() != expected {
            return Err(Error::permanent(ErrorKind::Conflict, "changed meanwhile"));
        }
        let revision = found.map_or(1, |it| it.parse::<u64>().unwrap() + 1);
        shared.insert(name.to_owned(), (claim.clone(), revision));
        Ok(revision.to_string())
    }
}

async fn led_by(records: &Records, name: &str) {
    let what = format!("{name} leads");
    eventually(&what, || records.holder() == name).await;
}

#[tokio::test(start_paused = true)]
async fn the_standby_goes_on_when_the_leader_stops() {
    let (server, records) = (Server::default(), Records::default());
    server.apply(bus());
    let one = Stage::elected(&server, records.elector("one"));
    led_by(&records, "one").await;
    let two = Stage::elected(&server, records.again().elector("two"));
    server.apply(sensor("first"));
    one.deployed("sensors", "first").await;
    server.quiet().await;
    one.stop().await;
    server.apply(sensor("second"));
    two.deployed("sensors", "second").await;
    assert_eq!(records.holder(), "two");
    assert_eq!(server.all("deployments").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_cut_off_stops_before_another_begins() {
    let (server, records) = (Server::default(), Records::default());
    server.apply(bus());
    let (by_one, by_two) = (records.again(), records.again());
    let one = Stage::elected(&server, by_one.elector("one"));
    led_by(&records, "one").await;
    let two = Stage::elected(&server, by_two.elector("two"));
    for number in 0..10 {
        server.apply(sensor(&format!("early-{number}")));
    }
    by_one.cut();
    led_by(&records, "two").await;
    for number in 0..10 {
        server.apply(sensor(&format!("late-{number}")));
    }
    for number in 0..10 {
        two.deployed("sensors", &format!("early-{number}")).await;
        two.deployed("sensors", &format!("late-{number}")).await;
    }
    server.quiet().await;
    assert_eq!(server.all("deployments").len(), 20, "each is made once");
    let leading = format!("{}{{name=\"{LEASE}\"}} 1", metrics::LEADER);
    let leads = |stage: &Stage| stage.metrics.render().contains(&leading);
    assert!(!leads(&one) && leads(&two));
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_is_killed_midway_leaves_nothing_twice() {
    let (server, records) = (Server::default(), Records::default());
    server.apply(bus());
    let one = Stage::elected(&server, records.elector("one"));
    for number in 0..50 {
        server.apply(sensor(&format!("one-{number}")));
    }
    let some = |server: &Server| (server.all("deployments").len() >= 10).then_some(());
    server.until("it has begun", some).await;
    drop(one);
    let two = Stage::elected(&server, records.again().elector("two"));
    for number in 0..50 {
        two.deployed("sensors", &format!("one-{number}")).await;
    }
    server.quiet().await;
    assert_eq!(server.all("deployments").len(), 50);
}

//! The parts of an election one by one; the promises as a whole are judged by the test kit.

use super::{
    Elector, LeaseClaim, LeaseRecord, LeaseSettings, StoreElector, Tenure, sighting::Sighting,
};
use crate::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, advance, sleep, timeout};

/// A store in memory, which may lose answers.
#[derive(Default)]
pub(super) struct Shelf {
    values: Mutex<(BTreeMap<String, Versioned>, u64)>,
    loses_answers: AtomicBool,
}

impl Shelf {
    /// Applies writes from now on, but says that they failed.
    fn lose_answers(&self, lost: bool) {
        self.loses_answers.store(lost, Ordering::Relaxed);
    }

    fn conflict(key: &str) -> Error {
        Error::permanent(ErrorKind::Conflict, "another version is there").with("key", key)
    }
}

#[async_trait]
impl StateStore for Shelf {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        Ok(self.values.lock().unwrap().0.get(key).cloned())
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        let mut values = self.values.lock().unwrap();
        if values.0.get(key).map(|found| found.version) != expected {
            return Err(Self::conflict(key));
        }
        values.1 += 1;
        let version = values.1;
        values
            .0
            .insert(key.to_owned(), Versioned { value, version });
        if self.loses_answers.load(Ordering::Relaxed) {
            return Err(Error::transient(ErrorKind::Timeout, "the answer was lost"));
        }
        Ok(version)
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        let mut values = self.values.lock().unwrap();
        match values.0.get(key) {
            Some(found) if found.version != expected => Err(Self::conflict(key)),
            _ => {
                values.0.remove(key);
                Ok(())
            }
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let values = self.values.lock().unwrap();
        let keys = values.0.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }
}

pub(super) fn elector(store: &Arc<Shelf>, replica: &str) -> StoreElector {
    StoreElector::over_store(store.clone(), replica, LeaseSettings::default()).unwrap()
}

const SECOND: Duration = Duration::from_secs(1);

fn record(holder: &str, beat: &str) -> LeaseRecord {
    LeaseRecord {
        claim: LeaseClaim {
            holder: holder.to_owned(),
            term: 1,
            lease: 5 * SECOND,
        },
        beat: beat.to_owned(),
        revision: beat.to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_is_free_when_it_has_not_changed_for_its_lease() {
    let mut sighting = Sighting::default();
    let first = Instant::now();
    let note = |sighting: &mut Sighting, found: Option<&LeaseRecord>| {
        sighting.note(found, "own", Instant::now())
    };
    assert_eq!(note(&mut sighting, None), first, "nobody was ever there");
    let other = record("other", "1");
    assert_eq!(note(&mut sighting, Some(&other)), first + 5 * SECOND);
    advance(2 * SECOND).await;
    assert_eq!(note(&mut sighting, Some(&other)), first + 5 * SECOND);
    let renewed = record("other", "2");
    assert_eq!(note(&mut sighting, Some(&renewed)), first + 7 * SECOND);
    advance(SECOND).await;
    assert_eq!(
        note(&mut sighting, None),
        first + 8 * SECOND,
        "deleted under its holder"
    );
    assert_eq!(note(&mut sighting, Some(&record("", "3"))), Instant::now());
    assert_eq!(
        note(&mut sighting, Some(&record("own", "4"))),
        Instant::now()
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_process_before_held_is_free_once_it_misses_a_renewal() {
    for (replica, seconds) in [("pod", 2.5), ("other", 5.0)] {
        let store = Arc::new(Shelf::default());
        let record = r#"{"holder":"pod.0123456789abcdef","term":1,"leaseMillis":5000}"#;
        let record = Bytes::from_static(record.as_bytes());
        store.put("leader/name", record, None).await.unwrap();
        let began = Instant::now();
        let elector = elector(&store, replica).alone_under_its_name();
        let leadership = elector.campaign("name").await.unwrap();
        assert!(leadership.is_held());
        assert_eq!(began.elapsed().as_secs_f64(), seconds, "{replica}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_leadership_ends_at_its_deadline_whatever_its_elector_does() {
    let (tenure, leadership) = Tenure::begin("name", 7, Instant::now() + SECOND);
    assert!(leadership.is_held());
    assert!(tenure.extend(Instant::now() + 2 * SECOND));
    let began = Instant::now();
    leadership.lost().await;
    assert_eq!(began.elapsed(), 2 * SECOND);
    assert!(
        !tenure.extend(Instant::now() + SECOND),
        "what is lost stays lost"
    );
    assert!(!leadership.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_was_lost_keeps_the_leadership() {
    let store = Arc::new(Shelf::default());
    let leader = elector(&store, "a").campaign("name").await.unwrap();
    store.lose_answers(true);
    sleep(3 * SECOND).await;
    store.lose_answers(false);
    sleep(60 * SECOND).await;
    assert!(leader.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_found_without_waiting_for_the_lease() {
    let store = Arc::new(Shelf::default());
    store.lose_answers(true);
    let elector = elector(&store, "a");
    let campaign = elector.campaign("name");
    let heal = async {
        sleep(SECOND / 2).await;
        store.lose_answers(false);
    };
    let began = Instant::now();
    let (leader, ()) = tokio::join!(campaign, heal);
    assert!(leader.unwrap().is_held());
    assert!(began.elapsed() <= 2 * SECOND, "took {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_deleted_under_its_holder_is_written_again() {
    let store = Arc::new(Shelf::default());
    let leader = elector(&store, "a").campaign("name").await.unwrap();
    store.values.lock().unwrap().0.clear();
    sleep(2 * SECOND).await;
    assert!(leader.is_held());
    assert_eq!(store.keys("").await.unwrap(), ["leader/name"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_ends_the_campaign_with_its_key() {
    let store = Arc::new(Shelf::default());
    let noise = Bytes::from_static(b"noise");
    store.put("leader/name", noise, None).await.unwrap();
    let error = elector(&store, "a").campaign("name").await.unwrap_err();
    assert_eq!(error.context("key"), Some("leader/name"));
}

#[tokio::test(start_paused = true)]
async fn a_campaign_that_is_dropped_leaves_the_name_free() {
    let store = Arc::new(Shelf::default());
    for polls in 0..8 {
        let elector = elector(&store, "dropped");
        let mut campaign = elector.campaign("name");
        for _ in 0..polls {
            if futures::poll!(&mut campaign).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(campaign);
        elector.settled().await;
    }
    let next = elector(&store, "next");
    let leader = timeout(SECOND / 10, next.campaign("name")).await;
    assert!(leader.unwrap().unwrap().is_held());
}

#[test]
fn times_that_do_not_fit_are_refused() {
    let usual = LeaseSettings::default();
    let wrong = [
        LeaseSettings {
            hold: 5 * SECOND,
            ..usual
        },
        LeaseSettings {
            renew: 4 * SECOND,
            ..usual
        },
        LeaseSettings {
            poll: Duration::ZERO,
            ..usual
        },
    ];
    assert!(usual.validate().is_ok());
    for settings in wrong {
        assert_eq!(
            settings.validate().unwrap_err().kind(),
            ErrorKind::ConfigInvalid
        );
    }
}

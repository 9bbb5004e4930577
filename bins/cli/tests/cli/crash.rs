//! Killed again and again while requests come in: nothing that was accepted is lost.

use super::{
    harness::{PATIENCE, Server, free_port, post},
    run::folders,
    target::{Received, Target},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

const KILLS: u64 = 50;
const CLIENTS: usize = 4;
/// A process is killed after it accepted up to this many pairs of requests.
const MOST_ACCEPTED: u64 = 24;

/// Two webhooks; a trigger of each lane: shared, ordered, and a join of both.
fn manifests(folder: &Path, port: u16, target: &Target) {
    let http = |path: &str, dependency: &str| {
        let url = target.url(path);
        let src = format!("src: {{ dependencyName: {dependency}, dataKey: body.id }}");
        format!("http: {{ url: \"{url}\", method: POST, payload: [{{ {src}, dest: id }}] }}")
    };
    let (shared, ordered, pair) = (
        http("/shared", "paid"),
        http("/ordered", "paid"),
        http("/pair", "shipped"),
    );
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {{ name: shop }}
spec:
  webhook:
    paid: {{ port: \"{port}\", endpoint: /paid, method: POST }}
    shipped: {{ port: \"{port}\", endpoint: /shipped, method: POST }}
---
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: {{ name: orders }}
spec:
  dependencies:
    - {{ name: paid, eventSourceName: shop, eventName: paid }}
    - {{ name: shipped, eventSourceName: shop, eventName: shipped }}
  triggers:
    - template:
        name: shared
        conditions: paid
        {shared}
    - template:
        name: ordered
        conditions: paid
        {ordered}
      atLeastOnce: true
    - template:
        name: pair
        conditions: paid && shipped
        join: {{ key: body.id, within: 1h }}
        {pair}
"
    );
    fs::write(folder.join("all.yaml"), text).unwrap();
}

/// What was accepted, with a bell for those who count.
#[derive(Default)]
struct Accepted {
    paid: Mutex<Vec<u64>>,
    pairs: Mutex<Vec<u64>>,
    changed: Condvar,
    next: AtomicU64,
}

impl Accepted {
    /// Posts pairs until the server is gone.
    fn client(self: Arc<Self>, port: u16) {
        loop {
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            let body = format!("{{\"id\":\"{id}\"}}");
            let send = |path| {
                let answer = post(port, path, "application/json", &body);
                matches!(answer, Ok((200, _)))
            };
            if !send("/paid") {
                return;
            }
            self.paid.lock().unwrap().push(id);
            if !send("/shipped") {
                return;
            }
            self.pairs.lock().unwrap().push(id);
            self.changed.notify_all();
        }
    }

    fn wait_for(&self, count: usize) {
        let pairs = self.pairs.lock().unwrap();
        let less = |pairs: &mut Vec<u64>| pairs.len() < count;
        let (pairs, waited) = self
            .changed
            .wait_timeout_while(pairs, PATIENCE, less)
            .unwrap();
        assert!(
            !waited.timed_out(),
            "{} of {count} pairs were accepted",
            pairs.len()
        );
    }
}

/// A small generator, so that a run can be repeated by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn seed() -> u64 {
    let given = std::env::var("ARGO_EVENTS_TEST_SEED").ok();
    let given = given.map(|text| text.parse().expect("ARGO_EVENTS_TEST_SEED is a number"));
    given
        .unwrap_or_else(|| RandomState::new().hash_one("crash"))
        .max(1)
}

fn ids(received: &[Received], path: &str) -> BTreeSet<u64> {
    let here = received.iter().filter(|it| it.path == path);
    here.map(|it| it.json()["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

fn is_there(received: &[Received], path: &str, wanted: &[u64]) -> bool {
    let there = ids(received, path);
    wanted.iter().all(|id| there.contains(id))
}

/// Asserts that a repeat carries the id of the first, and that no two firings share one.
fn assert_same_ids(received: &[Received]) {
    let mut firings: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut meanings: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for it in received {
        let meaning = (it.path.as_str(), it.body.as_str());
        assert_eq!(
            *firings.entry(meaning).or_insert(it.firing()),
            it.firing(),
            "{meaning:?}"
        );
        assert_eq!(*meanings.entry(it.firing()).or_insert(meaning), meaning);
    }
}

#[test]
fn whatever_was_accepted_reaches_every_trigger_however_often_the_process_is_killed() {
    let seed = seed();
    println!("ARGO_EVENTS_TEST_SEED={seed}");
    let mut random = Random(seed);
    let (folder, data) = folders();
    let (target, port) = (Target::start(), free_port());
    manifests(folder.path(), port, &target);
    let accepted = Arc::new(Accepted::default());
    for _ in 0..KILLS {
        let server = Server::start(folder.path(), data.path(), &[]);
        let before = accepted.pairs.lock().unwrap().len();
        let clients: Vec<JoinHandle<()>> = (0..CLIENTS)
            .map(|_| {
                let accepted = Arc::clone(&accepted);
                std::thread::spawn(move || accepted.client(port))
            })
            .collect();
        accepted.wait_for(before + 1 + random.below(MOST_ACCEPTED) as usize);
        server.kill();
        clients
            .into_iter()
            .for_each(|client| client.join().unwrap());
    }
    let _last = Server::start(folder.path(), data.path(), &[]);
    let (paid, pairs) = (
        accepted.paid.lock().unwrap(),
        accepted.pairs.lock().unwrap(),
    );
    let received = target.wait_until(|all| {
        is_there(all, "/shared", &paid)
            && is_there(all, "/ordered", &paid)
            && is_there(all, "/pair", &pairs)
    });
    assert_same_ids(&received);
    let distinct: BTreeSet<_> = received.iter().map(Received::firing).collect();
    println!(
        "{KILLS} kills, {} events and {} pairs accepted, 0 lost, {} repeats",
        paid.len() + pairs.len(),
        pairs.len(),
        received.len() - distinct.len()
    );
}

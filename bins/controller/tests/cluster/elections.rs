//! Elections by a Lease of a real API server, among controllers that are processes of their own.

use crate::{
    Promise, Stage,
    program::{Order, Program},
    space::{Space, sensor},
    stage::{GLANCE, eventually},
};
use argo_events_controller::LEASE;
use argo_events_testkit::servers::{Direction, Proxy};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

pub(crate) const PROMISES: &[Promise] = &[
    (
        "a standby acts within the lease when the leader is killed",
        killed,
    ),
    (
        "a leader that is stopped gives its lease back at once",
        stopped,
    ),
    (
        "a leader that is cut off stops before another acts",
        cut_off,
    ),
    (
        "a leader that hears no answers stops before another acts",
        unheard,
    ),
];

/// Times of the controller's election: how long a lease lasts, when a holder that cannot renew it has
/// stopped, and how often a standby looks.
const DURATION: Duration = Duration::from_secs(15);
const HOLD: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_secs(2);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(3);

/// Knows for how long this machine stood still, which is nobody's fault.
#[derive(Clone, Default)]
struct Stills(Arc<Mutex<Duration>>);

impl Stills {
    fn watch() -> (Self, JoinSet<()>) {
        let (stills, mut work) = (Self::default(), JoinSet::new());
        let seen = stills.clone();
        work.spawn(async move {
            loop {
                let began = Instant::now();
                sleep(GLANCE).await;
                let late = began.elapsed().saturating_sub(GLANCE);
                if late > GLANCE / 5 {
                    *seen.0.lock().unwrap() += late;
                }
            }
        });
        (stills, work)
    }

    /// Returns a time that may be taken, with what was lost so far.
    fn and(&self, time: Duration) -> Duration {
        time + *self.0.lock().unwrap()
    }
}

/// A namespace with two controllers, the first of which leads.
struct Pair {
    space: Space,
    leases: Api<Lease>,
    one: Program,
    two: Program,
}

impl Pair {
    async fn start(stage: &Stage, name: &str, way: Option<SocketAddr>) -> Self {
        let space = Space::new(stage, name).await;
        let order = |name, server| Order {
            namespace: &space.name,
            name,
            server,
        };
        let one = Program::controller(stage, &order("one", way));
        one.leads("one").await;
        let two = Program::controller(stage, &order("two", None));
        space.make("Sensor", "early", sensor()).await;
        space.until_ready("Sensor", 1).await;
        // It looks at the lease from now on.
        eventually("two answers", async || two.answers().await.then_some(())).await;
        sleep(POLL).await;
        Self {
            leases: Api::namespaced(stage.client.clone(), &space.name),
            space,
            one,
            two,
        }
    }
}

/// Tells who holds a lease; nobody once it was given back.
async fn holder(leases: &Api<Lease>) -> String {
    let lease = leases.get(LEASE).await.unwrap();
    lease
        .spec
        .and_then(|it| it.holder_identity)
        .unwrap_or_default()
}

/// Shows that the second controller acts, and that nothing was made twice.
async fn acts(space: &Space) {
    space.make("Sensor", "late", sensor()).await;
    space.until_ready("Sensor", 2).await;
    assert_eq!(space.names("Deployment").await.len(), 2);
}

fn killed(stage: &Stage) {
    stage.run(async {
        let Pair {
            space,
            leases,
            one,
            two,
        } = Pair::start(stage, "killed-leader", None).await;
        let (stills, _watching) = Stills::watch();
        let began = Instant::now();
        one.kill();
        two.leads("two").await;
        let took = began.elapsed();
        println!("the standby led {took:.1?} after the leader was killed");
        assert!(took < stills.and(DURATION + POLL + SLACK), "{took:?}");
        assert_eq!(holder(&leases).await, "two");
        acts(&space).await;
    });
}

fn stopped(stage: &Stage) {
    stage.run(async {
        let Pair {
            space,
            leases,
            one,
            two,
        } = Pair::start(stage, "stopped-leader", None).await;
        let (stills, _watching) = Stills::watch();
        let began = Instant::now();
        let status = one.terminate();
        assert!(status.success(), "{status}");
        assert_ne!(
            holder(&leases).await,
            "one",
            "it was given back before the end"
        );
        two.leads("two").await;
        let took = began.elapsed();
        println!("the standby led {took:.1?} after the leader was told to stop");
        assert!(took < stills.and(POLL + SLACK), "{took:?}");
        acts(&space).await;
    });
}

fn cut_off(stage: &Stage) {
    lost(stage, "cut-off-leader", |proxy| proxy.cut().unwrap());
}

fn unheard(stage: &Stage) {
    lost(stage, "unheard-leader", |proxy| {
        proxy.half_open(Direction::ToClient)
    });
}

fn lost(stage: &Stage, name: &str, lose: fn(&Proxy)) {
    let url = stage.server.url();
    let target = url.trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::start(target).unwrap();
    stage.run(async {
        let way = Some(proxy.address());
        let Pair {
            space,
            leases,
            one,
            two,
        } = Pair::start(stage, name, way).await;
        let (stills, _watching) = Stills::watch();
        let began = Instant::now();
        lose(&proxy);
        while one.is_leader().await {
            assert!(!two.is_leader().await, "both lead");
            assert!(
                began.elapsed() < stills.and(HOLD + SLACK),
                "it goes on without its lease"
            );
            sleep(GLANCE).await;
        }
        let stopped = began.elapsed();
        assert!(
            !two.is_leader().await,
            "the other waits for the end of the lease"
        );
        two.leads("two").await;
        let led = began.elapsed();
        println!("{name}: stopped after {stopped:.1?}, the standby led after {led:.1?}");
        assert!(led < stills.and(DURATION + POLL + SLACK), "{led:?}");
        acts(&space).await;
        proxy.mend().unwrap();
        sleep(POLL * 2).await;
        assert!(!one.is_leader().await && two.is_leader().await);
        assert_eq!(holder(&leases).await, "two");
    });
}

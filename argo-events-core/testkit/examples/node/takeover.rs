//! What happens when those are gone who lead, while orders and clocks go on.

use crate::{
    SHOP, SYSTEM,
    desk::{Desk, now, took, until},
    flow::{Flow, Waited},
    leaders::{Election, signal},
};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{ResourceExt as _, api::DeleteParams};
use std::time::Duration;
use tokio::time::sleep;

/// What flows.
const MANIFEST: &str = include_str!("manifests/shop.yaml");
/// What a controller has to do.
const LATE: &str = include_str!("manifests/late.yaml");
/// How long a leader stands still: longer than any of ours may.
const STANDSTILL: Duration = Duration::from_secs(12);
/// How soon the standby works at the latest, on a machine that does much else; what it takes is printed.
const LATEST: Duration = Duration::from_secs(30);

const SENSOR: Election = Election {
    namespace: SHOP,
    pods: "sensor-name=orders",
    lease: None,
};
const BY_LEASE: Election = Election {
    namespace: SHOP,
    pods: "eventsource-name=clock-by-lease",
    lease: Some("eventsource-clock-by-lease"),
};
const BY_BUS: Election = Election {
    namespace: SHOP,
    pods: "eventsource-name=clock-by-bus",
    lease: None,
};
const CONTROLLER: Election = Election {
    namespace: SYSTEM,
    pods: "app=controller-manager",
    lease: Some("argo-events-controller"),
};

pub(super) async fn play(desk: &Desk) {
    desk.apply(MANIFEST);
    let ready = async {
        for pods in [
            SENSOR.pods,
            BY_LEASE.pods,
            BY_BUS.pods,
            "eventsource-name=orders",
        ] {
            desk.ready(SHOP, pods, 2).await;
        }
        desk.ready(SHOP, "sensor-name=clocks", 1).await;
    };
    desk.step(
        "two pods each of two clocks, a webhook and a sensor are ready",
        ready,
    )
    .await;
    let flow = Flow::new(desk).await;
    let waited = desk.step("nothing happens", flow.during(async {})).await;
    tell(desk, &waited);
    for (election, what) in [
        (SENSOR, "sensor"),
        (BY_LEASE, "clock by lease"),
        (BY_BUS, "clock by bus"),
    ] {
        let handed = gone(desk, &flow, &election, what).await;
        assert!(longest(&handed) < LATEST, "{what}: handed over");
        let taken = still(desk, &flow, &election, what).await;
        assert!(longest(&taken) < LATEST, "{what}: taken over");
    }
    crash(desk, &flow).await;
    others_gone(desk, &flow).await;
    controllers(desk).await;
    let orders = flow.count("orders").await;
    assert_eq!(orders, flow.posted(), "each order once");
    desk.say(&format!("{orders} orders, none lost, none twice"));
}

/// Deletes the pod of a leader.
async fn gone(desk: &Desk, flow: &Flow<'_>, election: &Election, what: &str) -> Waited {
    let step = format!("the {what}'s leader is deleted, the standby works");
    let waited = flow.during(election.delete_leader(desk));
    let waited = desk.step(&step, waited).await;
    tell(desk, &waited);
    desk.step(
        "there is a standby again",
        desk.ready(SHOP, election.pods, 2),
    )
    .await;
    waited
}

/// Lets the process of a leader stand still, and go on when another leads.
async fn still(desk: &Desk, flow: &Flow<'_>, election: &Election, what: &str) -> Waited {
    let leader = election.leader(desk).await.expect("one leads");
    let step = format!("the {what}'s leader stands still for 12 s, the standby works");
    let waited = flow.during(async {
        signal(&leader, "STOP");
        sleep(STANDSTILL).await;
        signal(&leader, "CONT");
    });
    let waited = desk.step(&step, waited).await;
    tell(desk, &waited);
    let now = election.leader(desk).await.expect("one leads");
    assert_ne!(now.name_any(), leader.name_any(), "the standby leads");
    desk.step("both are ready", desk.ready(SHOP, election.pods, 2))
        .await;
    waited
}

/// Kills the process of the Sensor's leader; its pod stays, and starts another.
async fn crash(desk: &Desk, flow: &Flow<'_>) {
    let leader = SENSOR.leader(desk).await.expect("one leads");
    let waited = flow.during(async { signal(&leader, "KILL") });
    let waited = desk.step("the sensor's leader is killed", waited).await;
    tell(desk, &waited);
    assert!(longest(&waited) < LATEST);
    desk.step("both are ready", desk.ready(SHOP, SENSOR.pods, 2))
        .await;
}

/// Deletes a pod of the webhook source and a server of the bus.
async fn others_gone(desk: &Desk, flow: &Flow<'_>) {
    let pods = "eventsource-name=orders";
    let waited = replaced(desk, flow, pods, 2, "one of two pods of the webhook").await;
    assert_eq!(waited.refused, 0, "the other pod takes all posts");
    let pods = "controller=eventbus-controller";
    replaced(desk, flow, pods, 3, "one of three servers of the bus").await;
}

/// Deletes a pod, and lets everything flow until it is gone and there is another in its place.
async fn replaced(desk: &Desk, flow: &Flow<'_>, label: &str, count: usize, what: &str) -> Waited {
    let pod = desk.labelled::<Pod>(SHOP, label).await[0].name_any();
    let pods = desk.all::<Pod>(SHOP);
    let waited = flow.during(async {
        pods.delete(&pod, &DeleteParams::default()).await.unwrap();
        desk.ready(SHOP, label, count).await;
    });
    let step = format!("{what} is deleted, and there is another");
    let waited = desk.step(&step, waited).await;
    tell(desk, &waited);
    waited
}

async fn controllers(desk: &Desk) {
    let leader = CONTROLLER.leader(desk).await.expect("one leads");
    let began = now();
    CONTROLLER.delete_leader(desk).await;
    another_acts(desk, &leader, "late").await;
    took(
        began,
        "the controller's leader was deleted, the standby acts",
    );
    let standby = desk.ready(SYSTEM, CONTROLLER.pods, 2);
    desk.step("there is a standby again", standby).await;
    let leader = CONTROLLER.leader(desk).await.expect("one leads");
    signal(&leader, "STOP");
    let began = now();
    another_acts(desk, &leader, "later").await;
    took(
        began,
        "the controller's leader stood still, the standby acts",
    );
    signal(&leader, "CONT");
    let both = desk.ready(SYSTEM, CONTROLLER.pods, 2);
    desk.step("both are ready", both).await;
}

/// Waits until another controller leads, gives it something to do, and waits until it is done.
async fn another_acts(desk: &Desk, former: &Pod, name: &str) {
    let another = until(async || {
        let leader = CONTROLLER.leader(desk).await;
        leader.is_some_and(|it| it.name_any() != former.name_any())
    });
    desk.step("another controller leads", another).await;
    desk.apply(&LATE.replace("NAME", name));
    let label = format!("sensor-name={name}");
    let is_there = until(async || !desk.labelled::<Deployment>(SHOP, &label).await.is_empty());
    desk.step(&format!("the Sensor {name} has its Deployment"), is_there)
        .await;
}

fn longest(waited: &Waited) -> Duration {
    waited
        .clocks
        .values()
        .copied()
        .chain([waited.order])
        .max()
        .unwrap_or_default()
}

fn tell(desk: &Desk, waited: &Waited) {
    let clocks = waited.clocks.iter();
    let clocks = clocks.map(|(name, it)| format!(", {name} {:.1} s", it.as_secs_f64()));
    desk.say(&format!(
        "longest wait: an order {:.1} s{}; {} posts refused",
        waited.order.as_secs_f64(),
        clocks.collect::<String>(),
        waited.refused
    ));
}

//! Many objects at once: how long, how many writes, how much memory.
//!
//! Times and memory are printed, for they are those of this machine and build; counts are promised.
//! Of a program that was named, a release build, all are: `ARGO_EVENTS_SERVICES=argo-events-services
//! cargo test -p argo-events-controller --test cluster -- "the program"`.

use crate::{
    Promise, Stage,
    process::Process,
    program::{self, Order, Program},
    space::{Space, is_ready, sensor},
};
use futures::{StreamExt as _, stream};
use kube::api::DynamicObject;
use std::{env, time::Duration};
use tokio::time::{Instant, sleep, timeout};

pub(crate) const PROMISES: &[Promise] = &[(
    "a thousand sensors at once take at most six writes each",
    thousand,
)];

/// Of `argo-events-services`.
pub(crate) const OF_THE_PROGRAM: &[Promise] = &[(
    "the program keeps a thousand sensors within its bounds",
    bounded,
)];

/// Sets how many there are.
const CROWD: &str = "ARGO_EVENTS_CROWD";
const MOST_WRITES: usize = 6;
/// Most memory with nothing to do, and with a thousand Sensors, in MiB.
const IDLE_MEMORY: f64 = 25.0;
const MOST_MEMORY: f64 = 100.0;
/// How long it may take until all are handled.
const LONGEST: Duration = Duration::from_secs(60);
/// How long any wait may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

fn count() -> usize {
    let told = env::var(CROWD).ok().and_then(|text| text.parse().ok());
    told.unwrap_or(1000)
}

fn thousand(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "crowd").await;
        let controller = Process::start(&stage.server.kubeconfig(), &space.name);
        crowd(&space, count()).await;
        println!(
            "the controller's memory was at most {:.1} MiB",
            controller.peak()
        );
        let writes = controller.stop();
        let sum: usize = writes.values().sum();
        println!(
            "{:.2} writes for each: {writes:?}",
            sum as f64 / count() as f64
        );
        assert!(sum <= count() * MOST_WRITES, "{sum} writes");
    });
}

fn bounded(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "crowd").await;
        let order = Order {
            namespace: &space.name,
            name: "one",
            server: None,
        };
        let controller = Program::controller(stage, &order);
        controller.leads("one").await;
        space.until_ready("EventBus", 1).await;
        sleep(Duration::from_secs(10)).await;
        let (idle, idle_peak) = controller.memory();
        println!("idle: {idle:.1} MiB, at most {idle_peak:.1} MiB");
        let used = controller.seconds();
        let handled = crowd(&space, count()).await;
        let (_, peak) = controller.memory();
        let used = controller.seconds() - used;
        let writes = controller.writes().await / count() as f64;
        println!("at most {peak:.1} MiB, {used:.1} s of a processor, {writes:.2} writes for each");
        assert!(writes <= MOST_WRITES as f64, "{writes} writes for each");
        if program::named().is_some() {
            assert!(idle <= IDLE_MEMORY, "{idle} MiB");
            assert!(peak <= MOST_MEMORY, "{peak} MiB");
            assert!(handled <= LONGEST, "{handled:?}");
        }
    });
}

/// Makes many Sensors at once, and returns when all were handled.
async fn crowd(space: &Space, count: usize) -> Duration {
    let began = Instant::now();
    stream::iter(0..count)
        .for_each_concurrent(16, async |index| {
            space.make("Sensor", &format!("s{index}"), sensor()).await;
        })
        .await;
    let made = began.elapsed();
    wait("every Sensor is handled", space, count, is_ready).await;
    let handled = began.elapsed();
    let has_pod = |it: &DynamicObject| it.data["status"]["readyReplicas"] == 1;
    wait("every Sensor has its pod", space, count, has_pod).await;
    let ready = began.elapsed();
    println!(
        "{count} sensors: made in {made:.1?}, handled in {handled:.1?}, pods ready in {ready:.1?}"
    );
    handled
}

async fn wait(what: &str, space: &Space, count: usize, holds: impl Fn(&DynamicObject) -> bool) {
    let waiting = async {
        loop {
            let all = space.list("Sensor").await;
            if all.len() == count && all.iter().all(&holds) {
                return;
            }
            // A list of so many is work for the API server, too.
            sleep(Duration::from_secs(1)).await;
        }
    };
    let outcome = timeout(PATIENCE, waiting).await;
    outcome.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
}

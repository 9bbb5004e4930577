//! Many objects at once: how long, how many writes, how much memory.
//!
//! Times and memory are printed, for they are those of this machine and build; counts are promised.

use crate::{
    Promise, Stage,
    process::Process,
    space::{Space, is_ready, sensor},
};
use futures::{StreamExt as _, stream};
use std::{env, time::Duration};
use tokio::time::Instant;

pub(crate) const PROMISES: &[Promise] = &[(
    "a thousand sensors at once take at most six writes each",
    thousand,
)];

/// Sets how many there are.
const CROWD: &str = "ARGO_EVENTS_CROWD";
const MOST_WRITES: usize = 6;

fn thousand(stage: &Stage) {
    let count = env::var(CROWD)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1000);
    stage.run(async {
        let space = Space::new(stage, "crowd").await;
        let controller = Process::start(&stage.server.kubeconfig(), &space.name);
        let began = Instant::now();
        stream::iter(0..count)
            .for_each_concurrent(16, async |index| {
                space.make("Sensor", &format!("s{index}"), sensor()).await;
            })
            .await;
        let made = began.elapsed();
        wait(&space, count, is_ready).await;
        let handled = began.elapsed();
        wait(&space, count, |it| it.data["status"]["readyReplicas"] == 1).await;
        let ready = began.elapsed();
        println!(
            "{count} sensors: made in {made:.1?}, handled in {handled:.1?}, pods ready in {ready:.1?}"
        );
        println!("the controller's memory was at most {:.1} MiB", controller.peak());
        let writes = controller.stop();
        let sum: usize = writes.values().sum();
        println!("{:.2} writes for each: {writes:?}", sum as f64 / count as f64);
        assert!(sum <= count * MOST_WRITES, "{sum} writes for {count} sensors");
    });
}

async fn wait(space: &Space, count: usize, holds: impl Fn(&kube::api::DynamicObject) -> bool) {
    loop {
        let all = space.list("Sensor").await;
        if all.len() == count && all.iter().all(&holds) {
            return;
        }
        // A list of so many is work for the API server, too.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

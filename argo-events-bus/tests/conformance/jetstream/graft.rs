//! Pods of the reference are heard before ours campaign beside them.

use super::rig::{Guard, Rig};
use argo_events_testkit::{
    servers::{self, Server},
    suite::at_work,
};
use async_nats::Client;
use futures::future::join;
use libtest_mimic::{Failed, Trial};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, interval, sleep, timeout};

const CLUSTER: &str = "prod-sensor-orders";
const BEAT: Duration = Duration::from_millis(100);

/// Makes the trials; without a server they are ignored.
pub(crate) fn trials() -> Vec<Trial> {
    let trials = [
        trial("without the reference a start is hardly delayed", alone),
        trial("a leader of the reference is waited for", beside),
        trial("a server that does not answer is no silence", stopped),
    ];
    trials
        .into_iter()
        .map(|trial| servers::needing(&[Server::Nats], trial))
        .collect()
}

fn trial<F>(name: &str, run: fn(Arc<Rig>) -> F) -> Trial
where
    F: Future<Output = Result<(), Failed>> + 'static,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let rig = Arc::new(Rig::new(Server::Nats, Guard::None));
        runtime.block_on(run(rig))
    })
    .with_kind("jetstream, graft")
}

fn ensure(holds: bool, what: impl Into<String>) -> Result<(), Failed> {
    if holds {
        return Ok(());
    }
    Err(what.into().into())
}

/// Beats as a leader of the reference does, for some time.
async fn lead(client: &Client, cluster: &str, time: Duration) {
    let beats = async {
        let mut ticks = interval(BEAT);
        loop {
            ticks.tick().await;
            let subject = format!("graft.{cluster}.heartbeat");
            let beat = b"\x08\x07\x12\x1aABCDEFGHIJKLMNOPQRSTUVWXYZ";
            let sent = client.publish(subject, beat.as_slice().into()).await;
            sent.expect("the server is there");
        }
    };
    timeout(time, beats).await.ok();
}

async fn alone(rig: Arc<Rig>) -> Result<(), Failed> {
    let bus = rig.connect().await?;
    let peer = async_nats::connect(rig.server()?.url()).await?;
    let other = lead(&peer, "prod-sensor-invoices", Duration::from_millis(500));
    let wait = async {
        tokio::select! {
            waited = bus.wait_until_silent(CLUSTER) => Ok::<_, Failed>(waited?),
            () = at_work(Duration::from_secs(1)) => Err("a start was delayed by a second".into()),
        }
    };
    join(wait, other).await.0?;
    ensure(
        !bus.reference_is_active(CLUSTER).await?,
        "somebody was heard who is not there",
    )
}

async fn beside(rig: Arc<Rig>) -> Result<(), Failed> {
    let bus = rig.connect().await?;
    let peer = async_nats::connect(rig.server()?.url()).await?;
    let leads = Duration::from_secs(3);
    let began = Instant::now();
    let listen = async {
        sleep(BEAT * 2).await;
        let is_active = bus.reference_is_active(CLUSTER).await?;
        bus.wait_until_silent(CLUSTER).await?;
        Ok::<_, Failed>((is_active, began.elapsed()))
    };
    let (heard, ()) = join(listen, lead(&peer, CLUSTER, leads)).await;
    let (is_active, took) = heard?;
    ensure(is_active, "a leader of the reference was not heard")?;
    let least = leads + Duration::from_millis(1_200);
    ensure(took >= least, format!("waited for only {took:?}"))
}

async fn stopped(rig: Arc<Rig>) -> Result<(), Failed> {
    let bus = rig.connect().await?;
    rig.server()?.pause()?;
    let outcome = bus.wait_until_silent(CLUSTER).await;
    rig.server()?.resume()?;
    let error = outcome.err().ok_or("silence of a stopped server counts")?;
    ensure(error.is_transient(), format!("not transient: {error}"))
}

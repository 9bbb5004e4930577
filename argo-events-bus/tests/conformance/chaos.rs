//! Trouble that the contract allows loses nothing, and the same seed makes the same trouble.

use crate::harness::Memory;
use argo_events_core::{Event, EventBus, Subject, Subscription};
use argo_events_testkit::bus::{BusHarness as _, Chaos, ChaosBus, Outcome, ensure};
use libtest_mimic::Trial;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{runtime::Builder, time::timeout};

const COUNT: usize = 300;
/// After this, nothing comes any more; time is paused, so that nobody waits for it.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// Makes the trials.
pub(crate) fn trials() -> Vec<Trial> {
    let trial =
        |name: &str, run: fn() -> Outcome| Trial::test(name, move || Ok(run()?)).with_kind("chaos");
    vec![
        trial(
            "a patient publisher and reader lose nothing to chaos",
            nothing_is_lost,
        ),
        trial(
            "the same seed makes the same trouble",
            trouble_is_repeatable,
        ),
    ]
}

fn nothing_is_lost() -> Outcome {
    for seed in 0..20 {
        let (found, faults) = live_through(seed)?;
        ensure(
            found == COUNT,
            format!("seed {seed}: {found} of {COUNT} events came"),
        )?;
        ensure(faults > 0, format!("seed {seed}: nothing went wrong"))?;
    }
    Ok(())
}

fn trouble_is_repeatable() -> Outcome {
    ensure(
        live_through(7)? == live_through(7)?,
        "two runs of one seed differ",
    )?;
    ensure(
        live_through(7)? != live_through(8)?,
        "two seeds make the same trouble",
    )
}

/// Publishes and reads until everything was acknowledged, or no more comes; how many came, and how
/// much went wrong.
fn live_through(seed: u64) -> Outcome<(usize, u64)> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime can be made").block_on(async {
        let bus = ChaosBus::new(Memory.open().await?, Chaos::new(seed));
        let subjects = vec![Subject::new("shop", "paid")];
        let mut deliveries = bus.subscribe(Subscription::new("group", subjects)).await?;
        for id in 0..COUNT {
            let event = Arc::new(Event::builder(id.to_string(), "shop", "paid").build());
            while bus.publish(Arc::clone(&event)).await.is_err() {}
        }
        let mut acknowledged = BTreeSet::new();
        while acknowledged.len() < COUNT {
            let batch = match timeout(FOR_EVER, deliveries.next(16)).await {
                Err(_) | Ok(None) => break,
                // What was interrupted comes again at the next call.
                Ok(Some(Err(_))) => continue,
                Ok(Some(Ok(batch))) => batch,
            };
            for delivery in batch {
                let id = delivery.event().id().to_owned();
                if delivery.ack().await.is_ok() {
                    acknowledged.insert(id);
                }
            }
        }
        Ok((acknowledged.len(), bus.faults()))
    })
}

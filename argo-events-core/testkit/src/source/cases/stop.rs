//! How a run ends, and begins again.

use crate::source::{Outcome, Verdict, World, ensure};
use std::sync::Arc;

pub(super) async fn idle(world: &Arc<World>) -> Outcome {
    world.start().await?.stopped().await
}

/// What happened before the signal may still be finished, what happens after it belongs to the next run.
pub(super) async fn at_work(world: &Arc<World>) -> Outcome {
    world.hold(1);
    let run = world.start().await?;
    world.upstream().occur(1).await;
    world.offered(1).await?;
    run.stop();
    world.quiet().await?;
    world.upstream().occur(2).await;
    world.quiet().await?;
    world.recorder().rule(|_| Verdict::Accept);
    run.stopped().await?;
    ensure(
        world.recorder().offered().len() == 1,
        "emitted what happened after the stop signal",
    )
}

pub(super) async fn emits_nothing_new(world: &Arc<World>) -> Outcome {
    let run = world.start().await?;
    world.upstream().occur(1).await;
    world.accepted(1).await?;
    let before = world.recorder().offered().len();
    run.stopped().await?;
    world.upstream().occur(2).await;
    world.quiet().await?;
    let after = world.recorder().offered();
    ensure(
        after.len() == before,
        format!("emitted after the stop signal: {:?}", &after[before..]),
    )
}

pub(super) async fn runs_again(world: &Arc<World>) -> Outcome {
    for number in 1..=3 {
        let run = world.start().await?;
        world.upstream().occur(number).await;
        world.accepted(number).await?;
        run.stopped().await?;
    }
    Ok(())
}

pub(super) async fn runs_again_after_a_drop(world: &Arc<World>) -> Outcome {
    let run = world.start().await?;
    world.upstream().occur(1).await;
    world.accepted(1).await?;
    run.dropped().await?;
    world.quiet().await?;
    let run = world.start().await?;
    world.upstream().occur(2).await;
    world.accepted(2).await?;
    run.stopped().await
}

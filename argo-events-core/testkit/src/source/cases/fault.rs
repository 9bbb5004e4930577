//! What a source does about a bad upstream and bad input.

use crate::source::{Outcome, Run, World, ensure};
use std::sync::Arc;

pub(super) async fn out_of_reach(world: &Arc<World>) -> Outcome {
    world.source().await?;
    world.upstream().fail().await;
    world.begin().await?.failed().await?;
    recovers(world).await
}

pub(super) async fn breaks(world: &Arc<World>) -> Outcome {
    let run = world.start().await?;
    world.upstream().occur(1).await;
    world.accepted(1).await?;
    world.upstream().fail().await;
    Run::failed(run).await?;
    recovers(world).await
}

async fn recovers(world: &Arc<World>) -> Outcome {
    world.upstream().repair().await;
    let run = world.start().await?;
    world.upstream().occur(2).await;
    world.accepted(2).await?;
    run.stopped().await
}

pub(super) async fn malformed(world: &Arc<World>) -> Outcome {
    let run = world.start().await?;
    world.upstream().malformed().await;
    let skipped = world
        .recorder()
        .until(|recorder| !recorder.skipped().is_empty());
    let silent = || "input that is no event was not reported with `SourceContext::skip`".to_owned();
    world.within(skipped, silent).await?;
    world.upstream().occur(1).await;
    world.accepted(1).await?;
    let strange = world.recorder().offered();
    let strange = strange
        .iter()
        .find(|draft| world.upstream().number(draft).is_none());
    ensure(
        strange.is_none(),
        format!("input that is no event was emitted: {strange:?}"),
    )?;
    run.stopped().await
}

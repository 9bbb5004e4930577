//! What upstream may be told, and when.

use crate::source::{Answer, Broken, Outcome, Verdict, World, ensure};
use std::sync::Arc;

pub(super) async fn accepted_first(world: &Arc<World>) -> Outcome {
    world.recorder().rule(|_| Verdict::Hold);
    let run = world.start().await?;
    world.upstream().occur(1).await;
    world.offered(1).await?;
    world.unanswered(1).await?;
    world.recorder().rule(|_| Verdict::Accept);
    world.accepted(1).await?;
    drop(run);
    Ok(())
}

pub(super) async fn each_by_itself(world: &Arc<World>) -> Outcome {
    world.hold(1);
    let run = world.start().await?;
    world.upstream().occur(1).await;
    world.offered(1).await?;
    world.upstream().occur(2).await;
    world.unanswered(1).await?;
    world.recorder().rule(|_| Verdict::Accept);
    world.accepted(1).await?;
    world.accepted(2).await?;
    drop(run);
    Ok(())
}

pub(super) async fn acknowledged(world: &Arc<World>) -> Outcome {
    let run = world.start().await?;
    for number in 1..=3 {
        world.upstream().occur(number).await;
        world.accepted(number).await?;
        let answer = world.answered(number).await?;
        ensure(
            answer == Answer::Taken,
            format!(
                "upstream was told that occurrence {number} is {answer:?}, though its event was accepted"
            ),
        )?;
    }
    run.stopped().await
}

pub(super) async fn not_lost(world: &Arc<World>) -> Outcome {
    world.recorder().rule(|_| Verdict::Refuse);
    let run = world.keep_running().await?;
    for number in 1..=3 {
        world.upstream().occur(number).await;
    }
    let refused = world
        .recorder()
        .until(|recorder| !recorder.refused().is_empty());
    world
        .within(refused, || "nothing was emitted".to_owned())
        .await?;
    world.recorder().rule(|_| Verdict::Accept);
    for number in 1..=3 {
        kept_or_refused(world, number).await?;
    }
    drop(run);
    Ok(())
}

/// Waits until the occurrence was accepted after all, or upstream knows that it was not.
async fn kept_or_refused(world: &Arc<World>, number: u32) -> Outcome {
    tokio::select! {
        biased;
        accepted = world.accepted(number) => accepted,
        answer = world.upstream().answered(number) => match answer {
            Answer::Refused => Ok(()),
            // The answer may be seen before the record of what it rests on.
            Answer::Taken => world.accepted(number).await.map_err(|_| lost(number)),
        },
    }
}

fn lost(number: u32) -> Broken {
    Broken(format!(
        "upstream was told that occurrence {number} was taken, but its event was not accepted"
    ))
}

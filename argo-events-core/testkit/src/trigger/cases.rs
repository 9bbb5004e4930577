//! The cases, in the order of the promises.

use super::{
    Broken, Case, Need, Outcome, Target, World, ensure,
    world::Failure::{self, Permanent, Transient},
};
use crate::suite::list;
use std::{collections::BTreeSet, sync::Arc};
use tokio::time::timeout;

/// How many firings are executed at once.
const MANY: u32 = 16;

/// Lists every case.
pub(super) fn all() -> Vec<Case> {
    list! { Need:
        "TRG-01" "rendering has no effect" [] renders_without_effect;
        "TRG-01" "the same firing is rendered alike, another differently" [] renders_alike;
        "TRG-02" "the effect is done when execute has resolved" [] done_when_resolved;
        "TRG-02" "execute waits for a target that takes its time" [Waits] waits;
        "TRG-02" "a target that refuses makes execute fail" [Never] refused;
        "TRG-03" "the id of the firing travels with the effect" [Key] carries_key;
        "TRG-03" "another attempt carries the same key" [Key] keeps_key;
        "TRG-04" "later is a transient failure" [Later] later;
        "TRG-04" "never is a permanent failure" [Never] never;
        "TRG-04" "a target out of reach is a transient failure" [Gone] gone;
        "TRG-05" "many firings are executed at once" [] many;
        "TRG-05" "an execution may begin while another one waits" [Waits] side_by_side;
        "TRG-06" "no secret is seen in what is rendered" [Secrets] renders_no_secret;
        "TRG-06" "no secret is seen in the error of a refusal" [Secrets, Never] refuses_without_secret;
        "TRG-06" "no secret is seen in the error of a target out of reach" [Secrets, Gone] fails_without_secret;
    }
}

async fn renders_without_effect(world: &Arc<World>) -> Outcome {
    world.render(1).await?;
    tokio::time::sleep(world.settling()).await;
    world.saw(&[]).await?;
    Ok(())
}

async fn renders_alike(world: &Arc<World>) -> Outcome {
    let (first, other) = (world.render(1).await?, world.render(2).await?);
    let again = world.render(1).await?;
    let (view, repeated) = (first.view(), again.view());
    ensure(
        view == repeated,
        format!("rendered as {view}, then as {repeated}"),
    )?;
    ensure(
        first.firing() == &world.target().firing(1).id(),
        "what is rendered has not the id of its firing",
    )?;
    ensure(
        view != other.view(),
        format!("two firings are rendered alike: {view}"),
    )
}

async fn done_when_resolved(world: &Arc<World>) -> Outcome {
    for number in 1..=3 {
        world.fire(number).await?;
        world.saw(&(1..=number).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

async fn waits(world: &Arc<World>) -> Outcome {
    world.target().target(Target::Waits).await;
    let mut task = world.begin(world.render(1).await?, 1).await?;
    if let Ok(ended) = timeout(world.settling(), &mut task).await {
        let reason = format!("`execute` did not wait for the effect: {ended:?}");
        return Err(Broken(reason));
    }
    world.target().target(Target::Succeeds).await;
    world.succeeded(&world.end(task).await?)?;
    world.saw(&[1]).await?;
    Ok(())
}

async fn refused(world: &Arc<World>) -> Outcome {
    world.refused(Target::Never).await?;
    world.saw(&[]).await?;
    Ok(())
}

async fn carries_key(world: &Arc<World>) -> Outcome {
    world.fire(1).await?;
    world.fire(2).await?;
    for effect in world.saw(&[1, 2]).await? {
        let id = world.target().firing(effect.number).id();
        let key = effect.key.as_deref();
        ensure(
            key == Some(id.as_str()),
            format!("the key is {key:?}, the id of the firing {id}"),
        )?;
    }
    Ok(())
}

async fn keeps_key(world: &Arc<World>) -> Outcome {
    let rendered = world.render(1).await?;
    world.succeeded(&world.attempt(rendered.clone(), 1).await?)?;
    world.succeeded(&world.attempt(rendered, 2).await?)?;
    // What is rendered anew, after a restart, is the same firing too.
    world.fire(1).await?;
    let effects = world.target().effects().await;
    let keys: BTreeSet<_> = effects.iter().map(|effect| effect.key.clone()).collect();
    ensure(
        keys.len() == 1,
        format!("one firing came with the keys {keys:?}"),
    )
}

async fn later(world: &Arc<World>) -> Outcome {
    told(world, Target::Later, Transient).await?;
    world.target().target(Target::Succeeds).await;
    world.fire(1).await?;
    world.saw(&[1]).await?;
    Ok(())
}

async fn never(world: &Arc<World>) -> Outcome {
    told(world, Target::Never, Permanent).await
}

async fn gone(world: &Arc<World>) -> Outcome {
    told(world, Target::Gone, Transient).await?;
    world.target().target(Target::Succeeds).await;
    world.fire(1).await
}

async fn told(world: &Arc<World>, behavior: Target, wanted: Failure) -> Outcome {
    let failure = world.refused(behavior).await?;
    ensure(
        failure == wanted,
        format!("a target that is {behavior:?} is called {failure:?}"),
    )
}

async fn many(world: &Arc<World>) -> Outcome {
    let mut tasks = Vec::new();
    for number in 1..=MANY {
        tasks.push(world.begin(world.render(number).await?, 1).await?);
    }
    for task in tasks {
        world.succeeded(&world.end(task).await?)?;
    }
    world.saw(&(1..=MANY).collect::<Vec<_>>()).await?;
    Ok(())
}

async fn side_by_side(world: &Arc<World>) -> Outcome {
    world.target().target(Target::Waits).await;
    let first = world.begin(world.render(1).await?, 1).await?;
    tokio::time::sleep(world.settling()).await;
    let second = world.begin(world.render(2).await?, 1).await?;
    tokio::time::sleep(world.settling()).await;
    world.target().target(Target::Succeeds).await;
    for task in [first, second] {
        world.succeeded(&world.end(task).await?)?;
    }
    world.saw(&[1, 2]).await?;
    Ok(())
}

async fn renders_no_secret(world: &Arc<World>) -> Outcome {
    let rendered = world.render(1).await?;
    world.hides_secrets("what is rendered", &rendered.view().to_string())?;
    world.hides_secrets("what is rendered", &format!("{rendered:?}"))?;
    world.succeeded(&world.attempt(rendered, 1).await?)
}

async fn refuses_without_secret(world: &Arc<World>) -> Outcome {
    fails(world, Target::Never).await
}

async fn fails_without_secret(world: &Arc<World>) -> Outcome {
    fails(world, Target::Gone).await
}

async fn fails(world: &Arc<World>, behavior: Target) -> Outcome {
    let rendered = world.render(1).await?;
    world.target().target(behavior).await;
    match world.attempt(rendered, 1).await? {
        Err(error) => world.error_hides_secrets(&error),
        Ok(executed) => world.hides_secrets("what is returned", &format!("{executed:?}")),
    }
}

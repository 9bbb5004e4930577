//! The cases, in the order of the promises.

use super::{
    Broken, Case, Need, Outcome, Reach, World, ensure,
    world::{Campaign, NAME},
};
use crate::suite::{at_work, list};
use argo_events_core::Leadership;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// Lists every case.
pub(super) fn all() -> Vec<Case> {
    list! { Need:
        "LEAD-01" "of several candidates one leads and goes on" [] one_leads;
        "LEAD-01" "a holder that is refused has stopped when another leads" [] refused_holder;
        "LEAD-01" "a holder without answers has stopped when another leads" [Silence] silent_holder;
        "LEAD-02" "a candidate takes over in time when the holder dies" [Silence] takeover;
        "LEAD-02" "a candidate that died is not waited for" [Silence] dead_candidate;
        "LEAD-03" "a leadership is lost a margin before another leads" [] margin;
        "LEAD-03" "the margin is there also when answers are slow" [Silence] slow_margin;
        "LEAD-03" "what was lost is not held again" [] stays_lost;
        "LEAD-04" "an outage that ends before the deadline loses nothing" [] short_outage;
        "LEAD-04" "a pause without answers that ends before the deadline loses nothing" [Silence] short_silence;
        "LEAD-05" "resigning lets the next lead at once" [] resign;
        "LEAD-05" "dropping a leadership lets the next lead at once" [] drops;
        "LEAD-06" "epochs grow with every leadership" [] epochs;
        "LEAD-07" "names do not disturb each other" [] names;
        "LEAD-07" "campaigns of one elector for one name take turns" [] turns;
        "LEAD-08" "an outage ends no campaign" [] outage;
        "LEAD-08" "a campaign that is dropped leads nothing" [] dropped_campaign;
    }
}

async fn one_leads(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let mut second = world.campaign(2, NAME).await?;
    let mut third = world.campaign(3, NAME).await?;
    let long = world.settings().lease * 4;
    let (second, third) = tokio::join!(
        world.waits(&mut second, long),
        world.waits(&mut third, long)
    );
    second.and(third)?;
    ensure(
        leader.is_held(),
        "a leader that nothing happened to has lost",
    )
}

/// Cuts the leader off, and returns it with the next one and the time when it had lost.
async fn cut(
    world: &World,
    leader: Leadership,
    next: Campaign,
    reach: Reach,
) -> Outcome<(Leadership, Leadership, Instant)> {
    world.reach(1, reach);
    let within = world.takeover() + world.settings().lease;
    let lost = async {
        is_lost(&leader, within).await?;
        Ok::<_, Broken>(Instant::now())
    };
    let follow = async {
        let next = world.won(next, within).await?;
        ensure(!leader.is_held(), "two leaderships are held at once")?;
        Ok::<_, Broken>(next)
    };
    let (lost, next) = tokio::try_join!(lost, follow)?;
    Ok((leader, next, lost))
}

/// Waits until a leader has lost.
async fn is_lost(leader: &Leadership, within: Duration) -> Outcome {
    tokio::select! {
        () = leader.lost() => Ok(()),
        () = at_work(within) => Err(Broken("a leader that was cut off has not lost".to_owned())),
    }
}

async fn refused_holder(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let next = world.campaign(2, NAME).await?;
    sleep(world.settings().lease * 2).await;
    cut(world, leader, next, Reach::Refused).await.map(drop)
}

async fn silent_holder(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let next = world.campaign(2, NAME).await?;
    sleep(world.settings().lease * 2).await;
    cut(world, leader, next, Reach::Silent).await.map(drop)
}

async fn takeover(world: &Arc<World>) -> Outcome {
    // The holder dies at several points between two renewals.
    for part in 0..4 {
        let leader = world.leads(1, NAME).await?;
        let next = world.campaign(2, NAME).await?;
        sleep(world.settings().lease + world.settings().renew * part / 4).await;
        world.reach(1, Reach::Silent);
        let next = world.won(next, world.takeover()).await?;
        drop(leader);
        world.reach(1, Reach::Open);
        next.resign().await;
    }
    Ok(())
}

async fn dead_candidate(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let _dead = world.campaign(2, NAME).await?;
    let next = world.campaign(3, NAME).await?;
    sleep(world.settings().lease).await;
    world.reach(2, Reach::Silent);
    world.reach(1, Reach::Silent);
    let next = world.won(next, world.takeover()).await?;
    ensure(!leader.is_held(), "two leaderships are held at once")?;
    drop(next);
    Ok(())
}

async fn margin(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let next = world.campaign(2, NAME).await?;
    sleep(world.settings().lease).await;
    let (_leader, _next, lost) = cut(world, leader, next, Reach::Refused).await?;
    wide_enough(world, lost.elapsed())
}

async fn slow_margin(world: &Arc<World>) -> Outcome {
    let settings = world.settings();
    let leader = world.leads(1, NAME).await?;
    let next = world.campaign(2, NAME).await?;
    let delay = (settings.hold - settings.renew) * 2 / 5;
    world.reach(1, Reach::Slow(delay));
    sleep(settings.lease * 2).await;
    let (_leader, _next, lost) = cut(world, leader, next, Reach::Silent).await?;
    wide_enough(world, lost.elapsed())
}

fn wide_enough(world: &World, found: Duration) -> Outcome {
    let promised = world.settings().lease - world.settings().hold;
    let least = if world.is_paused() {
        promised
    } else {
        promised / 2
    };
    ensure(
        found >= least,
        format!("lost only {found:?} before another led"),
    )
}

async fn stays_lost(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    world.reach(1, Reach::Refused);
    is_lost(&leader, world.settings().lease).await?;
    world.reach(1, Reach::Open);
    for _ in 0..20 {
        ensure(!leader.is_held(), "what was lost is held again")?;
        sleep(world.settings().lease / 10).await;
    }
    Ok(())
}

async fn ride_out(world: &World, reach: Reach) -> Outcome {
    let settings = world.settings();
    let leader = world.leads(1, NAME).await?;
    let mut next = world.campaign(2, NAME).await?;
    for part in 1..=4 {
        world
            .waits(&mut next, settings.lease + settings.renew * part / 4)
            .await?;
        (1..=2).for_each(|process| world.reach(process, reach));
        world
            .waits(&mut next, (settings.hold - settings.renew) / 2)
            .await?;
        (1..=2).for_each(|process| world.reach(process, Reach::Open));
    }
    world.waits(&mut next, settings.lease * 2).await?;
    ensure(leader.is_held(), "a short outage lost the leadership")
}

async fn short_outage(world: &Arc<World>) -> Outcome {
    ride_out(world, Reach::Refused).await
}

async fn short_silence(world: &Arc<World>) -> Outcome {
    ride_out(world, Reach::Silent).await
}

async fn resign(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let next = world.campaign(2, NAME).await?;
    sleep(world.settings().lease).await;
    leader.resign().await;
    world.won(next, world.prompt()).await?.resign().await;
    let again = world.leads(1, NAME).await?;
    ensure(again.is_held(), "one that resigned cannot lead again")
}

async fn drops(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let next = world.campaign(2, NAME).await?;
    sleep(world.settings().lease).await;
    drop(leader);
    world.won(next, world.prompt()).await.map(drop)
}

async fn epochs(world: &Arc<World>) -> Outcome {
    let mut last = 0;
    let mut grown = |leader: &Leadership| {
        let epoch = leader.epoch();
        let grown = ensure(epoch > last, format!("epoch {epoch} after {last}"));
        last = epoch;
        grown
    };
    for process in [1, 2, 1, 1] {
        let leader = world.leads(process, NAME).await?;
        grown(&leader)?;
        leader.resign().await;
    }
    let leader = world.leads(1, NAME).await?;
    grown(&leader)?;
    world.reach(1, Reach::Refused);
    leader.lost().await;
    let next = world.campaign(2, NAME).await?;
    grown(&world.won(next, world.takeover()).await?)
}

async fn names(world: &Arc<World>) -> Outcome {
    let first = world.leads(1, NAME).await?;
    let second = world.leads(2, "sensor/invoices").await?;
    let third = world.leads(2, "sensor").await?;
    ensure(
        [&first, &second, &third].map(Leadership::name) == [NAME, "sensor/invoices", "sensor"],
        "a leadership has another name",
    )?;
    second.resign().await;
    sleep(world.settings().lease * 2).await;
    ensure(
        first.is_held() && third.is_held(),
        "resigning one name lost another",
    )
}

async fn turns(world: &Arc<World>) -> Outcome {
    let first = world.leads(1, NAME).await?;
    let mut second = world.campaign(1, NAME).await?;
    world.waits(&mut second, world.settings().lease * 2).await?;
    ensure(first.is_held(), "a second campaign lost the leadership")?;
    first.resign().await;
    world.won(second, world.prompt()).await.map(drop)
}

async fn outage(world: &Arc<World>) -> Outcome {
    world.reach(1, Reach::Refused);
    let mut campaign = world.campaign(1, NAME).await?;
    let ended = timeout(world.settings().lease * 4, &mut campaign).await;
    ensure(ended.is_err(), "a campaign ended in an outage")?;
    world.reach(1, Reach::Open);
    world.won(campaign, world.prompt()).await.map(drop)
}

async fn dropped_campaign(world: &Arc<World>) -> Outcome {
    let leader = world.leads(1, NAME).await?;
    let mut campaign = world.campaign(2, NAME).await?;
    world.waits(&mut campaign, world.settings().lease).await?;
    drop(campaign);
    leader.resign().await;
    sleep(world.settings().lease / 2).await;
    world.leads(3, NAME).await.map(drop)
}

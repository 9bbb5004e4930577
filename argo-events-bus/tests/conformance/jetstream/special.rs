//! What a bus on servers has to answer for: restarts, losses, messages of others, names and limits.

use super::desk::{Desk, QUIET, SHORT, ack, broken, equal, event, quiet, subscription, take};
use argo_events_core::{
    ErrorKind, Event, EventBus as _, NamedConsumer, Subject, Subscription, bus::StartAt,
};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::{self, Server},
};
use futures::future::{BoxFuture, try_join_all};
use libtest_mimic::Trial;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};
use tokio::{runtime::Builder, time::sleep};

/// Makes the trials.
pub(crate) fn trials(kind: &str, server: Server) -> Vec<Trial> {
    let cases: [(&str, Run); 11] = [
        (
            "a server that is killed loses nothing that was accepted",
            |desk| Box::pin(killed(desk)),
        ),
        ("after the loss of the server's disk all goes on", |desk| {
            Box::pin(wiped(desk))
        }),
        (
            "a consumer deleted by hand is made anew where the group was",
            |desk| Box::pin(deleted(desk)),
        ),
        (
            "a message that is no event is left out, the one behind it comes",
            |desk| Box::pin(poison(desk)),
        ),
        (
            "an event larger than the server takes is refused at once",
            |desk| Box::pin(too_large(desk)),
        ),
        (
            "names that fit no subject are refused with the reason",
            |desk| Box::pin(names(desk)),
        ),
        ("other subjects keep the group's position", |desk| {
            Box::pin(subjects(desk))
        }),
        (
            "the first event of a group is read from its consumer",
            |desk| Box::pin(first(desk)),
        ),
        (
            "named consumers are made as the reference makes them",
            |desk| Box::pin(through(desk)),
        ),
        (
            "a named consumer of another subject is made anew behind what it settled",
            |desk| Box::pin(moved(desk)),
        ),
        ("deleted keys leave nothing behind", |desk| {
            Box::pin(purged(desk))
        }),
    ];
    let trials = cases
        .into_iter()
        .map(|(name, run)| trial(kind, name, server, run));
    trials.collect()
}

pub(super) type Run = fn(Desk) -> BoxFuture<'static, Outcome>;

pub(super) fn trial(kind: &str, name: &str, server: Server, run: Run) -> Trial {
    let test = move || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        Ok(runtime.block_on(async { run(Desk::open(server).await?).await })?)
    };
    servers::needing(&[server], Trial::test(name, test).with_kind(kind))
}

async fn killed(desk: Desk) -> Outcome {
    let mut deliveries = desk
        .subscribe(subscription("group").ack_wait(SHORT))
        .await?;
    desk.publish_all(1..=3).await?;
    let mut held = take(&mut deliveries, 2).await?;
    held.remove(0).ack().await?;
    desk.until_settled(1).await?;
    desk.until_written(1).await?;
    desk.server()?.kill()?;
    let published = try_join_all((4..=40).map(async |id| desk.publish(&id.to_string()).await));
    let restarted = async {
        sleep(QUIET).await;
        desk.server()?.start_again().map_err(broken)
    };
    let (published, restarted) = futures::join!(published, restarted);
    published?;
    restarted?;
    drop(held);
    // What was in hand or on the way may come twice.
    let wanted: BTreeSet<_> = (2..=40).map(|id| id.to_string()).collect();
    let mut found = BTreeSet::new();
    while found.len() < wanted.len() {
        found.extend(ack(&mut deliveries, 1).await?);
    }
    ensure(found == wanted, format!("{found:?}"))?;
    Ok(desk.bus.check().await?)
}

async fn wiped(desk: Desk) -> Outcome {
    let mut deliveries = desk.subscribe(subscription("group")).await?;
    let store = desk.bus.state("sensor").await?;
    let before = desk.publish("1").await?.position;
    ack(&mut deliveries, 1).await?;
    desk.server()?.wipe()?;
    let after = desk.publish("2").await?.position;
    ensure(
        before.map(|it| it.partition) != after.map(|it| it.partition),
        "positions of two streams look alike",
    )?;
    let found = take(&mut deliveries, 1).await?;
    equal(&super::desk::ids(&found), &["2"])?;
    ensure(
        Some(found[0].meta().position) == after,
        "the delivery has another position",
    )?;
    store.put("key", "value".into(), None).await?;
    ensure(store.keys("").await? == ["key"], "the state is not there")?;
    Ok(desk.bus.check().await?)
}

async fn deleted(desk: Desk) -> Outcome {
    let mut deliveries = desk
        .subscribe(subscription("group").ack_wait(SHORT))
        .await?;
    desk.publish_all(1..=4).await?;
    let mut held = take(&mut deliveries, 3).await?;
    held.remove(0).ack().await?;
    let names = desk.consumers().await?;
    desk.ask(&format!("CONSUMER.DELETE.default.{}", names[0]), &json!({}))
        .await?;
    drop(held);
    desk.publish_all(5..=6).await?;
    let mut found = Vec::new();
    // What was in hand comes again as well.
    while !["2", "3", "4", "5", "6"]
        .iter()
        .all(|id| found.iter().any(|it| it == id))
    {
        found.extend(ack(&mut deliveries, 1).await?);
    }
    ensure(
        !found.contains(&"1".to_owned()),
        format!("settled events came again: {found:?}"),
    )?;
    ensure(desk.consumers().await? == names, "it has another name")
}

async fn poison(desk: Desk) -> Outcome {
    let mut deliveries = desk
        .subscribe(subscription("group").ack_wait(SHORT))
        .await?;
    for body in ["", "{", "null", "not JSON"] {
        desk.raw
            .publish("default.shop.paid", body.into())
            .await
            .map_err(broken)?;
    }
    desk.raw.flush().await.map_err(broken)?;
    desk.publish("good").await?;
    equal(&ack(&mut deliveries, 1).await?, &["good"])?;
    sleep(SHORT * 2).await;
    quiet(&mut deliveries).await?;
    ensure(
        desk.bus.undecodable() == 4,
        format!("{} are counted", desk.bus.undecodable()),
    )
}

async fn too_large(desk: Desk) -> Outcome {
    let large = |bytes: usize| {
        Arc::new(
            Event::builder("1", "shop", "paid")
                .data(vec![b'x'; bytes])
                .build(),
        )
    };
    match desk.bus.publish(large(1024 * 1024)).await {
        Err(error) if error.kind() == ErrorKind::TooLarge && !error.is_transient() => {
            ensure(error.message().contains("max_payload"), format!("{error}"))?;
        }
        other => return Err(Broken(format!("{other:?}"))),
    }
    desk.bus.publish(large(700 * 1024)).await?;
    Ok(())
}

async fn names(desk: Desk) -> Outcome {
    for (source, name) in [
        ("shop.eu", "paid"),
        ("shop", "paid twice"),
        ("shop", "*"),
        ("shop", ""),
    ] {
        let event = Event::builder("1", source, name).build();
        let published = desk.bus.publish(event.into()).await.err();
        let subject = vec![Subject::new(source, name)];
        let subscribed = desk
            .bus
            .subscribe(Subscription::new("group", subject))
            .await
            .err();
        for error in [published, subscribed] {
            let kind = error
                .as_ref()
                .map(|error| (error.kind(), error.is_transient()));
            ensure(
                kind == Some((ErrorKind::ConfigInvalid, false)),
                format!("{source}/{name}: {error:?}"),
            )?;
        }
    }
    Ok(())
}

async fn subjects(desk: Desk) -> Outcome {
    let deliveries = desk.subscribe(subscription("group")).await?;
    desk.publish("1").await?;
    drop(deliveries);
    let more = vec![
        Subject::new("shop", "shipped"),
        Subject::new("shop", "paid"),
    ];
    let mut deliveries = desk.subscribe(Subscription::new("group", more)).await?;
    let shipped = Event::builder("2", "shop", "shipped").build();
    desk.bus.publish(shipped.into()).await?;
    desk.publish("3").await?;
    let mut found = ack(&mut deliveries, 3).await?;
    found.sort();
    equal(&found, &["1", "2", "3"])?;
    drop(deliveries);
    let less = vec![Subject::new("shop", "shipped")];
    let mut deliveries = desk.subscribe(Subscription::new("group", less)).await?;
    desk.publish("4").await?;
    let shipped = Event::builder("5", "shop", "shipped").build();
    desk.bus.publish(shipped.into()).await?;
    equal(&ack(&mut deliveries, 1).await?, &["5"])
}

async fn first(desk: Desk) -> Outcome {
    desk.publish_all(1..=3).await?;
    let _new = desk
        .subscribe(subscription("sensor/ns/pay.eu/shared"))
        .await?;
    let name = desk.consumers().await?.remove(0);
    ensure(name.starts_with("sensor-ns-pay-eu-shared-"), name.clone())?;
    let info = desk
        .ask(&format!("CONSUMER.INFO.default.{name}"), &json!({}))
        .await?;
    ensure(
        info["config"]["opt_start_seq"] == 4,
        format!("{}", info["config"]),
    )
}

async fn through(desk: Desk) -> Outcome {
    desk.publish("1").await?;
    let consumers = vec![
        NamedConsumer::new("group-1965289495", Subject::new("shop", "paid")),
        NamedConsumer::new("group-1982067114", Subject::new("shop", "shipped")),
    ];
    let subscription = subscription("group")
        .through(consumers)
        .start(StartAt::Oldest);
    let mut deliveries = desk.subscribe(subscription.clone()).await?;
    let info = desk
        .ask("CONSUMER.INFO.default.group-1965289495", &json!({}))
        .await?;
    let config = &info["config"];
    let wanted = json!({
        "durable_name": "group-1965289495", "name": "group-1965289495", "deliver_policy": "new",
        "ack_policy": "explicit", "ack_wait": 30_000_000_000_u64, "max_deliver": -1,
        "filter_subject": "default.shop.paid", "replay_policy": "instant", "max_waiting": 512,
        "max_ack_pending": 65536, "num_replicas": 0,
    });
    for (key, value) in wanted.as_object().into_iter().flatten() {
        ensure(config[key] == *value, format!("{key}: {config}"))?;
    }
    desk.publish("2").await?;
    desk.bus
        .publish(Event::builder("3", "shop", "shipped").build().into())
        .await?;
    let mut found = ack(&mut deliveries, 2).await?;
    found.sort();
    equal(&found, &["2", "3"])?;
    drop(deliveries);
    desk.publish("4").await?;
    let mut deliveries = desk.subscribe(subscription).await?;
    equal(&ack(&mut deliveries, 1).await?, &["4"])
}

async fn moved(desk: Desk) -> Outcome {
    let consumer = |event: &str| vec![NamedConsumer::new("group-1", Subject::new("shop", event))];
    let mut deliveries = desk
        .subscribe(subscription("group").through(consumer("shipped")))
        .await?;
    desk.publish("1").await?;
    desk.bus
        .publish(Event::builder("2", "shop", "shipped").build().into())
        .await?;
    equal(&ack(&mut deliveries, 1).await?, &["2"])?;
    desk.until_settled(2).await?;
    drop(deliveries);
    desk.publish("3").await?;
    let mut deliveries = desk
        .subscribe(subscription("group").through(consumer("paid")))
        .await?;
    equal(&ack(&mut deliveries, 1).await?, &["3"])?;
    desk.bus.publish(event("4")).await?;
    equal(&ack(&mut deliveries, 1).await?, &["4"])
}

async fn purged(desk: Desk) -> Outcome {
    let store = desk.bus.state("sensor/a.b").await?;
    for round in 0..20 {
        let key = format!("log/{round}");
        let version = store.put(&key, "x".into(), None).await?;
        store.delete(&key, version).await?;
    }
    store.put("kept", "x".into(), None).await?;
    let info = desk.ask("STREAM.INFO.KV_argo-events", &json!({})).await?;
    ensure(info["state"]["messages"] == 1, format!("{}", info["state"]))
}

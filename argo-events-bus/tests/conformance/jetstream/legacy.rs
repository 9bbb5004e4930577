//! What the reference left: its bucket and its consumers.

use super::{
    desk::{Desk, ack, ack_all, broken, equal, quiet, subscription},
    special::{Run, trial},
};
use argo_events_core::{ErrorKind, EventBus as _, NamedConsumer, Position, Predecessor, Subject};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::Server,
};
use libtest_mimic::Trial;
use serde_json::json;
use std::sync::Arc;

/// Makes the trials.
pub(crate) fn trials(kind: &str, server: Server) -> Vec<Trial> {
    let cases: [(&str, Run); 6] = [
        ("a sensor without a bucket has no predecessor", |desk| {
            Box::pin(nothing(desk))
        }),
        (
            "the reference's keys are read and written as they are",
            |desk| Box::pin(state(desk, true)),
        ),
        (
            "the reference's keys are read where only the leader may be asked",
            |desk| Box::pin(state(desk, false)),
        ),
        (
            "the backlog is what lies before the group, and ends",
            |desk| Box::pin(backlog(desk)),
        ),
        (
            "what was in somebody's hands comes when its ack wait is over",
            |desk| Box::pin(in_hands(desk)),
        ),
        ("forwarding settles up to a position", |desk| {
            Box::pin(forward(desk))
        }),
    ];
    let trials = cases
        .into_iter()
        .map(|(name, run)| trial(kind, name, server, run));
    trials.collect()
}

async fn nothing(desk: Desk) -> Outcome {
    for name in ["pay", "pay.eu", ""] {
        ensure(desk.bus.predecessor(name).await?.is_none(), name)?;
    }
    Ok(())
}

/// Makes a bucket as the reference does.
async fn bucket(desk: &Desk) -> Outcome {
    bucket_read(desk, true).await
}

/// Makes a bucket that any server may be asked for, or only its leader, as older clients make it.
async fn bucket_read(desk: &Desk, is_direct: bool) -> Outcome {
    desk.bus.check().await?;
    let config = json!({
        "name": "KV_pay", "subjects": ["$KV.pay.>"], "max_msgs_per_subject": 1, "discard": "new",
        "storage": "file", "num_replicas": 1, "deny_delete": true, "allow_rollup_hdrs": true, "allow_direct": is_direct,
    });
    let made = desk.ask("STREAM.CREATE.KV_pay", &config).await?;
    ensure(made["error"].is_null(), made.to_string())
}

/// Makes a consumer as the reference does.
async fn consumer(desk: &Desk, ack_wait: Option<u64>) -> Outcome {
    let mut config = json!({
        "durable_name": "group-1", "deliver_policy": "new", "ack_policy": "explicit",
        "filter_subject": "default.shop.paid", "replay_policy": "instant", "max_ack_pending": 65536,
    });
    if let Some(ack_wait) = ack_wait {
        config["ack_wait"] = json!(ack_wait);
    }
    let body = json!({ "stream_name": "default", "config": config });
    let made = desk
        .ask("CONSUMER.CREATE.default.group-1.default.shop.paid", &body)
        .await?;
    ensure(made["error"].is_null(), made.to_string())
}

fn consumers() -> Vec<NamedConsumer> {
    let named = |name, event| NamedConsumer::new(name, Subject::new("shop", event));
    // The second does not exist, the third reads another subject.
    vec![
        named("group-1", "paid"),
        named("group-2", "paid"),
        named("group-1", "shipped"),
    ]
}

async fn found(desk: &Desk) -> Outcome<Arc<dyn Predecessor>> {
    let found = desk.bus.predecessor("pay").await?;
    found.ok_or_else(|| Broken("there is no predecessor".to_owned()))
}

async fn state(desk: Desk, is_direct: bool) -> Outcome {
    bucket_read(&desk, is_direct).await?;
    desk.raw
        .publish("$KV.pay.t.3/dep=1", "one".into())
        .await
        .map_err(broken)?;
    desk.raw
        .publish("$KV.pay.Deps", "{}".into())
        .await
        .map_err(broken)?;
    desk.raw.flush().await.map_err(broken)?;
    let store = found(&desk).await?.state();
    let mut keys = Vec::new();
    while keys.len() < 2 {
        keys = store.keys("").await?;
    }
    ensure(keys == ["Deps", "t.3/dep=1"], format!("{keys:?}"))?;
    let one = store
        .get("t.3/dep=1")
        .await?
        .ok_or_else(|| Broken("not there".to_owned()))?;
    ensure(one.value == "one", "another value")?;
    store.delete("t.3/dep=1", one.version).await?;
    let last = desk
        .ask(
            "STREAM.MSG.GET.KV_pay",
            &json!({ "last_by_subj": "$KV.pay.t.3/dep=1" }),
        )
        .await?;
    ensure(
        last["message"]["hdrs"].is_string(),
        format!("no marker: {last}"),
    )?;
    ensure(store.get("t.3/dep=1").await?.is_none(), "deleted and there")?;
    ensure(store.keys("t").await?.is_empty(), "deleted and listed")?;
    store.put("t.3/dep=1", "two".into(), None).await?;
    let again = store.put("t.3/dep=1", "three".into(), None).await;
    ensure(
        again.is_err_and(|error| error.kind() == ErrorKind::Conflict),
        "written over",
    )?;
    ensure(
        store
            .get("t.3/dep=1")
            .await?
            .is_some_and(|it| it.value == "two"),
        "not written",
    )
}

async fn backlog(desk: Desk) -> Outcome {
    bucket(&desk).await?;
    desk.publish("0").await?;
    consumer(&desk, None).await?;
    desk.publish_all(1..=5).await?;
    let reference = found(&desk).await?;
    let unknown = reference.backlog("group", &consumers()).await.err();
    ensure(
        unknown.is_some_and(|error| error.kind() == ErrorKind::NotFound),
        "an unknown group has a backlog",
    )?;
    let mut ours = desk.subscribe(subscription("group")).await?;
    desk.publish_all(6..=8).await?;
    let mut backlog = reference.backlog("group", &consumers()).await?;
    equal(&ack_all(&mut backlog).await?, &["1", "2", "3", "4", "5"])?;
    equal(&ack(&mut ours, 3).await?, &["6", "7", "8"])?;
    let info = desk
        .ask("CONSUMER.INFO.default.group-1", &json!({}))
        .await?;
    let left = (
        info["num_pending"].as_u64(),
        info["num_ack_pending"].as_u64(),
    );
    ensure(
        left == (Some(3), Some(0)),
        format!("later events were touched: {info}"),
    )?;
    let mut again = reference.backlog("group", &consumers()).await?;
    equal(&ack_all(&mut again).await?, &[])?;
    ensure(
        desk.consumers().await?.len() == 2,
        "consumers were left behind",
    )
}

async fn in_hands(desk: Desk) -> Outcome {
    bucket(&desk).await?;
    consumer(&desk, Some(1_500_000_000)).await?;
    desk.publish_all(1..=4).await?;
    // Somebody takes two and vanishes.
    let mut inbox = desk.raw.subscribe("inbox").await.map_err(broken)?;
    let subject = "$JS.API.CONSUMER.MSG.NEXT.default.group-1";
    desk.raw
        .publish_with_reply(subject, "inbox", r#"{"batch":2}"#.into())
        .await
        .map_err(broken)?;
    for _ in 0..2 {
        futures::StreamExt::next(&mut inbox).await;
    }
    let mut ours = desk.subscribe(subscription("group")).await?;
    desk.publish_all(5..=6).await?;
    let mut backlog = found(&desk).await?.backlog("group", &consumers()).await?;
    let mut ids = ack_all(&mut backlog).await?;
    ids.sort();
    equal(&ids, &["1", "2", "3", "4"])?;
    equal(&ack(&mut ours, 2).await?, &["5", "6"])?;
    quiet(&mut ours).await
}

async fn forward(desk: Desk) -> Outcome {
    bucket(&desk).await?;
    consumer(&desk, None).await?;
    desk.publish_all(1..=3).await?;
    let position = desk.publish("4").await?.position.unwrap_or_default();
    desk.publish("5").await?;
    let reference = found(&desk).await?;
    for _ in 0..2 {
        reference.forward(&consumers(), position).await?;
    }
    let last = Position {
        sequence: position.sequence - 1,
        ..position
    };
    reference.forward(&consumers(), last).await?;
    let mut deliveries = desk
        .subscribe(subscription("group").through(consumers()[..1].to_vec()))
        .await?;
    equal(&ack(&mut deliveries, 1).await?, &["5"])
}

//! Groups that are needed no more, and a bucket that an older client made.

use super::{
    desk::{Desk, PATIENCE, QUIET, ack, equal, subscription},
    special::{Run, trial},
};
use argo_events_core::{EventBus as _, NamedConsumer, Subject};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::Server,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

/// Makes the trials.
pub(crate) fn trials(kind: &str, server: Server) -> Vec<Trial> {
    let cases: [(&str, Run); 3] = [
        (
            "groups that are needed no more are told to go, nobody else's",
            |desk| Box::pin(let_go(desk)),
        ),
        (
            "a consumer that was told to go goes, unless it is read",
            |desk| Box::pin(goes(desk)),
        ),
        ("state is read where only the leader may be asked", |desk| {
            Box::pin(asked_of_leader(desk))
        }),
    ];
    let trials = cases
        .into_iter()
        .map(|(name, run)| trial(kind, name, server, run));
    trials.collect()
}

const THRESHOLD: &str = "inactive_threshold";

/// Returns the configurations of all consumers.
async fn configs(desk: &Desk) -> Outcome<Vec<Value>> {
    let mut answer = desk.ask("CONSUMER.LIST.default", &json!({})).await?;
    let consumers = answer["consumers"].as_array_mut();
    let consumers = consumers.into_iter().flatten();
    Ok(consumers.map(|it| it["config"].take()).collect())
}

/// Returns the configuration of the consumer of a group.
async fn config(desk: &Desk, group: &str) -> Outcome<Value> {
    let all = configs(desk).await?;
    let mut all = all.into_iter();
    let found = all.find(|it| it["metadata"]["argo-events-group"] == group);
    found.ok_or_else(|| Broken(format!("{group} has no consumer")))
}

async fn let_go(desk: Desk) -> Outcome {
    let kept = "sensor/ns/pay/shared";
    let gone = [
        "sensor/ns/pay/once",
        "sensor/ns/pay/shard/0",
        "sensor/ns/payments/shared",
    ];
    for group in [kept, gone[0], gone[2]] {
        drop(desk.subscribe(subscription(group)).await?);
    }
    let strict = subscription(gone[1]).in_order(Vec::new());
    drop(desk.subscribe(strict).await?);
    let named = NamedConsumer::new("pay-1", Subject::new("shop", "paid"));
    let through = subscription("sensor/ns/pay/trigger/x").through(vec![named]);
    drop(desk.subscribe(through).await?);
    let foreign = json!({ "durable_name": "sensor-ns-pay-foreign", "ack_policy": "explicit" });
    let body = json!({ "stream_name": "default", "config": foreign });
    let path = "CONSUMER.CREATE.default.sensor-ns-pay-foreign";
    desk.ask(path, &body).await?;
    desk.bus
        .retire("sensor/ns/pay/", &[kept.to_owned()].into())
        .await?;
    for config in configs(&desk).await? {
        let group = config["metadata"]["argo-events-group"].as_str();
        let is_told = config[THRESHOLD] == 3_600_000_000_000_u64;
        let goes = group.is_some_and(|group| gone[..2].contains(&group));
        ensure(is_told == goes, config.to_string())?;
    }
    // Whoever comes back to a group finds it where it was, and it stays.
    desk.publish("1").await?;
    let mut deliveries = desk.subscribe(subscription(gone[0])).await?;
    equal(&ack(&mut deliveries, 1).await?, &["1"])?;
    let config = config(&desk, gone[0]).await?;
    ensure(config[THRESHOLD].is_null(), config.to_string())
}

async fn goes(desk: Desk) -> Outcome {
    let _read = desk.subscribe(subscription("read")).await?;
    drop(desk.subscribe(subscription("left")).await?);
    for group in ["read", "left"] {
        let mut config = config(&desk, group).await?;
        config[THRESHOLD] = json!(2_000_000_000_u64);
        let name = config["name"].as_str().unwrap_or_default().to_owned();
        let body = json!({ "stream_name": "default", "config": config, "action": "update" });
        let answer = desk
            .ask(&format!("CONSUMER.CREATE.default.{name}"), &body)
            .await?;
        ensure(answer["error"].is_null(), answer.to_string())?;
    }
    let gone = async {
        while desk.consumers().await?.len() > 1 {
            sleep(QUIET).await;
        }
        Outcome::Ok(())
    };
    let gone = timeout(PATIENCE, gone).await;
    gone.map_err(|_| Broken("it stays".to_owned()))??;
    config(&desk, "read").await.map(drop)
}

async fn asked_of_leader(desk: Desk) -> Outcome {
    let config = json!({
        "name": "KV_argo-events", "subjects": ["$KV.argo-events.>"], "max_msgs_per_subject": 1,
        "discard": "new", "storage": "file", "num_replicas": 1, "deny_delete": true,
        "allow_rollup_hdrs": true, "allow_direct": false,
    });
    let made = desk.ask("STREAM.CREATE.KV_argo-events", &config).await?;
    ensure(made["error"].is_null(), made.to_string())?;
    let store = desk.bus.state("sensor").await?;
    let version = store.put("key", "value".into(), None).await?;
    let found = store.get("key").await?;
    let found = found.ok_or_else(|| Broken("it is not there".to_owned()))?;
    ensure(
        found.value == "value" && found.version == version,
        format!("{found:?}"),
    )?;
    store.delete("key", version).await?;
    ensure(store.get("key").await?.is_none(), "deleted and there")
}

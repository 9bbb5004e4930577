//! What happens while nothing watches is told by who watches next.

use super::*;

#[tokio::test(start_paused = true)]
async fn another_process_goes_on_without_a_gap() {
    let rig = Rig::new(json!({})).await;
    rig.api.put("a", json!({"replicas": 1}));
    let run = rig.start();
    rig.told(1).await;
    run.stop().await;
    rig.api.put("a", json!({"replicas": 2}));
    rig.api.put("b", json!({}));
    let run = rig.start();
    assert_eq!(rig.told(3).await, ["ADD a", "UPDATE a", "ADD b"]);
    assert_eq!(rig.data()[1]["oldBody"]["spec"]["replicas"], 1);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_process_finds_out_what_happened_though_the_version_is_gone() {
    let rig = Rig::new(json!({})).await;
    for name in ["gone", "changed", "same"] {
        rig.api.put(name, json!({}));
    }
    let run = rig.start();
    rig.told(3).await;
    run.stop().await;
    rig.api.delete("gone");
    rig.api.put("changed", json!({"replicas": 2}));
    rig.api.put("new", json!({}));
    rig.api.expire();
    let run = rig.start();
    let told = rig.told(6).await;
    assert_eq!(told[3..], ["UPDATE changed", "ADD new", "DELETE gone"]);
    let gone = &rig.data()[5]["body"];
    assert_eq!(gone["kind"], "Deployment");
    assert_eq!(gone["metadata"]["namespace"], "shop");
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_again_after_a_crash_has_the_same_id() {
    let rig = Rig::new(json!({})).await;
    let run = rig.start();
    rig.api.asked("watch=true").await;
    rig.api.put("a", json!({}));
    rig.recorder
        .until(|recorder| recorder.accepted().len() == 1)
        .await;
    run.kill().await;
    let run = rig.start();
    rig.told(2).await;
    let ids = rig.ids();
    assert_eq!(ids[0], ids[1]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_collection_begins_anew() {
    let mut rig = Rig::new(json!({"eventTypes": ["ADD"]})).await;
    rig.api.put("a", json!({}));
    let run = rig.start();
    rig.told(1).await;
    run.stop().await;
    rig.config["namespace"] = json!("");
    let run = rig.start();
    assert_eq!(rig.told(2).await, ["ADD a", "ADD a"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_did_not_take_is_told_by_the_next_run() {
    let rig = Rig::new(json!({})).await;
    let source = rig.source();
    let run = rig.run(Arc::clone(&source));
    rig.api.asked("watch=true").await;
    rig.recorder.rule(|_| Verdict::Refuse);
    rig.api.put("a", json!({}));
    assert!(run.error().await.is_transient());
    rig.recorder.rule(|_| Verdict::Accept);
    rig.api.put("b", json!({}));
    let run = rig.run(source);
    assert_eq!(rig.told(2).await, ["ADD a", "ADD b"]);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away_ends_the_run_and_the_next_one_has_no_gap() {
    let rig = Rig::new(json!({})).await;
    let source = rig.source();
    let run = rig.run(Arc::clone(&source));
    rig.api.asked("watch=true").await;
    rig.api.put("a", json!({}));
    rig.told(1).await;
    rig.api.fail();
    rig.api.put("b", json!({}));
    assert_eq!(run.error().await.kind(), ErrorKind::Unavailable);
    rig.api.repair();
    let run = rig.run(source);
    assert_eq!(rig.told(2).await, ["ADD a", "ADD b"]);
    run.stop().await;
}

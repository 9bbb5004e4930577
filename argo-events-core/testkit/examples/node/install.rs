//! Installs everything as its README says, and has a post start a Job.

use crate::{
    SHOP, SYSTEM, deploy,
    desk::{Desk, GLANCE, until},
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Node};
use kube::{Api, ResourceExt as _, api::ListParams};
use std::process::{Command, Stdio};
use tokio::time::sleep;

/// Volumes for the bus.
const VOLUMES: &str = include_str!("manifests/volumes.yaml");
/// Something that the webhook refuses.
const WRONG: &str = include_str!("manifests/wrong.yaml");

pub(super) async fn play(desk: &Desk) {
    desk.step("the node is free for pods", node_is_free(desk))
        .await;
    controller(desk).await;
    bus_and_job(desk).await;
    webhook(desk).await;
    columns_and_events(desk);
}

async fn node_is_free(desk: &Desk) {
    let nodes = Api::<Node>::all(desk.client.clone());
    // Ready, it is still kept free for some seconds.
    let is_free = |node: &Node| {
        let spec = node.spec.as_ref();
        let status = node.status.as_ref().and_then(|it| it.conditions.as_ref());
        spec.is_some_and(|it| it.taints.is_none())
            && status.is_some_and(|all| {
                all.iter()
                    .any(|one| one.type_ == "Ready" && one.status == "True")
            })
    };
    until(async || {
        let found = nodes.list(&ListParams::default()).await;
        found.is_ok_and(|all| all.iter().any(is_free))
    })
    .await;
}

async fn controller(desk: &Desk) {
    desk.kubectl(&["create", "namespace", SYSTEM]);
    let standard = "pod-security.kubernetes.io/enforce=restricted";
    desk.kubectl(&["label", "namespace", SYSTEM, standard]);
    desk.kubectl(&["apply", "-k", &deploy("cluster-install")]);
    let ready = desk.ready(SYSTEM, "app=controller-manager", 2);
    desk.step("two controllers are ready, confined", ready)
        .await;
    desk.kubectl(&["apply", "-k", &deploy("webhook")]);
    desk.kubectl(&["apply", "-k", &deploy("pods")]);
    let ready = desk.ready(SYSTEM, "app=events-webhook", 2);
    desk.step("two webhooks are ready, confined", ready).await;
}

async fn bus_and_job(desk: &Desk) {
    let folder = desk.folder.join("volumes").display().to_string();
    desk.kubectl(&["create", "namespace", SHOP]);
    desk.apply(&VOLUMES.replace("FOLDER", &folder));
    for example in ["examples/eventbus.yaml", "examples/jobs.yaml"] {
        desk.kubectl(&["apply", "-n", SHOP, "-f", &deploy(example)]);
    }
    desk.kubectl(&["apply", "-n", SHOP, "-k", &deploy("bus")]);
    let ready = desk.ready(SHOP, "controller=eventbus-controller", 3);
    desk.step("three servers of the bus are ready, with volumes", ready)
        .await;
    let ready = desk.ready(SHOP, "eventsource-name=jobs", 2);
    desk.step("two pods of the webhook source are ready", ready)
        .await;
    let ready = desk.ready(SHOP, "sensor-name=jobs", 1);
    desk.step("the pod of the sensor is ready", ready).await;
    let forward = [
        "port-forward",
        "-n",
        SHOP,
        "service/jobs-eventsource-svc",
        "12000",
    ];
    let forward = desk.begin(&forward);
    let job = desk.step("curl, and the Job is there", curl(desk)).await;
    drop(forward);
    let done = until(async || {
        let found = desk.all::<Job>(SHOP).get_status(&job).await;
        found.is_ok_and(|job| job.status.is_some_and(|it| it.succeeded == Some(1)))
    });
    desk.step("the pod of the Job has succeeded", done).await;
    let said = desk.kubectl(&["logs", "-n", SHOP, &format!("job/{job}")]);
    assert_eq!(
        said, "hi\n",
        "the message of the post is the Job's argument"
    );
}

/// Posts as the example says until somebody answers, and returns the name of the Job.
async fn curl(desk: &Desk) -> String {
    let mut post = Command::new("curl");
    post.args(["--silent", "--show-error", "--fail", "--max-time", "30"])
        .args(["--header", "Content-Type: application/json"])
        .args(["-d", r#"{"message":"hi"}"#, "localhost:12000/start"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    while !post.status().unwrap().success() {
        // The connection to the pod is not there yet.
        sleep(GLANCE).await;
    }
    loop {
        let jobs = desk.all::<Job>(SHOP).list(&ListParams::default()).await;
        if let Some(job) = jobs.unwrap().items.first() {
            return job.name_any();
        }
        sleep(GLANCE).await;
    }
}

async fn webhook(desk: &Desk) {
    let refused = desk.given(&["apply", "-n", SHOP, "-f", "-"], WRONG);
    let said = refused.expect_err("a trigger without its dependency is refused");
    assert!(said.contains("payed"), "what is wrong is named: {said}");
    desk.say("the webhook refuses what could not work");
}

/// Shows what people look at first; everything that is promised there has to be.
fn columns_and_events(desk: &Desk) {
    for kind in ["eventbus", "eventsources", "sensors"] {
        desk.show(&["get", kind, "-n", SHOP, "-o", "wide"]);
        let described = desk.kubectl(&["describe", kind, "-n", SHOP]);
        let (_, events) = described.split_once("Events:").unwrap();
        assert!(!events.contains("<none>"), "people are told what was done");
        for line in events.lines().filter(|line| !line.trim().is_empty()) {
            desk.say(line);
        }
    }
}

/// Installs the chart where everything was removed, if `helm` is here, and removes it again.
pub(super) async fn by_helm(desk: &Desk) {
    let run = |arguments: &[&str]| {
        desk.say(&format!("$ helm {}", arguments.join(" ")));
        let mut command = Command::new("helm");
        command.args(arguments).args(["--namespace", SYSTEM]);
        command.arg("--kubeconfig").arg(&desk.kubeconfig);
        tokio::task::block_in_place(|| command.output())
    };
    if run(&["version"]).is_err() {
        desk.say("not run: the chart, since `helm` is not here; a test renders it by other means");
        return;
    }
    let run = |arguments: &[&str]| {
        let output = run(arguments).unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let chart = deploy("chart");
    run(&[
        "install",
        "argo-events",
        &chart,
        "--set",
        "webhook.enabled=true",
    ]);
    let ready = desk.ready(SYSTEM, "app=controller-manager", 2);
    desk.step("two controllers of the chart are ready", ready)
        .await;
    let ready = desk.ready(SYSTEM, "app=events-webhook", 2);
    desk.step("two webhooks of the chart are ready", ready)
        .await;
    run(&["uninstall", "argo-events"]);
}

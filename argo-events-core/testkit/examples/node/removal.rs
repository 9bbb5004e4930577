//! Removes everything as the README says; nothing of it may stay.

use crate::{
    SHOP, SYSTEM, deploy,
    desk::{Desk, until},
};
use k8s_openapi::api::core::v1::Pod;

/// Everything that is made of objects, in their namespace.
const CHILDREN: [[&str; 3]; 3] = [
    [
        "deployments,statefulsets,services,configmaps,pods",
        "-l",
        "controller in (eventbus-controller, eventsource-controller, sensor-controller)",
    ],
    [
        "deployments,configmaps,pods",
        "-l",
        "events.argoproj.io/packed-group",
    ],
    ["secrets,persistentvolumeclaims", "-l", ""],
];

pub(super) async fn play(desk: &Desk) {
    desk.kubectl(&["delete", "eventsources,sensors", "--all", "-A"]);
    desk.kubectl(&["delete", "eventbus", "--all", "-A"]);
    let gone = until(async || CHILDREN.iter().all(|children| are_gone(desk, children)));
    desk.step("all that was made of the objects is gone", gone)
        .await;
    for folder in ["webhook", "cluster-install"] {
        desk.kubectl(&["delete", "-k", &deploy(folder)]);
    }
    let gone = until(async || desk.labelled::<Pod>(SYSTEM, "").await.is_empty());
    desk.step("controllers and webhooks are gone", gone).await;
    desk.show(&["get", "all,secrets,configmaps,leases", "-n", SYSTEM]);
}

fn are_gone(desk: &Desk, children: &[&str; 3]) -> bool {
    let get = ["get", "--namespace", SHOP, "--output", "name"];
    let mut command = desk.command(&get);
    let output = tokio::task::block_in_place(|| command.args(children).output());
    output.is_ok_and(|it| it.status.success() && it.stdout.is_empty())
}

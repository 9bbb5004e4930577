//! Removes everything as the README says; nothing of it may stay.

use crate::{
    SHOP, SYSTEM, deploy,
    desk::{Desk, until},
};
use k8s_openapi::api::{
    admissionregistration::v1::ValidatingWebhookConfiguration,
    core::v1::{Pod, Secret},
};
use kube::{Api, api::ListParams};

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

/// Where the webhook keeps what it made for itself.
const CERTIFICATES: &str = "events-webhook-certs";
/// For what not everybody has applied.
const LENIENT: &str = "--ignore-not-found";

pub(super) async fn play(desk: &Desk) {
    desk.kubectl(&["delete", "eventsources,sensors", "--all", "-A"]);
    desk.kubectl(&["delete", "eventbus", "--all", "-A"]);
    let gone = until(async || CHILDREN.iter().all(|children| are_gone(desk, children)));
    desk.step("all that was made of the objects is gone", gone)
        .await;
    desk.kubectl(&["delete", "-n", SHOP, "-k", &deploy("bus"), LENIENT]);
    for folder in ["webhook", "pods"] {
        desk.kubectl(&["delete", "-k", &deploy(folder), LENIENT]);
    }
    let gone = until(async || is_unregistered(desk).await);
    desk.step("the webhook's registration and certificates are gone", gone)
        .await;
    desk.kubectl(&["delete", "-k", &deploy("cluster-install")]);
    let gone = until(async || desk.labelled::<Pod>(SYSTEM, "").await.is_empty());
    desk.step("controllers and webhooks are gone", gone).await;
    desk.show(&["get", "all,secrets,configmaps,leases", "-n", SYSTEM]);
}

/// Returns whether what the webhook made for itself went with it.
async fn is_unregistered(desk: &Desk) -> bool {
    let certificates = desk.all::<Secret>(SYSTEM).get_opt(CERTIFICATES).await;
    let registrations = Api::<ValidatingWebhookConfiguration>::all(desk.client.clone());
    let registered = registrations.list(&ListParams::default()).await;
    matches!(certificates, Ok(None)) && registered.is_ok_and(|all| all.items.is_empty())
}

fn are_gone(desk: &Desk, children: &[&str; 3]) -> bool {
    let get = ["get", "--namespace", SHOP, "--output", "name"];
    let mut command = desk.command(&get);
    let output = tokio::task::block_in_place(|| command.args(children).output());
    output.is_ok_and(|it| it.status.success() && it.stdout.is_empty())
}

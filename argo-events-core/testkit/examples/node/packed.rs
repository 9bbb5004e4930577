//! Two Sensors in one pod.

use crate::{
    SHOP,
    desk::{Desk, until},
    flow::Flow,
};
use k8s_openapi::api::apps::v1::Deployment;

const MANIFEST: &str = include_str!("manifests/packed.yaml");
const GROUPS: &str = "events.argoproj.io/packed-group";

pub(super) async fn play(desk: &Desk) {
    desk.apply(MANIFEST);
    desk.step(
        "one pod of two packed sensors is ready",
        desk.ready(SHOP, GROUPS, 1),
    )
    .await;
    let groups = desk.labelled::<Deployment>(SHOP, GROUPS).await;
    assert_eq!(groups.len(), 1, "one Deployment for both");
    let flow = Flow::new(desk).await;
    let fired = async {
        assert!(flow.post("paid", u32::MAX).await);
        until(async || flow.count("packed-one").await + flow.count("packed-two").await == 2).await;
    };
    desk.step("both have acted on a post", fired).await;
    desk.show(&["get", "deployments,pods", "-n", SHOP, "-l", GROUPS]);
}

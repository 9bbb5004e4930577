//! Who leads, as people find it out, and how its process is stopped.

use crate::desk::Desk;
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod};
use kube::{
    ResourceExt as _,
    api::{DeleteParams, LogParams},
};
use serde_json::Value;
use std::{fs, process::Command};

/// Where one of several pods leads.
pub(super) struct Election {
    pub(super) namespace: &'static str,
    /// The label of the pods.
    pub(super) pods: &'static str,
    /// The lease that says it; elections on the bus are told by the pods' logs.
    pub(super) lease: Option<&'static str>,
}

impl Election {
    /// Returns the pod that leads, if one does.
    pub(super) async fn leader(&self, desk: &Desk) -> Option<Pod> {
        let pods = desk.labelled::<Pod>(self.namespace, self.pods).await;
        if let Some(lease) = self.lease {
            let lease = desk.all::<Lease>(self.namespace).get(lease).await.ok()?;
            let holder = lease.spec?.holder_identity?;
            return pods
                .into_iter()
                .find(|it| holder.starts_with(&it.name_any()));
        }
        let mut last = None;
        for pod in pods {
            if let Some(when) = led_since(desk, &pod).await
                && last.as_ref().is_none_or(|(before, _)| *before < when)
            {
                last = Some((when, pod));
            }
        }
        last.map(|(_, pod)| pod)
    }

    /// Deletes the leader, as a rollout or a drained node does.
    pub(super) async fn delete_leader(&self, desk: &Desk) {
        let leader = self.leader(desk).await.expect("one leads");
        let name = leader.name_any();
        let pods = desk.all::<Pod>(self.namespace);
        pods.delete(&name, &DeleteParams::default()).await.unwrap();
    }
}

/// Returns when a pod last said that it leads.
async fn led_since(desk: &Desk, pod: &Pod) -> Option<String> {
    let pods = desk.all::<Pod>(&pod.namespace()?);
    let said = pods.logs(&pod.name_any(), &LogParams::default()).await;
    let said = said.ok()?;
    let lines = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let told: Vec<Value> = lines
        .filter(|line: &Value| line["msg"] == "leads")
        .collect();
    Some(told.last()?["ts"].as_str()?.to_owned())
}

/// Sends a signal to our program in a pod.
pub(super) fn signal(pod: &Pod, signal: &str) {
    let uid = pod.uid().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ours = processes.map(|it| it.path()).filter(|process| {
        let read = |file| fs::read(process.join(file)).unwrap_or_default();
        let text = |file| String::from_utf8_lossy(&read(file)).into_owned();
        text("cmdline").starts_with("/bin/argo-events") && text("cgroup").contains(&uid)
    });
    let ours: Vec<_> = ours.collect();
    assert_eq!(ours.len(), 1, "our program runs once in a pod");
    let id = ours[0].file_name().unwrap().to_string_lossy().into_owned();
    let mut kill = Command::new("sh");
    let status = kill.args(["-c", &format!("kill -{signal} {id}")]).status();
    assert!(status.unwrap().success());
}

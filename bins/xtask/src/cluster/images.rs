//! The images of a run: ours, made as for a release, and stand-ins for those that no registry is asked for.

use crate::{
    command::{Outcome, root, run},
    image,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Where images come from, and where their archives go.
pub(super) struct Images<'a> {
    pub(super) folder: &'a Path,
    /// A static program of the services that is built already.
    pub(super) binary: Option<&'a Path>,
    /// Folders of programs.
    pub(super) node: &'a Path,
    pub(super) nats: &'a Path,
    pub(super) oldest_nats: &'a Path,
}

impl Images<'_> {
    /// Makes all of them.
    pub(super) fn make(&self) -> Outcome {
        self.ours()?;
        let pause = self.node.join("pause");
        // The manifests name the image on the right; what lies in it is the program on the left.
        let all = [
            (
                self.nats.join("nats-server"),
                "/nats-server",
                "docker.io/library/nats:2.15.1",
            ),
            (
                self.oldest_nats.join("nats-server"),
                "/nats-server",
                "docker.io/library/nats:2.10.29",
            ),
            (
                "/bin/echo".into(),
                "/bin/echo",
                "docker.io/library/busybox:1.37",
            ),
            (pause.clone(), "/pause", "argo-events.local/pause:1"),
            // They measure and reload, which nothing here asks for.
            (
                pause.clone(),
                "/pause",
                "docker.io/natsio/prometheus-nats-exporter:0.14.0",
            ),
            (
                pause,
                "/pause",
                "docker.io/natsio/nats-server-config-reloader:0.14.0",
            ),
        ];
        for (index, (program, path, name)) in all.into_iter().enumerate() {
            let script = root().join("bins/xtask/src/cluster/image.sh");
            let mut command = Command::new("sh");
            command
                .arg(script)
                .arg(self.archive(&format!("image-{index}")));
            run(command.arg(name).arg(program).arg(path))?;
        }
        Ok(())
    }

    fn ours(&self) -> Outcome {
        let archive = self.archive("argo-events").display().to_string();
        let mut order = vec!["--output".to_owned(), archive];
        order.extend(["--features".to_owned(), "jetstream".to_owned()]);
        if let Some(binary) = self.binary {
            order.extend(["--binary".to_owned(), binary.display().to_string()]);
        }
        image::image(&order)
    }

    fn archive(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("tar")
    }
}

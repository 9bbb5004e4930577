//! The archive around the layers: an OCI layout, which `docker load` takes as well.

use super::{
    archive::{self, Digest},
    build, contents,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An image for one kind of processor.
pub(super) struct Platform {
    /// The processor, as images call it.
    pub(super) architecture: &'static str,
    /// The only layer, compressed.
    pub(super) layer: Vec<u8>,
    /// The digest of that layer unpacked.
    pub(super) unpacked: Digest,
}

/// Contents by digest, each there once.
#[derive(Default)]
struct Blobs(BTreeMap<String, Vec<u8>>);

impl Blobs {
    /// Keeps a content and describes it.
    fn keep(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = Digest::of(&bytes);
        let described = json!({
            "mediaType": media_type,
            "digest": digest.to_string(),
            "size": bytes.len(),
        });
        self.0.insert(digest.digits().to_owned(), bytes);
        described
    }
}

/// Packs images under a name.
pub(super) fn archive(platforms: &[Platform], tag: &str) -> Vec<u8> {
    let mut blobs = Blobs::default();
    let mut manifests = Vec::new();
    let mut for_docker = Vec::new();
    for platform in platforms {
        let (manifest, docker) = image(&mut blobs, platform, tag);
        manifests.push(manifest);
        for_docker.push(docker);
    }
    // Docker knows one image under a name.
    for_docker.truncate(1);
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": named(&mut blobs, manifests, tag),
    });
    let mut packed = Vec::new();
    let mut append = |path: &str, bytes: &[u8]| archive::append(&mut packed, path, 0o644, bytes);
    append("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    append("index.json", index.to_string().as_bytes());
    append("manifest.json", json!(for_docker).to_string().as_bytes());
    for (digits, bytes) in &blobs.0 {
        append(&format!("blobs/sha256/{digits}"), bytes);
    }
    archive::finish(packed)
}

/// Describes one image, for an index and for Docker.
fn image(blobs: &mut Blobs, platform: &Platform, tag: &str) -> (Value, Value) {
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    let layer = blobs.keep(media_type, platform.layer.clone());
    let config = configuration(platform).to_string().into_bytes();
    let config = blobs.keep("application/vnd.oci.image.config.v1+json", config);
    let path = |described: &Value| {
        let digest = described["digest"].as_str().unwrap_or_default();
        format!("blobs/{}", digest.replace(':', "/"))
    };
    let docker = json!({ "Config": path(&config), "RepoTags": [tag], "Layers": [path(&layer)] });
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config,
        "layers": [layer],
    });
    let mut described = blobs.keep(media_type, manifest.to_string().into_bytes());
    described["platform"] = json!({ "architecture": platform.architecture, "os": "linux" });
    (described, docker)
}

/// Gives the image its name; several become one index, which then has it.
fn named(blobs: &mut Blobs, mut manifests: Vec<Value>, tag: &str) -> Vec<Value> {
    if manifests.len() > 1 {
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
        manifests = vec![blobs.keep(media_type, index.to_string().into_bytes())];
    }
    for manifest in &mut manifests {
        manifest["annotations"] = json!({
            "io.containerd.image.name": whole(tag),
            "org.opencontainers.image.ref.name": tag.rsplit(':').next(),
        });
    }
    manifests
}

/// Returns a name as containerd keeps it: Docker's registry is meant where none is named.
fn whole(tag: &str) -> String {
    let first = tag.split('/').next().unwrap_or_default();
    let has_registry = tag.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    match (has_registry, tag.contains('/')) {
        (true, _) => tag.to_owned(),
        (false, true) => format!("docker.io/{tag}"),
        (false, false) => format!("docker.io/library/{tag}"),
    }
}

fn configuration(platform: &Platform) -> Value {
    let user = contents::USER;
    json!({
        "architecture": platform.architecture,
        "os": "linux",
        "config": {
            "User": format!("{user}:{user}"),
            "Entrypoint": ["/bin/argo-events"],
            "Env": ["PATH=/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "ExposedPorts": { "7777/tcp": {} },
            "Labels": {
                "org.opencontainers.image.title": "argo-events",
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.source": env!("CARGO_PKG_REPOSITORY"),
                "org.opencontainers.image.version": env!("CARGO_PKG_VERSION"),
                "org.opencontainers.image.revision": build::commit().unwrap_or_default(),
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [platform.unpacked.to_string()] },
        "history": [{ "created_by": "cargo xtask image" }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_containerd_keeps() {
        let cases = [
            ("busybox:1", "docker.io/library/busybox:1"),
            ("team/tool:1", "docker.io/team/tool:1"),
            ("localhost/tool:1", "localhost/tool:1"),
            (
                "registry.example:5000/tool:1",
                "registry.example:5000/tool:1",
            ),
        ];
        for (tag, wanted) in cases {
            assert_eq!(whole(tag), wanted);
        }
    }

    #[test]
    fn every_content_lies_under_its_digest() {
        let platform = |architecture| Platform {
            architecture,
            layer: b"layer".to_vec(),
            unpacked: Digest::of(b"unpacked"),
        };
        let packed = archive(&[platform("amd64"), platform("arm64")], "team/tool:1");
        let text = String::from_utf8_lossy(&packed);
        // Layer, two configurations, two manifests and their index.
        assert_eq!(text.matches("blobs/sha256/").count() - 2, 5 + 1);
        for wanted in ["\"amd64\"", "\"arm64\"", "\"docker.io/team/tool:1\""] {
            assert!(text.contains(wanted), "{wanted}");
        }
    }
}

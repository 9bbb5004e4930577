//! Files name each other rightly, and none is forgotten.

use crate::{
    kustomize,
    objects::{by_identity, deploy, files, identity, of_kind, read, texts},
};
use argo_events::{BuiltinKinds as _, Manifests, Registry, core::Severity, manifest::Checks};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Folders that are applied by themselves, and whether everything in them belongs to `argo-events`.
const INSTALLS: &[(&str, bool)] = &[
    ("cluster-install", true),
    ("namespace-install", true),
    ("webhook", true),
    ("monitoring", true),
    ("pods", true),
    ("bus", false),
];

#[test]
fn every_manifest_is_an_object_with_a_kind() {
    let chart = deploy("chart");
    let all = files(&deploy(""), ".yaml");
    let manifests = all.iter().filter(|path| !path.starts_with(&chart));
    let mut count = 0;
    for path in manifests {
        for object in read(path) {
            let has = |member: &str| object[member].is_string();
            assert!(has("apiVersion") && has("kind"), "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn a_folder_lists_all_of_its_files() {
    for path in files(&deploy(""), "kustomization.yaml") {
        let folder = path.parent().unwrap();
        let kustomization = read(&path).remove(0);
        let listed: BTreeSet<_> = texts(&kustomization["resources"]).into_iter().collect();
        for name in &listed {
            assert!(folder.join(name).exists(), "{}: {name}", folder.display());
        }
        for name in names(folder) {
            let is_listed = name == "kustomization.yaml" || listed.contains(name.as_str());
            assert!(is_listed, "{}: {name} is not listed", folder.display());
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".yaml")).collect()
}

#[test]
fn an_install_is_whole() {
    for (folder, _) in INSTALLS {
        let objects = kustomize::build(folder);
        for binding in objects.iter().filter(|it| it["roleRef"].is_object()) {
            let role = (&binding["roleRef"]["kind"], &binding["roleRef"]["name"]);
            let is_there = |it: &Value| (&it["kind"], &it["metadata"]["name"]) == role;
            assert!(objects.iter().any(is_there), "{folder}: {role:?}");
            let account = &binding["subjects"][0]["name"];
            let accounts = of_kind(&objects, "ServiceAccount");
            let is_there = accounts.iter().any(|it| it["metadata"]["name"] == *account);
            assert!(is_there, "{folder}: {account}");
        }
    }
}

#[test]
fn an_install_stays_in_its_namespace() {
    let installs = INSTALLS.iter().filter(|(_, has_namespace)| *has_namespace);
    for (folder, _) in installs {
        for object in kustomize::build(folder) {
            let (kind, namespace, name) = identity(&object);
            let of_cluster = kind.starts_with("Cluster") || kind == "CustomResourceDefinition";
            let wanted = if of_cluster { "" } else { "argo-events" };
            assert_eq!(namespace, wanted, "{folder}: {kind} {name}");
        }
    }
}

#[test]
fn what_is_installed_together_has_names_of_its_own() {
    let folders = ["cluster-install", "webhook", "pods", "monitoring"];
    by_identity(folders.iter().flat_map(|it| kustomize::build(it)).collect());
}

#[test]
fn the_chart_has_the_crds() {
    let of = |folder: &str| {
        let mut names = names(&deploy(folder));
        names.retain(|name| name != "kustomization.yaml");
        names.sort();
        names
    };
    assert_eq!(of("chart/crds"), of("crds"));
    for name in of("crds") {
        let text = |folder: &str| fs::read_to_string(deploy(folder).join(&name)).unwrap();
        assert_eq!(text("chart/crds"), text("crds"), "{name}");
    }
}

#[test]
fn versions_are_those_of_this_build() {
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    let chart = read(&deploy("chart/Chart.yaml")).remove(0);
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(chart["appVersion"], *version);
    let endings = ["/Dockerfile", "/README.md", ".yaml"];
    for path in endings.iter().flat_map(|it| files(&deploy(""), it)) {
        let text = fs::read_to_string(&path).unwrap();
        for rest in text.split("argo-events-rs/argo-events:").skip(1) {
            let tag = rest.split_whitespace().next();
            assert_eq!(tag, Some(&*version), "{}", path.display());
        }
    }
}

#[test]
fn the_image_is_built_by_the_oldest_toolchain_that_will_do() {
    let text = fs::read_to_string(deploy("image/Dockerfile")).unwrap();
    let wanted = format!("\nFROM rust:{}-", env!("CARGO_PKG_RUST_VERSION"));
    assert!(text.contains(&wanted), "{wanted}");
}

#[test]
fn the_examples_have_no_fault() {
    let mut examples = Manifests::from_path(deploy("examples")).unwrap();
    let found = examples.check(&Registry::builtin(), &Checks::of_a_part());
    let errors = found
        .into_iter()
        .filter(|it| matches!(it.severity, Severity::Error));
    let faults: Vec<_> = errors.map(|it| it.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(examples.sensors.len(), 1);
    assert_eq!(examples.buses.len(), 1);
}

#[test]
fn links_of_the_guides_lead_somewhere() {
    for guide in [
        "README.md",
        "chart/README.md",
        "../../../docs/migration.md",
        "../../../docs/operations.md",
    ] {
        let path = deploy(guide);
        let text = fs::read_to_string(&path).unwrap();
        let links = text.split("](").skip(1);
        let links = links.filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{guide}: {link}");
            if !anchor.is_empty() {
                let headings = fs::read_to_string(&target).unwrap();
                let mut headings = headings.lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|it| slug(it) == anchor), "{guide}: {link}");
            }
        }
    }
}

/// Returns the anchor of a heading.
fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let is_kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    heading
        .chars()
        .filter(is_kept)
        .collect::<String>()
        .replace(' ', "-")
}

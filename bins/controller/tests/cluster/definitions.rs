//! Our definitions, and manifests against them.

use crate::{
    Promise, Stage,
    stage::{condition, definitions, of_definitions},
    trial,
};
use argo_events::manifest::value_of;
use argo_events_testkit::servers::{Server, needing};
use kube::Client;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// Names a folder with the reference's manifests.
const REFERENCE: &str = "ARGO_EVENTS_REFERENCE";
/// Most that a definition may have, so that a plain `kubectl apply` works.
const LARGEST: usize = 200 * 1024;

pub(crate) const PROMISES: &[Promise] = &[
    (
        "the definitions are established under the reference's names",
        established,
    ),
    ("our examples are taken as they are", examples),
    ("a wrong type is refused with its place", refused),
];

fn established(stage: &Stage) {
    stage.run(async {
        let found = of_definitions(&stage.client);
        for definition in definitions() {
            let name = definition["metadata"]["name"].as_str().unwrap();
            let found = found.get(name).await.unwrap();
            for kind in ["Established", "NamesAccepted"] {
                let status = condition(&found.data, kind).map(|it| &it["status"]);
                assert_eq!(status, Some(&json!("True")), "{name}: {kind}");
            }
            let structural = condition(&found.data, "NonStructuralSchema");
            assert_eq!(structural, None, "{name}");
            let names = &found.data["status"]["acceptedNames"];
            assert_eq!(
                names["shortNames"],
                definition["spec"]["names"]["shortNames"]
            );
            let size = definition.to_string().len();
            assert!(size < LARGEST, "{name} has {size} bytes");
        }
    });
}

fn examples(stage: &Stage) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let folders = [
        "examples/manifests",
        "argo-events-sources/src",
        "argo-events-sensor/src",
    ];
    let folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let taken = stage.dry_run(&folders);
    assert!(taken >= 10, "only {taken} objects of ours are there");
}

/// Makes the trial of the reference's manifests, which are not ours to keep.
pub(crate) fn of_the_reference(shared: &Arc<OnceLock<Stage>>) -> Trial {
    let name = "the reference's manifests are taken as they are";
    let Some(folder) = env::var_os(REFERENCE) else {
        let reason = format!("{REFERENCE} names no folder with them");
        return trial(name, || {}).with_kind(reason).with_ignored_flag(true);
    };
    let shared = Arc::clone(shared);
    let test = move || {
        let folder = PathBuf::from(&folder);
        let taken = shared.get_or_init(Stage::start).dry_run(&[folder]);
        println!("{taken} objects of the reference were taken");
        assert!(taken > 0, "there is no object of our kinds");
    };
    needing(&[Server::Kube], trial(name, test))
}

fn refused(stage: &Stage) {
    stage.run(async {
        let object = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Sensor",
            "metadata": {"name": "wrong"},
            "spec": {"triggers": "none"},
        });
        let error = submit(&stage.client, &object).await.unwrap_err();
        assert!(error.contains("spec.triggers"), "{error}");
    });
}

impl Stage {
    /// Tries to create every object of ours that lies below folders; returns how many there are.
    fn dry_run(&self, folders: &[PathBuf]) -> usize {
        let mut files = Vec::new();
        for folder in folders {
            collect(folder, &mut files);
        }
        let mut objects = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            objects.extend(
                documents(&text)
                    .into_iter()
                    .map(|object| (file.clone(), object)),
            );
        }
        let mut faults = Vec::new();
        self.run(async {
            for (file, object) in &objects {
                if let Err(fault) = take(&self.client, object).await {
                    faults.push(format!("{}: {fault}", file.display()));
                }
            }
        });
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        objects.len()
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|it| it == "yaml" || it == "yml")
        {
            files.push(path);
        }
    }
}

/// Reads the objects of our kinds out of YAML documents.
fn documents(text: &str) -> Vec<Value> {
    let mut texts = vec![String::new()];
    for line in text.lines() {
        match line.trim_end() {
            "---" => texts.push(String::new()),
            line => texts.last_mut().unwrap().extend([line, "\n"]),
        }
    }
    let all = texts.iter().filter_map(|text| value_of(text).ok());
    all.filter(|it| it["apiVersion"] == "argoproj.io/v1alpha1" && it["metadata"].is_object())
        .filter(|it| plural(it).is_some())
        .collect()
}

fn plural(object: &Value) -> Option<&'static str> {
    match object["kind"].as_str()? {
        "EventBus" => Some("eventbus"),
        "EventSource" => Some("eventsources"),
        "Sensor" => Some("sensors"),
        _ => None,
    }
}

/// Tells what keeps an object from being taken whole.
async fn take(client: &Client, object: &Value) -> Result<(), String> {
    let taken = submit(client, object).await?;
    match lost(&object["spec"], &taken["spec"], "spec") {
        None => Ok(()),
        Some(path) => Err(format!("{path} was dropped or changed")),
    }
}

async fn submit(client: &Client, object: &Value) -> Result<Value, String> {
    let plural = plural(object).unwrap();
    // Whatever namespace it is for: that one need not be there.
    let mut object = object.clone();
    object["metadata"]["namespace"] = json!("default");
    let path = format!(
        "/apis/argoproj.io/v1alpha1/namespaces/default/{plural}?dryRun=All&fieldValidation=Strict"
    );
    let request = http::Request::post(path).header("content-type", "application/json");
    let request = request.body(object.to_string().into_bytes()).unwrap();
    client
        .request(request)
        .await
        .map_err(|error| error.to_string())
}

/// Finds the first thing that was sent and is not there; what was added is fine.
fn lost(sent: &Value, taken: &Value, path: &str) -> Option<String> {
    match (sent, taken) {
        (Value::Object(sent), Value::Object(taken)) => sent.iter().find_map(|(name, value)| {
            let other = taken.get(name).unwrap_or(&Value::Null);
            lost(value, other, &format!("{path}.{name}"))
        }),
        (Value::Array(sent), Value::Array(taken)) if sent.len() == taken.len() => {
            let mut both = sent.iter().zip(taken).enumerate();
            both.find_map(|(index, (sent, taken))| lost(sent, taken, &format!("{path}[{index}]")))
        }
        _ => (sent != taken).then(|| path.to_owned()),
    }
}

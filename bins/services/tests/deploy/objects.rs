//! Manifests as JSON.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What tells objects apart: kind, namespace and name.
pub(crate) type Identity = (String, String, String);

/// Returns the folder of the manifests, or a path in it.
pub(crate) fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(path)
}

/// Reads the documents of a YAML file.
pub(crate) fn read(path: &Path) -> Vec<Value> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parse(&text, &path.display().to_string())
}

/// Reads the documents of a YAML text that is called `name`; empty ones are left out.
pub(crate) fn parse(text: &str, name: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").map(|document| {
        argo_events::manifest::value_of(document)
            .unwrap_or_else(|error| panic!("{name}: {error}\n{document}"))
    });
    let is_something = |value: &Value| match value {
        Value::Null => false,
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    documents.filter(is_something).collect()
}

/// Returns all files below a folder that a name ends so.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for path in entries.into_iter().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Returns what tells an object apart.
pub(crate) fn identity(object: &Value) -> Identity {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    (
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"]),
    )
}

/// Orders objects by identity; two with one identity are a fault.
pub(crate) fn by_identity(objects: Vec<Value>) -> BTreeMap<Identity, Value> {
    let mut ordered = BTreeMap::new();
    for object in objects {
        let identity = identity(&object);
        let before = ordered.insert(identity.clone(), object);
        assert!(before.is_none(), "{identity:?} is there twice");
    }
    ordered
}

/// Returns the objects of a kind.
pub(crate) fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|it| it["kind"] == kind).collect()
}

/// Returns the texts of a list; none where there is no list.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

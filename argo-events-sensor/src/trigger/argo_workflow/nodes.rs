//! The nodes in a workflow's status: where they are kept, and the names that follow from them.

use argo_events_core::{Error, ErrorKind, Result, fingerprint::fnv1a as hash};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Map, Value};
use std::io::{Read as _, Write as _};

/// Larger workflows keep their nodes compressed.
const LARGEST: usize = 1024 * 1024;
/// Largest nodes that are unpacked.
const LARGEST_UNPACKED: u64 = 256 * 1024 * 1024;
/// Longest part of a pod's name before its hash.
const LONGEST_PREFIX: usize = 242;
const POD_NAME_FORMAT: &str = "workflows.argoproj.io/pod-name-format";

/// Nodes by id.
pub(super) type Nodes = Map<String, Value>;

/// Returns a text member; empty if it is missing or something else.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Returns the texts in a list.
pub(super) fn texts<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    value[name]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Returns the elements of a list, to change them.
pub(super) fn elements_mut<'a>(value: &'a mut Value, path: [&str; 2]) -> &'a mut [Value] {
    let list = value.get_mut(path[0]).and_then(|it| it.get_mut(path[1]));
    list.and_then(Value::as_array_mut)
        .map_or(&mut [], Vec::as_mut_slice)
}

/// Tells whether a phase is an end that nobody wanted.
pub(super) fn is_failure(phase: &str) -> bool {
    matches!(phase, "Failed" | "Error")
}

/// Tells whether a workflow's phase is an end.
pub(super) fn is_end(phase: &str) -> bool {
    is_failure(phase) || phase == "Succeeded"
}

/// Tells whether a node waits to be resumed.
pub(super) fn is_waiting(node: &Value) -> bool {
    text(node, "type") == "Suspend" && text(node, "phase") == "Running"
}

/// Returns the name of a node's template.
pub(super) fn template_of(node: &Value) -> &str {
    match node["templateRef"]["template"].as_str() {
        Some(template) => template,
        None => text(node, "templateName"),
    }
}

/// Takes the nodes out of a workflow, unpacked.
///
/// # Errors
/// When they are in a database, or cannot be unpacked.
pub(super) fn take(workflow: &mut Value) -> Result<Nodes> {
    let Some(status) = workflow.get_mut("status").and_then(Value::as_object_mut) else {
        return Ok(Nodes::new());
    };
    if status
        .get("offloadNodeStatusVersion")
        .and_then(Value::as_str)
        .is_some_and(|it| !it.is_empty())
    {
        let message =
            "the nodes of the workflow are in Argo's database, out of reach of the API server";
        return Err(Error::permanent(ErrorKind::Unsupported, message));
    }
    let packed = status.remove("compressedNodes");
    match (status.remove("nodes"), packed) {
        (Some(Value::Object(nodes)), _) if !nodes.is_empty() => Ok(nodes),
        (_, Some(Value::String(packed))) if !packed.is_empty() => unpack(&packed),
        _ => Ok(Nodes::new()),
    }
}

/// Puts nodes into a workflow, packed if it would be too large.
pub(super) fn put(workflow: &mut Value, nodes: Nodes) -> Result<()> {
    if nodes.is_empty() && !workflow["status"].is_object() {
        return Ok(());
    }
    let nodes = Value::Object(nodes);
    let size = workflow.to_string().len() + nodes.to_string().len();
    if size <= LARGEST {
        workflow["status"]["nodes"] = nodes;
        return Ok(());
    }
    workflow["status"]["compressedNodes"] = pack(&nodes)?.into();
    Ok(())
}

fn unpack(packed: &str) -> Result<Nodes> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let message = format!("the nodes of the workflow cannot be unpacked: {error}");
        Error::permanent(ErrorKind::PayloadInvalid, message)
    };
    let bytes = BASE64_STANDARD.decode(packed);
    let bytes = bytes.map_err(|error| unreadable(&error))?;
    let mut text = Vec::new();
    let mut decoder = GzDecoder::new(&bytes[..]).take(LARGEST_UNPACKED);
    decoder
        .read_to_end(&mut text)
        .map_err(|error| unreadable(&error))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(&error))
}

fn pack(nodes: &Value) -> Result<String> {
    let failed = |error: std::io::Error| {
        Error::permanent(ErrorKind::Unexpected, "nodes cannot be packed").caused_by(error)
    };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(nodes.to_string().as_bytes())
        .map_err(failed)?;
    Ok(BASE64_STANDARD.encode(encoder.finish().map_err(failed)?))
}

/// Returns the id of a node from its name, as the controller makes it.
pub(super) fn id(workflow: &str, node: &str) -> String {
    if workflow == node {
        return workflow.to_owned();
    }
    format!("{workflow}-{}", hash(node))
}

/// Returns the name of a node's pod.
pub(super) fn pod(workflow: &Value, node: &Value) -> String {
    let format = workflow["metadata"]["annotations"][POD_NAME_FORMAT].as_str();
    let (name, node_name) = (text(&workflow["metadata"], "name"), text(node, "name"));
    if format == Some("v1") {
        return text(node, "id").to_owned();
    }
    if name == node_name {
        return name.to_owned();
    }
    let mut prefix = match template_of(node) {
        "" => name.to_owned(),
        template => format!("{name}-{template}"),
    };
    prefix.truncate(prefix.floor_char_boundary(LONGEST_PREFIX));
    format!("{prefix}-{}", hash(node_name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_and_pods_have_the_controllers_names() {
        assert_eq!(id("w", "w"), "w");
        assert_eq!(id("w", "w.a"), format!("w-{}", hash("w.a")));
        assert_eq!(hash(""), 2_166_136_261);
        assert_eq!(hash("a"), 3_826_002_220);
        let mut workflow = json!({"metadata": {"name": "w"}});
        let node = json!({"id": "w-1", "name": "w.a", "templateName": "t"});
        assert_eq!(pod(&workflow, &node), format!("w-t-{}", hash("w.a")));
        let root = json!({"id": "w", "name": "w", "templateName": "t"});
        assert_eq!(pod(&workflow, &root), "w");
        workflow["metadata"]["annotations"] = json!({(POD_NAME_FORMAT): "v1"});
        assert_eq!(pod(&workflow, &node), "w-1");
    }

    #[test]
    fn nodes_are_packed_when_the_workflow_is_large() {
        let mut workflow = json!({"status": {"phase": "Failed"}});
        let node = json!({"message": "x".repeat(LARGEST)});
        let nodes = Nodes::from_iter([("a".to_owned(), node)]);
        put(&mut workflow, nodes.clone()).unwrap();
        assert!(workflow.to_string().len() < 10_000);
        assert_eq!(take(&mut workflow).unwrap(), nodes);
        put(
            &mut workflow,
            Nodes::from_iter([("b".to_owned(), json!({}))]),
        )
        .unwrap();
        assert_eq!(
            workflow,
            json!({"status": {"phase": "Failed", "nodes": {"b": {}}}})
        );
    }

    #[test]
    fn nodes_in_a_database_are_out_of_reach() {
        let mut workflow = json!({"status": {"offloadNodeStatusVersion": "1"}});
        assert_eq!(
            take(&mut workflow).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
    }
}

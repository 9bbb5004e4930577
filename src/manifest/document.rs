//! Objects within texts: which there are, and what they decode to.

use super::{
    conform::{self, Conformed},
    diagnostics::{Diagnostic, Diagnostics},
    file::File,
    located::Origin,
    schema,
    secrets::LocalSecrets,
    suggest,
    yaml::{self, Content, Node},
};
use argo_events_core::{FieldPath, Problem, Registry, Severity, api};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// An object that was read, whatever it is.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) kind: Kind,
    pub(crate) origin: Origin,
}

/// The kinds of objects that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EventSource,
    Sensor,
    EventBus,
    Secret,
    ConfigMap,
}

/// What an object decodes to.
#[derive(Clone, Debug)]
pub(crate) enum Decoded {
    EventSource(api::EventSource),
    Sensor(api::Sensor),
    EventBus(api::EventBus),
    /// Values of a Secret or a ConfigMap.
    Values(LocalSecrets),
}

/// An object with everything that its schema says about it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) decoded: Option<Decoded>,
    pub(crate) conformed: Conformed,
}

/// Schemas of the kinds, each made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    event_source: OnceLock<Value>,
    sensor: OnceLock<Value>,
    event_bus: OnceLock<Value>,
    values: OnceLock<Value>,
}

/// What objects are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Measure<'a> {
    /// The envelope alone: kinds are left as they are, for their registry is not known yet.
    Envelope(&'a Schemas),
    /// Envelope and kinds.
    Whole(&'a Schemas, &'a Registry),
}

impl<'a> Measure<'a> {
    fn schema(self, kind: Kind) -> &'a Value {
        let (Self::Envelope(schemas) | Self::Whole(schemas, _)) = self;
        let cell = match kind {
            Kind::EventSource => &schemas.event_source,
            Kind::Sensor => &schemas.sensor,
            Kind::EventBus => &schemas.event_bus,
            Kind::Secret | Kind::ConfigMap => &schemas.values,
        };
        cell.get_or_init(|| match self {
            Self::Envelope(_) => envelope(kind),
            Self::Whole(_, registry) => whole(kind, registry),
        })
    }
}

fn whole(kind: Kind, registry: &Registry) -> Value {
    match kind {
        Kind::EventSource => schema::event_source(registry),
        Kind::Sensor => schema::sensor(registry),
        Kind::EventBus => schema::event_bus(registry),
        Kind::Secret | Kind::ConfigMap => {
            let bytes = json!({"type": "object", "additionalProperties": {"type": "string"}});
            json!({
                "type": "object",
                "additionalProperties": true,
                "properties": {"data": bytes, "stringData": bytes, "binaryData": bytes},
            })
        }
    }
}

fn envelope(kind: Kind) -> Value {
    let mut schema = whole(kind, &Registry::default());
    let place = match kind {
        Kind::EventSource => "EventSourceSpec",
        Kind::Sensor => "TriggerTemplate",
        Kind::EventBus => "EventBusSpec",
        Kind::Secret | Kind::ConfigMap => return schema,
    };
    schema["$defs"][place]["additionalProperties"] = true.into();
    schema
}

/// Finds the objects of a file; what is none, or of no use here, is reported.
pub(crate) fn read(
    file: &Arc<File>,
    faults: &mut Diagnostics,
    doubled: &mut Diagnostics,
) -> Vec<Document> {
    let (roots, found) = yaml::read(&file.text);
    for fault in found {
        let (severity, list) = match fault.warning {
            true => (Severity::Warning, &mut *doubled),
            false => (Severity::Error, &mut *faults),
        };
        list.push(at(file, fault.offset, severity, fault.message, fault.help));
    }
    let mut documents = Vec::new();
    for root in &roots {
        let is_list = root
            .member("kind")
            .and_then(|kind| kind.value.text())
            .is_some_and(|kind| kind == "List");
        match root.member("items").map(|items| &items.value.content) {
            Some(Content::List(items)) if is_list => {
                documents.extend(items.iter().filter_map(|item| identify(file, item, faults)));
            }
            _ => documents.extend(identify(file, root, faults)),
        }
    }
    documents
}

pub(super) fn at(
    file: &File,
    offset: usize,
    severity: Severity,
    message: String,
    help: Option<String>,
) -> Diagnostic {
    let (line, column) = file.position(offset);
    Diagnostic {
        severity,
        line,
        column,
        help,
        ..Diagnostic::of_file(&file.name, message)
    }
}

/// Says what an object is; reports it if it is none, or of no use here.
fn identify(file: &Arc<File>, node: &Arc<Node>, faults: &mut Diagnostics) -> Option<Document> {
    if file.found && !looks_like_an_object(node) {
        return None;
    }
    let text = |node: &Node, name: &str| Some(node.member(name)?.value.text()?.to_owned());
    let kind_name = text(node, "kind").unwrap_or_default();
    let version = text(node, "apiVersion").unwrap_or_default();
    let kind = Kind::of(&kind_name, &version).and_then(|kind| {
        let fits = matches!(kind, Kind::Secret | Kind::ConfigMap) || version == api::API_VERSION;
        if fits {
            Ok(kind)
        } else {
            Err(wrong_version(&kind_name, &version))
        }
    });
    match kind {
        Ok(kind) => {
            let metadata = node.member("metadata").map(|metadata| &metadata.value);
            let name = metadata.and_then(|metadata| text(metadata, "name"));
            let object = format!("{kind_name}/{}", name.as_deref().unwrap_or("?"));
            let origin = Origin {
                file: Arc::clone(file),
                node: Arc::clone(node),
                object,
            };
            Some(Document { kind, origin })
        }
        Err(problem) => {
            let Problem {
                severity,
                message,
                help,
                ..
            } = *problem;
            faults.push(at(file, node.span.start, severity, message, help));
            None
        }
    }
}

/// Tells whether a value may have been meant as an object of Kubernetes. Events, expectations and
/// settings of other programs lie in the same folders.
fn looks_like_an_object(node: &Node) -> bool {
    let parts = ["apiVersion", "kind", "metadata", "spec"];
    parts.iter().any(|part| node.member(part).is_some())
}

impl Kind {
    /// Names of the kinds of this project.
    const OURS: [&str; 3] = ["EventSource", "Sensor", "EventBus"];

    /// Tells the kind by its name; why it is of no use, if it is not.
    fn of(name: &str, version: &str) -> Result<Self, Box<Problem>> {
        let nothing =
            |severity, message: String| Problem::new(severity, FieldPath::root(), message);
        match name {
            "EventSource" => Ok(Self::EventSource),
            "Sensor" => Ok(Self::Sensor),
            "EventBus" => Ok(Self::EventBus),
            "Secret" if version == "v1" => Ok(Self::Secret),
            "ConfigMap" if version == "v1" => Ok(Self::ConfigMap),
            "" => {
                let message = "not an object of Kubernetes: it has no `kind`".to_owned();
                let help = "an object has `apiVersion`, `kind`, `metadata` and `spec`";
                Err(Box::new(nothing(Severity::Error, message).help(help)))
            }
            other => {
                let message = format!("ignored: objects of kind {other} are not looked at");
                let meant = suggest::nearest(other, Self::OURS);
                let help = meant.map(|meant| format!("did you mean `{meant}`?"));
                // Others have kinds in this group too, but hardly ones that are called nearly as ours.
                let severity = match meant {
                    Some(_) if version == api::API_VERSION => Severity::Error,
                    _ => Severity::Warning,
                };
                Err(Box::new(nothing(severity, message).maybe_help(help)))
            }
        }
    }
}

/// Kinds of that name exist elsewhere; only in the own group, or without one, it is a mistake.
fn wrong_version(kind: &str, version: &str) -> Box<Problem> {
    let is_ours = version.is_empty() || version.starts_with("argoproj.io");
    let severity = if is_ours {
        Severity::Error
    } else {
        Severity::Warning
    };
    let message = format!("ignored: {kind} of apiVersion `{version}` is not known");
    let help = format!("write apiVersion: {}", api::API_VERSION);
    Box::new(Problem::new(severity, FieldPath::root(), message).help(help))
}

impl Document {
    /// Decodes what fits the schema.
    pub(crate) fn decode(&self, measure: Measure<'_>, strict: bool) -> Outcome {
        let schema = measure.schema(self.kind);
        let unknown = if strict {
            Severity::Error
        } else {
            Severity::Warning
        };
        let Origin { file, node, .. } = &self.origin;
        let mut conformed = conform::conform(node, &file.text, schema, unknown);
        let decoded = match self.kind {
            Kind::EventSource => decode(&mut conformed).map(Decoded::EventSource),
            Kind::Sensor => decode(&mut conformed).map(Decoded::Sensor),
            Kind::EventBus => decode(&mut conformed).map(Decoded::EventBus),
            Kind::Secret | Kind::ConfigMap => {
                let is_secret = self.kind == Kind::Secret;
                let values =
                    LocalSecrets::from_object(&conformed.value, is_secret, &mut conformed.problems);
                Some(Decoded::Values(values))
            }
        };
        Outcome { decoded, conformed }
    }
}

/// Decodes what is left; schema and types agree, so that a failure here means they do not.
fn decode<T: DeserializeOwned>(conformed: &mut Conformed) -> Option<T> {
    match T::deserialize(&conformed.value) {
        Ok(value) => Some(value),
        Err(error) => {
            if !conformed.problems.has_errors() {
                conformed
                    .problems
                    .push(Problem::error(FieldPath::root(), error.to_string()));
            }
            None
        }
    }
}

//! JSON schemas of whole objects: the envelope with every kind of a registry in its place.
//!
//! Made from the same types that manifests are decoded into, so that they cannot drift apart.
//! Used to check manifests, and by whoever publishes schemas: editors, and custom resources.

mod editor;

pub use editor::{editor, editor_of};

use argo_events_core::{Registry, api};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Marks an object that has kinds among its members: `of` says of what, `names` are those of this
/// build. Members that are no kinds get a message that fits.
pub const KINDS: &str = "x-argo-events-kinds";

/// Returns the schema of an EventSource with the kinds of a registry.
///
/// ```
/// use argo_events::{manifest::schema, core::Registry};
///
/// let schema = schema::event_source(&Registry::default());
/// assert_eq!(schema["properties"]["spec"]["$ref"], "#/$defs/EventSourceSpec");
/// assert_eq!(schema["$defs"]["EventSourceSpec"]["properties"]["replicas"]["format"], "int32");
/// ```
#[must_use]
pub fn event_source(registry: &Registry) -> Value {
    let mut generator = SchemaGenerator::default();
    let kinds = registry.sources().iter().map(|source| {
        let config = (source.schema)(&mut generator);
        (
            source.kind,
            json!({"type": ["object", "null"], "additionalProperties": config}),
        )
    });
    let kinds = kinds.collect();
    object::<api::EventSourceSpec>(generator, ("EventSourceSpec", "event source"), kinds)
}

/// Returns the schema of a Sensor with the kinds of a registry.
#[must_use]
pub fn sensor(registry: &Registry) -> Value {
    let mut generator = SchemaGenerator::default();
    let kinds = registry
        .triggers()
        .iter()
        .map(|trigger| (trigger.kind, or_null((trigger.schema)(&mut generator))));
    let kinds = kinds.collect();
    object::<api::SensorSpec>(generator, ("TriggerTemplate", "trigger"), kinds)
}

/// Returns the schema of an EventBus with the kinds of a registry, and those of the reference.
#[must_use]
pub fn event_bus(registry: &Registry) -> Value {
    let mut generator = SchemaGenerator::default();
    let mut kinds = vec![
        ("nats", or_null(generator.subschema_for::<api::NatsBus>())),
        (
            "jetstream",
            or_null(generator.subschema_for::<api::JetStreamBus>()),
        ),
        (
            "jetstreamExotic",
            or_null(generator.subschema_for::<api::JetStreamExoticBus>()),
        ),
        ("kafka", or_null(generator.subschema_for::<api::KafkaBus>())),
    ];
    for bus in registry.buses() {
        kinds.push((bus.kind, or_null((bus.schema)(&mut generator))));
    }
    object::<api::EventBusSpec>(generator, ("EventBusSpec", "event bus"), kinds)
}

fn or_null(schema: Schema) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// Puts envelope, spec and kinds together; `place` names the definition that kinds belong to, and
/// what they are kinds of.
fn object<S: JsonSchema>(
    mut generator: SchemaGenerator,
    (place, of): (&str, &str),
    kinds: Vec<(&str, Value)>,
) -> Value {
    let metadata = generator.subschema_for::<api::Metadata>();
    let spec = generator.subschema_for::<S>();
    let mut definitions = generator.take_definitions(true);
    if let Some(holder) = definitions.get_mut(place).and_then(Value::as_object_mut) {
        let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
        holder.insert(KINDS.to_owned(), json!({"of": of, "names": names}));
        let properties = holder
            .entry("properties")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            properties.extend(
                kinds
                    .into_iter()
                    .map(|(kind, schema)| (kind.to_owned(), schema)),
            );
        }
    }
    json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": metadata,
            "spec": spec,
            "status": true,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "$defs": definitions,
    })
}

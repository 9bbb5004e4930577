//! The bus that a pod uses: `status.config` of its EventBus, as the controller hands it on.
//!
//! Which client speaks to it is the registry's to know; here the shape is translated and checked.

use crate::environment::{Environment, Fault};
use argo_events::{
    Registry,
    core::{FieldPath, Problems, Severity, registry::BusDescriptor, secret::KeySelector},
};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

const VARIABLE: &str = "EVENTBUS_CONFIG";
const WHAT: &str = "the EventBus's `status.config`: one of `jetstream` and `kafka`";

/// Which bus to use.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    pub(crate) descriptor: BusDescriptor,
    pub(crate) config: Value,
    /// The secret that is mounted on its own, for the bus.
    pub(crate) access: Option<KeySelector>,
}

impl Bus {
    /// Reads what the controller says of the bus.
    pub(crate) fn read(environment: &Environment, registry: &Registry) -> Result<Self, Vec<Fault>> {
        let config = environment
            .json(VARIABLE, WHAT)
            .map_err(|fault| vec![fault])?;
        let (kind, config) = the_only(config).map_err(|fault| vec![fault])?;
        let (kind, config) = match kind.as_str() {
            "jetstream" => ("jetstreamExotic", with_the_reference_tls(config)),
            "nats" => {
                let message = "asks for NATS Streaming (`nats`), which its makers gave up and this \
                    build does not speak; use an EventBus of the kind `jetstream` or `kafka`";
                return Err(vec![Fault::of(VARIABLE, message)]);
            }
            other => (other, config),
        };
        let descriptor = available(registry, kind).map_err(|fault| vec![fault])?;
        check(&descriptor, &config)?;
        let access = KeySelector::deserialize(&config["accessSecret"]).ok();
        Ok(Self {
            descriptor,
            config,
            access,
        })
    }
}

/// Returns the one member that is set; the controller writes the others as null, or not at all.
fn the_only(config: Value) -> Result<(String, Value), Fault> {
    let fault = |what: String| Err(Fault::of(VARIABLE, format!("{what}; it is {WHAT}")));
    let Value::Object(members) = without_nulls(config) else {
        return fault("holds no object".to_owned());
    };
    let mut members = members.into_iter();
    match (members.next(), members.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => fault("names no bus; is the EventBus ready?".to_owned()),
        (Some((one, _)), Some((other, _))) => fault(format!("names both `{one}` and `{other}`")),
    }
}

/// To the controller, null is as good as absent.
fn without_nulls(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        members
            .map(|(name, value)| (name, without_nulls(value)))
            .collect::<Map<_, _>>(),
    )
}

/// Servers that the reference's controller sets up speak TLS with a certificate of their own making,
/// and it does not say so.
fn with_the_reference_tls(mut config: Value) -> Value {
    let url = config["url"].as_str().unwrap_or_default();
    let host = url.rsplit_once("//").map_or(url, |(_, host)| host);
    let managed = host.starts_with("eventbus-") && host.contains("-js-svc.");
    if managed && config["tls"].is_null() {
        config["tls"] = json!({ "insecureSkipVerify": true });
    }
    config
}

fn available(registry: &Registry, kind: &str) -> Result<BusDescriptor, Fault> {
    let unknown = |error| {
        Fault::of(
            VARIABLE,
            format_args!("names a bus that is not known: {error}"),
        )
    };
    let descriptor = registry.bus(kind).map_err(unknown)?;
    if !descriptor.is_available() {
        let feature = descriptor.feature;
        let message = format_args!(
            "names a bus that this build cannot use: `{kind}` needs the cargo feature `{feature}`"
        );
        return Err(Fault::of(VARIABLE, message));
    }
    Ok(*descriptor)
}

fn check(descriptor: &BusDescriptor, config: &Value) -> Result<(), Vec<Fault>> {
    let mut problems = Problems::default();
    descriptor.validate(
        config,
        &FieldPath::root().field(descriptor.kind),
        &mut problems,
    );
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let faults: Vec<_> = errors
        .map(|problem| Fault::of(VARIABLE, format_args!("is wrong: {problem}")))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

//! Family `identities`: what things are called on buses, and by which marks changes are told.

mod state;

use crate::{Outcome, exceptions::identities::KAFKA_BROKERS_TRIMMED};
use argo_events_bus::names as bus_names;
use argo_events_core::{Timestamp, api::Dependency, fingerprint};
use argo_events_expr::condition::Condition;
use argo_events_sensor::{
    resolver::ResetSchedule,
    takeover::{Heir, HeirTrigger, names},
};
use argo_events_sources::kit::record_id;
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let got = match vector["group"].as_str().unwrap_or_default() {
        "jetstream-names" => jetstream_names(input),
        "jetstream-subscribe" => jetstream_subscribe(input),
        "state-start" => state::start(input),
        "state-change" => return state::change(vector),
        "state-name-validity" => name_validity(input),
        "kafka-names" => return kafka_names(vector),
        "kafka-key" => json!(bus_names::kafka_key(
            text(input, "source"),
            text(input, "subject")
        )),
        "kafka-event-id" => kafka_event_id(input),
        "stan-group" => json!(bus_names::stan_group(text(input, "clientID"))),
        "stan-lookup" => stan_lookup(input),
        "hash-string" => hash_string(input),
        "hash-deployment-spec" => json!({
            "canonicalJson": fingerprint::deployment_json(&input["spec"]),
            "sha256": fingerprint::deployment(&input["spec"]),
        }),
        "hash-object" => json!({
            "fnv32a": fingerprint::config_map(&input["configmap"]),
            "json": fingerprint::config_map_json(&input["configmap"]),
        }),
        group => return Outcome::failed("a group that is known", group),
    };
    if vector["error"] == true {
        return Outcome::compare(&Value::Null, &got);
    }
    Outcome::compare(&vector["want"], &got)
}

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

fn dependencies(list: &Value) -> Vec<Dependency> {
    serde_json::from_value(list.clone()).unwrap_or_default()
}

fn jetstream_names(input: &Value) -> Value {
    let (sensor, trigger) = (text(input, "sensor"), text(input, "trigger"));
    let dependency = text(input, "dependency");
    json!({
        "dependencyKey": names::event_key(trigger, dependency),
        "durable": names::durable(sensor, trigger, dependency),
        "expressionKey": names::expression_key(trigger),
        "hash": names::trigger_hash(sensor, trigger, dependency).to_string(),
    })
}

fn jetstream_subscribe(input: &Value) -> Value {
    let dependencies = dependencies(&input["dependencies"]);
    let called: Vec<_> = dependencies.iter().map(|it| it.name.as_str()).collect();
    let condition = match Condition::parse(text(input, "conditions"), &called) {
        Ok(condition) => condition,
        Err(error) => return json!(error.to_string()),
    };
    let heir = Heir {
        sensor: text(input, "sensor"),
        dependencies: &dependencies,
        now: Timestamp::EPOCH,
    };
    let consumers = heir.consumers(HeirTrigger {
        name: text(input, "trigger"),
        condition: &condition,
        resets: &ResetSchedule::default(),
    });
    let consumers = consumers.iter();
    let mut consumers: Vec<_> = consumers
        .map(|it| json!({"durable": it.name, "subject": names::subject(&it.subject)}))
        .collect();
    consumers.sort_by_key(|it| text(it, "subject").to_owned());
    json!({"bucket": [names::bucket(heir.sensor)], "consumers": consumers})
}

fn name_validity(input: &Value) -> Value {
    let (sensor, trigger) = (text(input, "sensor"), text(input, "trigger"));
    let event_key = names::event_key(trigger, text(input, "dependency"));
    json!({
        "bucketValid": names::is_bucket(names::bucket(sensor)),
        "dependencyKeyValid": names::is_key(&event_key),
        "expressionKeyValid": names::is_key(&names::expression_key(trigger)),
    })
}

fn kafka_names(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let (bus, sensor) = (&input["bus"], text(input, "sensor"));
    let topics = bus_names::KafkaTopics::new(text(bus, "topic"), sensor);
    let configured = bus["consumerGroup"]["groupName"].as_str();
    let got = json!({
        "brokers": bus_names::kafka_brokers(text(bus, "url")).collect::<Vec<_>>(),
        "group": bus_names::kafka_group(configured, text(input, "namespace"), sensor),
        "topics": [topics.event, topics.trigger, topics.action],
    });
    let mut required = vector["want"].clone();
    if required == got {
        return Outcome::Passed;
    }
    for broker in required["brokers"].as_array_mut().into_iter().flatten() {
        *broker = json!(broker.as_str().unwrap_or_default().trim());
    }
    let given = if required == got {
        Ok(())
    } else {
        Err(got.to_string())
    };
    KAFKA_BROKERS_TRIMMED.require(vector, given)
}

fn kafka_event_id(input: &Value) -> Value {
    let partition = input["partition"]
        .as_i64()
        .and_then(|it| i32::try_from(it).ok());
    let id = record_id::kafka(
        text(input, "source"),
        text(input, "event"),
        text(input, "url"),
        text(input, "topic"),
        partition.unwrap_or_default(),
        input["offset"].as_i64().unwrap_or_default(),
    );
    json!(id)
}

fn stan_lookup(input: &Value) -> Value {
    let dependencies = dependencies(&input["dependencies"]);
    let dependencies = dependencies.iter().map(|it| {
        (
            it.name.as_str(),
            it.event_source_name.as_str(),
            it.event_name.as_str(),
        )
    });
    let found =
        bus_names::stan_dependency(dependencies, text(input, "source"), text(input, "subject"));
    json!(found.unwrap_or_default())
}

fn hash_string(input: &Value) -> Value {
    let text = text(input, "text");
    json!({"fnv32a": fingerprint::fnv1a(text).to_string(), "sha256": fingerprint::sha256(text)})
}

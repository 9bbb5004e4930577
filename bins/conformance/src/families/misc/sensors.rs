//! Helpers of sensors.

use super::{super::events, compare};
use crate::Outcome;
use argo_events_core::{
    Backoff, Event,
    api::RateLimit,
    backoff::{Amount, Pause},
};
use argo_events_sensor::{
    artifact::ArtifactLocation,
    kubernetes::Resource,
    policy::RateLimiter,
    trigger::{decode::Decoder, http::TlsConfig, log::LogConfig},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A back-off as JSON, read and its pauses worked out.
pub(super) fn backoff(vector: &Value) -> Outcome {
    let read = |text: &str| {
        let schedule = decode::<Backoff>(text)?
            .read()
            .map_err(|error| error.to_string())?;
        Ok(json!({
            "durationNs": schedule.first,
            "factor": schedule.factor,
            "jitter": schedule.jitter,
            "steps": schedule.attempts,
            "delaysWithoutJitterNs": schedule.nanos().collect::<Vec<_>>(),
        }))
    };
    match vector["in"]["json"].as_str() {
        // The reference crashes where there is none; here there is always one.
        None => Outcome::Passed,
        Some(text) => same_numbers(vector, read(text)),
    }
}

/// Compares numbers by value, since 1 and 1.0 are the same.
fn same_numbers(vector: &Value, got: Result<Value, String>) -> Outcome {
    let widened = |value: &Value| widen(value.clone());
    match got {
        Ok(got) if vector["error"] != true => {
            Outcome::compare(widened(&vector["want"]), widened(&got))
        }
        got => compare(vector, got),
    }
}

fn widen(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(elements) => elements.into_iter().map(widen).collect(),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| (name, widen(member)))
                .collect(),
        ),
        other => other,
    }
}

/// Attempts that fail a number of times.
pub(super) fn retry(vector: &Value) -> Outcome {
    let backoff = match &vector["in"]["backoff"] {
        Value::Null => Ok(Backoff::default()),
        stated => decode::<Backoff>(&stated.to_string()),
    };
    let failures = vector["in"]["failures"].as_u64().unwrap_or(0);
    let attempts = backoff.map(|backoff| backoff.read().map_or(0, |schedule| schedule.attempts));
    let got = attempts.map(|attempts| {
        let calls = u64::from(attempts).min(failures + 1);
        json!({"calls": calls, "failed": calls <= failures})
    });
    let wanted =
        json!({"calls": vector["want"]["calls"], "failed": !vector["want"]["error"].is_null()});
    match got {
        Ok(got) => Outcome::compare(wanted, got),
        Err(error) => Outcome::failed(wanted.to_string(), error),
    }
}

/// Where objects of a kind are, without asking a server.
pub(super) fn resource(vector: &Value) -> Outcome {
    let text = |name: &str| vector["in"][name].as_str().unwrap_or_default();
    let guessed = Resource::guess(text("apiVersion"), text("kind"));
    let plural = guessed.map(|resource| resource.plural).unwrap_or_default();
    Outcome::compare(&vector["want"]["resource"], &Value::from(plural))
}

/// JSON through a type and back.
pub(super) fn roundtrip(vector: &Value) -> Outcome {
    let text = vector["in"]["json"].as_str().unwrap_or_default();
    let got = match vector["in"]["type"].as_str().unwrap_or_default() {
        "Backoff" => Decoder::of::<Backoff>()
            .decode::<Backoff>(text.as_bytes())
            .map_err(|error| error.to_string())
            .and_then(|backoff| written(&backoff)),
        "Int64OrString" => decode::<Option<Pause>>(text)
            .and_then(|pause| written(&pause.unwrap_or(Pause::Nanos(0)))),
        "Amount" => decode::<Amount>(text).and_then(|amount| written(&amount)),
        "K8SResource" => decode::<Value>(text).map(|resource| resource.to_string()),
        "ArtifactLocation" => {
            decode::<ArtifactLocation>(text).and_then(|location| written(&location))
        }
        _ => return Outcome::Waits("types of the fields of every kind"),
    };
    match (got, vector["want"].as_str()) {
        (Ok(got), Some(want)) if vector["error"] != true => {
            let read = |text: &str| widen(serde_json::from_str(text).unwrap_or_default());
            Outcome::compare(read(want), read(&got))
        }
        (got, _) => compare(vector, got.map(Value::from)),
    }
}

fn written(value: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

/// A pause as JSON.
pub(super) fn pause(vector: &Value) -> Outcome {
    let got =
        decode::<Pause>(vector["in"]["json"].as_str().unwrap_or_default()).map(
            |pause| match pause {
                Pause::Nanos(nanos) => {
                    json!({"type": 0, "int64Val": nanos, "strVal": "", "int64Value": nanos})
                }
                Pause::Text(text) => {
                    let value: i64 = text.parse().unwrap_or(0);
                    json!({"type": 1, "int64Val": 0, "strVal": text, "int64Value": value})
                }
            },
        );
    compare(vector, got)
}

/// A factor as JSON.
pub(super) fn amount(vector: &Value) -> Outcome {
    let text = format!(
        r#"{{"factor":{}}}"#,
        vector["in"]["json"].as_str().unwrap_or_default()
    );
    let read = |text| {
        Ok(json!(
            decode::<Backoff>(text)?
                .read()
                .map_err(|error| error.to_string())?
                .factor
        ))
    };
    same_numbers(vector, read(&text))
}

/// Which status codes count as success.
pub(super) fn status_policy(vector: &Value) -> Outcome {
    let allow: Vec<i64> = serde_json::from_value(vector["in"]["allow"].clone()).unwrap_or_default();
    let status = vector["in"]["status"].as_i64().unwrap_or_default();
    let got = if allow.contains(&status) {
        Ok(json!("accepted"))
    } else {
        Err("not allowed".to_owned())
    };
    compare(vector, got)
}

/// The time between attempts. The reference lets idle time count for ten of them, this project for
/// none; a count that is not positive does not limit, and 0 ends the reference.
pub(super) fn rate_limit(vector: &Value) -> Outcome {
    let limit: Option<RateLimit> =
        serde_json::from_value(vector["in"]["rateLimit"].clone()).unwrap_or_default();
    let limiter = limit.as_ref().and_then(RateLimiter::new);
    let got = limiter.map(|limiter| limiter.interval().as_nanos());
    let wanted = vector["want"]["perRequestNs"]
        .as_i64()
        .and_then(|nanos| u128::try_from(nanos).ok());
    Outcome::compare(wanted.filter(|nanos| *nanos > 0), got)
}

/// The time between lines of the log trigger.
pub(super) fn log_interval(vector: &Value) -> Outcome {
    let text = json!({"intervalSeconds": vector["in"]["intervalSeconds"]}).to_string();
    let got = Decoder::of::<LogConfig>().decode::<LogConfig>(text.as_bytes());
    let got = got.map(|config| json!(config.interval_seconds * 1_000_000_000));
    compare(vector, got.map_err(|error| error.to_string()))
}

/// A body as the log shows it.
pub(super) fn data_string(vector: &Value) -> Outcome {
    let content_type = vector["in"]["datacontenttype"].as_str().unwrap_or_default();
    let mut builder = Event::builder("1", "s", "e").data_content_type(content_type);
    if let Some(data) = events::bytes(&vector["in"]["data"]) {
        builder = builder.data(data);
    }
    let text = events::text(&builder.build().data_text());
    Outcome::compare(&vector["want"]["dataString"], &text)
}

/// Whether a TLS configuration is accepted.
pub(super) fn tls(vector: &Value) -> Outcome {
    let config: Option<TlsConfig> = match serde_json::from_value(vector["in"]["tls"].clone()) {
        Ok(config) => config,
        Err(error) => return Outcome::failed("a configuration", error.to_string()),
    };
    // The reference can be asked about nothing at all, which is an error there.
    let Some(config) = config else {
        return Outcome::compare(vector["error"].as_bool(), Some(true));
    };
    let refused = !vector["want"]["validateError"].is_null();
    Outcome::compare(refused, config.mistake().is_some())
}

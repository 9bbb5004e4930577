//! Family `misc`: helpers of the reference, each by its call.

mod sensors;
mod sources;

use crate::Outcome;
use serde_json::Value;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    match vector["in"]["call"].as_str().unwrap_or_default() {
        "backoff" => sensors::backoff(vector),
        "retry" => sensors::retry(vector),
        "roundtrip" => sensors::roundtrip(vector),
        "int64Value" => sensors::pause(vector),
        "float64" => sensors::amount(vector),
        "statusPolicy" => sensors::status_policy(vector),
        "rateLimit" => sensors::rate_limit(vector),
        "logInterval" => sensors::log_interval(vector),
        "dataString" => sensors::data_string(vector),
        "tls" => sensors::tls(vector),
        "calendarNext" => sources::calendar_next(vector),
        "prevCronTime" => sources::previous_cron_time(vector),
        "parseExclusionDates" => sources::exclusion_dates(vector),
        "fileOp" => sources::file_operation(vector),
        "sourceFilter" => sources::filter(vector),
        "watchPath" => sources::watch_path(vector),
        "validateWebhookContext" => sources::webhook_context(vector),
        "formatEndpoint" | "formattedURL" => Outcome::Waits("sources that register webhooks"),
        "getReplicas" | "secretPaths" | "volumes" | "dnsLabel" | "elementsMatch" => {
            Outcome::Waits("helpers of the controller that have no case here yet")
        }
        "resource" => sensors::resource(vector),
        "streamConfig" | "saramaConfig" | "sasl" | "maxPayloadSize" => {
            Outcome::Waits("settings of buses that have no case here yet")
        }
        "hooks" | "minioFilters" | "storageGridFilter" => Outcome::Waits("further sources"),
        "parse" => Outcome::Waits("intervals of other sources"),
        other => Outcome::failed("a known call", other),
    }
}

/// Compares an error's fact and, where it is the reference's own, its text.
fn compare(vector: &Value, got: Result<Value, String>) -> Outcome {
    match got {
        Err(_) if vector["error"] == true => Outcome::Passed,
        Err(error) => Outcome::failed(vector["want"].to_string(), error),
        Ok(got) if vector["error"] == true => {
            Outcome::failed(vector["message"].to_string(), got.to_string())
        }
        Ok(got) => Outcome::compare(&vector["want"], &got),
    }
}

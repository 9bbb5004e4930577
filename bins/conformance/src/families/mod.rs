//! One file per family of vectors: how a line of it is run here.

use crate::Check;

mod cloudevent;
mod conditions;
mod cron;
mod duration;
mod events;
mod expr;
mod filter;
mod gjson;
mod gofmt;
mod gojson;
mod gostrconv;
mod gotemplate;
mod govaluate;
pub(crate) mod http;
mod http_health;
mod http_webhook;
mod identities;
mod jq;
mod lua;
mod misc;
mod params;
mod payloads;
mod re2;
mod reconcile;
mod sjson;
mod transform;
pub(crate) mod trigger_argoworkflow;
mod trigger_flow;
mod trigger_http;
pub(crate) mod trigger_k8s;
mod trigger_queue;
mod validate;

pub(crate) use events::bytes as byte_string;

/// Every family this project runs, by the name of its file.
pub const FAMILIES: &[(&str, Check)] = &[
    ("cloudevent", cloudevent::check),
    ("conditions", conditions::check),
    ("cron", cron::check),
    ("duration", duration::check),
    ("expr", expr::check),
    ("filter", filter::check),
    ("gjson", gjson::check),
    ("gofmt", gofmt::check),
    ("gojson", gojson::check),
    ("gostrconv", gostrconv::check),
    ("gotemplate", gotemplate::check),
    ("govaluate", govaluate::check),
    ("http-health", http_health::check),
    ("http-webhook", http_webhook::check),
    ("identities", identities::check),
    ("jq", jq::check),
    ("lua", lua::check),
    ("misc", misc::check),
    ("params", params::check),
    ("payloads", payloads::check),
    ("re2", re2::check),
    ("reconcile", reconcile::check),
    ("sjson", sjson::check),
    ("transform", transform::check),
    ("trigger-argoworkflow", trigger_argoworkflow::check),
    ("trigger-flow", trigger_flow::check),
    ("trigger-http", trigger_http::check),
    ("trigger-k8s", trigger_k8s::check),
    ("trigger-queue", trigger_queue::check),
    ("validate", validate::check),
];

/// Families that are known but wait for a part that is not built yet.
pub const WAITING: &[(&str, &str)] = &[
    (
        "http-registration",
        "sources that register webhooks are not built yet",
    ),
    (
        "http-signatures",
        "sources with signatures are not built yet",
    ),
];

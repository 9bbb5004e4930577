//! Rules of triggers, by kind.

use super::{
    Rule,
    Rule::*,
    Table,
    envelopes::{PARAMETER, PAYLOAD, TLS},
};

const ARTIFACT: Rule = Has(&["source"]);

/// Rules by kind.
pub(super) const TABLE: Table = &[
    ("argoWorkflow", ARGO_WORKFLOW),
    (
        "awsLambda",
        &[
            Needs(&["functionName", "region"]),
            Has(&["payload"]),
            In("payload", PARAMETER),
            In("parameters", PARAMETER),
        ],
    ),
    (
        "custom",
        &[
            Needs(&["serverURL"]),
            Has(&["spec"]),
            In("parameters", PARAMETER),
        ],
    ),
    (
        "email",
        &[
            Needs(&["host"]),
            AtLeast("port", 0),
            AtMost("port", 65_535),
            In("parameters", PARAMETER),
        ],
    ),
    (
        "http",
        &[
            Needs(&["url"]),
            OneOf("method", &["GET", "DELETE", "PATCH", "POST", "PUT"]),
            In("payload", PAYLOAD),
            In("parameters", PARAMETER),
            TLS,
        ],
    ),
    ("k8s", K8S),
    (
        "kafka",
        &[
            Needs(&["url", "topic", "payload"]),
            In("payload", PARAMETER),
        ],
    ),
    (
        "nats",
        &[
            Needs(&["url", "subject"]),
            Has(&["payload"]),
            In("payload", PARAMETER),
        ],
    ),
    (
        "openWhisk",
        &[
            Needs(&["host", "actionName"]),
            In("payload", PARAMETER),
            In("parameters", PARAMETER),
        ],
    ),
    ("slack", &[In("parameters", PARAMETER)]),
];

const K8S: &[Rule] = &[
    ARTIFACT,
    OneOf("operation", &["create", "update", "patch", "delete"]),
    In("parameters", PARAMETER),
];

const ARGO_WORKFLOW: &[Rule] = &[
    ARTIFACT,
    Needs(&["operation"]),
    OneOf(
        "operation",
        &[
            "submit",
            "submit-from",
            "resubmit",
            "resume",
            "retry",
            "suspend",
            "terminate",
            "stop",
        ],
    ),
    In("parameters", PARAMETER),
];

//! Rules of what is around kinds, and of event buses.

use super::{Rule, Rule::*, Table};

const OPERATORS: &[&str] = &["and", "or"];
const OPERATIONS: &[&str] = &["append", "overwrite", "prepend"];
/// Five fields of cron, with a zone before them if need be.
const CRON: &str = r"^\s*((CRON_)?TZ=\S+\s+)?(\S+\s+){4}\S+\s*$";
/// A time of day.
const TIME: &str = "^([01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$";

/// Rules of a parameter, where the reference checks them.
pub(super) const PARAMETER: &[Rule] = &[
    Needs(&["src", "dest"]),
    OneOf("operation", OPERATIONS),
    In("src", &[Needs(&["dependencyName"])]),
];

/// The same, where a value may go everywhere.
pub(super) const PAYLOAD: &[Rule] = &[
    Needs(&["src"]),
    OneOf("operation", OPERATIONS),
    In("src", &[Needs(&["dependencyName"])]),
];

/// Rules of TLS, where the reference checks them.
pub(super) const TLS: Rule = Holds(
    "!has(self.tls) || (has(self.tls.insecureSkipVerify) && self.tls.insecureSkipVerify) || \
     (has(self.tls.clientCertSecret) == has(self.tls.clientKeySecret) && \
     (has(self.tls.caCertSecret) || has(self.tls.clientCertSecret) || \
     (has(self.tls.enabled) && self.tls.enabled)))",
    "tls needs caCertSecret, or clientCertSecret with clientKeySecret, or enabled: true",
);

/// Rules by the names of types.
pub(super) const TABLE: Table = &[
    (
        "EventSourceSpec",
        &[
            Usually("eventBusName", "\"default\""),
            Usually("replicas", "1"),
        ],
    ),
    (
        "SensorSpec",
        &[
            Needs(&["dependencies", "triggers"]),
            Usually("eventBusName", "\"default\""),
            Usually("replicas", "1"),
        ],
    ),
    (
        "Dependency",
        &[
            Needs(&["name", "eventSourceName", "eventName"]),
            OneOf("filtersLogicalOperator", OPERATORS),
            AtLeast("atLeast", 1),
            CONTEXT,
        ],
    ),
    (
        "Filters",
        &[
            OneOf("exprLogicalOperator", OPERATORS),
            OneOf("dataLogicalOperator", OPERATORS),
        ],
    ),
    ("ExprFilter", &[Needs(&["expr", "fields"])]),
    ("PayloadField", &[Needs(&["path", "name"])]),
    (
        "DataFilter",
        &[
            Needs(&["path", "type", "value"]),
            Texts("value"),
            OneOf("comparator", &["=", "!=", ">", ">=", "<", "<="]),
            OneOf("type", &["bool", "number", "string"]),
        ],
    ),
    (
        "TimeFilter",
        &[
            Needs(&["start", "stop"]),
            // Bounds what the rule may cost.
            Longest("start", 8),
            Longest("stop", 8),
            Matches("start", TIME),
            Matches("stop", TIME),
            Holds(
                "self.start != self.stop",
                "no time is between start and stop",
            ),
        ],
    ),
    (
        "Trigger",
        &[
            Needs(&["template"]),
            In("parameters", PARAMETER),
            Holds(
                "!has(self.policy) || !has(self.policy.k8s) || has(self.policy.k8s.labels) || \
                 !(has(self.template.k8s) || has(self.template.argoWorkflow))",
                "policy.k8s needs labels",
            ),
            Holds(
                "!has(self.policy) || !has(self.policy.status) || has(self.policy.status.allow) || \
                 !(has(self.template.http) || has(self.template.awsLambda))",
                "policy.status needs allow",
            ),
        ],
    ),
    (
        "TriggerTemplate",
        &[Needs(&["name"]), In("conditionsReset", RESET)],
    ),
    (
        "ServicePort",
        &[
            Also("protocol", "string", "TCP (if absent), UDP or SCTP."),
            Also("appProtocol", "string", "Protocol of the application."),
            Also("nodePort", "integer", "Port on every node."),
        ],
    ),
    (
        "Join",
        &[
            Usually("keep", "\"latest\""),
            Usually("onExpire", "\"drop\""),
        ],
    ),
    (
        "RateLimit",
        &[
            Needs(&["requestsPerUnit"]),
            AtLeast("requestsPerUnit", 1),
            OneOf("unit", &["Second", "Minute", "Hour"]),
            Usually("unit", "\"Second\""),
        ],
    ),
    ("EventBusSpec", &[Filled]),
    ("NatsBus", NATS),
    ("ExoticNats", &[Needs(&["url"]), Has(&["clusterID"])]),
    (
        "JetStreamBus",
        &[
            Needs(&["version"]),
            AtLeast("replicas", 1),
            Usually("replicas", "3"),
            Holds(
                "!has(self.replicas) || self.replicas != 2",
                "2 servers cannot agree; use 1, or at least 3",
            ),
        ],
    ),
    ("JetStreamExoticBus", &[Needs(&["url"])]),
    ("KafkaBus", &[Needs(&["url"])]),
];

/// Stands at the dependency, of which there are fewer than filters as the API server counts.
const CONTEXT: Rule = Holds(
    "!has(self.filters) || !has(self.filters.context) || \
     (has(self.filters.context.type) && self.filters.context.type != '') || \
     (has(self.filters.context.subject) && self.filters.context.subject != '') || \
     (has(self.filters.context.source) && self.filters.context.source != '') || \
     (has(self.filters.context.datacontenttype) && self.filters.context.datacontenttype != '')",
    "filters.context needs type, subject, source or datacontenttype",
);

const RESET: &[Rule] = &[
    Needs(&["byTime"]),
    In("byTime", &[Needs(&["cron"]), Matches("cron", CRON)]),
];

const NATS: &[Rule] = &[Any(&["native", "exotic"]), NotBoth("native", "exotic")];

//! What many kinds share.

use super::{Field, Fields, Form, field, flag, part, parts, secret, text};

/// Refers to a key of a Secret or a ConfigMap.
pub(super) const KEY: Fields = &[
    text("name", "Name of the Secret or ConfigMap."),
    text("key", "Key within it."),
    flag("optional", "Whether it may be absent."),
];

const EXPRESSION: Fields = &[text(
    "expression",
    "An expression over the body; events for which it is not true are dropped.",
)];

const PAIR: Fields = &[
    secret("username", "Name of the user."),
    secret("password", "The password."),
];

const TLS_FIELDS: Fields = &[
    secret(
        "caCertSecret",
        "Certificates to trust, in PEM text; the system's are not trusted then.",
    ),
    secret("clientCertSecret", "Our certificate, in PEM text."),
    secret("clientKeySecret", "Our key, in PEM text."),
    flag(
        "insecureSkipVerify",
        "Trusts every certificate; everything else here is ignored then.",
    ),
    flag("enabled", "Uses TLS though no certificate is named."),
];

pub(super) const BACKOFF_FIELDS: Fields = &[
    field(
        "duration",
        "Pause after the first failed attempt: a duration such as 1s, or nanoseconds; 1s if absent.",
        Form::Pause,
    ),
    field(
        "factor",
        "What the pause is multiplied by after each attempt; 1 if absent.",
        Form::Amount,
    ),
    field(
        "jitter",
        "How much of the pause is added at random; 1 if absent.",
        Form::Amount,
    ),
    field(
        "steps",
        "Attempts in all; 5 if absent or not positive.",
        Form::Int32,
    ),
];

const SASL_FIELDS: Fields = &[
    text(
        "mechanism",
        "PLAIN (if absent), SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or GSSAPI.",
    ),
    secret("userSecret", "Name of the user."),
    secret("passwordSecret", "Password of the user."),
];

const NATS_AUTH_FIELDS: Fields = &[
    BASIC_AUTH,
    secret("token", "A token."),
    secret("nkey", "Seed of an NKey."),
    secret("credential", "A credentials file."),
];

const REGISTRY_FIELDS: Fields = &[
    text("url", "Address of the registry."),
    field("schemaId", "Number of the schema.", Form::Int32),
    AUTH,
];

const WEBHOOK_FIELDS: Fields = &[
    text("endpoint", "Path to listen on, such as /push."),
    text("method", "Method of requests."),
    text("port", "Port to listen on; several events may share one."),
    text(
        "url",
        "Public address of the port, which the provider is told.",
    ),
    secret(
        "serverCertSecret",
        "Certificate chain in PEM text; with the key it makes the port speak TLS.",
    ),
    secret("serverKeySecret", "Private key in PEM text."),
    METADATA,
    secret("authSecret", "Bearer token that callers must present."),
    field(
        "maxPayloadSize",
        "Most bytes of a body; 1048576 if absent.",
        Form::Int64,
    ),
];

const S3_BUCKET: Fields = &[
    text("name", "Name of the bucket."),
    text("key", "Key of the object; triggers only."),
];

pub(super) const KEY_FILTER: Fields = &[
    text("prefix", "How the key of the object begins."),
    text("suffix", "How the key of the object ends."),
];

/// An object store that speaks the protocol of S3.
pub(super) const S3: Fields = &[
    text(
        "endpoint",
        "Host and port of the object store, without a scheme.",
    ),
    part("bucket", "The bucket.", S3_BUCKET),
    secret("accessKey", "The access key."),
    secret("secretKey", "The secret key."),
    text("region", "Region of the store."),
    flag("insecure", "Whether to speak without TLS."),
    secret("caCertificate", "Certificates to trust, in PEM text."),
    super::texts(
        "events",
        "Names of notifications, such as s3:ObjectCreated:*; sources only.",
    ),
    part("filter", "Which objects; sources only.", KEY_FILTER),
    METADATA,
];

const APP_FIELDS: Fields = &[
    secret("privateKey", "The app's private key."),
    field("appID", "Number of the app.", Form::Int64),
    field("installationID", "Number of the installation.", Form::Int64),
];

const SOURCE_OF_PARAMETER: Fields = &[
    text("dependencyName", "Name of the dependency."),
    text("contextKey", "Path in the attributes of the event."),
    text(
        "contextTemplate",
        "Go template over the attributes of the event.",
    ),
    text("dataKey", "Path in the body."),
    text("dataTemplate", "Go template over the body."),
    text("value", "Used when nothing else gives a value."),
    flag(
        "useRawData",
        "Writes what is no text as it is, instead of as text.",
    ),
];

const PARAMETER: Fields = &[
    part("src", "Where the value comes from.", SOURCE_OF_PARAMETER),
    text("dest", "Path to write at."),
    text("operation", "overwrite (if absent), append or prepend."),
];

const VALUE_FROM: Fields = &[
    secret("secretKeyRef", "A key of a Secret."),
    part("configMapKeyRef", "A key of a ConfigMap.", KEY),
];

const HEADER: Fields = &[
    text("name", "Name of the header."),
    part("valueFrom", "Where its value is.", VALUE_FROM),
];

pub(super) const FILTER: Field = part(
    "filter",
    "Drops events for which the expression does not hold.",
    EXPRESSION,
);
pub(super) const METADATA: Field =
    field("metadata", "Added to every event as `metadata`.", Form::Map);
pub(super) const JSON_BODY: Field = flag(
    "jsonBody",
    "Whether messages are JSON, which becomes the body as it is; otherwise base64.",
);
pub(super) const TLS: Field = part("tls", "How the connection is secured.", TLS_FIELDS);
pub(super) const BACKOFF: Field = part(
    "connectionBackoff",
    "How often to try to connect, and how long to pause between.",
    BACKOFF_FIELDS,
);
pub(super) const AUTH: Field = part("auth", "Name and password.", PAIR);
pub(super) const BASIC_AUTH: Field = part("basic", "Name and password.", PAIR);
pub(super) const NATS_AUTH: Field = part(
    "auth",
    "How we prove who we are; the first that is there counts.",
    NATS_AUTH_FIELDS,
);
pub(super) const SASL: Field = part("sasl", "How we prove who we are.", SASL_FIELDS);
pub(super) const REGISTRY: Field = part(
    "schemaRegistry",
    "Where schemas of Avro messages are found.",
    REGISTRY_FIELDS,
);
pub(super) const WEBHOOK: Field = part(
    "webhook",
    "Where the provider's calls are taken.",
    WEBHOOK_FIELDS,
);
pub(super) const APP: Field = part("githubApp", "Credentials of a GitHub App.", APP_FIELDS);
pub(super) const DELETE_HOOK: Field = flag(
    "deleteHookOnFinish",
    "Whether the provider's hook is deleted when the source ends.",
);
pub(super) const ACCESS_KEY: Field = secret("accessKey", "The access key.");
pub(super) const SECRET_KEY: Field = secret("secretKey", "The secret key.");
pub(super) const ROLE: Field = text("roleARN", "Role to assume; the keys are ignored then.");
pub(super) const REGION: Field = text("region", "Region of the service.");
pub(super) const PARAMETERS: Field = parts(
    "parameters",
    "Edit this configuration before it is used.",
    PARAMETER,
);
pub(super) const PAYLOAD: Field = parts("payload", "Builds what is sent, from events.", PARAMETER);
pub(super) const HEADERS: Field = field("headers", "Headers of the message.", Form::Map);
pub(super) const SECURE_HEADERS: Field = parts(
    "secureHeaders",
    "Headers whose values come from Secrets and ConfigMaps.",
    HEADER,
);

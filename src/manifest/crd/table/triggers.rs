//! Triggers.

use super::{Field, Fields, Form, common::*, field, flag, part, secret, text, texts};

/// Kinds with their fields.
pub(super) const TRIGGERS: &[(&str, Fields)] = &[
    ("awsLambda", AWS_LAMBDA),
    ("azureEventHubs", AZURE_EVENT_HUBS),
    ("azureServiceBus", AZURE_SERVICE_BUS),
    ("custom", CUSTOM),
    ("email", EMAIL),
    ("kafka", KAFKA),
    ("nats", NATS),
    ("openWhisk", OPEN_WHISK),
    ("pulsar", PULSAR),
    ("slack", SLACK),
];

const TOPIC: Field = text("topic", "Name of the topic.");

const AWS_LAMBDA: Fields = &[
    text("functionName", "Name of the function."),
    REGION,
    ACCESS_KEY,
    SECRET_KEY,
    ROLE,
    text(
        "invocationType",
        "RequestResponse (if absent), Event or DryRun.",
    ),
    PAYLOAD,
    PARAMETERS,
];

const AZURE_EVENT_HUBS: Fields = &[
    text(
        "fqdn",
        "Host of the namespace, such as NAME.servicebus.windows.net.",
    ),
    text("hubName", "Name of the hub."),
    secret("sharedAccessKeyName", "Name of the access key."),
    secret("sharedAccessKey", "The access key."),
    PAYLOAD,
    PARAMETERS,
];

const AZURE_SERVICE_BUS: Fields = &[
    secret("connectionString", "Connection string."),
    text("queueName", "Name of the queue; instead of a topic."),
    text("topicName", "Name of the topic."),
    text("subscriptionName", "Has no effect."),
    TLS,
    PAYLOAD,
    PARAMETERS,
];

const CUSTOM: Fields = &[
    text("serverURL", "Address of the gRPC server that acts."),
    flag("secure", "Whether to speak TLS."),
    secret("certSecret", "Certificates to trust, in PEM text."),
    text(
        "serverNameOverride",
        "Name that the server's certificate must have.",
    ),
    field("spec", "What the server is told, as it is.", Form::Map),
    PAYLOAD,
    PARAMETERS,
];

const EMAIL: Fields = &[
    text("host", "Host of the SMTP server."),
    field("port", "Port of the SMTP server.", Form::Int32),
    text("username", "Name of the user."),
    secret("smtpPassword", "Password of the user."),
    text("from", "Sender."),
    texts("to", "Recipients."),
    text("subject", "Subject of the mail."),
    text("body", "Text of the mail."),
    PARAMETERS,
];

const KAFKA: Fields = &[
    text("url", "Brokers, separated by commas."),
    TOPIC,
    text(
        "partitioningKey",
        "Key of the message, which decides on the partition.",
    ),
    field("partition", "Outdated; has no effect.", Form::Int32),
    field(
        "requiredAcks",
        "How many replicas must have the message.",
        Form::Int32,
    ),
    flag("compress", "Whether messages are compressed."),
    field(
        "flushFrequency",
        "How often messages are sent, in milliseconds; 500 if absent.",
        Form::Int32,
    ),
    text("version", "Version of the brokers; 1.0.0 if absent."),
    TLS,
    SASL,
    REGISTRY,
    HEADERS,
    SECURE_HEADERS,
    PAYLOAD,
    PARAMETERS,
];

const NATS: Fields = &[
    text("url", "Address of the servers, such as nats://nats:4222."),
    text("subject", "Subject to publish to."),
    TLS,
    NATS_AUTH,
    PAYLOAD,
    PARAMETERS,
];

const OPEN_WHISK: Fields = &[
    text("host", "Address of OpenWhisk."),
    text("version", "Version of the API; v1 if absent."),
    text("namespace", "Namespace of the action; _ if absent."),
    text("actionName", "Name of the action."),
    secret("authToken", "Name and password, with a colon between."),
    PAYLOAD,
    PARAMETERS,
];

const PULSAR: Fields = &[
    text(
        "url",
        "Address of the service, such as pulsar://pulsar:6650.",
    ),
    TOPIC,
    secret("tlsTrustCertsSecret", "Certificates to trust, in PEM text."),
    flag(
        "tlsAllowInsecureConnection",
        "Whether any certificate of the broker is accepted.",
    ),
    flag(
        "tlsValidateHostname",
        "Whether the broker's certificate must be of its name.",
    ),
    TLS,
    secret("authTokenSecret", "A token."),
    field("authAthenzParams", "Parameters of Athenz.", Form::Map),
    secret("authAthenzSecret", "Private key for Athenz."),
    BACKOFF,
    PAYLOAD,
    PARAMETERS,
];

const THREAD: Fields = &[
    text(
        "messageAggregationKey",
        "Messages of the same key make a thread.",
    ),
    flag(
        "broadcastMessageToChannel",
        "Whether the channel sees the message too.",
    ),
];

const SENDER: Fields = &[
    text("username", "Name to show."),
    text(
        "icon",
        "Emoji such as :robot_face:, or address of a picture.",
    ),
];

const SLACK: Fields = &[
    secret("slackToken", "Token for Slack."),
    text("channel", "Name of the channel."),
    text("message", "Text of the message."),
    text("attachments", "List of attachments, as JSON text."),
    text("blocks", "List of blocks, as JSON text."),
    part("thread", "Puts the message into a thread.", THREAD),
    part("sender", "Who the message seems to be from.", SENDER),
    PARAMETERS,
];

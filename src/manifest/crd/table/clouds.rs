//! Sources that read from services of cloud providers.

use super::{Field, Fields, Form, common::*, field, flag, part, secret, text, texts};

/// Kinds with their fields.
pub(super) const SOURCES: &[(&str, Fields)] = &[
    ("azureEventsHub", AZURE_EVENTS_HUB),
    ("azureQueueStorage", AZURE_QUEUE_STORAGE),
    ("azureServiceBus", AZURE_SERVICE_BUS),
    ("minio", S3),
    ("mns", MNS),
    ("pubSub", PUB_SUB),
    ("sns", SNS),
    ("sqs", SQS),
    ("storageGrid", STORAGE_GRID),
    ("stripe", STRIPE),
];

const CONNECTION: Field = secret(
    "connectionString",
    "Connection string; without it the workload's own identity counts.",
);
const ENDPOINT: Field = text(
    "endpoint",
    "Address of the service, instead of the provider's.",
);
const DEAD_LETTERS: Field = flag(
    "dlq",
    "Whether messages that cannot be read stay, for the queue's own dead letters.",
);

const AZURE_EVENTS_HUB: Fields = &[
    text(
        "fqdn",
        "Host of the namespace, such as NAME.servicebus.windows.net.",
    ),
    text("hubName", "Name of the hub."),
    secret(
        "sharedAccessKeyName",
        "Name of the access key; the workload's own identity counts without it.",
    ),
    secret("sharedAccessKey", "The access key."),
    METADATA,
    FILTER,
];

const AZURE_QUEUE_STORAGE: Fields = &[
    CONNECTION,
    text(
        "storageAccountName",
        "Name of the storage account, where there is no connection string.",
    ),
    text("queueName", "Name of the queue."),
    flag(
        "decodeMessage",
        "Whether messages are base64 text, to be decoded first.",
    ),
    field(
        "waitTimeInSeconds",
        "Pause after an empty answer; 3 if absent.",
        Form::Int32,
    ),
    DEAD_LETTERS,
    JSON_BODY,
    METADATA,
    FILTER,
];

const AZURE_SERVICE_BUS: Fields = &[
    CONNECTION,
    text(
        "fullyQualifiedNamespace",
        "Host of the namespace, where there is no connection string.",
    ),
    text(
        "queueName",
        "Name of the queue; instead of topic and subscription.",
    ),
    text("topicName", "Name of the topic."),
    text("subscriptionName", "Name of the subscription to the topic."),
    flag(
        "deferDelete",
        "Whether messages are removed only after they were published.",
    ),
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const MNS: Fields = &[
    text("queue", "Name of the queue."),
    text("endpoint", "Address of the service."),
    ACCESS_KEY,
    SECRET_KEY,
    JSON_BODY,
    FILTER,
];

const PUB_SUB: Fields = &[
    text(
        "projectID",
        "Project of the subscription; the one this runs in if absent.",
    ),
    text(
        "topicProjectID",
        "Project of the topic; that of the subscription if absent.",
    ),
    text(
        "topic",
        "Name of the topic; the subscription is made where it is absent.",
    ),
    text(
        "subscriptionID",
        "Name of the subscription; made up of topic and event if absent.",
    ),
    secret(
        "credentialSecret",
        "Credentials as JSON; the workload's own identity counts without them.",
    ),
    flag(
        "deleteSubscriptionOnFinish",
        "Whether the subscription is deleted when the source ends.",
    ),
    JSON_BODY,
    METADATA,
    FILTER,
];

const SNS: Fields = &[
    WEBHOOK,
    text("topicArn", "ARN of the topic."),
    REGION,
    ACCESS_KEY,
    SECRET_KEY,
    ROLE,
    ENDPOINT,
    flag(
        "validateSignature",
        "Whether the signature of notifications is checked.",
    ),
    METADATA,
    FILTER,
];

const SQS: Fields = &[
    text("queue", "Name of the queue."),
    text(
        "queueAccountId",
        "Account of the queue, where it is another's.",
    ),
    REGION,
    field(
        "waitTimeSeconds",
        "For how long a request waits for messages; 3 if absent.",
        Form::Int64,
    ),
    ACCESS_KEY,
    SECRET_KEY,
    secret("sessionToken", "Token of temporary credentials."),
    ROLE,
    ENDPOINT,
    DEAD_LETTERS,
    JSON_BODY,
    METADATA,
    FILTER,
];

const STORAGE_GRID: Fields = &[
    WEBHOOK,
    text("topicArn", "URN of the endpoint that StorageGRID sends to."),
    text("bucket", "Name of the bucket."),
    texts(
        "events",
        "Names of notifications, such as ObjectCreated:Put.",
    ),
    part("filter", "Which objects.", KEY_FILTER),
    text("apiURL", "Address of the tenant's API."),
    secret("authToken", "Bearer token for the API."),
    text("region", "Region of the bucket; us-east-1 if absent."),
    TLS,
    METADATA,
];

const STRIPE: Fields = &[
    WEBHOOK,
    flag(
        "createWebhook",
        "Whether the hook is registered with Stripe.",
    ),
    secret(
        "apiKey",
        "Key for Stripe's API; needed to register the hook.",
    ),
    texts("eventFilter", "Types of events; all if absent."),
    METADATA,
];

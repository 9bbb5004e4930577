//! Rules of events, by the kind of their source.

use super::{Rule, Rule::*, Table, envelopes::TLS};

/// A port, written as the reference reads integers.
const PORT: &str = r"^\+?0*[0-9]{1,5}$";
/// A directory with its whole path.
const ABSOLUTE: &str = "^/";

const WEBHOOK: &[Rule] = &[Needs(&["endpoint", "port"]), Matches("port", PORT)];
/// Of kinds that are called by a provider.
const CALLED: &[Rule] = WEBHOOK;
const FILES: &[Rule] = &[
    Needs(&["directory"]),
    Matches("directory", ABSOLUTE),
    Any(&["path", "pathRegexp"]),
    NotBoth("path", "pathRegexp"),
];

/// Rules by kind.
pub(super) const TABLE: Table = &[
    (
        "amqp",
        &[
            Needs(&["exchangeType", "routingKey"]),
            Any(&["url", "urlSecret"]),
            NotBoth("url", "urlSecret"),
            TLS,
        ],
    ),
    (
        "azureEventsHub",
        &[
            Needs(&["fqdn", "hubName"]),
            Together("sharedAccessKeyName", "sharedAccessKey"),
        ],
    ),
    (
        "azureQueueStorage",
        &[
            Needs(&["queueName"]),
            Any(&["connectionString", "storageAccountName"]),
        ],
    ),
    ("azureServiceBus", AZURE_SERVICE_BUS),
    ("bitbucket", BITBUCKET),
    (
        "bitbucketserver",
        &[
            Needs(&["bitbucketserverBaseURL"]),
            Has(&["webhook"]),
            In("webhook", CALLED),
        ],
    ),
    ("calendar", CALENDAR),
    (
        "emitter",
        &[Needs(&["broker", "channelName", "channelKey"]), TLS],
    ),
    (
        "file",
        &[
            Needs(&["eventType"]),
            Has(&["watchPathConfig"]),
            In("watchPathConfig", FILES),
        ],
    ),
    ("generic", &[Needs(&["url", "config"])]),
    (
        "gerrit",
        &[
            Needs(&["gerritBaseURL", "projects"]),
            Has(&["webhook", "events", "auth"]),
            In("webhook", CALLED),
        ],
    ),
    (
        "github",
        &[
            Has(&["webhook"]),
            Any(&["repositories", "organizations", "owner"]),
            NotBoth("repositories", "organizations"),
            Together("githubBaseURL", "githubUploadURL"),
            OneOf("contentType", &["json", "form"]),
            In("webhook", CALLED),
        ],
    ),
    (
        "gitlab",
        &[
            Needs(&["gitlabBaseURL"]),
            Has(&["webhook", "events", "accessToken"]),
            In("webhook", CALLED),
        ],
    ),
    ("hdfs", HDFS),
    (
        "kafka",
        &[
            Needs(&["url", "topic"]),
            Any(&["consumerGroup", "partition"]),
            TLS,
        ],
    ),
    (
        "minio",
        &[
            Needs(&["endpoint"]),
            Has(&["accessKey", "secretKey"]),
            In("bucket", &[Needs(&["name"])]),
        ],
    ),
    ("mns", &[Needs(&["queue", "endpoint"])]),
    ("mqtt", &[Needs(&["url", "topic", "clientId"]), TLS]),
    ("nats", &[Needs(&["url", "subject"]), TLS]),
    ("nsq", &[Needs(&["hostAddress", "topic", "channel"]), TLS]),
    (
        "pubSub",
        &[
            Any(&["topic", "subscriptionID"]),
            Wants("topicProjectID", "topic"),
        ],
    ),
    (
        "pulsar",
        &[
            Needs(&["url", "type"]),
            Has(&["topics"]),
            OneOf("type", &["exclusive", "shared"]),
        ],
    ),
    (
        "redis",
        &[
            Needs(&["hostAddress"]),
            Has(&["channels"]),
            Wants("password", "namespace"),
            TLS,
        ],
    ),
    (
        "redisStream",
        &[Needs(&["hostAddress"]), Has(&["streams"]), TLS],
    ),
    (
        "resource",
        &[
            Needs(&["version", "resource"]),
            Has(&["eventTypes"]),
            In(
                "filter",
                &[
                    In("labels", &[Needs(&["key"])]),
                    In("fields", &[Needs(&["key"])]),
                ],
            ),
        ],
    ),
    (
        "sftp",
        &[
            Needs(&["eventType"]),
            Has(&["watchPathConfig"]),
            In("watchPathConfig", FILES),
        ],
    ),
    (
        "slack",
        &[
            Has(&["webhook", "token", "signingSecret"]),
            In("webhook", CALLED),
        ],
    ),
    (
        "sns",
        &[
            Needs(&["topicArn", "region"]),
            Has(&["webhook"]),
            In("webhook", CALLED),
        ],
    ),
    ("sqs", &[Needs(&["queue", "region"])]),
    (
        "storageGrid",
        &[
            Needs(&["topicArn", "bucket", "apiURL"]),
            Has(&["webhook", "events", "authToken"]),
            In("webhook", CALLED),
        ],
    ),
    (
        "stripe",
        &[
            Has(&["webhook"]),
            Wants("createWebhook", "apiKey"),
            In("webhook", CALLED),
        ],
    ),
    ("webhook", WEBHOOK),
];

const BITBUCKET: &[Rule] = &[
    Has(&["webhook", "auth"]),
    In("webhook", CALLED),
    Holds(
        "!has(self.webhook.url) || self.webhook.url == '' || \
         !(has(self.auth.basic) || has(self.auth.oauthToken)) || \
         (has(self.events) && size(self.events) > 0)",
        "hooks that are registered need events",
    ),
];

const CALENDAR: &[Rule] = &[
    Any(&["schedule", "interval"]),
    // An empty text counts as absent.
    Matches("schedule", r"^$|^\s*((CRON_)?TZ=\S+\s+)?(\S+\s+){4}\S+\s*$"),
];

const AZURE_SERVICE_BUS: &[Rule] = &[
    Any(&["connectionString", "fullyQualifiedNamespace"]),
    Any(&["queueName", "topicName"]),
    NotBoth("queueName", "topicName"),
    NotBoth("queueName", "subscriptionName"),
    Together("topicName", "subscriptionName"),
];

const HDFS: &[Rule] = &[
    Needs(&["directory", "type", "addresses"]),
    Matches("directory", ABSOLUTE),
    Any(&["path", "pathRegexp"]),
    NotBoth("path", "pathRegexp"),
    Any(&["hdfsUser", "krbCCacheSecret", "krbKeytabSecret"]),
];

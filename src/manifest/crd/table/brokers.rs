//! Sources that read from message brokers.

use super::{Field, Fields, Form, common::*, field, flag, part, secret, text, texts};

/// Kinds with their fields.
pub(super) const SOURCES: &[(&str, Fields)] = &[
    ("amqp", AMQP),
    ("emitter", EMITTER),
    ("kafka", KAFKA),
    ("mqtt", MQTT),
    ("nats", NATS),
    ("nsq", NSQ),
    ("pulsar", PULSAR),
    ("redis", REDIS),
    ("redisStream", REDIS_STREAM),
];

const DURABLE: Field = flag("durable", "Whether it survives a restart of the broker.");
const AUTO_DELETE: Field = flag(
    "autoDelete",
    "Whether it goes when nobody uses it any more.",
);
const NO_WAIT: Field = flag("noWait", "Whether not to wait for the broker's answer.");

const EXCHANGE: Fields = &[
    DURABLE,
    AUTO_DELETE,
    NO_WAIT,
    flag("internal", "Whether nobody may publish to it directly."),
];

const QUEUE: Fields = &[
    text(
        "name",
        "Name of the queue; the broker makes one up if absent.",
    ),
    DURABLE,
    AUTO_DELETE,
    NO_WAIT,
    flag("exclusive", "Whether only this connection may use it."),
    text("arguments", "Further arguments of the queue, as YAML text."),
];

const CONSUME: Fields = &[
    text("consumerTag", "Name of the consumer."),
    flag(
        "autoAck",
        "Whether messages count as handled as soon as they are sent.",
    ),
    flag("exclusive", "Whether nobody else may read the queue."),
    flag("noLocal", "Has no effect with RabbitMQ."),
    NO_WAIT,
];

const AMQP: Fields = &[
    text(
        "url",
        "Address of the broker, such as amqp://rabbitmq:5672.",
    ),
    secret(
        "urlSecret",
        "The address of the broker, where it is secret.",
    ),
    text("exchangeName", "Name of the exchange."),
    text(
        "exchangeType",
        "Type of the exchange, such as fanout or topic.",
    ),
    text("routingKey", "Key that the queue is bound with."),
    part(
        "exchangeDeclare",
        "How the exchange is made; durable if absent.",
        EXCHANGE,
    ),
    part(
        "queueDeclare",
        "How the queue is made; exclusive if absent.",
        QUEUE,
    ),
    part(
        "queueBind",
        "How the queue is bound to the exchange.",
        &[NO_WAIT],
    ),
    part(
        "consume",
        "How messages are read; handled when sent if absent.",
        CONSUME,
    ),
    AUTH,
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const EMITTER: Fields = &[
    text(
        "broker",
        "Address of the broker, such as tcp://emitter:8080.",
    ),
    text("channelKey", "Key of the channel."),
    text("channelName", "Name of the channel."),
    secret("username", "Name of the user."),
    secret("password", "Password of the user."),
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const GROUP: Fields = &[
    text("groupName", "Name of the group."),
    flag(
        "oldest",
        "Whether a new group begins with the oldest message.",
    ),
    text(
        "rebalanceStrategy",
        "How partitions are shared: range (if absent), roundrobin or sticky.",
    ),
];

const KAFKA: Fields = &[
    text("url", "Brokers, separated by commas."),
    text("topic", "Name of the topic."),
    text(
        "partition",
        "Number of the only partition to read, where there is no group.",
    ),
    part(
        "consumerGroup",
        "Shares partitions with others of the group.",
        GROUP,
    ),
    text("version", "Version of the brokers; 1.0.0 if absent."),
    field(
        "limitEventsPerSecond",
        "Most messages read in a second; without limit if absent.",
        Form::Int64,
    ),
    text("config", "Further settings of the client, as YAML text."),
    part(
        "awsMskIamAuth",
        "Proves who we are with credentials of AWS IAM.",
        &[REGION],
    ),
    SASL,
    REGISTRY,
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const MQTT: Fields = &[
    text("url", "Address of the broker, such as tcp://mqtt:1883."),
    text("topic", "Topic to subscribe to; may have wildcards."),
    text("clientId", "Name by which the broker knows us."),
    AUTH,
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const NATS: Fields = &[
    text("url", "Address of the servers, such as nats://nats:4222."),
    text("subject", "Subject to subscribe to."),
    text("queue", "Name of a group that shares the messages."),
    NATS_AUTH,
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const NSQ: Fields = &[
    text("hostAddress", "Address of nsqlookupd."),
    text("topic", "Name of the topic."),
    text("channel", "Name of the channel."),
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const PULSAR: Fields = &[
    text(
        "url",
        "Address of the service, such as pulsar://pulsar:6650.",
    ),
    texts("topics", "Names of the topics."),
    text("type", "Type of the subscription: exclusive or shared."),
    secret("tlsTrustCertsSecret", "Certificates to trust, in PEM text."),
    flag(
        "tlsAllowInsecureConnection",
        "Whether any certificate of the broker is accepted.",
    ),
    flag(
        "tlsValidateHostname",
        "Whether the broker's certificate must be of its name.",
    ),
    secret("authTokenSecret", "A token."),
    field("authAthenzParams", "Parameters of Athenz.", Form::Map),
    secret("authAthenzSecret", "Private key for Athenz."),
    BACKOFF,
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const REDIS_HOST: Field = text("hostAddress", "Host and port of the server.");
const REDIS_DATABASE: Field = field("db", "Number of the database; 0 if absent.", Form::Int32);
const REDIS_USER: Field = text("username", "Name of the user, where the server has users.");
const REDIS_PASSWORD: Field = secret("password", "The password.");

const REDIS: Fields = &[
    REDIS_HOST,
    REDIS_DATABASE,
    REDIS_USER,
    REDIS_PASSWORD,
    text("namespace", "Namespace of the password's Secret."),
    texts("channels", "Channels to subscribe to."),
    JSON_BODY,
    TLS,
    METADATA,
    FILTER,
];

const REDIS_STREAM: Fields = &[
    REDIS_HOST,
    REDIS_DATABASE,
    REDIS_USER,
    REDIS_PASSWORD,
    texts("streams", "Streams to read."),
    text(
        "consumerGroup",
        "Name of the group that reads them; made where it is absent.",
    ),
    field(
        "maxMsgCountPerRead",
        "Most messages of a stream in one read; 10 if absent.",
        Form::Int32,
    ),
    TLS,
    METADATA,
    FILTER,
];
